"""How a server says no: status, HAPI's words as measured (servers.md, section 2), and plain ones."""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["Refusal", "refusal"]

# key: status, HAPI's words, other servers' words ("" the same without HAPI's number)
_HAPI_CONFLICT = (
    "HAPI-0550: HAPI-0823: The operation has failed with a version constraint failure. This generally means that two "
    "clients/threads were trying to update the same resource at the same time, and this request was chosen as the "
    "failing request."
)
_UNPARSED = "HAPI-0450: Failed to parse request body as JSON resource. Error was: "
_WORDS = MappingProxyType(
    {
        "no id": (404, "HAPI-2001: Resource {name} is not known", ""),
        "no type": (404, "HAPI-0302: Unknown resource type '{kind}'", ""),
        "no version": (404, "HAPI-0979: Version '{number}' is not valid for resource {name}", ""),
        "deleted": (410, "Resource was deleted at {updated}", ""),
        "no operation": (404, "HAPI-0285: Invalid request: the server does not know {method} /{path}", ""),
        "no parameter": (400, 'HAPI-0524: Unknown search parameter "{name}" for resource type "{kind}"', ""),
        "bad date": (400, 'HAPI-1940: Invalid date/time format: "{value}"', ""),
        "bad request": (400, "HAPI-0450: {why}", ""),
        "no page": (410, 'HAPI-0417: Search ID "{own}" does not exist and may have expired', ""),
        "stale": (
            409,
            "HAPI-0550: HAPI-0989: Trying to update {name}/_history/{given} but this is not the current version",
            "{name} is not at version {given}",
        ),
        "conflict": (409, _HAPI_CONFLICT, ""),
        "criteria unmet": (
            400,
            (
                "HAPI-0929: Failed to process conditional {verb}. "
                "The supplied resource did not satisfy the conditional URL."
            ),
            "",
        ),
        "many to update": (
            412,
            'HAPI-0988: Failed to UPDATE {kind} with match URL "{url}" because this search matched {count} resources',
            "the search criteria were not selective enough",
        ),
        "many to create": (
            412,
            'HAPI-0958: Failed to CREATE {kind} with match URL "{url}" because this search matched {count} resources',
            "the search criteria were not selective enough",
        ),
        "many to delete": (
            412,
            'HAPI-0962: Failed to DELETE {kind} with match URL "{url}" because this search matched {count} resources',
            "the search criteria were not selective enough",
        ),
        "no match": (400, 'HAPI-1091: Invalid match URL "{url}" - No resources match this search', ""),
        "no condition": (412, "conditional {verb} is not supported here", ""),
        "other condition": (400, "conditional {verb} may use {allowed} only, not {name!r}", ""),
        "text": (400, "HAPI-0449: The Content-Type {kind!r} is not FHIR JSON", ""),
        "no JSON": (400, _UNPARSED + "HAPI-1861: Failed to parse JSON encoded FHIR content: {why}", ""),
        "other type": (
            400,
            _UNPARSED + 'HAPI-1814: Incorrect resource type found, expected "{wanted}" but found "{kind}"',
            "",
        ),
        "bad code": (
            400,
            _UNPARSED + 'HAPI-1821: [element="{element}"] Invalid attribute value "{value}": Unknown code \'{value}\'',
            "",
        ),
        "not valid": (400, "{words}", ""),
        "id differs": (
            400,
            (
                "HAPI-0420: Can not update resource, resource body must contain an ID element which matches the "
                "request URL for update (PUT) operation - "
                'Resource body ID of "{own}" does not match URL ID of "{wanted}"'
            ),
            "",
        ),
        "id missing": (
            400,
            "HAPI-0419: Can not update resource, resource body must contain an ID element for update (PUT) operation",
            "",
        ),
        "all digits": (
            400,
            (
                "HAPI-0960: Can not create resource with ID[{own}], no resource with this ID exists and clients "
                "may only assign IDs which contain at least one non-numeric character"
            ),
            "",
        ),
        "id illegal": (400, "HAPI-0521: Can not process entity with ID[{own}], this is not a valid FHIR ID", ""),
        "ids are ours": (
            405,
            (
                "HAPI-0959: No resource exists on this server resource with ID[{own}], and client-assigned IDs are not "
                "enabled."
            ),
            "",
        ),
        "dangling": (400, "HAPI-1094: Resource {target} not found, specified in path: {path}", ""),
        "wrong target": (
            422,
            "HAPI-0931: Invalid reference found at path '{path}'. Resource type '{kind}' is not valid for this path",
            "",
        ),
        "external": (
            400,
            (
                'HAPI-0507: Resource contains external reference to URL "{target}" but this server is not configured '
                "to allow external references"
            ),
            "",
        ),
        "referenced": (
            409,
            (
                "HAPI-0550: HAPI-0515: Unable to delete {name} because at least one resource has a reference to this "
                "resource. First reference found was resource {by}"
            ),
            "",
        ),
        "twice": (400, "HAPI-0535: Transaction bundle contains multiple resources with ID: {name}", ""),
        "no request": (
            400,
            "HAPI-0529: Bundle entry {place} has no request: it must have a method and an address",
            "",
        ),
        "no bundle": (400, "HAPI-0527: Unable to process a Bundle of type {kind!r}; send a transaction or a batch", ""),
        "no batch": (405, "this server does no {kind}", ""),
        "read only": (405, "this server is for reading only", ""),
        "too many": (413, "the Bundle has {count} entries; no more than {most} are taken", ""),
        "too large": (413, "the body has {count} bytes; no more than {most} are taken", ""),
        "too slow": (408, "the Bundle was not done within {seconds:g} s and is given up", ""),
        "refused": (422, "{words}", ""),
        "condemned": (400, "{words}", ""),
        "put off": (429, "too many requests; come back later", ""),
    }
)


class Refusal(Exception):  # noqa: N818  (a refusal is no error of the twin)
    """A request or an entry that is not done."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def refusal(key: str, *, hapi: bool = True, status: int | None = None, **values: object) -> Refusal:
    """Make a refusal in the words of HAPI, or of a server that isn't."""
    usual, words, other = _WORDS[key]
    said = words if hapi else other or _bare(words)
    return Refusal(status or usual, said.format_map(values))


def _bare(words: str) -> str:
    """Take HAPI's numbers out.

    >>> _bare("HAPI-0450: HAPI-1821: no such code")
    'no such code'
    """
    return " ".join(word for word in words.split(" ") if not word.startswith("HAPI-"))
