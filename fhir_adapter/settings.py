"""Settings: flags > environment > one TOML file > defaults. Each key is one flag and one variable.

    # fhir-adapter.toml                      export FHIR_ADAPTER_FHIR=r4
    fhir = "r4"                              export FHIR_ADAPTER_SERVERS__WARD__TOKEN=...
    target = "ward"

    [servers.ward]
    url = "https://fhir.example/base"
    user = "loader"
    password = "..."

    [registries]
    ctgov = "https://mirror.example/api/v2"  # where a registry's API is, if not at its own address

The file is `fhir-adapter.toml` in the working folder, or the one that --config names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from fhir_adapter.errors import ConfigError
from fhir_adapter.version import BASE

if TYPE_CHECKING:
    import httpx

__all__ = ["FILE", "Server", "Settings", "load"]

FILE = "fhir-adapter.toml"
_PREFIX = "FHIR_ADAPTER_"


class Server(BaseModel):
    """A FHIR server that has a name. `token` is a bearer token; `user` and `password` are for HTTP Basic."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    token: SecretStr | None = None
    user: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("a user needs a password, and a password a user")
        if self.token and self.user:
            raise ValueError("has a token and a user; leave one out")
        return self

    def auth(self) -> httpx.Auth | None:
        """Give the login, None where there is none."""
        from fhir_adapter.auth import Basic, Bearer

        if self.token:
            return Bearer(self.token.get_secret_value())
        if self.user is None or self.password is None:
            return None
        return Basic(self.user, self.password.get_secret_value())


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
    target: str | None = None
    report: Path | None = None
    results: Literal["drop", "keep"] = "drop"
    base: str = BASE
    timeout: float = 120.0
    quiet: bool = False
    servers: dict[str, Server] = {}
    registries: dict[str, str] = {}

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
    file = _toml(path) if config or path.is_file() else {}

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
            return init_settings, env_settings, InitSettingsSource(settings_cls, file)

    try:
        return Loaded(**{key: value for key, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"])) or "settings"
        flag = "" if "." in key else f"--{key}, "
        where = f"{flag}{_PREFIX}{key.upper().replace('.', '__')} or {path.name}"
        raise ConfigError(f"the setting {key!r} is wrong: {_reason(first['msg'])}; look at {where}") from None


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
