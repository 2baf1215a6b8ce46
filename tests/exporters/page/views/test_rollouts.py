"""Deployments under way: a service whose newest version is not its last good one."""

import pytest

from communicator.answers.releases import CanaryReport, Cell, Release
from communicator.wording import marks
from exporters.page.views.rollouts import rollouts

OLD = Release("billing", "1.9", first_seen_seconds=9e5, is_last_good=True)
NEW = Release("billing", "2.0", first_seen_seconds=700.0, log10_evidence=0.4)
CELLS = (
    Cell("alpha", "billing", "2.0", state="good"),
    Cell("beta", "billing", "2.0", state="good"),
    Cell("gamma", "billing", "2.0", state="blocked"),
    Cell("delta", "billing", "2.0", state="observing"),
    Cell("delta", "billing", "1.9", state="good"),
)


def test_how_far_the_newer_version_has_come():
    [found] = rollouts(CanaryReport(cells=CELLS, releases=(OLD, NEW)))
    assert (found.service, found.before, found.after, found.mark) == ("billing", "1.9", "2.0", marks.BAD)
    assert found.since == "first seen 11m 40s ago"
    assert found.evidence == "evidence 2.5 to 1"
    assert found.sentence == "blocked on 1, observing on 1, good on 2 of 4 servers"
    assert [(part.left, part.width, part.mark.tone) for part in found.parts] == [
        (0, 25, "bad"),
        (25, 25, "open"),
        (50, 50, "good"),
    ]


@pytest.mark.parametrize(
    "releases",
    [
        (),
        (OLD,),
        (NEW,),
        (
            Release("billing", "2.0", first_seen_seconds=700.0, is_last_good=True),
            Release("billing", "1.9", first_seen_seconds=9e5),
        ),
    ],
    ids=["none", "old-alone", "new-alone", "done"],
)
def test_nothing_is_under_way(releases):
    assert rollouts(CanaryReport(cells=CELLS, releases=releases)) == []


def test_a_version_that_is_gone_is_no_deployment():
    cells = [Cell("alpha", "billing", "2.0", state="archived")]
    assert rollouts(CanaryReport(cells=tuple(cells), releases=(OLD, NEW))) == []


def test_the_worst_come_first_and_a_held_one_says_why():
    held = Release("mailer", "4.2", state="held", reason="bad on two servers", first_seen_seconds=1.0)
    cells = (*CELLS[:2], Cell("alpha", "mailer", "4.2", state="good"))
    found = rollouts(
        CanaryReport(cells=cells, releases=(OLD, NEW, held, Release("mailer", "4.1", first_seen_seconds=9.0)))
    )
    assert [(one.service, one.before, one.sentence) for one in found] == [
        ("mailer", "", "good on 1 of 1 server; bad on two servers"),
        ("billing", "1.9", "good on 2 of 2 servers"),
    ]


@pytest.mark.parametrize(
    ("server", "ending"),
    [("gamma", "; not enforced there: host gamma runs a C++ router, which knows no policy"), ("zeta", " servers")],
)
def test_where_no_policy_is_enforced_is_told_where_the_version_ran(server, ending):
    [found] = rollouts(CanaryReport(cells=CELLS, releases=(OLD, NEW)), (server,))
    assert found.sentence.endswith(ending)


def test_what_has_no_version_is_deployed_by_nobody():
    """A start that failed before it said what it was stands beside the version that followed."""
    nameless = Release("billing", "", first_seen_seconds=1.0)
    cells = (*CELLS, Cell("alpha", "billing", "", state="suspect"))
    [found] = rollouts(CanaryReport(cells=cells, releases=(OLD, NEW, nameless)))
    assert found.after == "2.0"
    assert rollouts(CanaryReport(cells=cells, releases=(OLD, nameless))) == []


def test_where_nothing_has_a_version_builds_are_deployed():
    releases = (Release("plain", "", "b2", first_seen_seconds=1.0), Release("plain", "", "b1", first_seen_seconds=9.0))
    [found] = rollouts(CanaryReport(cells=(Cell("alpha", "plain", "", "b2"),), releases=releases))
    assert found.after == "(none) build b2"
