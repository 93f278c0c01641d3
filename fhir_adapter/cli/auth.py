"""auth test: try a login out and say what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fhir_adapter.cli.options import Config, Debug, Json, Timeout
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.account import Server
    from fhir_adapter.login import Findings
    from fhir_adapter.settings import Settings
    from fhir_adapter.tree import Tree

__all__ = ["auth"]

auth = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Logins to FHIR servers.")

Where = Annotated[
    str | None, typer.Argument(metavar="TARGET", help="Server address, or name in the settings.", show_default=False)
]

_TIMES = ("exp", "iat", "nbf", "auth_time")


@auth.callback()
def group() -> None:
    """Logins to FHIR servers."""


@auth.command("test")
@verb
def try_out(
    where: Where = None,
    timeout: Timeout = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Log in, read /metadata, search once, and explain what is refused. Nothing is written.

    Shows what tokens and assertions claim, never a token, a key or a signature.

    \b
    Exit codes: 0 let in, 2 fix the settings, 4 server or token endpoint away, 6 not let in.
    \b
    Examples:
      fhir-adapter auth test ward            (a server named in fhir-adapter.toml)
      fhir-adapter auth test ward --json
    """
    import logging

    from fhir_adapter.cli.console import Console, Log
    from fhir_adapter.login import examine
    from fhir_adapter.settings import load

    settings = load({"target": where, "timeout": timeout}, config)
    log = Log(Console(os.environ))
    logging.getLogger().addHandler(log)
    try:
        findings = examine(_server(settings), timeout=settings.timeout)
    finally:
        logging.getLogger().removeHandler(log)
    _show(findings, json=json)
    return findings.code


def _server(settings: Settings) -> Server:
    from pydantic import ValidationError

    from fhir_adapter.account import Server

    where = settings.target
    if where is None:
        raise ConfigError("which server? give its address, or its name in the settings")
    if server := settings.server(where):
        return server
    if not where.lower().startswith(("http://", "https://")):
        raise ConfigError(
            f"{where!r} is neither a server's address nor its name in the settings; a folder has no login"
        )
    try:
        return Server(url=where)
    except (ValidationError, ValueError):
        raise ConfigError("the server's address is no URL") from None


def _show(findings: Findings, *, json: bool) -> None:
    import orjson

    from fhir_adapter.cli.line import line

    if json:
        print(orjson.dumps(findings.as_dict()).decode())
        return
    for label, words in _lines(findings):
        print(f"{label:<9} {line(words)}")


def _lines(findings: Findings) -> Iterator[tuple[str, str]]:
    """Give what is shown to people: what it is about, and the words."""
    yield "server", findings.server
    yield "login", findings.login
    if findings.endpoint:
        yield "endpoint", f"{findings.endpoint} (from {findings.found})"
    yield from _claims("assertion", findings.assertion)
    yield from _claims("token", findings.claims)
    for step in findings.steps:
        yield step.name, f"{'ok' if step.ok else 'FAILED'} in {step.seconds:.2f} s: {step.words}"
        if step.cause:
            yield "  cause", step.cause
            yield "  fix", str(step.fix)
    yield from (("warning", words) for words in findings.warnings)


def _claims(whose: str, said: Tree | None) -> Iterator[tuple[str, str]]:
    from fhir_adapter.login import moment

    if said:
        yield whose, "says of itself, beside a signature that is not shown:"
    for name, value in (said or {}).items():
        yield f"  {name}", f"{moment(value) if name in _TIMES else _spelt(value)}"


def _spelt(value: Any) -> str:
    import orjson

    return value if isinstance(value, str) else orjson.dumps(value).decode()
