"""How a cluster is, and why a host of it is not linked."""

from typing import NamedTuple

import pytest

from communicator.answers.clusters import Node
from communicator.wording.clusters import attempts_text, headline, quorum_text, tried_text, uncounted_text
from communicator.wording.marks import BAD, DOUBTFUL, GOOD


@pytest.mark.parametrize(
    ("told", "mark", "text"),
    [
        (("", "", None, None), DOUBTFUL, "unknown"),
        (("up", "complete", 1, 1), GOOD, "up, complete: 1 of 1 host reached"),
        (("up", "incomplete", 3, 5), DOUBTFUL, "up, incomplete: 3 of 5 hosts reached"),
        (("down", "incomplete", 2, 5), BAD, "down, incomplete: 2 of 5 hosts reached"),
        (("up", "", None, 5), DOUBTFUL, "up"),
    ],
    ids=["empty", "complete", "incomplete", "down", "elder"],
)
def test_how_the_cluster_is(told, mark, text):
    assert headline(*told) == (mark, text)


def test_a_quorum_is_told_where_it_is_known():
    assert quorum_text(None) == ""
    assert quorum_text(3) == "; 3 are needed for a quorum"
    assert quorum_text(1) == "; 1 is needed for a quorum"


class Tried(NamedTuple):
    failures: int
    reason: str | None
    state: str = "waiting"


@pytest.mark.parametrize(
    ("failures", "reason", "text", "told"),
    [
        (0, None, "", "waiting"),
        (1, "", "after 1 failure", "waiting after 1 failure"),
        (31, "no route", "after 31 failures: no route", "waiting after 31 failures: no route"),
        (0, "wrong password", "wrong password", "waiting: wrong password"),
    ],
)
def test_what_came_of_dialling(failures, reason, text, told):
    tried = Tried(failures, reason)
    assert (attempts_text(tried), tried_text(tried)) == (text, told)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (Node("c"), ""),
        (Node("c", state="reachable", counts=True), ""),
        (
            Node("c", state="reachable", counts=False, vouched_by=("b",)),
            "vouched for by one (b): add it to [cluster] neighbors to let it count",
        ),
        (
            Node("c", state="reachable", counts=False),
            "vouched for by none that counts: add it to [cluster] neighbors to let it count",
        ),
        (Node("c", state="unreachable", counts=False), "does not count"),
    ],
    ids=["elder router", "counts", "one", "none", "gone"],
)
def test_why_a_host_does_not_count(host, text):
    assert uncounted_text(host) == text
