"""tables: where each field goes, as pages for people."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fhir_adapter.cli.options import Debug
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

__all__ = ["tables"]

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="A table; none: list them.", show_default=False)]
Check = Annotated[bool, typer.Option("--check", help="Fail where the pages of a checkout are not what the tables say.")]
Write = Annotated[bool, typer.Option("--write", help="Write the pages of a checkout anew.")]


@verb
def tables(
    name: Name = None,
    check: Check = False,
    write: Write = False,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Show a mapping table: field, meaning, FHIR element, coding, note.

    \b
    Examples:
      fhir-adapter tables
      fhir-adapter tables r4 | less
      fhir-adapter tables codes | grep -i recruit
    """
    from fhir_adapter import documentation

    if name and (check or write):
        raise ConfigError("--check and --write are about all pages; leave the name out")
    if check:
        stale = _told(documentation.drift(documentation.folder()), "not what the tables say; tables --write mends it")
        return 1 if stale else 0
    if write:
        _told(documentation.write(documentation.folder()), "written")
    else:
        sys.stdout.write(documentation.document(name.lower()) if name else documentation.overview())
    return 0


def _told(pages: list[str], what: str) -> bool:
    """Name the pages on stderr, and say whether there were any."""
    for page in pages:
        print(f"mappings/{page}: {what}", file=sys.stderr)
    if not pages:
        print("every page is what the tables say", file=sys.stderr)
    return bool(pages)
