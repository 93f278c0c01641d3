"""What a server has against a resource: its $validate, which stores nothing."""

from __future__ import annotations

from fhir_adapter.errors import Refused, ServerError
from fhir_adapter.issues import Issue, Severity, blocking, from_outcome
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load

__all__ = ["judge"]

_NOT_THERE = (404, 405, 501)


def judge(http: Connection, resource: Tree, fhir: str) -> list[Issue]:
    """Ask a server to validate one resource or Bundle.

    A refusal of the resource itself (HAPI's parser: 400 for a wrong code) is an issue too. Raises Refused where
    the server has no such operation, ServerError where its answer is no OperationOutcome.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in load(fhir.lower()).resources:
        # Never put into an address what isn't the name of a type.
        return [Issue.fatal("invalid", "", f"resourceType {str(kind)[:60]!r} is none of FHIR {fhir}; it was not sent")]
    answer = http.one({"request": {"method": "POST", "url": f"{kind}/$validate"}, "resource": resource})
    if answer.status in _NOT_THERE:
        words = "; ".join(issue.message for issue in answer.explain())
        raise Refused(f"{http.url} does not validate {kind}: {words}; choose another engine")
    return _said(answer) if answer.ok else _refused(answer)


def _said(answer: Answer) -> list[Issue]:
    outcome = _outcome(answer.resource or {})
    issues = from_outcome(outcome)
    if not issues:
        kind = outcome.get("resourceType")
        raise ServerError(f"$validate was answered with {kind!r} instead of an OperationOutcome with issues")
    first = issues[0]
    fine = len(issues) == 1 and first.severity is Severity.INFORMATION and not first.path
    return [] if fine else issues  # "No issues detected during validation"


def _outcome(body: Tree) -> Tree:
    """Take the OperationOutcome out of the Parameters that some servers put it into."""
    parameters = body.get("parameter") if body.get("resourceType") == "Parameters" else None
    for each in parameters if isinstance(parameters, list) else ():
        inner = each.get("resource") if isinstance(each, dict) else None
        if isinstance(inner, dict) and inner.get("resourceType") == "OperationOutcome":
            return inner
    return body


def _refused(answer: Answer) -> list[Issue]:
    issues = list(answer.issues)
    if blocking(issues):
        return issues
    return [*issues, Issue.error("processing", "", f"the server answered {answer.status} to $validate")]
