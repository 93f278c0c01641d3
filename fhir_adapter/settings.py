"""Settings: flags > environment > one TOML file > defaults. Each key is one flag and one variable.

    # fhir-adapter.toml                      export FHIR_ADAPTER_FHIR=r4
    fhir = "r4"                              export FHIR_ADAPTER_SERVERS__WARD__TOKEN=...
    target = "ward"

    [servers.ward]
    url = "https://fhir.example/base"
    user = "loader"
    password_file = "ward.secret"            # beside this file; README.md has all logins

    [registries]
    ctgov = "https://mirror.example/api/v2"  # where a registry's API is, if not at its own address

The file is `fhir-adapter.toml` in the working folder, or the one that --config names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_serializer
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from fhir_adapter.account import SECRETS, Server
from fhir_adapter.errors import ConfigError
from fhir_adapter.source import OVERLAP
from fhir_adapter.version import BASE

__all__ = ["FILE", "Server", "Settings", "load"]

FILE = "fhir-adapter.toml"
_PREFIX = "FHIR_ADAPTER_"


class Settings(BaseSettings):
    """What the command line can be told. A key of None is left to the verb."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    fhir: str | None = None
    source: str = "auto"
    target: str | None = Field(default=None, repr=False)  # an address may hold a login
    report: Path | None = None
    log: str | None = None
    results: Literal["drop", "keep"] = "drop"
    base: str = BASE
    timeout: float = 120.0
    state: str | None = None
    workers: int = Field(default=2, ge=1, le=16)
    mode: Literal["put", "conditional-update", "conditional-create"] | None = None
    profile: Path | None = None
    max_runtime: str | None = None
    since: str = "all"
    overlap: int = Field(default=OVERLAP, ge=0, le=365)
    withdrawn: Literal["leave", "retire", "delete"] = "leave"
    quiet: bool = False
    servers: dict[str, Server] = {}
    registries: dict[str, str] = {}

    @field_serializer("target")
    def _bare(self, target: str | None) -> str | None:
        if target is None or "@" not in target:
            return target
        try:
            parts = urlsplit(target)
        except ValueError:
            return None
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def server(self, where: str) -> Server | None:
        """Give the server of a name, or the one at an address; None where the text means a folder.

        Raises ConfigError for a bare word that is neither the name of a server nor a folder that exists, where
        servers have names: it is more likely a slip than a new folder.
        """
        if where in self.servers:
            return self.servers[where]
        if where.lower().startswith(("http://", "https://")):
            return next((own for own in self.servers.values() if own.url.rstrip("/") == where.rstrip("/")), None)
        bare = not set(where) & set("/\\.")
        if self.servers and bare and not Path(where).exists():
            names = ", ".join(sorted(self.servers))
            raise ConfigError(f"no server {where!r} in the settings (there: {names}); for a new folder write ./{where}")
        return None


def load(flags: Mapping[str, Any], config: Path | None = None, folder: Path = Path()) -> Settings:
    """Read the settings. A flag of None was not given. Raises ConfigError, which never shows a value."""
    path = config or folder / FILE
    file = _anchored(_toml(path), path.parent) if config or path.is_file() else {}

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, _yielding(file, env_settings()))

    try:
        return Loaded(**{key: value for key, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"])) or "settings"
        flag = "" if "." in key else f"--{key}, "
        where = f"{flag}{_PREFIX}{key.upper().replace('.', '__')} or {path.name}"
        raise ConfigError(f"the setting {key!r} is wrong: {_reason(first['msg'])}; look at {where}") from None
    except SettingsError:
        raise ConfigError(f"a variable {_PREFIX}SERVERS or {_PREFIX}REGISTRIES is no JSON; set single keys") from None


def _anchored(file: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Look for the files that servers name beside the settings, wherever the program was started."""
    servers = file.get("servers")
    if not isinstance(servers, dict):
        return file
    found = {name: _beside(own, folder) if isinstance(own, dict) else own for name, own in servers.items()}
    return {**file, "servers": found}


def _beside(server: dict[str, Any], folder: Path) -> dict[str, Any]:
    named = {key for key, value in server.items() if key.endswith("_file") and isinstance(value, str)}
    return {key: folder / Path(value).expanduser() if key in named else value for key, value in server.items()}


def _yielding(file: dict[str, Any], env: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the file what the environment gives in the other way: a secret itself, or the file it is in."""
    told = env.get("servers")
    servers = file.get("servers")
    if not isinstance(told, dict) or not isinstance(servers, dict):
        return file
    pairs = {**{key: f"{key}_file" for key in SECRETS}, **{f"{key}_file": key for key in SECRETS}}
    kept = {}
    for name, own in servers.items():
        given = told.get(name)
        out = {pairs.get(key) for key in given} if isinstance(given, dict) else set()
        kept[name] = {k: v for k, v in own.items() if k not in out} if isinstance(own, dict) else own
    return {**file, "servers": kept}


def _reason(message: str) -> str:
    if message.startswith("Extra inputs"):
        return "there is none of this name"
    words = message.removeprefix("Value error, ")
    return words[:1].lower() + words[1:]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read the settings {str(path)!r}: {why}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the settings {str(path)!r} are not TOML: {error}") from None
