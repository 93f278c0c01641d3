"""Settings: flags before the environment, the environment before the file, the file before the defaults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import Run, lines, records
from fhir_adapter.errors import ConfigError
from fhir_adapter.settings import load

pytest_plugins = ["command_line_fixtures"]


def test_each_place_overrules_the_next(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag beats a variable, a variable the file, the file the default."""
    assert load({}, folder=here).results == "drop"
    (here / "fhir-adapter.toml").write_text('results = "keep"\nfhir = "r4"\ntimeout = 5\n')
    monkeypatch.setenv("FHIR_ADAPTER_FHIR", "r4b")

    settings = load({"timeout": 7, "base": None}, folder=here)

    assert (settings.results, settings.fhir, settings.timeout) == ("keep", "r4b", 7)


def test_the_command_line_uses_them(cli: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fhir-adapter.toml of the working folder, FHIR_ADAPTER_* and --config reach the verbs."""
    (here / "fhir-adapter.toml").write_text('fhir = "r4"\n')
    (here / "other.toml").write_text('fhir = "r4b"\ntarget = "store"\n')

    def version(*words: str) -> str:
        return str(json.loads(cli("convert", "-", "--json", *words, stdin=lines(records(1))).last)["fhir"])

    assert version() == "R4"
    assert version("--config", "other.toml") == "R4B"
    assert version("--fhir", "r5") == "R5"
    monkeypatch.setenv("FHIR_ADAPTER_FHIR", "r5")
    assert version() == "R5"
    monkeypatch.delenv("FHIR_ADAPTER_FHIR")
    assert cli("sync", "-", "--config", "other.toml", stdin=lines(records(1))).code == 0
    assert (here / "store" / "ResearchStudy.ndjson").exists()


def test_a_secret_can_come_from_the_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's token by variable, its address by file; no spelling of the settings shows it."""
    (here / "fhir-adapter.toml").write_text('[servers.ward]\nurl = "https://fhir.example/base"\n')
    monkeypatch.setenv("FHIR_ADAPTER_SERVERS__WARD__TOKEN", "hush-hush")

    settings = load({}, folder=here)
    server = settings.server("ward")

    assert server is not None
    assert server.token is not None
    assert server.token.get_secret_value() == "hush-hush"
    assert settings.server("https://fhir.example/base/") == server
    assert "hush" not in f"{settings!r} {settings} {settings.model_dump_json()} {server.auth()!r}"


def test_a_file_that_is_named_must_be_there(here: Path) -> None:
    """--config with a slip is an error; without it a missing file is none."""
    with pytest.raises(ConfigError, match=r"cannot read the settings 'nope\.toml': no such file"):
        load({}, Path("nope.toml"))
    assert load({}, folder=here).servers == {}
