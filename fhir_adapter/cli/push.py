"""push and sync: trials to a server or a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fhir_adapter.cli.options import (
    Base,
    Config,
    Debug,
    Fhir,
    From,
    Json,
    Quiet,
    Records,
    Report,
    Results,
    Timeout,
    To,
)
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.cli.run import Run
    from fhir_adapter.settings import Settings
    from fhir_adapter.tree import Tree

__all__ = ["push", "sync"]


@verb
def push(
    inputs: Records,
    to: To = None,
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    timeout: Timeout = None,
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Send trials to a FHIR server or a folder.

    \b
    INPUT holds registry records, which are converted first, or FHIR: a folder of
    <Type>.ndjson or Bundles. The server says which FHIR version it wants. What is
    there already is not written again; a trial that shrank leaves nothing behind.
    \b
    Examples:
      fhir-adapter push trials.ndjson --to http://localhost:8080/fhir
      fhir-adapter push out --to ward        (a server named in fhir-adapter.toml)
    """
    from fhir_adapter.settings import load

    flags = {"target": to, "fhir": fhir, "source": source, "results": results, "base": base}
    return _push(inputs, load({**flags, "timeout": timeout, "report": report, "quiet": quiet}, config), json)


def _push(inputs: list[str], settings: Settings, json: bool) -> int:
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.intake import demand, noted
    from fhir_adapter.sync import deliver

    demand(inputs)
    held = {what: fhir for what in inputs if (fhir := noted(what))}
    fresh = next(iter(held.values()), None)
    with Run("push", settings, inputs, json=json) as run, target(settings, "--to", fresh) as place:
        run.tally.fhir = place.fhir
        _agree(held, place.fhir)
        deliver(run.counting(_bundles(inputs, settings, run), "pushing record"), place, run.tally)
    return run.end(then="fhir-adapter pull --from the same target, to see what it holds")


def _agree(held: Mapping[str, str], fhir: str) -> None:
    for what, version in held.items():
        if version != fhir:
            words = f"convert the records with --fhir {fhir.lower()}, or push the records themselves"
            raise ConfigError(f"{what!r} holds FHIR {version}, and the target takes {fhir}; {words}")


def _bundles(inputs: list[str], settings: Settings, run: Run) -> Iterator[Tree]:
    """Give the trials of all inputs, whichever they hold."""
    from fhir_adapter.cli.supply import records, stdin, studies
    from fhir_adapter.intake import holds_fhir
    from fhir_adapter.sync import conversions, sound

    fhir = run.tally.fhir or ""
    for what in inputs:
        if holds_fhir(what, stdin()):
            yield from sound(studies([what]), fhir, run.tally)
            continue
        found = records([what], settings)
        made = conversions(found, fhir, run.tally, base=settings.base, results=settings.results)
        yield from (conversion.bundle() for conversion in made)


@verb
def sync(
    inputs: Records,
    to: To = None,
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    timeout: Timeout = None,
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Keep a FHIR server or folder up to date with registry records.

    \b
    Reads, converts and pushes: says how many resources were created, updated, left
    unchanged and deleted. Run it again at any time: only what changed is written.
    \b
    Examples:
      fhir-adapter sync ctgov:NCT04267848 --to http://localhost:8080/fhir
      fhir-adapter sync 'ctgov:?query.cond=melanoma' --to ward --report log
    """
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import demand_records, records, target
    from fhir_adapter.settings import load
    from fhir_adapter.sync import sync as synchronise

    flags = {"target": to, "fhir": fhir, "source": source, "results": results, "base": base}
    settings = load({**flags, "timeout": timeout, "report": report, "quiet": quiet}, config)
    demand_records(inputs)
    with Run("sync", settings, inputs, json=json) as run, target(settings, "--to") as place:
        found = run.counting(records(inputs, settings), "reading record")
        synchronise(found, place, base=settings.base, results=settings.results, tally=run.tally)
    return run.end()
