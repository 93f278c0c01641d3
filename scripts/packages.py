"""HL7's published packages: pinned, hashed, fetched with npm or Maven, and the resources in them as JSON."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

KINDS = ("StructureDefinition", "ValueSet", "CodeSystem")
XML = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
NPM = tuple(f"package/{kind}-" for kind in KINDS)
# Of the XML that is read, what repeats.
LISTS = {
    *("entry", "element", "constraint", "extension", "type", "targetProfile", "include", "exclude", "concept"),
    *("filter", "context"),
}
HAPI = "ca.uhn.hapi.fhir:hapi-fhir-validation-resources"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package: of npm, or of Maven where the name holds a colon; and the files in it that are read."""

    name: str
    version: str
    sha256: str
    prefixes: tuple[str, ...] = NPM

    @property
    def archive(self) -> str:
        name = self.name.rpartition(":")[2].lstrip("@").replace("/", "-")
        return f"{name}-{self.version}.{'jar' if ':' in self.name else 'tgz'}"

    @property
    def source(self) -> Json:
        return {"package": self.name, "version": self.version, "sha256": self.sha256}


def fetch(package: Package, cache: Path) -> Path:
    """Give the package's archive, fetched where the cache lacks it; its hash must be the pinned one."""
    archive = cache / package.archive
    if not archive.exists():
        subprocess.run(_command(package, cache), cwd=cache, check=True, stdout=subprocess.DEVNULL)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{archive.name}: sha256 is {found}, not {package.sha256}; delete it and try again")
    return archive


def _command(package: Package, cache: Path) -> list[str]:
    if ":" not in package.name:
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    artifact = f"-Dartifact={package.name}:{package.version}"
    return ["mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={cache.resolve()}"]


def unpack(package: Package, archive: Path) -> Iterator[Json]:
    """Give the resources of a package in the order of its prefixes and names, those inside Bundles too."""
    if archive.suffix != ".jar":
        with archive.open("rb") as stream:
            yield from _unpack_tar(package.prefixes, stream)
        return
    with zipfile.ZipFile(archive) as jar:
        for prefix in package.prefixes:
            for name in sorted(name for name in jar.namelist() if name.startswith(prefix)):
                if name.endswith(".xml"):
                    yield from _resources(_json_of(etree.fromstring(jar.read(name), XML)))
                elif name.endswith(".tgz"):
                    yield from _unpack_tar(NPM, io.BytesIO(jar.read(name)))


def _unpack_tar(prefixes: tuple[str, ...], stream: Any) -> Iterator[Json]:
    with tarfile.open(fileobj=stream) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if member.name.startswith(prefixes) and (file := tar.extractfile(member)):
                yield from _resources(json.load(file))


def _resources(body: Json) -> list[Json]:
    return [entry["resource"] for entry in body["entry"]] if "entry" in body else [body]


def _json_of(node: etree._Element) -> Any:
    """Turn FHIR XML into the JSON that these scripts read: numbers stay text, `resource` is unwrapped."""
    name = etree.QName(node).localname
    if name == "resource" and len(node) == 1:
        return _json_of(node[0]) if etree.QName(node[0]).localname in KINDS else {"resourceType": ""}
    children = [child for child in node if isinstance(child.tag, str) and "xhtml" not in child.tag]
    if not children:
        return node.get("value", "")
    out: Json = {"url": node.get("url")} if node.get("url") else {}
    if name[0].isupper():
        out["resourceType"] = name
    for child in children:
        key = etree.QName(child).localname
        one = key == "type" and name != "element"
        if (key in LISTS and not one) or (key == "valueSet" and name == "include"):
            out.setdefault(key, []).append(_json_of(child))
        else:
            out[key] = _json_of(child)
    return out


def gather(packages: tuple[Package, ...], cache: Path) -> dict[str, dict[str, Json]]:
    """Give {kind: {url: resource}}; a later package overrides an earlier one."""
    found: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
    for package in packages:
        for resource in unpack(package, fetch(package, cache)):
            if resource["resourceType"] in KINDS and "url" in resource:
                found[resource["resourceType"]][resource["url"]] = resource
    return found
