"""Codecs for who a trial is: numbers, titles, links to the pages of those numbers."""

from __future__ import annotations

import re

from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir.codes import EXPANDED_ACCESS_STATUS, ORG_STUDY_ID_TYPE, SECONDARY_ID_TYPE
from fhir_adapter.mappings.fhir.common import NCT, STUDY_PAGE, line
from fhir_adapter.mappings.fhir.terms import Terms, marker
from fhir_adapter.table import REST, Codec
from fhir_adapter.tree import Tree

CTIS = "https://euclinicaltrials.eu/clinicalTrialId"
ISRCTN = "https://www.isrctn.com/ISRCTN"
TITLE_TYPE = "http://hl7.org/fhir/title-type"
ORG_ID = marker("OrgStudyId", "Organization's Unique Protocol ID")
SECONDARY_ID = marker("SecondaryId", "Secondary ID")
ORG_LINK = marker("OrgStudyIdLink", "Page of the organization's number")
SECONDARY_LINK = marker("SecondaryIdLink", "Page of a secondary number")
ACCESS_RECORD = marker("ExpandedAccessNCTId", "Expanded access record")
# The systems of registries whose numbers can be told by their form (HL7 Terminology's NamingSystems).
SYSTEMS = (
    (re.compile(r"NCT\d{8}$"), NCT),
    (re.compile(r"ISRCTN\d+$"), ISRCTN),
    (re.compile(r"\d{4}-5\d{5}-\d{2}(-\d{2})?$"), CTIS),
)
_NUMBER = SYSTEMS[0][0]
# The systems of an identifier's type, and the mark of the row that reads it.
_KINDS = {
    ORG_ID.uri: ORG_ID.uri,
    SECONDARY_ID.uri: SECONDARY_ID.uri,
    SECONDARY_ID_TYPE.uri: SECONDARY_ID.uri,
}
# What others write for the registry's system; read, never written.
NCT_ALIASES = frozenset(
    {
        NCT,
        "https://clinicaltrials.gov",
        "http://clinicaltrials.gov",
        "http://clinicaltrials.gov/",
        "http://www.clinicaltrials.gov",
        "urn:oid:2.16.840.1.113883.3.1077",
    }
)


def identifier_keys(identifier: Tree) -> list[str]:
    """Name an identifier: main or old number of the registry, or the registry's kind of second number."""
    for coding in (identifier.get("type") or {}).get("coding") or ():
        if coding.get("system") in _KINDS:
            return [_KINDS[coding["system"]]]
    use = identifier.get("use")
    if use == "official" or identifier.get("system") in NCT_ALIASES or _NUMBER.match(str(identifier.get("value"))):
        return ["old" if use == "old" else "number"]
    return []


def system_of(number: str) -> str | None:
    """Give the identifier system of a registry number, where its form tells."""
    return next((system for form, system in SYSTEMS if form.match(number)), None)


def _identifier(use: str, number: str) -> Tree:
    system = system_of(number)
    return {"use": use, "system": system, "value": number} if system else {"use": use, "value": number}


registry_number = Codec(
    lambda number: [_identifier("official", number)],
    lambda items: items[0].get("value"),
    marks=("number",),
    coding="the registry's system",
)
old_numbers = Codec(
    lambda numbers: [_identifier("old", number) for number in numbers],
    lambda items: [item.get("value") for item in items],
    marks=("old",),
    coding="the registry's system",
)


def _type(terms: Terms, code: str | None, mark: Terms | None, text: str | None) -> Tree:
    codings = terms.codings(code) if code else []
    if mark:
        codings.extend(mark.codings(mark.name))
    return {"coding": codings, "text": text} if text else {"coding": codings}


def _write_org(node: Tree) -> list[Tree] | None:
    own = node.get("orgStudyIdInfo")
    if own is None or not ("id" in own or "type" in own):
        return None
    kind = _type(ORG_STUDY_ID_TYPE, own.get("type"), ORG_ID, ORG_ID.label(ORG_ID.name))
    item: Tree = {"use": "secondary", "type": kind}
    if "id" in own:
        item["value"] = own["id"]
    organization = (node.get("organization") or {}).get("fullName")
    if organization:
        item["assigner"] = {"display": organization}
    return [item]


def _read_org(items: list[Tree], node: Tree) -> None:
    item = items[0]
    found = node.setdefault("orgStudyIdInfo", {})
    if "value" in item:
        found["id"] = item["value"]
    code = ORG_STUDY_ID_TYPE.code(item["type"])
    if code in (None, ORG_ID.name):
        return
    found["type"] = code


org_study_id = parts(
    _write_org,
    _read_org,
    "orgStudyIdInfo.id",
    "orgStudyIdInfo.type",
    marks=(ORG_ID.uri,),
    coding="OrgStudyIdType",
    terms=(ORG_STUDY_ID_TYPE, ORG_ID),
)


