"""convert and restore on the command line: data on stdout, words on stderr, files whole, exit codes as promised."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import PROGRAM, Run, lines, program, record, records

pytest_plugins = ["command_line_fixtures"]

VERSIONS = ["r5", "r4b", "r4"]


@pytest.mark.parametrize("fhir", VERSIONS)
def test_records_go_to_a_folder_and_come_back_as_they_were(cli: Run, here: Path, fhir: str) -> None:
    """`convert -o DIR` writes a file a resource type; `restore DIR` gives the records, in order."""
    (here / "in.ndjson").write_bytes(lines(records(3)))

    ran = cli("convert", "in.ndjson", "--fhir", fhir, "-o", "out")

    assert ran.code == 0
    assert ran.out == b""
    assert {"ResearchStudy.ndjson", "Location.ndjson", "report.json", "issues.ndjson"} <= {
        path.name for path in (here / "out").iterdir()
    }
    assert cli("restore", "out").trees == records(3)


@pytest.mark.parametrize("fhir", VERSIONS)
def test_records_stream_through_as_bundles(cli: Run, fhir: str) -> None:
    """`convert - -o -` writes one transaction Bundle a line, which `restore -` reads."""
    ran = cli("convert", "-", "-o", "-", "--fhir", fhir, stdin=lines(records(2)))

    assert [bundle["type"] for bundle in ran.trees] == ["transaction"] * 2
    assert cli("restore", "-", stdin=ran.out).trees == records(2)


def test_without_a_place_bundles_go_into_the_pipe(cli: Run) -> None:
    """Where stdout is no terminal, convert needs no -o."""
    assert len(cli("convert", "-", stdin=lines(records(2))).trees) == 2


def test_stdout_carries_data_only(cli: Run) -> None:
    """What people read is on stderr."""
    ran = cli("convert", "-", stdin=lines([record(), []]))

    assert [bundle["resourceType"] for bundle in ran.trees] == ["Bundle"]
    assert "2 records read, 1 converted, 1 with errors" in ran.err


def test_quiet_says_errors_only(cli: Run) -> None:
    """--quiet leaves the lines about broken records, and nothing else."""
    assert cli("convert", "-", "--quiet", stdin=lines(records(2))).err == ""
    ran = cli("convert", "-", "--quiet", stdin=lines([record(), []]))
    assert ran.err.splitlines() == ["error: -:2: a list, not a trial record (a JSON object)"]


def test_the_summary_for_programs_goes_where_no_data_goes(cli: Run) -> None:
    """--json: on stdout where the data goes to a folder, else the last line of stderr."""
    piped = cli("convert", "-", "--json", stdin=lines(records(2)))
    kept = cli("convert", "-", "--json", "-o", "out", stdin=lines(records(2)))

    assert json.loads(piped.last)["records"] == {"read": 2, "done": 2, "failed": 0}
    assert kept.err == ""
    assert kept.trees[0]["records"] == {"read": 2, "done": 2, "failed": 0}


def test_the_report_counts_and_names(cli: Run, here: Path) -> None:
    """report.json says what was read, made, lost and what failed; issues.ndjson has each issue with its record."""
    with_results = {**record(), "resultsSection": {"moreInfoModule": {}}}

    cli("convert", "-", "-o", "out", stdin=lines([with_results, 7]))

    report = json.loads((here / "out" / "report.json").read_text())
    assert report["records"] == {"read": 2, "done": 1, "failed": 1}
    assert report["failures"] == ["-:2"]
    assert report["resources"]["ResearchStudy"] == 1
    assert ("resultsSection", False) in [(lost["path"], lost["kept"]) for lost in report["losses"]]
    issues = [json.loads(line) for line in (here / "out" / "issues.ndjson").read_bytes().splitlines()]
    assert [issue["record"] for issue in issues if issue["severity"] == "error"] == ["-:2"]


def test_the_same_input_gives_the_same_files(cli: Run, here: Path) -> None:
    """Converting twice leaves every file as it was, byte for byte, the report's counts of writes apart."""
    (here / "in.json").write_bytes(json.dumps(records(3)).encode())
    cli("convert", "in.json", "-o", "one")
    cli("convert", "in.json", "-o", "two")

    for path in (here / "one").iterdir():
        assert path.read_bytes() == (here / "two" / path.name).read_bytes()


def test_results_are_kept_on_demand(cli: Run) -> None:
    """--results keep carries the results section along."""
    given = {**record(), "resultsSection": {"moreInfoModule": {"certainAgreement": {"piSponsorEmployee": True}}}}

    dropped = cli("convert", "-", stdin=lines([given]))
    kept = cli("convert", "-", "--results", "keep", stdin=lines([given]))

    assert cli("restore", "-", stdin=dropped.out).trees == [record()]
    assert cli("restore", "-", stdin=kept.out).trees == [given]


