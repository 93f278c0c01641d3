"""The nested tables of the classic XML: arms, outcomes, sites, people, publications, documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_adapter.codecs import Each
from fhir_adapter.mappings.sources import _xml_words as words
from fhir_adapter.mappings.sources._xml_parts import NAME
from fhir_adapter.mappings.sources._xml_text import LINES
from fhir_adapter.table import Codec, Row, Scope, Table
from fhir_adapter.tree import Tree

__all__ = [
    "ARMS",
    "CENTRAL",
    "COLLABORATORS",
    "DATA_SETS",
    "DOCUMENTS",
    "INTERVENTIONS",
    "LINKS",
    "OFFICIALS",
    "OUTCOMES",
    "REFERENCES",
    "SITES",
    "document_urls",
]

AGENCY = Table(
    Row("name",   "agency"),
    Row("class",  "agency_class", words.AGENCY_CLASS.codec),
)  # fmt: skip
OUTCOME = Table(
    Row("measure",     "measure"),
    Row("timeFrame",   "time_frame"),
    Row("description", "description", LINES),
)  # fmt: skip
ARM = Table(
    Row("label",       "arm_group_label"),
    Row("type",        "arm_group_type", words.ARM_TYPE.codec),
    Row("description", "description",    LINES),
)  # fmt: skip
INTERVENTION = Table(
    Row("type",           "intervention_type", words.INTERVENTION_TYPE.codec),
    Row("name",           "intervention_name"),
    Row("description",    "description",       LINES),
    Row("armGroupLabels", "arm_group_label"),
    Row("otherNames",     "other_name"),
)  # fmt: skip
OFFICIAL = Table(
    Row("name",        "",            NAME),
    Row("role",        "role",        words.OFFICIAL_ROLE.codec),
    Row("affiliation", "affiliation"),
)  # fmt: skip
CONTACT = Table(
    Row("name",     "",          NAME),
    Row("phone",    "phone"),
    Row("phoneExt", "phone_ext"),
    Row("email",    "email"),
)  # fmt: skip
INVESTIGATOR = Table(
    Row("name", "",     NAME),
    Row("role", "role", words.OFFICIAL_ROLE.codec),
)  # fmt: skip
LINK = Table(
    Row("url",   "url"),
    Row("label", "description", LINES),
)  # fmt: skip
REFERENCE = Table(
    Row("citation", "citation"),
    Row("pmid",     "PMID"),
)  # fmt: skip
DATA_SET = Table(
    Row("id",      "doc_id"),
    Row("type",    "doc_type"),
    Row("url",     "doc_url"),
    Row("comment", "doc_comment"),
)  # fmt: skip
DOCUMENT = Table(
    Row("label",       "document_type"),
    Row("hasProtocol", "document_has_protocol", words.YES),
    Row("hasIcf",      "document_has_icf",      words.YES),
    Row("hasSap",      "document_has_sap",      words.YES),
    Row("date",        "document_date",         words.DATE),
    Row("filename",    "document_url",          Codec(None, lambda url: url.rpartition("/")[2]), "written below"),
)  # fmt: skip

COLLABORATORS = Each(AGENCY)
OUTCOMES = Each(OUTCOME)
ARMS = Each(ARM)
INTERVENTIONS = Each(INTERVENTION)
OFFICIALS = Each(OFFICIAL)
LINKS = Each(LINK)
DATA_SETS = Each(DATA_SET)
DOCUMENTS = Each(DOCUMENT)

# --- lists whose items stand under several names -----------------------------------------------------------------


def _people(first: str, second: str, investigators: str = "") -> Codec:
    """Make the codec of contacts: the first, the second, and the investigators among them."""

    def write(contacts: list[Tree], scope: Scope) -> Tree:
        asked = [one for one in contacts if not investigators or one.get("role", "CONTACT") == "CONTACT"]
        out: Tree = {name: CONTACT.write(one, scope) for name, one in zip((first, second), asked, strict=False)}
        others = [INVESTIGATOR.write(one, scope) for one in contacts if one not in asked]
        return {**out, investigators: others} if others else out

    def read(node: Tree, scope: Scope) -> list[Tree] | None:
        out = [{**CONTACT.read(node[name], scope), "role": "CONTACT"} for name in (first, second) if name in node]
        others = node.get(investigators, []) if investigators else []
        return out + [INVESTIGATOR.read(one, scope) for one in others] or None

    fields = ("name", "role", "phone", "phoneExt", "email")
    return Codec(write, read, fields=fields, scoped=True, coding=" ".join(filter(None, (first, second, investigators))))


_RESULT = ("RESULT", "DERIVED")


def _write_references(references: list[Tree], scope: Scope) -> Tree:
    results = [one for one in references if one.get("type") in _RESULT]
    others = [one for one in references if one not in results]
    out = {"reference": _all(REFERENCE, others, scope), "results_reference": _all(REFERENCE, results, scope)}
    return {name: items for name, items in out.items() if items}


def _read_references(record: Tree, scope: Scope) -> list[Tree] | None:
    out = []
    for name, kind in (("reference", "BACKGROUND"), ("results_reference", "RESULT")):
        out += [{"type": kind, **REFERENCE.read(one, scope)} for one in record.get(name, ())]
    return out or None


def _all(table: Table, items: Iterable[Tree], scope: Scope) -> list[Tree]:
    return [table.write(item, scope) for item in items]


REFERENCES = Codec(
    _write_references,
    _read_references,
    fields=("pmid", "type", "citation"),
    scoped=True,
    coding="reference results_reference",
)
CENTRAL = _people("overall_contact", "overall_contact_backup")

SITE = Table(
    Row("facility", "facility.name"),
    Row("city",     "facility.address.city"),
    Row("state",    "facility.address.state"),
    Row("zip",      "facility.address.zip"),
    Row("country",  "facility.address.country"),
    Row("status",   "status", words.SITE_STATUS.codec),
    Row("contacts", "",       _people("contact", "contact_backup", "investigator")),
)  # fmt: skip
SITES = Each(SITE)


def document_urls(study: Tree) -> Tree | None:
    """Write the documents with their addresses at the registry, which its number and the file's name make up."""
    documents = study.get("documentSection", {}).get("largeDocumentModule", {}).get("largeDocs")
    number: Any = study.get("protocolSection", {}).get("identificationModule", {}).get("nctId")
    if not documents or not number:
        return None
    folder = f"https://ClinicalTrials.gov/ProvidedDocs/{number[-2:]}/{number}/"
    written = _all(DOCUMENT, documents, Scope())
    items = [
        {**item, "document_url": folder + one["filename"]} if "filename" in one else item
        for item, one in zip(written, documents, strict=True)
    ]
    return {"provided_document_section": {"provided_document": items}}
