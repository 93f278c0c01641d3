"""Registry formats are found by name, and each says what it knows."""

from __future__ import annotations

import pytest

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.source import Source, find, known
from fhir_adapter.table import Row, Scope, Table

TABLE = Table(Row("identificationModule.briefTitle", "title"), root="protocolSection")
TITLED = Source(id="titled", title="an invented format", recognise=lambda record: "title" in record, table=TABLE)


def test_formats_are_listed_by_their_modules() -> None:
    """A module of mappings/sources is a format, unless its name begins with an underscore."""
    assert {"ctgov", "registry_page", "registry_rows"} <= set(known())
    assert list(known()) == sorted(known())
    assert not [name for name in known() if name.startswith("_")]


@pytest.mark.parametrize("name", known())
def test_a_format_is_found_by_its_id(name: str) -> None:
    """Each module says its own name and a title for people."""
    source = find(name)

    assert source.id == name
    assert source.title


@pytest.mark.parametrize("name", ["nobody", "", "_outcomes", "ctgov.py", "../ctgov"])
def test_an_unknown_format_names_the_known_ones(name: str) -> None:
    """What is no format is told with those that are."""
    with pytest.raises(ConfigError, match=r"no registry format .*; choose one of ctgov, "):
        find(name)


def test_a_record_without_a_table_is_the_study() -> None:
    """The hub's own format goes through as it is."""
    record = {"protocolSection": {"identificationModule": {"nctId": "NCT00000000"}}}

    assert find("ctgov").read(record) is record
    assert find("ctgov").write(record) is record
    assert find("ctgov").unread(record) == set()


def test_a_table_reads_and_writes() -> None:
    """The study stands left of the table, the record right."""
    study = {"protocolSection": {"identificationModule": {"briefTitle": "Imaginary"}}}

    assert TITLED.read({"title": "Imaginary"}) == study
    assert TITLED.write(study) == {"title": "Imaginary"}
    assert TITLED.unread({"title": "Imaginary", "more": 1}) == {"more"}


def test_trouble_is_noted_in_the_scope() -> None:
    """A value that cannot be read costs itself and leaves an issue."""
    scope = Scope()

    study = find("registry_page").read({"title": "Imaginary", "enrollment": "many"}, scope)

    assert study == {"protocolSection": {"identificationModule": {"officialTitle": "Imaginary"}}}
    assert [type(issue) for issue in scope.issues] == [Issue]
    assert scope.issues[0].path == "enrollment"