def test_a_restored_file_is_written_whole(cli: Run, here: Path) -> None:
    """`restore -o FILE` writes the records to a file."""
    bundles = cli("convert", "-", stdin=lines(records(2))).out

    ran = cli("restore", "-", "-o", "back/records.ndjson", stdin=bundles)

    assert ran.code == 0
    assert (here / "back" / "records.ndjson").read_bytes().count(b"\n") == 2


def test_loose_resources_are_put_together(cli: Run, here: Path) -> None:
    """Restoring from one stream of all resources finds each trial's own."""
    cli("convert", "-", "-o", "out", stdin=lines(records(2)))
    loose = b"".join(path.read_bytes() for path in sorted((here / "out").glob("[A-Z]*.ndjson")))

    assert cli("restore", "-", stdin=loose).trees == records(2)


def test_a_wrong_command_is_a_usage_error(cli: Run) -> None:
    """Exit code 2 and a line that says what to write instead."""
    assert cli("convert").code == 2
    assert cli("convert", "-", "--nope").code == 2
    ran = cli("convert", "-", "--fhir", "r6", stdin=lines(records(1)))
    assert (ran.code, ran.err) == (2, "fhir-adapter: no FHIR version 'r6'; choose one of R5, R4B, R4\n")


def test_an_unexpected_error_is_one_line_too(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours asks for a report; only --debug shows where."""

    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("fhir_adapter.cli.supply.demand_records", stumble)

    ran = cli("convert", "-")
    assert ran.code == 70
    assert ran.err.startswith("fhir-adapter: unexpected ZeroDivisionError: a mistake; please report this")
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" in cli("convert", "-", "--debug").err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`fhir-adapter convert … | head -1` is quiet."""
    many = tmp_path / "in.ndjson"
    many.write_bytes(lines(records(400)))
    with subprocess.Popen([*PROGRAM, "convert", many], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_interrupted_run_leaves_a_whole_folder(tmp_path: Path) -> None:
    """Ctrl-C: what was converted is there, whole; exit code 130."""
    command = [*PROGRAM, "convert", "-", "-o", tmp_path / "out"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(lines(records(40)))
        process.stdin.flush()
        part = tmp_path / "out" / ".issues.ndjson.part"
        for _ in range(600):
            if part.exists():
                break
            time.sleep(0.05)
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        words = process.stderr.read().decode()
    assert process.returncode == 130
    assert words.splitlines()[-1] == "fhir-adapter: interrupted"
    assert not list((tmp_path / "out").glob(".*"))
    studies = tmp_path / "out" / "ResearchStudy.ndjson"
    if studies.exists():
        assert all(json.loads(line)["resourceType"] == "ResearchStudy" for line in studies.read_bytes().splitlines())


def test_help_comes_at_once() -> None:
    """`--help` loads nothing that it does not need: no pydantic, no httpx, no rich."""
    heavy = ("pydantic", "httpx", "rich", "orjson", "logging", "jsonschema_rs", "fhir_adapter.convert")
    code = f"""
import sys
from fhir_adapter.cli import main
assert main(["--help"]) == 0
assert not [name for name in {heavy!r} if name in sys.modules]
"""
    done = subprocess.run([PROGRAM[0], "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "convert" in done.stdout


@pytest.mark.parametrize("verb", ["convert", "restore", "validate", "push", "pull", "sync"])
def test_each_verb_explains_itself_with_an_example(cli: Run, verb: str) -> None:
    """Every help text has an example that begins with the verb."""
    ran = cli(verb, "--help")

    assert ran.code == 0
    assert f"fhir-adapter {verb}".encode() in ran.out


def test_the_program_tells_its_version() -> None:
    """--version works as a program and as a module."""
    assert program("--version").out.startswith(b"fhir-adapter 0.")


def test_ten_thousand_records_stream_in_little_memory(tmp_path: Path) -> None:
    """`convert - -o -` holds one record at a time: 10,000 stay under 300 MB.

    On Linux `ru_maxrss` begins with what the parent had; VmHWM doesn't.
    """
    pytest.importorskip("resource", reason="no way to measure memory on this system")
    (tmp_path / "in.ndjson").write_bytes(lines(records(10_000)))
    code = """
import pathlib, re, resource, sys
from fhir_adapter.cli import main
assert main(["convert", "-", "-o", "-", "--quiet"]) == 0
status = pathlib.Path("/proc/self/status")
told = re.search(r"VmHWM:\\s*(\\d+)", status.read_text()) if status.exists() else None
print(told[1] if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
    with (tmp_path / "in.ndjson").open("rb") as given, (tmp_path / "out.ndjson").open("wb") as out:
        done = subprocess.run(
            [PROGRAM[0], "-c", code], stdin=given, stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 0
    with (tmp_path / "out.ndjson").open("rb") as file:
        assert sum(1 for _ in file) == 10_000
    assert int(done.stderr) * (1 if sys.platform == "darwin" else 1024) < 300 * 1024 * 1024
