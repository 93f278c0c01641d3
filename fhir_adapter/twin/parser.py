"""Reading a resource as a server does: what it refuses, what it drops, what it spells anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from fhir_adapter.issues import Issue, Severity
from fhir_adapter.resource import ID
from fhir_adapter.tree import Tree, prune
from fhir_adapter.twin.links import Link
from fhir_adapter.twin.message import parse
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.refusal import refusal

__all__ = ["Parser"]

_EMPTY = (b'""', b"null", b"[]", b"{}")
_HOLLOW = re.compile(rb"[\[{]\s+[\]}]")
_ALWAYS = ("resourceType", "fhir_comments")


class _Parsed(dict[str, Any]):
    """A resource that was parsed: it isn't looked at twice."""


class Parser:
    """The parser of one server: its FHIR version, and how strict it is."""

    def __init__(self, profile: Profile, fhir: str) -> None:
        from fhir_adapter.validate.definitions import load

        self._profile = profile
        self._version = fhir.lower()
        self._definitions = load(self._version)

    @property
    def kinds(self) -> frozenset[str]:
        """The resource types of this FHIR version."""
        return self._definitions.resources

    def body(self, content: bytes, kind: str) -> Tree:
        """Read a request's body, JSON of an object; `kind` is its media type."""
        hapi = self._profile.hapi
        if "json" not in kind:
            raise refusal("text", hapi=hapi, kind=kind)
        try:
            tree = parse(content)
        except ValueError as error:
            raise refusal("no JSON", hapi=hapi, why=error) from error
        if not isinstance(tree, dict):
            raise refusal("no JSON", hapi=hapi, why="Content does not appear to be FHIR JSON, it is no object")
        hollow = any(each in content for each in _EMPTY) or _HOLLOW.search(content)
        return dict(prune(tree)) if hollow else tree

    def resource(self, tree: Any, wanted: str | None = None) -> Tree:
        """Check a resource and give it as the server keeps it; Refusal where it isn't one of the wanted type."""
        hapi = self._profile.hapi
        kind = tree.get("resourceType") if isinstance(tree, dict) else None
        if kind not in self.kinds or (wanted and kind != wanted):
            raise refusal("other type", hapi=hapi, wanted=wanted or "a resource", kind=kind)
        if isinstance(tree, _Parsed):
            return tree
        return _Parsed(tree if self._clean(tree) else self._mend(tree))

    def check(self, own: object) -> None:
        """Refuse an id that is no FHIR id."""
        if not isinstance(own, str) or not ID.fullmatch(own):
            raise refusal("id illegal", hapi=self._profile.hapi, own=own)

    def misses(self, link: Link, kind: str) -> bool:
        """Say whether a reference leads to a type that its element doesn't take."""
        place, _, element = link.path.rpartition(".")
        allowed = (self._definitions.types.get(place) or {}).get(element)
        names = [each for each in (allowed[2] if allowed else ()) if each.startswith("Reference(")]
        return bool(names) and not any(kind in re.split(r"[(|)]", each)[1:] for each in names)

    def _clean(self, resource: Tree) -> bool:
        """Say in microseconds whether a resource surely has no error."""
        from fhir_adapter.validate.schema import fits

        inner = resource.get("contained") or []
        kinds = frozenset(str(each.get("resourceType")) for each in inner if isinstance(each, dict))
        if not kinds <= self.kinds:
            return False
        shell = {key: value for key, value in resource.items() if key != "contained"}
        return fits(self._version, [shell], kinds)

    def _mend(self, resource: Tree) -> Tree:
        """Refuse what a server's parser refuses, and drop what it drops."""
        from fhir_adapter.validate import validate

        plain = orjson.loads(orjson.dumps(resource, default=float))
        wrong = [issue for issue in validate(plain, self._version) if issue.severity is not Severity.WARNING]
        for issue in wrong:
            if issue.code == "code-invalid" and issue.severity is Severity.ERROR:
                element = issue.path.rpartition(".")[2]
                raise refusal("bad code", hapi=self._profile.hapi, element=element, value=_value(plain, issue))
        grave = [issue for issue in wrong if issue.severity in (Severity.ERROR, Severity.FATAL)]
        if grave and self._profile.strict:
            raise refusal("not valid", hapi=False, words="; ".join(f"{i.path}: {i.message}" for i in grave[:3]))
        return dict(self._known(resource, resource["resourceType"]))

    def _known(self, tree: Tree, path: str) -> Iterator[tuple[str, Any]]:
        """Give the elements of a resource or backbone that the FHIR version has."""
        elements = self._definitions.types[path]
        choices = tuple(key[:-3] for key in elements if key.endswith("[x]"))
        for key, value in tree.items():
            bare = key.removeprefix("_")
            if bare in _ALWAYS or bare in elements or (choices and bare.startswith(choices)):
                yield key, self._deeper(value, f"{path}.{key}")

    def _deeper(self, value: Any, path: str) -> Any:
        if path not in self._definitions.types:
            return value
        if isinstance(value, dict):
            return dict(self._known(value, path))
        return [self._deeper(item, path) for item in value] if isinstance(value, list) else value


def _value(tree: Any, issue: Issue) -> Any:
    """Find the value that an issue is about."""
    for token in re.findall(r"\w+", issue.path)[1:]:
        if isinstance(tree, list):
            tree = tree[int(token)]
        elif isinstance(tree, dict):
            tree = tree.get(token)
    return tree
