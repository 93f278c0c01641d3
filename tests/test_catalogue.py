"""What servers' refusals mean, in our words."""

from __future__ import annotations

import pytest

from fhir_adapter.server.catalogue import advise

# As HAPI 8.8.0 says them (servers.md, sections 2 and 3), and what a user must come to know by ours.
MEANT = {
    "HAPI-0550: HAPI-0989: Trying to update X/x/_history/1 but this is not the current version": "someone else wrote",
    "HAPI-0550: HAPI-0823: The operation has failed with a version constraint failure.": "someone else wrote",
    "HAPI-0550: HAPI-0825: The operation has failed with a client-assigned ID constraint failure.": "run it again",
    "HAPI-0550: HAPI-0515: Unable to delete X/x because at least one resource has a reference": "changed or deleted",
    "HAPI-0929: Failed to process conditional update.": "give it that identifier",
    "HAPI-1094: Resource PlanDefinition/x not found, specified in path: ResearchStudy.protocol": "doesn't have",
    "HAPI-0507: Resource contains external reference to URL": "`Type/id`",
    "HAPI-0960: Can not create resource with ID[42]": "an id with a letter",
    "HAPI-0450: Failed to parse request body as JSON resource. Error was: HAPI-1821: x": "mend the code",
    "HAPI-0450: Failed to parse request body as JSON resource. Error was: HAPI-1861: x": "can't read",
    "HAPI-0988: Failed to UPDATE X with match URL because this search matched 2 resources": "until one is left",
    "HAPI-0958: Failed to CREATE X with match URL because this search matched 2 resources": "until one is left",
    "HAPI-0931: Invalid reference found at path 'ResearchStudy.protocol'.": "correct the reference",
    "HAPI-0535: Transaction bundle contains multiple resources with ID: X/x": "take one of them out",
    "HAPI-2001: Resource X/y is not known": "never stored",
    "HAPI-2223: Trailing high surrogate at end of input": "in the middle of an emoji",
    "the search criteria was not selective enough": "until one is left",
}


@pytest.mark.parametrize(("said", "meant"), MEANT.items())
def test_a_refusal_is_explained(said: str, meant: str) -> None:
    assert meant in str(advise(said))


def test_the_innermost_number_says_most() -> None:
    assert advise("HAPI-0550: HAPI-0515: no") != advise("HAPI-0550: no")
    assert advise("HAPI-0550: HAPI-9999: no") == advise("HAPI-0550: no")


@pytest.mark.parametrize("words", ["", "no", "HAPI-9999: something new", "NCT0550 is not valid"])
def test_what_is_not_known_is_not_guessed_at(words: str) -> None:
    assert advise(words) is None
