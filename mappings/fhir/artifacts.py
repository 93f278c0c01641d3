"""Codecs for what belongs to a trial on paper: references, links, data sets, documents."""

from __future__ import annotations

import re
from urllib.parse import quote

from fhir_adapter.mappings.fhir.codes import REFERENCE_TYPE
from fhir_adapter.mappings.fhir.common import EXTENSIONS, codings_with, escaped
from fhir_adapter.mappings.fhir.terms import Terms, marker, yes_or_no
from fhir_adapter.table import Codec, Scope
from fhir_adapter.tree import Tree

PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
DOCUMENTS = "https://cdn.clinicaltrials.gov/large-docs/"
RENDERED = f"{EXTENSIONS}rendered-value"
REFERENCE = marker("Reference", "Reference without a type")
RETRACTION = marker("RetractionSource", "Retraction of a reference")
SEE_ALSO = marker("SeeAlsoLink", "See also")
IPD = marker("AvailIPD", "Available IPD/information")
IPD_URL = marker("IPDSharingURL", "IPD sharing statement")
ABBREVIATION = Terms(
    "LargeDocTypeAbbrev",
    {
        "Prot": ("Protocol", None),
        "SAP": ("Statistical Analysis Plan", None),
        "ICF": ("Informed Consent Form", None),
        "Prot_SAP": ("Protocol, Statistical Analysis Plan", None),
        "Prot_ICF": ("Protocol, Informed Consent Form", None),
        "SAP_ICF": ("Statistical Analysis Plan, Informed Consent Form", None),
        "Prot_SAP_ICF": ("Protocol, Statistical Analysis Plan, Informed Consent Form", None),
        "LargeDocTypeAbbrev": ("Document of a kind that is not told", None),
    },
    enumeration=False,
)
# The booleans of a document, and the pieces of the registry that they are.
CONTENTS = {
    "hasProtocol": yes_or_no("LargeDocHasProtocol"),
    "hasSap": yes_or_no("LargeDocHasSAP"),
    "hasIcf": yes_or_no("LargeDocHasICF"),
}
_PMID = re.compile(r"(\d+)/?$")


def artifact_keys(artifact: Tree) -> list[str]:
    """Name a related artifact by the system of its first classifier."""
    for classifier in artifact.get("classifier") or ():
        for coding in classifier.get("coding") or ():
            return [coding.get("system", "")]
    return []


def _classifier(terms: Terms, text: str | None = None, code: str | None = None) -> Tree:
    concept: Tree = {"coding": [{"system": terms.uri, "code": code or terms.name}]}
    if text:
        concept["text"] = text
    return concept


def _cited(classifier: Tree | None, label: str, own: Tree, words: str) -> Tree:
    item: Tree = {"type": "citation", "label": label}
    if classifier:
        item["classifier"] = [classifier]
    if words in own:
        item["citation"] = escaped(own[words])
    if "pmid" in own:
        item["document"] = {"url": f"{PUBMED}{own['pmid']}/"}
    return item


def _write_references(items: list[Tree]) -> list[Tree]:
    out = []
    for number, own in enumerate(items, 1):
        label = f"ref-{number}"
        kind = REFERENCE_TYPE.concept(own["type"]) if "type" in own else _classifier(REFERENCE)
        out.append(_cited(kind, label, own, "citation"))
        for count, retraction in enumerate(own.get("retractions") or (), 1):
            kind = _classifier(RETRACTION, f"Retraction of {label}")
            out.append(_cited(kind, f"{label}-retraction-{count}", retraction, "source"))
    return out


def _read_cited(item: Tree, words: str) -> Tree:
    found: Tree = {}
    match = _PMID.search((item.get("document") or {}).get("url") or "")
    if match:
        found["pmid"] = match[1]
    if "citation" in item:
        found[words] = item["citation"]
    return found


def _read_references(items: list[Tree]) -> list[Tree]:
    references: list[Tree] = []
    for item in items:
        if artifact_keys(item) == [RETRACTION.uri]:
            references[-1].setdefault("retractions", []).append(_read_cited(item, "source"))
            continue
        found = _read_cited(item, "citation")
        kind = codings_with((item.get("classifier") or [{}])[0], REFERENCE_TYPE.uri)
        if kind:
            found["type"] = kind
        references.append(found)
    return references


references = Codec(
    _write_references,
    _read_references,
    fields=("pmid", "type", "citation", "retractions.pmid", "retractions.source"),
    marks=(REFERENCE_TYPE.uri, REFERENCE.uri, RETRACTION.uri),
    coding="ReferenceType",
    terms=(REFERENCE_TYPE, REFERENCE, RETRACTION),
)


