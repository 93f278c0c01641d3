"""definitions: code systems, our extension and profiles, for servers and validators."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Base, Config, Debug, Quiet
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put

if TYPE_CHECKING:
    from fhir_adapter.version import Version

__all__ = ["definitions"]

Out = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write to.")]
Fhir = Annotated[str, typer.Option("--fhir", metavar="r5|r4b|r4|all", help="FHIR version.")]


@verb
def definitions(
    out: Out,
    fhir: Fhir = "all",
    base: Base = None,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Write the conformance resources of what convert writes.

    A folder of files a FHIR version, and a FHIR package (.tgz) beside it, to load into a server or validator:
    the registry's code systems, the one extension of our own, and a profile for each resource type.
    \b
    Examples:
      fhir-adapter definitions -o conformance
      fhir-adapter definitions -o conformance --fhir r4 --base https://fhir.hospital.example/trials
    """
    from fhir_adapter.settings import load
    from fhir_adapter.version import VERSIONS, find

    settings = load({"base": base, "quiet": quiet}, config)
    for version in [find(name) for name in (VERSIONS if fhir.lower() == "all" else [fhir])]:
        count = _write(version, out, settings.base)
        if not settings.quiet:
            print(f"wrote {count} definitions for {version.name} to {out}", file=sys.stderr)
    return 0


def _write(version: Version, out: Path, base: str) -> int:
    import orjson

    from fhir_adapter.conformance import definitions as define
    from fhir_adapter.conformance import file_name, package, package_name

    found = define(version, base)
    for own in found:
        text = orjson.dumps(own, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        put(str(out / version.name.lower() / file_name(own)), [text])
    put(str(out / f"{package_name(version)}.tgz"), [package(found, version, base)])
    return len(found)
