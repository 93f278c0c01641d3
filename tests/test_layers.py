"""The layers of the design hold: imports go downwards only, and some libraries have one home."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "fhir_adapter"

# From the bottom up; a module may import from its own layer's package and from the layers below.
LAYERS = [
    {"issues", "errors", "clock", "tree", "keys", "contrast"},
    {"path", "row", "claims", "program", "table", "codecs"},
    {"study", "identity", "narrative", "assembly", "remainder", "source", "profile", "version", "readers"},
    {"exchange", "meter", "retry", "resource", "trial", "receipt", "lock", "volume", "transcript", "ledger", "plan"},
    {"mappings", "auth", "registry"},
    {"validate", "folder", "server", "target", "convert"},
    {"parts", "vocabulary", "spelling", "documentation", "conformance", "explanation"},
    {"secret", "account", "settings", "login", "report", "intake", "memory", "following", "sync"},
    {"twin"},
    {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FREE = {"__init__"}  # only hands out the public names, lazily
HOMES = {
    "httpx": {"auth", "registry", "server"},
    "fhir": {"validate"},
    "typer": {"cli"},
    "rich": {"cli"},
}


def modules() -> list[tuple[str, Path]]:
    """Every module as its dotted name below the package, with its file."""
    found = [(path, path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")]
    found += [(path, path.relative_to(ROOT)) for path in (ROOT / "mappings").rglob("*.py")]
    return [(".".join(own.with_suffix("").parts), path) for path, own in found if "__pycache__" not in path.parts]


def imports(path: Path) -> list[str]:
    """Every module that a file imports, wherever in the file; not what it names for type checkers alone."""
    names = []
    skipped: set[ast.AST] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped.update(inner for inner in ast.walk(node))
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def first(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_go_downwards_only(name: str, path: Path) -> None:
    """A module imports nothing of a layer above its own."""
    own = first(name)
    if own in FREE:
        return
    assert own in LEVEL, f"{name} is in no layer: give it one in tests/test_layers.py and in the design"
    for other in imports(path):
        if first(other) != "fhir_adapter" or other == "fhir_adapter.__version__":
            continue
        layer = first(other.removeprefix("fhir_adapter."))
        assert LEVEL[layer] <= LEVEL[own], f"{name} imports {other}, which is a layer above it"


@pytest.mark.parametrize("library", HOMES)
def test_libraries_stay_at_home(library: str) -> None:
    """What reaches the network, people or typed models is imported in few places."""
    homes = HOMES[library]
    for name, path in modules():
        if any(name == home or name.startswith(f"{home}.") for home in homes):
            continue
        assert library not in {first(other) for other in imports(path)}, f"{name} imports {library}"


def test_the_engine_names_no_registry() -> None:
    """Registries are content: no engine module imports a mapping by name."""
    for name, path in modules():
        if first(name) != "mappings":
            bad = [other for other in imports(path) if other.startswith("fhir_adapter.mappings.")]
            assert not bad, f"{name} imports {bad}"
