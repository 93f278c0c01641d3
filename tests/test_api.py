"""The public names: those that the design promises, loaded when they are used, never shadowed by a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fhir_adapter
from command_line import lines, record, records

PROMISED = {"Conversion", "Issue", "Report", "Restoration", "Target", "convert", "open_target", "read", "restore"} | {
    *("sync", "validate", "AdapterError", "ConfigError", "SourceError", "ServerError", "Temporary", "Refused"),
    *("Unauthorized", "TableError", "__version__"),
}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_public_names_are_sorted_and_there() -> None:
    """__all__ is sorted, holds what the design promises, and every name in it exists."""
    assert list(fhir_adapter.__all__) == sorted(fhir_adapter.__all__)
    assert set(fhir_adapter.__all__) >= PROMISED
    assert all(getattr(fhir_adapter, name) is not None for name in fhir_adapter.__all__)
    assert dir(fhir_adapter) == sorted(fhir_adapter.__all__)


def test_another_name_is_an_attribute_error() -> None:
    """A slip is said as Python says it."""
    with pytest.raises(AttributeError, match="has no attribute 'convrt'"):
        fhir_adapter.convrt  # noqa: B018


def test_importing_loads_nothing() -> None:
    """`import fhir_adapter` costs nothing: its libraries are loaded at the first use of a name."""
    loaded = python("import sys, fhir_adapter; print(*sys.modules)").split()

    assert not {"pydantic", "orjson", "httpx", "rich", "typer", "jsonschema_rs"} & set(loaded)
    assert not [name for name in loaded if name.startswith("fhir_adapter.")]


@pytest.mark.parametrize("name", ["convert", "sync", "validate"])
def test_functions_keep_their_names(name: str) -> None:
    """The modules convert, sync and validate don't take the place of the functions, whatever is imported first."""
    code = f"""
import fhir_adapter, sys
import fhir_adapter.{name}
from fhir_adapter.{name} import {name}
from fhir_adapter import {name} as again
assert callable(fhir_adapter.{name})
assert again is {name} is fhir_adapter.{name}
assert "fhir_adapter.{name}" in sys.modules
"""
    python(code)


def test_the_readme_way_works() -> None:
    """convert and restore, from a dict, a text or bytes."""
    for given in (record(), lines([record()]), lines([record()]).decode()):
        conversion = fhir_adapter.convert(given, fhir="r4")
        assert fhir_adapter.validate(conversion.bundle(), "r4") == []
        assert fhir_adapter.restore(conversion.bundle()).record == record()


def test_read_gives_records_one_at_a_time(tmp_path: Path) -> None:
    """A file, a path or bytes give the same records."""
    path = tmp_path / "in.ndjson"
    path.write_bytes(lines(records(3)))

    assert list(fhir_adapter.read(path)) == list(fhir_adapter.read(str(path))) == records(3)
    assert list(fhir_adapter.read(lines(records(3)))) == records(3)


def test_read_hides_no_trouble() -> None:
    """A record that cannot be read raises, or goes to the list that the caller gives."""
    bad = lines([record(1), [], record(2)])

    with pytest.raises(fhir_adapter.SourceError, match="bytes:2: a list, not a trial record"):
        list(fhir_adapter.read(bad))
    issues: list[fhir_adapter.Issue] = []
    assert list(fhir_adapter.read(bad, issues=issues)) == records(2)
    assert [issue.record for issue in issues] == ["bytes:2"]


def test_sync_is_one_call(tmp_path: Path) -> None:
    """Records of any shape go to a target by its address; the report says what happened."""
    first = fhir_adapter.sync([record(1), lines([record(2)])], tmp_path / "store")
    again = fhir_adapter.sync(fhir_adapter.read(lines(records(2))), str(tmp_path / "store"))

    assert first.ok
    assert (first.read, first.done, first.fhir) == (2, 2, "R5")
    assert again.written is not None
    assert (again.written.changed, again.written.unchanged) == (0, sum(first.resources.values()))


def test_sync_lists_what_it_leaves_out(tmp_path: Path) -> None:
    """A broken record costs itself."""
    report = fhir_adapter.sync([record(1), b"{", record(3)], tmp_path / "store")

    assert (report.ok, report.read, report.done, report.failed) == (False, 3, 2, 1)


def test_a_target_can_be_used_by_hand(tmp_path: Path) -> None:
    """open_target, push and pull, as a context manager."""
    with fhir_adapter.open_target(tmp_path / "store", fhir="r4b") as target:
        assert target.push(fhir_adapter.convert(record(), fhir=target.fhir).bundle()).ok
        (pulled,) = target.pull()

    assert pulled.bundle is not None
    assert fhir_adapter.restore(pulled.bundle).record == record()
