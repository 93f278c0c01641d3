"""Bad input, bad places and bad servers: one clear line each, the run goes on where it can, never a traceback."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import httpx
import pytest

from command_line import Ran, Run, lines, record, records
from fhir_adapter.twin import Twin
from loopback import nobody, serving

pytest_plugins = ["command_line_fixtures"]

HTML = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway</body></html>"


def errors(ran: Ran) -> list[str]:
    """The lines about errors; nothing else may look like one."""
    assert "Traceback" not in ran.err
    return [line for line in ran.err.splitlines() if line.startswith(("error: ", "fhir-adapter: "))]


def test_truncated_json_costs_one_record(cli: Run) -> None:
    """Record 7 of 10 is cut off: nine are converted."""
    whole = lines(records(10)).splitlines(keepends=True)
    whole[6] = whole[6][:200] + b"\n"

    ran = cli("convert", "-", stdin=b"".join(whole))

    assert ran.code == 1
    assert len(ran.trees) == 9
    (line,) = errors(ran)
    assert line.startswith("error: -:7: broken JSON")
    assert "10 records read, 9 converted, 1 with errors" in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HTML, "an HTML page, not trial records; was it an error page?"),
        (b"", "empty; there is no record in it"),
        (bytes(range(256)) * 20, "a binary file, not trial records; give JSON or a text layout"),
        (b"[[1, 2]]", "a list, not a trial record (a JSON object)"),
        (b'{"a": 1', "broken JSON"),
        (b'"NCT01234567"', "a string, not a trial record (a JSON object)"),
        (gzip.compress(lines(records(2)))[:-20], "cannot be read"),
    ],
    ids=["HTML", "empty", "binary", "list", "cut off", "string", "cut gzip"],
)
def test_a_file_without_records_is_said(cli: Run, here: Path, content: bytes, words: str) -> None:
    """One line says which file and what is wrong with it; exit code 1."""
    (here / "in.json").write_bytes(content)

    ran = cli("convert", "in.json", "-o", "out")

    assert ran.code == 1
    (line,) = errors(ran)
    assert line.startswith("error: in.json")
    assert words in line
    assert json.loads((here / "out" / "report.json").read_text())["records"]["failed"] == 1


def test_a_huge_line_is_refused_without_eating_the_memory(cli: Run, here: Path) -> None:
    """200 MB on one line cost that line; the record after it is converted."""
    with (here / "in.ndjson").open("wb") as file:
        file.write(b'{"protocolSection": "')
        for _ in range(200):
            file.write(b"x" * 1024 * 1024)
        file.write(b'"}\n')
        file.write(lines(records(1)))

    ran = cli("convert", "in.ndjson")

    assert ran.code == 1
    assert len(ran.trees) == 1
    (line,) = errors(ran)
    assert line == "error: in.ndjson:1: longer than 64 MB, the limit for one record; is this one trial record?"


def test_a_record_without_a_number_gets_an_id_and_a_warning(cli: Run) -> None:
    """nctId missing: the record is converted under a hash of its title."""
    nameless = record()
    del nameless["protocolSection"]["identificationModule"]["nctId"]

    ran = cli("convert", "-", stdin=lines([nameless]))

    assert ran.code == 0
    assert ran.trees[0]["entry"][0]["resource"]["id"].startswith("trial-")
    assert "protocolSection.identificationModule.nctId" in ran.err


def test_a_mixed_folder_gives_what_is_good_in_it(cli: Run, here: Path) -> None:
    """Records, a page of HTML, a picture and a note in one folder: each bad file is one line."""
    folder = here / "in"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(lines(records(2)))
    (folder / "b.html").write_bytes(HTML)
    (folder / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (folder / "d.json.gz").write_bytes(gzip.compress(json.dumps(record(3)).encode()))
    (folder / "notes.txt").write_text("remember the milk")

    ran = cli("convert", "in")

    assert ran.code == 1
    assert len(ran.trees) == 3
    assert [line.split(":")[1].strip() for line in errors(ran)] == ["b.html", "c.png", "notes.txt"]


def test_an_input_that_is_not_there_ends_the_run_before_it_begins(cli: Run, here: Path) -> None:
    """A slip in a file's name is exit code 3 and leaves nothing behind."""
    (here / "a.ndjson").write_bytes(lines(records(1)))

    ran = cli("convert", "a.ndjson", "b.ndjson", "-o", "out")

    assert ran.code == 3
    (line,) = errors(ran)
    assert line.startswith("fhir-adapter: cannot read 'b.ndjson': no such file or folder")
    assert not (here / "out").exists()


