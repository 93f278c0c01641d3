"""twin: a server for rehearsals, with the limits and faults of real ones."""

from __future__ import annotations

import sys
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Debug
from fhir_adapter.cli.outcome import verb

if TYPE_CHECKING:
    from fhir_adapter.tree import Tree
    from fhir_adapter.twin import Twin

__all__ = ["twin"]

Name = Annotated[str, typer.Option("--profile", metavar="NAME", help="The server to imitate; --list shows all.")]
Speaks = Annotated[str, typer.Option("--fhir", metavar="r5|r4b|r4", help="FHIR version.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed makes the same faults.")]
Refuse = Annotated[list[str], typer.Option("--refuse", metavar="TYPE/ID", help="A resource to refuse; repeatable.")]
List = Annotated[bool, typer.Option("--list", help="List the profiles and exit.")]


@verb
def twin(
    profile: Name = "hapi",
    fhir: Speaks = "r5",
    port: Port = 0,
    seed: Seed = 0,
    refuse: Refuse = [],  # noqa: B006  (typer reads it as the default, nobody changes it)
    listing: List = False,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Run a FHIR server in memory to rehearse against: limits, habits and faults of real servers.

    Prints READY and its address, and serves this machine only until it is ended (Ctrl-C, kill): then it says on
    stderr what it counted, as JSON. Meanwhile /_twin/counts and /_twin/state show counts and what is stored.

    \b
    Examples:
      fhir-adapter twin --list
      fhir-adapter twin --profile healthlake --fhir r4 --port 8090 &
      fhir-adapter sync trials.ndjson --to http://127.0.0.1:8090/fhir
      curl http://127.0.0.1:8090/_twin/counts
      fhir-adapter twin --profile lost-response --seed 7
      fhir-adapter twin --refuse Location/NCT00000001-loc-2
    """
    from fhir_adapter.twin import PROFILES, Twin

    if listing:
        width = max(map(len, PROFILES))
        for name, row in PROFILES.items():
            print(f"{name:<{width}}  {row.note}")
        return 0
    held = Twin(profile, fhir=fhir, seed=seed, port=port)
    held.orders.refuse = lambda resource: _refusal(resource, refuse)
    _serve(held)
    return 0


def _refusal(resource: Tree, names: list[str]) -> str | None:
    name = f"{resource['resourceType']}/{resource.get('id')}"
    return f"{name} is refused: it was given to --refuse" if name in names else None


def _serve(held: Twin) -> None:
    import orjson

    try:
        with held:
            print(f"READY {held.url}", flush=True)
            Event().wait()
    except KeyboardInterrupt:
        pass  # how it ends
    finally:
        print(orjson.dumps(held.counts()).decode(), file=sys.stderr)
