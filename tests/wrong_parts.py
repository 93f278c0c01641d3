"""Changes to an object of a datatype that break its rules, or might seem to: by type."""

from __future__ import annotations

from typing import Any

from wrong_codes import CODINGS, THO, UCUM, UNITS
from wrong_values import short

Tree = dict[str, Any]
Change = tuple[str, Tree]

HL7 = "http://hl7.org/fhir/StructureDefinition/"


def _all(key: str, values: tuple[Any, ...]) -> list[Change]:
    return [(f"{key}: {short(value)}", {key: value}) for value in values]


def _only(**kept: Any) -> Tree:
    """Give a change that takes away what isn't named, of the elements that the type may have."""
    return {**dict.fromkeys(("coding", "text", "reference", "type", "identifier", "display"), None), **kept}


CHANGES: dict[str, tuple[Change, ...]] = {
    "Coding": (
        *CODINGS,
        *(
            ("without system", {"system": None}),
            ("without code", {"code": None}),
            ("display only", {"system": None, "code": None}),
        ),
        *_all("version", ("", "9", 1)),
        ("system with version", {"system": "https://invented.example/codes|1"}),
    ),
    "CodeableConcept": (
        ("text only", _only(text="in words")),
        ("no coding", {"coding": None}),
        ("empty coding", {"coding": [{}]}),
        *(
            (f"coding {what}", {"coding": [{k: v for k, v in change.items() if v is not None}]})
            for what, change in CODINGS
        ),
        (
            "two codings",
            {
                "coding": [
                    {"system": "https://invented.example/a", "code": "a"},
                    {"system": f"{THO}v2-0203", "code": "zz"},
                ]
            },
        ),
    ),
    "Quantity": (
        *((f"unit {unit!r}", {"value": 1, "unit": "u", "system": UCUM, "code": unit}) for unit in UNITS),
        ("code without system", {"system": None, "code": "mg"}),
        ("system without code", {"system": UCUM, "code": None}),
        ("unit only", {"system": None, "code": None, "unit": "mg", "value": None}),
        ("other system", {"system": "https://invented.example/units", "code": "u"}),
        *_all("comparator", ("<", ">", "ad", "=", "unheard")),
        *_all("value", (-1, 1e10, 0)),
    ),
    "Period": (
        ("reversed", {"start": "2024-12-31", "end": "2024-01-01"}),
        ("reversed years", {"start": "2025", "end": "2024"}),
        ("partial overlap", {"start": "2024-05", "end": "2024"}),
        ("partial overlap end", {"start": "2024", "end": "2024-05-01"}),
        ("same", {"start": "2024-05-01", "end": "2024-05-01"}),
        ("zones", {"start": "2024-05-01T10:00:00+01:00", "end": "2024-05-01T10:00:00+02:00"}),
        ("day and moment", {"start": "2024-05-01", "end": "2024-05-01T00:00:00Z"}),
        ("moment and day", {"start": "2024-05-02T10:00:00Z", "end": "2024-05-01"}),
        ("no start", {"start": None, "end": "2024"}),
        ("reversed months", {"start": "2024-06", "end": "2024-05"}),
    ),
    "Range": (
        ("reversed", {"low": {"value": 9, "unit": "mg"}, "high": {"value": 1, "unit": "mg"}}),
        (
            "reversed by unit",
            {"low": {"value": 9, "system": UCUM, "code": "mg"}, "high": {"value": 1, "system": UCUM, "code": "g"}},
        ),
        (
            "reversed coded",
            {"low": {"value": 9, "system": UCUM, "code": "mg"}, "high": {"value": 1, "system": UCUM, "code": "mg"}},
        ),
        ("no units reversed", {"low": {"value": 9}, "high": {"value": 1}}),
        ("one unit", {"low": {"value": 9, "unit": "mg"}, "high": {"value": 1}}),
        ("with comparator", {"low": {"value": 1, "comparator": "<"}}),
        ("low only", {"high": None}),
    ),
    "Ratio": (
        *(("no denominator", {"denominator": None}), ("no numerator", {"numerator": None})),
        *(("zero", {"denominator": {"value": 0}}), ("comparator", {"denominator": {"value": 1, "comparator": "<"}})),
    ),
    "Reference": (
        *_all(
            "reference",
            (
                *(
                    "Patient/1",
                    "patient/1",
                    "#nowhere",
                    "#",
                    "",
                    "urn:uuid:zzz",
                    "Unheard/1",
                    "https://a.example/fhir/Patient/1",
                ),
                *(
                    "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                    "Patient/1/_history/2",
                    "Patient/a b",
                    "Patient/",
                    "a b",
                ),
                *(
                    "Group?identifier=x",
                    "Patient/a_b",
                    "http://hl7.org/fhir/Patient/1",
                    "Location/1",
                    "ResearchStudy/1",
                    7,
                ),
                *(
                    "/Patient/1",
                    "Organization/1#x",
                    "urn:oid:1.2.x",
                    "urn:oid:2.16.840",
                    "https://a.example/x",
                    "ftp://a/b/c",
                ),
                *(
                    "EvidenceVariable/1",
                    "Practitioner/1",
                    "https://a.example/fhir/Group/1/_history/1",
                    "Organization/" + "x" * 65,
                ),
            ),
        ),
        *(
            ("display only", _only(display="x")),
            ("identifier only", _only(identifier={"value": "x"})),
            ("type only", _only(type="Patient")),
        ),
        *_all("type", ("Patient", "Unheard", f"{HL7}Patient", "", "patient", "https://a.example/x")),
        *(("identifier", {"identifier": {"system": "rel", "value": "x"}}), ("empty identifier", {"identifier": {}})),
        *(
            ("type and display", _only(type="Patient", display="x")),
            ("type and identifier", _only(type="Patient", identifier={"value": "x"})),
        ),
    ),
    "Identifier": (
        *_all("system", ("rel", "urn:ietf:rfc:3986", "2.16.840", "urn:oid:2.16.840.1", "urn:oid:2.x", "a b", "#x")),
        ("rfc3986 value", {"system": "urn:ietf:rfc:3986", "value": "no uri"}),
        ("rfc3986 uuid", {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}),
        ("rfc3986 bad uuid", {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:zz"}),
        ("rfc3986 bad oid", {"system": "urn:ietf:rfc:3986", "value": "urn:oid:a.b"}),
        *(("no value", {"value": None}), ("value only", {"system": None, "type": None, "use": None})),
        *_all("use", ("usual", "old", "unheard")),
        ("assigner person", {"assigner": {"reference": "Patient/1"}}),
        ("assigner words", {"assigner": {"display": "x"}}),
    ),
    "ContactPoint": (
        *(("no system", {"system": None}), ("no value", {"value": None})),
        *_all("system", ("phone", "email", "url", "other", "unheard")),
        *_all("rank", (0, 1, -1)),
    ),
    "HumanName": _all("use", ("maiden", "unheard"))
    and (*_all("use", ("maiden", "unheard")), *_all("period", ({"start": "x"},))),
    "Address": (
        *_all("use", ("billing", "unheard")),
        *_all("type", ("both", "unheard")),
        *_all("country", ("XX", "Netherlands")),
    ),
    "Attachment": (
        ("data without type", {"contentType": None, "data": "YQ==", "url": None, "size": None, "hash": None}),
        ("data", {"contentType": "text/plain", "data": "YQ==", "size": None, "hash": None}),
        *_all("contentType", ("x", "a/b", "text/html; charset=utf-8", "text/")),
        *_all("hash", ("YQ==", "x")),
        *_all("language", ("unheard-x-y", "en-US", "xx", "zz-ZZ")),
        *_all("size", (1, "1", -1, "-1", 10**10)),
        *_all("url", ("rel", "#x", "data:text/plain,x", "ftp://a.example/x")),
        *_all("creation", ("2024", "x")),
    ),
    "Money": _all("currency", ("XYZ", "eur", "USD")) and tuple(_all("currency", ("XYZ", "eur", "USD"))),
    "Annotation": (
        ("both authors", {"authorString": "x", "authorReference": {"display": "x"}}),
        ("wrong author", {"authorString": None, "authorReference": {"reference": "Location/1"}}),
        ("no text", {"text": None}),
    ),
    "Expression": (
        ("neither", {"expression": None, "reference": None}),
        *_all("language", ("text/cql", "text/unheard", "unheard", "application/x-fhir-query", "a/b")),
        *_all("name", ("a b", "ok", "1a")),
    ),
    "Timing": tuple(
        (f"repeat {key}", {"repeat": repeat})
        for key, repeat in {
            "without unit": {"duration": 1},
            "unit only": {"periodUnit": "d"},
            "negative": {"period": -1, "periodUnit": "d"},
            "negative duration": {"duration": -1, "durationUnit": "d"},
            "periodMax": {"periodMax": 2},
            "durationMax": {"durationMax": 2},
            "countMax": {"countMax": 2},
            "offset": {"offset": 5},
            "offset with meal": {"offset": 5, "when": ["C"]},
            "offset with dinner": {"offset": 5, "when": ["ACD"]},
            "both": {"timeOfDay": ["10:00:00"], "when": ["ACM"]},
            "bad unit": {"duration": 1, "durationUnit": "days"},
            "bad day": {"dayOfWeek": ["monday"]},
            "low": {"count": 2, "countMax": 1},
            "bounds": {"boundsPeriod": {"start": "2025", "end": "2024"}},
        }.items()
    ),
    "RelatedArtifact": (
        *_all("type", ("citation", "unheard", "part-of")),
        *_all("resource", ("https://a.example/x", "rel", "#x")),
    ),
    "TriggerDefinition": (
        ("no name", {"name": None}),
        ("periodic", {"type": "periodic", "timingDate": None, "data": None}),
        ("data", {"type": "data-changed", "data": None}),
        ("both", {"timingDate": "2024", "data": [{"type": "Patient"}]}),
        ("condition", {"condition": {"language": "text/cql", "expression": "x"}, "data": None}),
    ),
    "DataRequirement": (
        *_all("type", ("Patient", "Unheard", "string", "patient")),
        *_all("limit", (0, 1)),
        ("filter", {"codeFilter": [{"path": "a", "searchParam": "b"}]}),
        ("date filter", {"dateFilter": [{"valuePeriod": {"start": "2024"}}]}),
        ("profile", {"profile": ["rel"]}),
    ),
    "Signature": (
        *_all("data", ("x", "YQ==")),
        *_all("targetFormat", ("x", "a/b")),
        ("who", {"who": {"reference": "Location/1"}}),
    ),
    "UsageContext": (
        ("code", {"code": {"system": f"{THO}usage-context-type", "code": "unheard"}}),
        ("age", {"code": {"system": f"{THO}usage-context-type", "code": "age"}}),
    ),
    "Meta": (
        *_all(
            "profile",
            (["rel"], ["http://hl7.org/fhir/StructureDefinition/Patient"], [f"{HL7}Unheard"], [""], ["a b"], "x"),
        ),
        *(
            (f"own profile {kind}", {"profile": [HL7 + kind]})
            for kind in ("ResearchStudy", "Organization", "DomainResource")
        ),
        *_all("versionId", ("a b", "", "1", "x" * 65)),
        *_all("lastUpdated", ("2024", "2024-01-01T10:00:00", "2024-01-01T10:00:00Z")),
        *(
            (f"tag {what}", {"tag": [{k: v for k, v in change.items() if v is not None}]})
            for what, change in CODINGS[:9]
        ),
        *(
            (f"security {what}", {"security": [{k: v for k, v in change.items() if v is not None}]})
            for what, change in CODINGS[:9]
        ),
    ),
    "Narrative": (
        *_all("status", ("empty", "additional", "unheard")),
        ("no div", {"div": None}),
        ("no status", {"status": None}),
    ),
    "SampledData": (
        *_all("data", ("1 2", "x", "1 E U L", "")),
        *_all("dimensions", (0,)),
        ("no limits", {"period": None, "interval": None}),
    ),
    "ParameterDefinition": (
        *_all("use", ("in", "unheard")),
        *_all("type", ("Patient", "Unheard")),
        *_all("max", ("*", "x", "0")),
    ),
    "Dosage": (
        ("asNeeded", {"asNeededBoolean": True, "asNeededFor": [{"text": "x"}]}),
        ("sequence", {"sequence": "1"}),
    ),
}
for kind in ("Age", "Duration", "Distance", "Count"):
    CHANGES[kind] = CHANGES["Quantity"]
