"""A plain HTTP client for tests of the twin, and invented resources to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from fhir_adapter.twin import Twin

__all__ = ["Client", "Start", "Tree", "entry", "refused", "study"]

Tree = dict[str, Any]


def study(**elements: Any) -> Tree:
    """Make an invented study."""
    return {"resourceType": "ResearchStudy", "id": "a", "status": "active", **elements}


def entry(resource: Tree) -> Tree:
    """Make the entry that puts a resource."""
    return {
        "resource": resource,
        "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource.get('id')}"},
    }


class Client:
    """Holds a twin open and talks to it."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin.__enter__()
        self.http = httpx.Client(headers={"Content-Type": "application/fhir+json"}, timeout=10)

    def close(self) -> None:
        self.http.close()
        self.twin.__exit__(None, None, None)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        address = path if path.startswith("http") else f"{self.twin.url}/{path}"
        return self.http.request(method, address, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def put(self, resource: Tree, **options: Any) -> httpx.Response:
        return self.send("PUT", f"{resource['resourceType']}/{resource['id']}", json=resource, **options)

    def put_where(self, query: str, resource: Tree) -> httpx.Response:
        return self.send("PUT", f"{resource['resourceType']}?{query}", json=resource)

    def create(self, resource: Tree, where: str | None = None, **options: Any) -> httpx.Response:
        return self.send("POST", where or resource["resourceType"], json=resource, **options)

    def post(self, bundle: Tree) -> httpx.Response:
        return self.send("POST", "", json=bundle)

    def found(self, path: str, *, fresh: bool = True) -> list[str]:
        """Search, and name what is found."""
        headers = {"Cache-Control": "no-cache"} if fresh else {}
        return names(self.get(path, headers=headers).json())

    def pages(self, path: str) -> tuple[list[str], list[str]]:
        """Search and follow `next` to the end: the names, and the links as they were spelt."""
        seen: list[str] = []
        links: list[str] = []
        address = httpx.URL(f"{self.twin.url}/{path}")
        while True:
            page = self.http.get(address).raise_for_status().json()
            seen += names(page)
            following = [each["url"] for each in page["link"] if each["relation"] == "next"]
            if not following:
                return seen, links
            links += following
            address = address.join(following[0])


def names(page: Tree) -> list[str]:
    return [f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in page.get("entry", [])]


Start = Callable[..., Client]


def refused(response: httpx.Response, status: int, words: str) -> None:
    """Hold that a request was refused with a status, in these words."""
    assert response.status_code == status
    assert words in response.json()["issue"][0]["diagnostics"]