def test_fhir_is_not_converted_again(cli: Run, here: Path) -> None:
    """Bundles given to convert: the line says which verbs take them."""
    (here / "b.ndjson").write_bytes(cli("convert", "-", stdin=lines(records(1))).out)

    ran = cli("convert", "b.ndjson")

    assert (ran.code, errors(ran)) == (
        2,
        ["fhir-adapter: 'b.ndjson' holds FHIR already; push, restore or validate it"],
    )


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nowhere"])
def test_an_unwritable_folder_is_said(cli: Run, here: Path, out: str) -> None:
    """Exit code 2 and one line; nothing was converted for nothing."""
    (here / "file").write_text("in the way")

    ran = cli("convert", "-", "-o", out, stdin=lines(records(1)))

    assert ran.code == 2
    (line,) = errors(ran)
    assert "folder" in line
    assert repr(out) in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_said(cli: Run, here: Path) -> None:
    """A folder that must not be written to is exit code 2 and one line."""
    (here / "out").mkdir(mode=0o500)

    ran = cli("convert", "-", "-o", "out", stdin=lines(records(1)))

    assert ran.code == 2
    assert len(errors(ran)) == 1


def test_a_folder_of_another_version_is_left_alone(cli: Run) -> None:
    """R4 is not mixed into a folder of R5."""
    cli("convert", "-", "-o", "out", stdin=lines(records(1)))

    ran = cli("convert", "-", "-o", "out", "--fhir", "r4", stdin=lines(records(1)))

    assert ran.code == 2
    assert "holds FHIR R5, not R4" in errors(ran)[0]


def test_a_server_that_is_down_is_exit_4(cli: Run) -> None:
    """Nobody answers: one line, after a second try that is announced."""
    ran = cli("sync", "-", "--to", f"{nobody()}/fhir", stdin=lines(records(1)))

    assert ran.code == 4
    (line,) = errors(ran)
    assert line.startswith("fhir-adapter: cannot reach http://127.0.0.1:")
    assert [words for words in ran.err.splitlines() if words.startswith("trying again in ")]


@pytest.mark.parametrize(
    ("fhir", "kind", "number"), [("DSTU2", "Conformance", "1.0.2"), ("STU3", "CapabilityStatement", "3.0.2")]
)
def test_a_server_that_speaks_an_old_fhir_is_exit_2(cli: Run, fhir: str, kind: str, number: str) -> None:
    """The line says what it speaks and what we speak."""
    statement = {"resourceType": kind, "fhirVersion": number}
    with serving(lambda _: httpx.Response(200, json=statement)) as url:
        ran = cli("sync", "-", "--to", url, stdin=lines(records(1)))

    assert ran.code == 2
    (line,) = errors(ran)
    assert f"({fhir}); this program speaks R4, R4B and R5" in line


def test_a_server_that_answers_html_is_no_fhir_server(cli: Run) -> None:
    """A web page under the address: exit code 4 and one line."""
    with serving(lambda _: httpx.Response(200, html=HTML.decode())) as url:
        ran = cli("pull", "--from", url)

    assert ran.code == 4
    assert len(errors(ran)) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_does_not_let_us_is_exit_6(cli: Run, status: int) -> None:
    """No rights: one line that says to check the login."""
    with serving(lambda _: httpx.Response(status)) as url:
        ran = cli("pull", "--from", url)

    assert ran.code == 6
    assert len(errors(ran)) == 1


def test_asking_for_another_version_than_the_server_speaks_is_exit_2(cli: Run) -> None:
    """--fhir r4 on an R5 server is refused before anything is sent."""
    with Twin(fhir="R5") as twin:
        ran = cli("push", "-", "--to", twin.url, "--fhir", "r4", stdin=lines(records(1)))

    assert ran.code == 2
    assert "speaks FHIR R5, not" in errors(ran)[0]
    assert not twin.state()


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("fhri = 'r4'", "'fhri' is wrong: there is none of this name"),
        ("fhir = ", "are not TOML"),
        ("[servers.ward]\nurl = 'http://x'\nuser = 'me'", "a user needs a password"),
        ("[servers.ward]\nurl = 7\ntoken = 'hush-hush'", "'servers.ward.url' is wrong"),
    ],
)
def test_wrong_settings_are_exit_2(cli: Run, here: Path, toml: str, words: str) -> None:
    """The line says which key, and never a value."""
    (here / "fhir-adapter.toml").write_text(toml)

    ran = cli("convert", "-", stdin=lines(records(1)))

    assert ran.code == 2
    assert words in errors(ran)[0]
    assert "hush" not in ran.err


def test_a_full_disk_is_said(cli: Run) -> None:
    """Writing that fails for want of room is one line."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")

    ran = cli("restore", "-", "-o", "/dev/full/x", stdin=cli("convert", "-", stdin=lines(records(1))).out)

    assert ran.code == 2
    assert len(errors(ran)) == 1
