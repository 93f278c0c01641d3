"""The tables as pages for people: every field with its meaning, its place, its coding and why; the code lists.

The pages are kept beside the mapping modules. What stands in a page below `MARK` is written by hand and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fhir_adapter import mappings, study, version
from fhir_adapter import source as sources
from fhir_adapter.claims import covered
from fhir_adapter.errors import ConfigError
from fhir_adapter.parts import place, short
from fhir_adapter.path import join
from fhir_adapter.row import Row, Vocabulary
from fhir_adapter.source import Source
from fhir_adapter.version import Version
from fhir_adapter.vocabulary import Use, meaning, uses

__all__ = ["MARK", "document", "drift", "folder", "names", "overview", "write"]

MARK = "<!-- What stands below this line is written by hand and kept. -->"
_CODES = "codes"
_ONE_WAY = "→ "
_COPIES = f"`{_ONE_WAY.strip()}` marks a copy that is only written; the value is read from another row."
_XV = "`extension(ResearchStudy.x)` is HL7's official extension for that element of R5, at the place where it stands."


def names() -> dict[str, str]:
    """Give the name of every page and what it says, in the order to read them."""
    pages = {name.lower(): f"the study to FHIR {name} {version.find(name).number}" for name in version.VERSIONS}
    pages[_CODES] = "the registry's codes, their labels and HL7's codes"
    return pages | {name: f"{sources.find(name).title} to the study" for name in sources.known()}


def overview() -> str:
    """List the pages as a markdown table."""
    rows = ([f"`{name}`", f"`mappings/{_file(name)}`", what] for name, what in names().items())
    return "\n".join(_table(("name", "page", "what it ties"), rows)) + "\n"


def document(name: str) -> str:
    """Give one page as markdown. Raises ConfigError for an unknown name."""
    if name.upper() in version.VERSIONS:
        lines = _version_page(version.find(name))
    elif name == _CODES:
        lines = _codes_page()
    elif name in sources.known():
        lines = _source_page(sources.find(name))
    else:
        raise ConfigError(f"no table {name!r}; choose one of {', '.join(names())}")
    origin = f"fhir/{_CODES}.py" if name == _CODES else _file(name).removesuffix(".md") + ".py"
    head = f"<!-- Made from {origin} by `fhir-adapter tables --write`: change the table, not this page. -->"
    return "\n".join([head, "", *lines]) + "\n"


# --- the pages on disk -----------------------------------------------------------------------------------------


def folder() -> Path:
    """Give the folder of the mapping modules in a checkout. Raises ConfigError outside of one."""
    for own in map(Path, mappings.__path__):
        if (own.parent / "pyproject.toml").is_file():
            return own
    raise ConfigError("no checkout of the project here: its pages can be shown, but not checked or written")


def drift(where: Path) -> list[str]:
    """Name the pages in a folder of mappings that are not what the tables say."""
    return [_file(name) for name in names() if _kept(where / _file(name))[0] != document(name)]


def write(where: Path) -> list[str]:
    """Write the pages that are not what the tables say, and name them."""
    stale = drift(where)
    for name in names():
        path = where / _file(name)
        if _file(name) in stale:
            path.write_text(f"{document(name)}\n{MARK}\n{_kept(path)[1]}", "utf-8")
    return stale


def _file(name: str) -> str:
    if name == _CODES:
        return f"{name}.md"
    return f"fhir/{name}.md" if name.upper() in version.VERSIONS else f"sources/{name}.md"


def _kept(path: Path) -> tuple[str, str]:
    """Part a page into what was made and what was written by hand; a page without the mark is all by hand."""
    text = path.read_text("utf-8") if path.is_file() else ""
    made, mark, by_hand = text.partition(f"\n{MARK}\n")
    return (made, by_hand) if mark else ("", f"\n{text}" if text else "")


# --- a version of FHIR -----------------------------------------------------------------------------------------


def _version_page(own: Version) -> Iterator[str]:
    yield f"# The study in FHIR {own.name} ({own.number})"
    yield ""
    yield f"One line a field of the study, a ClinicalTrials.gov API v2 record. {_COPIES}"
    yield "`[]` marks a list that several fields share; the coding tells their items apart. Code lists: `codes.md`."
    if own.shapes:
        yield _XV
    for module, rows in _modules(own.table.rows).items():
        about = study.describe(module)
        yield from ("", f"## {module}" + (f": {about}" if about else ""), "")
        lines = (line for row in rows for line in _lines(row, module, own))
        yield from _table(("study", "meaning", "FHIR", "coding", "note"), lines)
    yield from _left_out("study", own.table.omits)
    if own.shapes:
        yield from _differences(own)


def _modules(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Group rows by the module that their field stands in."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        parts = row.left.split(".")
        groups.setdefault(".".join(parts[:2]) if len(parts) > 1 else "the record itself", []).append(row)
    return groups


def _lines(row: Row, module: str, own: Version, above: str = "", right: str = "") -> Iterator[list[str]]:
    """Give a row as lines, one a field, nested tables unfolded."""
    left, right = join(above, row.left), join(right.removesuffix("[]"), row.right)
    if row.codec.table:
        for inner in row.codec.table.rows:
            yield from _lines(inner, module, own, left, right)
        return
    where = str(place(right, own))
    where = f"`{where.partition(' ')[0]}`{where[len(where.partition(' ')[0]) :]}"
    both = row.codec.write and row.codec.read
    for path in (join(above, path) for path in covered(row)) if both else [left]:
        field = path.removeprefix(module).removeprefix(".") or path
        cells = [f"`{field}`", meaning(path), where if both else _ONE_WAY + where]
        yield [*cells, _coding(row, path), row.note]


def _coding(row: Row, path: str) -> str:
    """Name the code list of a field, or say how its row codes it."""
    enumeration = study.enum_of(path)
    return f"`{enumeration}`" if enumeration else row.codec.coding if row.codec.coding not in study.enums() else ""


def _differences(own: Version) -> Iterator[str]:
    yield from ("", f"## What differs from R5 in {own.name}", "")
    lines = (line for kind, shape in own.shapes.items() for line in _moves(shape.rows, kind, kind))
    yield from _table(("R5", own.name, "shape", "note"), lines)


def _moves(rows: Iterable[Row], left: str, right: str) -> Iterator[list[str]]:
    for row in rows:
        codec = row.codec
        urls = [short(mark) for mark in codec.marks if "/" in mark]
        own = f"{row.right.removesuffix('[]')}({urls[0]})" if urls else row.right
        for field in codec.fields or (row.left,):
            if field != row.right or codec.table is None:
                arrow = "" if codec.read and codec.write else _ONE_WAY
                shape = "" if codec.table else codec.coding
                yield [f"`{join(left, field)}`", f"{arrow}`{join(right, own)}`", shape, row.note]
        if codec.table:
            yield from _moves(codec.table.rows, join(left, row.left), join(right, row.right))


# --- a registry's format ---------------------------------------------------------------------------------------


def _source_page(own: Source) -> Iterator[str]:
    yield f"# `{own.id}`: {own.title}"
    yield ""
    if own.table is None:
        yield "The study has the shape of these records: there is nothing to map. `fhir/r5.md` says where a field goes."
        return
    rows = own.table.rows
    yield "One line a field, both directions."
    yield ""
    yield from _table(("record", "study", "meaning", "coding", "note"), (line for row in rows for line in _own(row)))
    yield from _left_out("study", own.table.omits)
    yield from _left_out("record", own.table.ignore)
    for where, terms in _lists(rows, ""):
        yield from ("", f"## Codes of `{where}`", "")
        yield from _table(("study", "record"), ([f"`{code}`", label] for code, (label, _) in terms.values.items()))


def _own(row: Row, above: str = "", right: str = "") -> Iterator[list[str]]:
    left, right = join(above, row.left), join(right, row.right)
    if row.codec.table:
        for inner in row.codec.table.rows:
            yield from _own(inner, left, right)
        return
    arrow = "" if row.codec.write and row.codec.read else "→ " if row.codec.write else "← "
    for path in (join(above, path) for path in covered(row)):
        yield [arrow + (_tick(right) or "all"), _tick(path) or "all", meaning(path), row.codec.coding, row.note]


def _lists(rows: Iterable[Row], above: str) -> Iterator[tuple[str, Vocabulary]]:
    for row in rows:
        for terms in row.codec.terms:
            yield join(above, row.right), terms
        if row.codec.table:
            yield from _lists(row.codec.table.rows, join(above, row.right))


# --- codes -----------------------------------------------------------------------------------------------------


def _codes_page() -> Iterator[str]:
    found = uses(*map(version.find, version.VERSIONS))
    enums = study.enums()
    coded = {use.terms.name: use for use in found if use.terms.name in enums}
    yield "# Code lists"
    yield ""
    yield "The registry's own code is always written, and what is read. HL7's code stands before it where one honestly"
    yield "means the same. `text` is the label, or the description where the registry has one."
    for name, use in sorted(coded.items()):
        yield from ("", f"## {name}", "", *_about(use), "")
        values = use.terms.values.items()
        yield from _table(("code", "label", "HL7"), ([f"`{code}`", label, _tick(hl7)] for code, (label, hl7) in values))
    yield from (
        "",
        "## Pieces",
        "",
        "Booleans of the registry, and marks of what stands in a list of several fields.",
        "",
    )
    pieces = (_piece(use) for use in found if use.terms.name not in enums)
    yield from _table(("piece", "codes", "fields", "meaning"), pieces)
    yield from (
        "",
        "## Enumerations without a coding",
        "",
        "They become a boolean or a choice of element, or are kept in",
    )
    yield from ("the remainder: the row of the field says which.", "")
    rest = (
        [name, ", ".join(map(_tick, codes)), _fields(_coded(name))]
        for name, codes in enums.items()
        if name not in coded
    )
    yield from _table(("enumeration", "codes", "fields"), rest)


def _about(use: Use) -> Iterator[str]:
    yield f"System `{use.terms.uri}`" + (f", HL7's `{use.terms.system}`" if use.terms.system else "") + "; fields "
    yield _fields(_coded(use.terms.name)) + "."


def _coded(name: str) -> list[str]:
    return sorted(path for path in study.paths() if study.enum_of(path) == name)


def _piece(use: Use) -> list[str]:
    codes = [f"`{code}`" + (f" = {hl7}" if hl7 else "") for code, (_, hl7) in use.terms.values.items()]
    return [f"`{use.terms.name}`", ", ".join(codes) or "those of the value", _fields(use.paths), meaning(use.paths[0])]


def _fields(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths)


def _tick(code: str | None) -> str:
    return f"`{code}`" if code else ""


def _left_out(side: str, reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield from ("", f"## Left out of the {side}", "")
        if side == "study":
            rows = ([f"`{path}`", meaning(path), why] for path, why in reasons.items())
            yield from _table(("path", "meaning", "why"), rows)
        else:
            yield from _table(("path", "why"), ([f"`{path}`", why] for path, why in reasons.items()))


def _table(heads: tuple[str, ...], rows: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
