"""Options that several verbs share: one spelling, one help text each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Base",
    "Config",
    "Debug",
    "Fhir",
    "From",
    "Json",
    "Logs",
    "Mode",
    "Out",
    "Profile",
    "Quiet",
    "Records",
    "Report",
    "Resources",
    "Results",
    "Retry",
    "Runtime",
    "State",
    "Timeout",
    "To",
    "Workers",
]

Records = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT", help="Files, folders, .gz, .zip, - for stdin, or registry queries.", show_default=False
    ),
]
Resources = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT", help="Folders of <Type>.ndjson, files of Bundles, - for stdin.", show_default=False
    ),
]
Fhir = Annotated[str | None, typer.Option("--fhir", metavar="r5|r4b|r4", help="FHIR version.", show_default=False)]
From = Annotated[
    str | None,
    typer.Option("--from", "--source", metavar="auto|ID", help="Registry format; default auto.", show_default=False),
]
To = Annotated[
    str | None,
    typer.Option("--to", "--target", metavar="TARGET", help="Server address, folder, or name in the settings."),
]
Out = Annotated[str, typer.Option("-o", "--out", metavar="FILE|-", help="Where to; - is stdout.")]
Results = Annotated[
    str | None,
    typer.Option("--results", metavar="drop|keep", help="Leave the results section out, or carry it along."),
]
Base = Annotated[str | None, typer.Option("--base", metavar="URL", help="Base of canonical URLs.", show_default=False)]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="DIR", help="Write report.json, issues.ndjson, failures.ndjson there."),
]
State = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="FILE|none",
        help="Ledger of the target; default: one a server, where your system keeps it.",
    ),
]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Requests under way at once; 2.")]
Mode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="put|conditional-update|conditional-create",
        help="How resources get ids: ours, or the server's own; default: as doctor measured, else put.",
    ),
]
Profile = Annotated[
    Path | None,
    typer.Option("--profile", metavar="FILE", help="What doctor measured of the server; default: beside the ledger."),
]
Runtime = Annotated[
    str | None, typer.Option("--max-runtime", metavar="TIME", help="Stop in good order after 90, 55m or 2h.")
]
Retry = Annotated[bool, typer.Option("--retry-failed", help="Only the records that failed last time.")]
Timeout = Annotated[float | None, typer.Option("--timeout", metavar="SECONDS", help="Patience for one answer; 120.")]
Logs = Annotated[str | None, typer.Option("--log", metavar="FILE|-", help="Add a JSON line a request; - is stderr.")]
Json = Annotated[bool, typer.Option("--json", help="One summary object for programs instead of the one for people.")]
Quiet = Annotated[bool | None, typer.Option("--quiet", "-q", help="Errors only.", show_default=False)]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; default fhir-adapter.toml.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where in the program an unexpected error arose.")]
