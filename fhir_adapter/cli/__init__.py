"""The command line: one small module a command group. The only reader of argv, the only printer and exiter."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from fhir_adapter.cli.auth import auth
from fhir_adapter.cli.convert import convert
from fhir_adapter.cli.definitions import definitions
from fhir_adapter.cli.doctor import doctor
from fhir_adapter.cli.explain import explain
from fhir_adapter.cli.plan import apply, plan
from fhir_adapter.cli.pull import pull
from fhir_adapter.cli.push import push, sync
from fhir_adapter.cli.restore import restore
from fhir_adapter.cli.state import state
from fhir_adapter.cli.tables import tables
from fhir_adapter.cli.twin import twin
from fhir_adapter.cli.validate import validate

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich would double the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all well, 1 some records have errors, 2 wrong command or settings, 3 input unreadable, "
    "4 server away, 5 server refuses, 6 no rights, 7 another run is writing, 130 stopped early.",
)
for verb in (convert, restore, validate, push, pull, sync, plan, apply, tables, explain, definitions, doctor, twin):
    app.command()(verb)
app.add_typer(auth, name="auth")
app.add_typer(state, name="state")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"fhir-adapter {version('fhir-adapter')}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Clinical trial registry records to HL7 FHIR R5, R4B and R4, validated, and back again.

    \b
    Examples:
      fhir-adapter convert trials.ndjson -o out
      fhir-adapter restore out > records.ndjson
      fhir-adapter sync ctgov:NCT04267848 --to http://localhost:8080/fhir
      fhir-adapter COMMAND --help
    """


def main(argv: list[str] | None = None) -> int:
    """Run one command and give its exit code; `argv` None: the words of this process."""
    if argv is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: in a consistent state
    try:
        app(args=argv, prog_name="fhir-adapter")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    return 0