def _write_links(items: list[Tree]) -> list[Tree]:
    out = []
    for own in items:
        item: Tree = {"type": "documentation", "classifier": [_classifier(SEE_ALSO, "See also")]}
        if "label" in own:
            item["display"] = own["label"]
        if "url" in own:
            item["document"] = {"url": own["url"]}
        out.append(item)
    return out


def _pick(item: Tree, **paths: str) -> Tree:
    """Read the named places of an artifact: field=element or field=document.element."""
    document = item.get("document") or {}
    found = {}
    for name, path in paths.items():
        inner, _, key = path.rpartition(".")
        value = (document if inner else item).get(key)
        if value is not None:
            found[name] = value
    return found


see_also = Codec(
    _write_links,
    lambda items: [_pick(item, label="display", url="document.url") for item in items],
    fields=("label", "url"),
    marks=(SEE_ALSO.uri,),
    coding="SeeAlsoLink",
    terms=(SEE_ALSO,),
)


def _write_data(items: list[Tree]) -> list[Tree]:
    out = []
    for own in items:
        item: Tree = {"type": "documentation", "classifier": [_classifier(IPD, "Available IPD/information")]}
        if "type" in own:
            item["display"] = own["type"]
        if "comment" in own:
            item["citation"] = escaped(own["comment"])
        document = {key: own[name] for key, name in (("url", "url"), ("title", "id")) if name in own}
        if document:
            item["document"] = document
        out.append(item)
    return out


available_data = Codec(
    _write_data,
    lambda items: [
        _pick(item, id="document.title", type="display", url="document.url", comment="citation") for item in items
    ],
    fields=("id", "type", "url", "comment"),
    marks=(IPD.uri,),
    coding="AvailIPD",
    terms=(IPD,),
)
sharing_url = Codec(
    lambda url: [
        {
            "type": "documentation",
            "classifier": [_classifier(IPD_URL, "IPD sharing statement")],
            "document": {"url": url},
        }
    ],
    lambda items: items[0]["document"]["url"],
    marks=(IPD_URL.uri,),
    coding="IPDSharingURL",
    terms=(IPD_URL,),
)


def _write_documents(items: list[Tree], scope: Scope) -> list[Tree]:
    return [_write_document(own, scope.id) for own in items]


def _write_document(own: Tree, number: str) -> Tree:
    kinds = [_classifier(ABBREVIATION, code=own.get("typeAbbrev"))]
    kinds += [
        _classifier(terms, code="true" if own[name] else "false") for name, terms in CONTENTS.items() if name in own
    ]
    item: Tree = {"type": "documentation", "classifier": kinds}
    if "label" in own:
        item["display"] = own["label"]
    if "date" in own:
        item["publicationDate"] = own["date"]
    document: Tree = {"contentType": "application/pdf"}
    if "filename" in own:
        document["url"] = f"{DOCUMENTS}{number[-2:]}/{number}/{quote(own['filename'])}"
        document["title"] = own["filename"]
    if "size" in own:
        document["size"] = str(own["size"])
    if "uploadDate" in own:
        document["creation"] = own["uploadDate"][:10]
        document["_creation"] = {"extension": [{"url": RENDERED, "valueString": own["uploadDate"]}]}
    item["document"] = document
    return item


def _read_document(item: Tree) -> Tree:
    found: Tree = {}
    for kind in item["classifier"]:
        code = codings_with(kind, ABBREVIATION.uri)
        if code and code != ABBREVIATION.name:
            found["typeAbbrev"] = code
        for name, terms in CONTENTS.items():
            code = codings_with(kind, terms.uri)
            if code:
                found[name] = code == "true"
    found |= _pick(item, label="display", date="publicationDate", filename="document.title")
    document = item.get("document") or {}
    if "size" in document:
        found["size"] = int(document["size"])
    for extension in document.get("_creation", {}).get("extension", ()):
        if extension["url"] == RENDERED:
            found["uploadDate"] = extension["valueString"]
    return found


documents = Codec(
    _write_documents,
    lambda items, _scope: [_read_document(item) for item in items],
    fields=("typeAbbrev", *CONTENTS, "label", "date", "uploadDate", "filename", "size"),
    marks=(ABBREVIATION.uri,),
    scoped=True,
    coding="LargeDocTypeAbbrev",
    terms=(ABBREVIATION, *CONTENTS.values()),
)


def write_source(number: str) -> list[Tree] | None:
    """Say where the record came from, for a number of the registry itself."""
    if not number.startswith("NCT"):
        return None
    return [
        {
            "type": "derived-from",
            "label": "SOURCE",
            "display": "ClinicalTrials.gov API v2 record",
            "document": {
                "contentType": "application/json",
                "url": f"https://clinicaltrials.gov/api/v2/studies/{number}",
            },
        }
    ]


__all__ = ["available_data", "documents", "references", "see_also", "sharing_url", "write_source"]
