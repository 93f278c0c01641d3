"""Codes and units, sound and unsound, that mutants get."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
THO = "http://terminology.hl7.org/CodeSystem/"

UNITS = (
    *("mg", "mg/dL", "Mg/dl", "10*3/uL", "{beats}/min", "a", "year", "unheard", "mm[Hg]", "[degF]", "1", "%", " mg"),
    *(
        "mg ",
        "m m",
        "mg/",
        "/mg",
        "mg.",
        "m2",
        "m^2",
        "kg.m/s2",
        "(mg)",
        "((mg)",
        "{}",
        "{a b}",
        "10^3",
        "umol/L",
        "µg",
    ),
    *(
        "[iU]",
        "[IU]",
        "d",
        "wk",
        "mo",
        "h",
        "min",
        "s",
        "ms",
        "MG",
        "",
        "mg{total}",
        "10*-3",
        "1/1",
        "/min",
        "cel",
        "Cel",
    ),
    *("days", "years", "kk", "dag", "mL/min/{1.73_m2}", "[in_i]", "[in]", "2", "2.5", "mg mL", "mg//L", "%{a}", "[pH]"),
)
CODINGS: tuple[tuple[str, Tree], ...] = tuple(
    (f"{system[-28:]}#{code}", {"system": system, "code": code, "display": display, "version": None})
    for system, code, display in (
        (f"{THO}v2-0203", "unheard", None),
        (f"{THO}v2-0203", "MR", "Wrong words"),
        (f"{THO}v2-0203", "mr", None),
        (f"{THO}v3-Confidentiality", "n", None),
        (f"{THO}v3-Confidentiality", "N", None),
        (f"{THO}unheard", "a", None),
        ("http://hl7.org/fhir/unheard", "a", None),
        ("http://hl7.org/fhir/administrative-gender", "male", None),
        ("http://hl7.org/fhir/administrative-gender", "Male", None),
        ("http://hl7.org/fhir/administrative-gender", "unheard", None),
        ("http://hl7.org/fhir/ValueSet/administrative-gender", "male", None),
        ("http://hl7.org/fhir/administrative-gender/", "male", None),
        ("http://snomed.info/sct", "1", None),
        ("http://snomed.info/sct", "73211009", "Wrong words"),
        ("http://loinc.org", "unheard", None),
        (UCUM, "mg", None),
        (UCUM, "unheard", None),
        ("urn:iso:std:iso:3166", "NL", None),
        ("urn:iso:std:iso:3166", "XX", None),
        ("urn:iso:std:iso:3166", "USA", None),
        ("urn:iso:std:iso:3166", "nl", None),
        ("urn:iso:std:iso:3166:-2", "US-CA", None),
        ("urn:ietf:bcp:47", "en", None),
        ("urn:ietf:bcp:47", "unheard-tag-x", None),
        ("urn:ietf:bcp:13", "application/pdf", None),
        ("urn:ietf:bcp:13", "unheard", None),
        ("urn:iso:std:iso:4217", "EUR", None),
        ("urn:iso:std:iso:4217", "XXZ", None),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "x", None),
        ("http://id.who.int/icd/release/11/mms", "x", None),
        ("urn:oid:2.16.840.1.113883.6.1", "x", None),
        ("relative", "a", None),
        ("urn:uuid:x", "a", None),
        (f"{THO}usage-context-type", "age", None),
        (f"{THO}data-absent-reason", "unknown", "Unknown"),
    )
)
