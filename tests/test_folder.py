"""A folder of NDJSON: whole files, kept order, nothing of others touched, bad lines cost themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from fhir_adapter.errors import ConfigError
from fhir_adapter.folder import FolderTarget
from trials import changed, resources, trial


def push(folder: Path, *bundles: dict, **options: str) -> list:
    return push_all(folder, bundles, **options)


def push_all(folder: Path, bundles: Iterable[dict], **options: str) -> list:
    with FolderTarget(folder, **options) as target:
        return list(target.push_all(bundles))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ids(folder: Path, kind: str) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / f"{kind}.ndjson").read_text().splitlines()]


def test_there_is_one_file_a_type_and_a_note_of_the_version(tmp_path: Path) -> None:
    push(tmp_path / "a/b", trial(fhir="R4"), fhir="R4")

    kinds = ("EvidenceVariable", "Group", "Location", "PlanDefinition", "ResearchStudy")
    assert sorted(contents(tmp_path / "a/b")) == [*(f"{kind}.ndjson" for kind in kinds), "fhir-version.json"]
    assert json.loads((tmp_path / "a/b/fhir-version.json").read_bytes()) == {"fhir": "R4"}


def test_a_file_whose_content_stays_is_not_touched(tmp_path: Path) -> None:
    push(tmp_path, trial(), trial("NCT00000001"))
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    push(tmp_path, changed(trial(), "ResearchStudy/NCT00000000", label=[{"value": "Other"}]), trial("NCT00000001"))
    after = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}

    assert [name for name in after if after[name] != before[name]] == ["ResearchStudy.ndjson"]


def test_a_trial_keeps_its_place_and_a_new_one_comes_last(tmp_path: Path) -> None:
    push(tmp_path, trial("B"), trial("A"), trial("C"))
    push(tmp_path, trial("D"), trial("A", title="New", sites=1))

    assert ids(tmp_path, "ResearchStudy") == ["B", "A", "C", "D"]
    assert ids(tmp_path, "Location") == ["B-loc-1", "B-loc-2", "A-loc-1", "C-loc-1", "C-loc-2", "D-loc-1", "D-loc-2"]


def test_the_same_pushes_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        push(folder, trial("B"), trial("A"))
        push(folder, trial("A", outcomes=1))

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_nothing_is_written_before_the_end_and_nothing_is_left_over(tmp_path: Path) -> None:
    with FolderTarget(tmp_path) as target:
        target.push(trial())
        assert [path for path in tmp_path.iterdir() if path.suffix == ".ndjson"] == []

    assert [name for name in contents(tmp_path) if name.startswith(".")] == []
    assert "ResearchStudy.ndjson" in contents(tmp_path)


def test_what_has_a_receipt_is_kept_when_the_run_breaks_off(tmp_path: Path) -> None:
    def interrupted() -> Iterator[dict]:
        yield trial()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push_all(tmp_path, interrupted())

    assert ids(tmp_path, "ResearchStudy") == ["NCT00000000"]


def test_files_of_others_stay_as_they_are(tmp_path: Path) -> None:
    others = {"report.json": b"{}", "issues.ndjson": b'{"severity": "error"}\n', "Patient.ndjson": b'{"a": 1}\n'}
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    push(tmp_path, trial())

    assert others.items() <= contents(tmp_path).items()


def test_resources_of_no_trial_of_ours_stay(tmp_path: Path) -> None:
    mine = b'{"resourceType": "Location", "id": "ward-7", "name": "Ours"}\n'
    (tmp_path / "Location.ndjson").write_bytes(mine)
    push(tmp_path, trial())
    push(tmp_path, trial(sites=0))

    assert (tmp_path / "Location.ndjson").read_bytes() == mine


def test_a_type_that_is_no_longer_there_has_no_file(tmp_path: Path) -> None:
    push(tmp_path, trial(sites=2))
    (receipt,) = push(tmp_path, trial(sites=0))

    assert receipt.deleted == 2
    assert "Location.ndjson" not in contents(tmp_path)


@pytest.mark.parametrize("line", ["{ broken", "[]", "17", '{"resourceType": "Patient", "id": "x"}', "\ufffd\x00"])
def test_a_bad_line_costs_itself_and_survives(tmp_path: Path, line: str) -> None:
    push(tmp_path, trial("A"))
    with (tmp_path / "ResearchStudy.ndjson").open("a") as file:
        file.write(f"\n{line}\n")
    (receipt,) = push(tmp_path, trial("B"))
    with FolderTarget(tmp_path) as target:
        bad, *good = target.pull()

    assert receipt.ok
    assert (bad.id, bad.bundle) == ("ResearchStudy.ndjson:3", None)
    assert [each.id for each in good] == ["A", "B"]
    assert line in (tmp_path / "ResearchStudy.ndjson").read_text()


def test_a_bad_line_of_a_companion_is_missed_by_its_trial_only(tmp_path: Path) -> None:
    push(tmp_path, trial("A"), trial("B"))
    path = tmp_path / "Location.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"id":"A-loc-2"', b'"id":"A-loc-2'))
    with FolderTarget(tmp_path) as target:
        bad, first, second = target.pull()

    assert bad.issues[0].record == "Location.ndjson:2"
    assert [issue.path for issue in first.issues] == ["Location/A-loc-2"]
    assert second.issues == ()


def test_a_last_line_without_its_line_feed_is_read_and_completed(tmp_path: Path) -> None:
    push(tmp_path, trial("A"))
    path = tmp_path / "ResearchStudy.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().rstrip(b"\n"))
    push(tmp_path, trial("B"))
    with FolderTarget(tmp_path) as target:
        pulled = {each.id: resources(each.bundle) for each in target.pull()}

    assert pulled == {own: resources(trial(own)) for own in ("A", "B")}


def test_the_later_of_two_lines_with_one_id_counts(tmp_path: Path) -> None:
    push(tmp_path, trial("A", sites=1))
    with (tmp_path / "Location.ndjson").open("a") as file:
        file.write('{"resourceType": "Location", "id": "A-loc-1", "name": "Later"}\n')
    with FolderTarget(tmp_path) as target:
        warned, pulled = target.pull()

    assert "Location/A-loc-1" in warned.issues[0].message
    assert resources(pulled.bundle)["Location/A-loc-1"]["name"] == "Later"


def test_a_pull_sees_what_the_same_target_pushed(tmp_path: Path) -> None:
    with FolderTarget(tmp_path) as target:
        target.push(trial("A"))
        assert [each.id for each in target.pull()] == ["A"]
        target.push(trial("B"))
        assert [each.id for each in target.pull()] == ["A", "B"]


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_a_folder_remembers_its_version(tmp_path: Path, fhir: str) -> None:
    push(tmp_path, trial(fhir=fhir), fhir=fhir)

    assert FolderTarget(tmp_path).fhir == fhir
    for other in {"R5", "R4B", "R4"} - {fhir}:
        with pytest.raises(ConfigError, match=f"holds FHIR {fhir}, not {other}"):
            FolderTarget(tmp_path, fhir=other)


@pytest.mark.parametrize(("fhir", "seen"), [("R5", "R5"), ("R4", "R4"), ("R4B", "R4")])
def test_a_folder_of_others_is_told_by_its_studies(tmp_path: Path, fhir: str, seen: str) -> None:
    push(tmp_path, trial(fhir=fhir), fhir=fhir)
    (tmp_path / "fhir-version.json").unlink()

    assert FolderTarget(tmp_path).fhir == seen
    assert FolderTarget(tmp_path, fhir=fhir.lower()).fhir == fhir


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no FHIR version 'R9'; choose one of R5, R4B, R4"):
        FolderTarget(tmp_path, fhir="R9")


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"^cannot write to folder '.*sub': Not a directory; choose another one$"):
        push(tmp_path / "file/sub", trial())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="is a file; give a folder"):
        FolderTarget(tmp_path / "file")


def test_a_folder_that_is_not_there_cannot_be_pulled_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"), FolderTarget(tmp_path / "none") as target:
        list(target.pull())

    assert not (tmp_path / "none").exists()