def _write_second(own: Tree) -> Tree:
    kind, number, domain = own.get("type"), own.get("id"), own.get("domain")
    label = SECONDARY_ID_TYPE.label(kind) if kind else None
    item: Tree = {
        "use": "secondary",
        "type": _type(SECONDARY_ID_TYPE, kind, None if kind else SECONDARY_ID, label),
    }
    if kind == "CTIS":
        item["system"] = CTIS
    elif kind == "REGISTRY" and number and SYSTEMS[1][0].match(number):
        item["system"] = ISRCTN
    if number:
        item["value"] = number
    if domain:
        item["assigner"] = {"display": domain}
    return item


def _read_second(item: Tree) -> Tree:
    found: Tree = {}
    if "value" in item:
        found["id"] = item["value"]
    kind = SECONDARY_ID_TYPE.code(item.get("type") or {})
    if kind:
        found["type"] = kind
    domain = (item.get("assigner") or {}).get("display")
    if domain:
        found["domain"] = domain
    return found


def _write_seconds(node: Tree) -> list[Tree] | None:
    return [_write_second(own) for own in node.get("secondaryIdInfos") or ()] or None


def _read_seconds(items: list[Tree], node: Tree) -> None:
    node["secondaryIdInfos"] = [_read_second(item) for item in items]


secondary_ids = parts(
    _write_seconds,
    _read_seconds,
    "secondaryIdInfos.id",
    "secondaryIdInfos.type",
    "secondaryIdInfos.domain",
    marks=(SECONDARY_ID.uri, REST),
    coding="SecondaryIdType",
    terms=(SECONDARY_ID_TYPE, SECONDARY_ID),
)


def _link(mark: Terms, number: str | None, url: str) -> Tree:
    item: Tree = {"type": "documentation", "classifier": [{"coding": mark.codings(mark.name)}]}
    if number:
        item["display"] = number
    item["document"] = {"url": url}
    return item


def _write_org_link(node: Tree) -> list[Tree] | None:
    own = node.get("orgStudyIdInfo") or {}
    return [_link(ORG_LINK, own.get("id"), own["link"])] if own.get("link") else None


def _read_org_link(items: list[Tree], node: Tree) -> None:
    node.setdefault("orgStudyIdInfo", {})["link"] = items[0]["document"]["url"]


org_link = parts(
    _write_org_link,
    _read_org_link,
    "orgStudyIdInfo.link",
    marks=(ORG_LINK.uri,),
    coding=ORG_LINK.name,
    terms=(ORG_LINK,),
)


def _write_second_links(node: Tree) -> list[Tree] | None:
    items = [
        _link(SECONDARY_LINK, own.get("id"), own["link"])
        for own in node.get("secondaryIdInfos") or ()
        if own.get("link")
    ]
    return items or None


def _read_second_links(items: list[Tree], node: Tree) -> None:
    for item in items:
        for own in node.get("secondaryIdInfos") or ():
            if own.get("id") == item.get("display") and "link" not in own:
                own["link"] = item["document"]["url"]
                break


secondary_links = parts(
    _write_second_links,
    _read_second_links,
    "secondaryIdInfos.link",
    marks=(SECONDARY_LINK.uri,),
    coding=SECONDARY_LINK.name,
    terms=(SECONDARY_LINK,),
)


def title_keys(label: Tree) -> list[str]:
    """Name a label by its title type."""
    return [coding.get("code", "") for coding in (label.get("type") or {}).get("coding") or ()]


def title(kind: str) -> Codec:
    """Tie a title to a label of an HL7 title type."""
    return Codec(
        lambda text: [{"type": {"coding": [{"system": TITLE_TYPE, "code": kind}]}, "value": text}],
        lambda items: items[0].get("value"),
        marks=(kind,),
        coding=f"title type {kind}",
    )


def _write_title(node: Tree) -> str | None:
    text = node.get("briefTitle") or node.get("officialTitle")
    return line(text) if text else None


def _read_title(text: str, node: Tree) -> None:
    node["briefTitle"] = text


short_title = parts(_write_title, _read_title, "briefTitle")


def _write_access(node: Tree) -> list[Tree] | None:
    number, status = node.get("nctId"), node.get("statusForNctId")
    if number is None and status is None:
        return None
    kinds = [ACCESS_RECORD.concept(ACCESS_RECORD.name)]
    if status:
        kinds.append(EXPANDED_ACCESS_STATUS.concept(status))
    item: Tree = {"type": "documentation", "classifier": kinds}
    if number:
        item |= {"display": number, "document": {"url": STUDY_PAGE + number}}
    return [item]


def _read_access(items: list[Tree], node: Tree) -> None:
    if "display" in items[0]:
        node["nctId"] = items[0]["display"]
    for kind in items[0]["classifier"]:
        status = EXPANDED_ACCESS_STATUS.code(kind)
        if status and status != ACCESS_RECORD.name:
            node["statusForNctId"] = status


expanded_access_record = parts(
    _write_access,
    _read_access,
    "nctId",
    "statusForNctId",
    marks=(ACCESS_RECORD.uri,),
    coding="ExpandedAccessStatus",
    terms=(ACCESS_RECORD, EXPANDED_ACCESS_STATUS),
)
