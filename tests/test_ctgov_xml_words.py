"""The words and texts of the classic XML become the codes and texts of the study; what is no record is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.mappings.sources import _xml_text
from fhir_adapter.readers import readings
from fhir_adapter.source import find
from fhir_adapter.table import Scope

XML = find("ctgov_xml")

Tree = dict[str, Any]


def small(inside: str) -> str:
    return f"<clinical_study><id_info><nct_id>NCT00000000</nct_id></id_info>{inside}</clinical_study>"


def protocol(inside: str) -> Tree:
    """Read a small trial, without its number."""
    assert XML.parse
    scope = Scope()
    study: Tree = XML.read(XML.parse(small(inside)), scope)["protocolSection"]
    assert scope.issues == []
    del study["identificationModule"]["nctId"]
    return {name: module for name, module in study.items() if module}


# --- texts ---------------------------------------------------------------------------------------------------------

LONG = "A measurable lesion that was seen on a scan of the last month by two readers who did not know of each other"
TEXTS = {
    "broken lines are joined": (LONG.replace(" know", "\nknow"), LONG),
    "items stand line under line": (
        "Inclusion Criteria:\n\n  -  Adults\n\n  -  One of:\n\n       -  Pain > 3\n\n       -  Fever\n\n  -  Consent",
        "Inclusion Criteria:\n\n* Adults\n* One of:\n\n  * Pain \\> 3\n  * Fever\n* Consent",
    ),
    "numbers stay": ("Visits:\n\n  1. First\n\n  2. Next\n\n 10. Last", "Visits:\n\n1. First\n2. Next\n10. Last"),
    "a text that begins with an item": ("-  Adults\n\n  -  Consent", "* Adults\n* Consent"),
    "signs of CommonMark are escaped": ("a*b [1] & <c> ~ mm^3", "a\\*b \\[1\\] \\& \\<c\\> \\~ mm\\^3"),
    "a paragraph that looks like an item is none": ("First\n\n1. no item", "First\n\n1\\. no item"),
    "lines that are an author's own stay": ("One:\n- two", "One:\n- two"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_become_commonmark(name: str) -> None:
    """One line a paragraph or item, as API v2 has it."""
    record, study = TEXTS[name]
    criteria = _xml_text.text(3)
    assert criteria.read
    assert criteria.write

    assert criteria.read(record) == study
    if name != "lines that are an author's own stay":
        assert criteria.write(study) == record


def test_lines_of_short_texts_are_paragraphs() -> None:
    """A line break of the XML is a paragraph of API v2."""
    read, write = _xml_text.LINES.read, _xml_text.LINES.write
    assert read
    assert write

    assert read("Cycle 1: 5 mg\nCycle 2: <10 mg\n- rest") == "Cycle 1: 5 mg\n\nCycle 2: \\<10 mg\n\n- rest"
    assert write(read("Cycle 1: 5 mg\nCycle 2: <10 mg\n- rest")) == "Cycle 1: 5 mg\nCycle 2: <10 mg\n- rest"


# --- words -------------------------------------------------------------------------------------------------------

_ARMS = (
    "<intervention><intervention_type>Drug</intervention_type><intervention_name>Zorvatib</intervention_name>"
    "<arm_group_label>A</arm_group_label></intervention><arm_group><arm_group_label>A</arm_group_label></arm_group>"
)
_OLD = (  # before 2017
    "<firstreceived_date>May 2, 2010</firstreceived_date><study_design>Allocation:  Randomized, "
    "Masking:  Double Blind (Subject, Outcomes Assessor), Primary Purpose:  Treatment</study_design>"
    "<eligibility><gender>Both</gender></eligibility>"
)
WORDS: list[tuple[str, Tree]] = [
    (
        "<study_type>Observational [Patient Registry]</study_type>",
        {"designModule": {"studyType": "OBSERVATIONAL", "patientRegistry": True}},
    ),
    ("<study_type>N/A</study_type>", {}),
    ("<phase>Phase 2/Phase 3</phase>", {"designModule": {"phases": ["PHASE2", "PHASE3"]}}),
    (
        "<study_design_info><masking>Triple (Participant, Care Provider, Investigator)</masking></study_design_info>",
        {
            "designModule": {
                "designInfo": {
                    "maskingInfo": {
                        "masking": "TRIPLE",
                        "whoMasked": ["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR"],
                    }
                }
            }
        },
    ),
    (
        "<study_design_info><masking>None (Open Label)</masking></study_design_info>",
        {"designModule": {"designInfo": {"maskingInfo": {"masking": "NONE"}}}},
    ),
    (
        "<eligibility><minimum_age>N/A</minimum_age><maximum_age>65 Years</maximum_age></eligibility>",
        {"eligibilityModule": {"maximumAge": "65 Years"}},
    ),
    (
        '<start_date type="Anticipated">March 3, 2015</start_date><completion_date>May 2016</completion_date>',
        {
            "statusModule": {
                "startDateStruct": {"date": "2015-03-03", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "2016-05"},
            }
        },
    ),
    (
        "<biospec_retention>samples WITH dna</biospec_retention>",
        {"designModule": {"bioSpec": {"retention": "SAMPLES_WITH_DNA"}}},
    ),
    (
        _ARMS,
        {
            "armsInterventionsModule": {
                "armGroups": [{"label": "A", "interventionNames": ["Drug: Zorvatib"]}],
                "interventions": [{"type": "DRUG", "name": "Zorvatib", "armGroupLabels": ["A"]}],
            }
        },
    ),
    (
        "<reference><PMID>2</PMID></reference><results_reference><citation>C</citation></results_reference>",
        {
            "referencesModule": {
                "references": [{"type": "BACKGROUND", "pmid": "2"}, {"type": "RESULT", "citation": "C"}],
            }
        },
    ),
    (
        _OLD,
        {
            "statusModule": {"studyFirstSubmitDate": "2010-05-02"},
            "eligibilityModule": {"sex": "ALL"},
            "designModule": {
                "designInfo": {
                    "allocation": "RANDOMIZED",
                    "primaryPurpose": "TREATMENT",
                    "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]},
                }
            },
        },
    ),
]


@pytest.mark.parametrize(("inside", "wanted"), WORDS)
def test_words_are_read_as_codes(inside: str, wanted: Tree) -> None:
    """The registry's words of every year become the codes, dates and parts of the study."""
    assert protocol(inside) == wanted


