"""A connection to a server that gives ids itself: we speak of resources by our names, it by its own.

What is there is written under the server's own id, guarded as ever; what is new goes by its identifier, so that it
can't be made twice: `PUT Type?identifier=...`, or `POST` with `ifNoneExist`. References follow: the server's names
for what is there, `urn:uuid:...` for what is new in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fhir_adapter.errors import Refused
from fhir_adapter.issues import Issue
from fhir_adapter.resource import name, references
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.finding import Finding, several
from fhir_adapter.server.naming import Naming, condition, rename, stand_in
from fhir_adapter.tree import Tree

__all__ = ["Interpreter"]

_GONE = (404, 405, 410)  # 405: a server that lets nobody choose an id
_LOOK_AGAIN = 412  # what a delivery takes for another writer's doing


class Interpreter:
    """One delivery's way to the server; `create` makes new resources by conditional create, else by update."""

    def __init__(self, http: Connection, naming: Naming, *, create: bool) -> None:
        self._http, self._naming, self._create = http, naming, create
        self.finding = Finding(http, naming)

    @property
    def repeats(self) -> int:
        return self._http.repeats

    @property
    def transactions(self) -> bool:
        return self._http.transactions

    def batch(self, entries: Sequence[Tree]) -> list[Answer]:
        """Read, or write each entry on its own; an answer each."""
        if all(entry["request"]["method"] == "GET" for entry in entries):
            return self.finding.read([entry["request"]["url"] for entry in entries])
        ready = self._translated(entries, {})
        sent = iter(self._http.batch([each for each in ready if isinstance(each, dict)]))
        answers = [next(sent) if isinstance(each, dict) else each for each in ready]
        return [self._learnt(*each) for each in zip(entries, ready, answers, strict=True)]

    def one(self, entry: Tree) -> Answer:
        """Write one entry as a request of its own."""
        (ready,) = self._translated([entry], {})
        return self._learnt(entry, ready, self._http.one(ready) if isinstance(ready, dict) else ready)

    def transaction(self, entries: Sequence[Tree]) -> list[Answer]:
        """Do all entries or none. Refused where the server refuses them, or where one of them can't be sent."""
        new = {own: stand_in(self._http.url, own) for entry in entries if (own := self._new(entry))}
        ready = self._translated(entries, new)
        stuck = [each for each in ready if isinstance(each, Answer) and not each.ok]
        if stuck:
            issues = tuple(issue for each in stuck for issue in each.issues)
            raise Refused("; ".join(issue.message for issue in issues), issues=issues)
        whole = [each for each in ready if isinstance(each, dict)]
        sent = iter(self._http.transaction(whole) if whole else ())
        answers = [next(sent) if isinstance(each, dict) else each for each in ready]
        learnt = [self._learnt(*each) for each in zip(entries, ready, answers, strict=True)]
        return learnt if self._naming.proven else self._looked_after(entries, whole, learnt)

    def _new(self, entry: Tree) -> str | None:
        """Name what an entry makes, None where it is there or is not made."""
        request = entry["request"]
        made = request["method"] == "PUT" and "ifMatch" not in request and not self._naming.theirs(request["url"])
        return str(request["url"]) if made else None

    def _translated(self, entries: Sequence[Tree], new: dict[str, str]) -> list[Tree | Answer]:
        """Spell entries as the server wants them; an answer in the place of what can't or needn't be sent."""
        self.finding.forget()
        made = {own for entry in entries if (own := self._new(entry))}
        named = [entry["request"]["url"] for entry in entries]
        linked = [each for entry in entries if "resource" in entry for each in references(entry["resource"])]
        unknown = (each for each in (*named, *linked) if each not in made and not self._naming.theirs(each))
        self.finding.search(dict.fromkeys(unknown))
        return [self._spelt(entry, new) for entry in entries]

    def _spelt(self, entry: Tree, new: dict[str, str]) -> Tree | Answer:
        request = entry["request"]
        ours = request["url"]
        theirs = self._naming.theirs(ours)
        if ours in self.finding.twice:
            return Answer(422, issues=(several(ours, self.finding.twice[ours]),))
        if request["method"] == "DELETE":
            return {"request": {**request, "url": theirs}} if theirs else Answer(204)
        if theirs is None and "ifMatch" in request:
            return Answer(_LOOK_AGAIN, issues=(Issue.error("conflict", ours, "it is gone from the server"),))
        lost = [each for each in references(entry["resource"]) if not new.get(each) and not self._naming.theirs(each)]
        if lost:
            words = f"it refers to {lost[0]}, which the server doesn't have; what was said about that comes first"
            return Answer(422, issues=(Issue.error("not-found", ours, words),))
        body = rename(entry["resource"], lambda own: new.get(own) or self._naming.theirs(own))
        if theirs:
            own = {**body, "id": theirs.partition("/")[2]}
            return {"fullUrl": f"{self._http.url}/{theirs}", "resource": own, "request": {**request, "url": theirs}}
        return self._fresh(entry["resource"], body)

    def _fresh(self, resource: Tree, body: Tree) -> Tree | Answer:
        ours, kind, query = name(resource), resource["resourceType"], condition(resource)
        if query is None:
            words = "no identifier says its id, and the server gives ids itself; give it one with a system"
            return Answer(422, issues=(Issue.error("required", f"{ours}.identifier", words),))
        without = {key: value for key, value in body.items() if key != "id"}
        if self._create:
            request = {"method": "POST", "url": kind, "ifNoneExist": query}
        else:
            request = {"method": "PUT", "url": f"{kind}?{query}"}
        return {"fullUrl": stand_in(self._http.url, ours), "resource": without, "request": request}

    def _learnt(self, entry: Tree, ready: Tree | Answer, answer: Answer) -> Answer:
        """Learn from an answer what a resource is called, and read the answer as a delivery would."""
        if isinstance(ready, Answer):
            return answer
        ours, request = entry["request"]["url"], ready["request"]
        conditional = request["method"] == "POST" or "?" in request["url"]
        if not conditional:
            if request["method"] == "DELETE" or answer.status in _GONE:
                self._naming.forget([ours])
            gone = answer.status in _GONE and request["method"] == "PUT"
            return replace(answer, status=_LOOK_AGAIN) if gone else answer
        if answer.ok and answer.location:
            self._naming.learn(ours, answer.location)
        if request["method"] == "POST" and answer.status == 200:
            # It was there already and was left as it is: compare it.
            return replace(answer, status=_LOOK_AGAIN)
        return answer

    def _looked_after(self, entries: Sequence[Tree], sent: Sequence[Tree], answers: list[Answer]) -> list[Answer]:
        """See, once, that a transaction was one: done as a batch, it leaves the urn where it is or stumbles over it."""
        stands = {each["fullUrl"] for each in sent if str(each.get("fullUrl")).startswith("urn:")}
        linking = [n for n, each in enumerate(sent) if "resource" in each and stands & _linked(each["resource"])]
        if len(sent) != len(entries) or not linking:
            return answers
        theirs = self._naming.theirs(entries[linking[0]]["request"]["url"])
        whole = all(each.ok or each.status == _LOOK_AGAIN for each in answers)
        found = self._http.get(theirs).resource if theirs and whole else None
        if whole and not (found and stands & _linked(found)):
            self._naming.proven = found is not None
            return answers
        self._http.transactions = False
        return [replace(each, status=_LOOK_AGAIN) if n in linking else each for n, each in enumerate(answers)]


def _linked(tree: Tree) -> set[str]:
    """Give all that a resource refers to."""
    found: set[str] = set()

    def note(reference: str) -> None:
        found.add(reference)

    rename(tree, note)
    return found
