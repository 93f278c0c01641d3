"""Country names become ISO 3166-1 codes as the registries spell them; what has no code has none."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import orjson
import pytest

from fhir_adapter.mappings.fhir.countries import ALPHA_2, alpha_2

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data"
HL7_CODES = json.loads((Path(__file__).parent / "data" / "hl7_codes.json").read_text("utf-8"))
ISO_3166 = HL7_CODES["hl7.fhir.r4b.core 4.3.0"]["urn:iso:std:iso:3166"]
FORMER_STATES = {"Former Serbia and Montenegro", "Former Yugoslavia"}


def test_every_iso_code_has_a_name_and_no_other_code_is_given():
    assert set(ALPHA_2.values()) == set(ISO_3166)


def test_every_iso_short_name_is_known():
    """HL7's list doubles each apostrophe and cuts the name of VI: "Virgin Islands,"."""
    names = {code: name.replace("''", "'") for code, name in ISO_3166.items() if code != "VI"}

    assert {code: alpha_2(name) for code, name in names.items()} == {code: code for code in names}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Turkey (Türkiye)", "TR"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Russian Federation", "RU"),
        ("Iran, Islamic Republic of", "IR"),
        ("Czech Republic", "CZ"),
        ("Macedonia, The Former Yugoslav Republic of", "MK"),
        ("North Macedonia", "MK"),
        ("Moldova, Republic of", "MD"),
        ("Côte D'Ivoire", "CI"),
        ("Congo", "CG"),
        ("Congo, The Democratic Republic of the", "CD"),
        ("Palestinian Territories, Occupied", "PS"),
        ("Virgin Islands (U.S.)", "VI"),
        ("Puerto Rico", "PR"),
        ("Scotland", "GB"),
        ("Northern Ireland", "GB"),
        ("Ireland", "IE"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Dominica", "DM"),
        ("Dominican Republic", "DO"),
        ("Guinea", "GN"),
        ("Equatorial Guinea", "GQ"),
    ],
)
def test_a_name_is_looked_up_as_the_registries_spell_it(name, code):
    assert ALPHA_2[name] == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("china", "CN"),
        ("UNITED  STATES ", "US"),
        ("Turkiye", "TR"),
        ("Cote d’ivoire", "CI"),
        ("The Netherlands", "NL"),
        ("Gambia, The", "GM"),
        ("Iran, Islamic Republic Of", "IR"),
        ("curacao", "CW"),
    ],
)
def test_case_blanks_accents_and_the_article_do_not_matter(name, code):
    assert alpha_2(name) == code


def test_no_two_codes_share_a_name():
    """A name that two lines hold would take the code of the later one; so would two that differ in accents only."""
    plain = {name: alpha_2(f" {name.upper()} ") for name in ALPHA_2}

    assert plain == dict(ALPHA_2)


@pytest.mark.parametrize("name", [*sorted(FORMER_STATES), "Kosovo", "Wuhan", "", "the", "US Virgin"])
def test_a_name_without_a_code_has_none(name):
    assert alpha_2(name) is None


@pytest.mark.corpus
def test_every_country_of_the_json_records_has_a_code():
    assert set(_json_countries()) - set(ALPHA_2) <= FORMER_STATES


@pytest.mark.corpus
def test_every_country_of_the_xml_records_has_a_code():
    assert set(_xml_countries()) - set(ALPHA_2) <= FORMER_STATES


def _json_countries() -> Iterator[str]:
    with gzip.open(CORPUS / "ctgov_v2.ndjson.gz") as lines:
        for record in map(orjson.loads, lines):
            places = record["protocolSection"].get("contactsLocationsModule", {}).get("locations", ())
            yield from (place["country"] for place in places if "country" in place)
            yield from record.get("derivedSection", {}).get("miscInfoModule", {}).get("removedCountries", ())


def _xml_countries() -> Iterator[str]:
    with tarfile.open(CORPUS / "ctgov_xml.tar.gz") as records:
        for member in records:
            if (file := records.extractfile(member)) is not None:
                for name in re.findall(r"<country>([^<]+)</country>", file.read().decode()):
                    yield unescape(name)