# --- bad input ---------------------------------------------------------------------------------------------------

ATTACKS = {
    "a file of the machine": '<!DOCTYPE clinical_study [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + small("&a;"),
    "entities that grow": '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;&a;">]>' + small("&b;"),
    "another's document type": '<!DOCTYPE x SYSTEM "http://registry.invalid/x.dtd">' + small(""),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_document_types_are_refused(name: str) -> None:
    """Nothing is fetched, opened or unfolded."""
    found = list(readings(ATTACKS[name].encode(), "ctgov_xml"))

    assert [one.record for one in found] == [None]
    assert "document type" in found[0].issues[0].message


@pytest.mark.parametrize("text", ["<clinical_study><id_info>", small("&nobody;"), "<other/>", "<clinical_study/>"])
def test_what_is_no_trial_costs_one_issue(text: str) -> None:
    (found,) = readings(text.encode(), "ctgov_xml")

    assert found.record is None
    assert found.issues[0].message.startswith("not a ClinicalTrials.gov XML record: ")


def test_a_page_for_people_is_still_told_apart() -> None:
    """An error page of a web server is no record of any format."""
    (found,) = readings(b"<!DOCTYPE html><html><body>502</body></html>")

    assert found.issues[0].message == "an HTML page, not trial records; was it an error page?"


def test_an_older_encoding_is_read_as_declared() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + small("<brief_title>Hôpital</brief_title>")

    (found,) = readings(text.encode("latin-1"))

    assert (found.record or {})["brief_title"] == "Hôpital"
