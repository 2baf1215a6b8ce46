"""The evidence of a deployment as rows of a table, which a plot is drawn from."""

import pytest

from communicator.answers.deployments import Point
from exporters.page.views.evidence import ROWS, evidence_view, thinned
from tests.exporters.page.scenes import deployment


def test_moments_are_told_since_the_beginning():
    found = evidence_view(deployment(points=(Point(2_400.0, 0, -0.2), Point(15.0, 1, 2.0)), began_ago_s=2_500.0))
    assert [(at.at_s, at.at, at.step, at.log10, at.odds) for at in found.moments] == [
        (100, "1m 40s", 1, "-0.20", "none"),
        (2_485, "41m 25s", 2, "2.00", "100 to 1"),
    ]
    assert (found.suspect, found.block) == ("2", "3")
    assert found.sentence == "Evidence that it fails more: 126 to 1 (pauses at 100 to 1, aborts at 1,000 to 1)"


def test_it_is_the_same_at_the_next_refresh():
    first = deployment(points=(Point(40.0, 0, 1.0),), began_ago_s=100.0)
    later = deployment(points=(Point(45.2, 0, 1.0),), began_ago_s=105.2)
    assert evidence_view(first).moments == evidence_view(later).moments


def test_where_nothing_is_compared_there_is_none():
    assert evidence_view(deployment(suspect_log10=0.0, block_log10=0.0)) is None


def test_what_speaks_strongly_against_it_takes_no_room():
    [at] = evidence_view(deployment(points=(Point(1.0, 0, -400.0),))).moments
    assert at.log10 == "-12.00"


@pytest.mark.parametrize("count", [0, 1, ROWS, ROWS + 1, 400])
def test_of_many_the_strongest_and_the_newest_are_kept(count):
    points = [Point(float(count - number), 0, 5.0 if number == count // 3 else 0.1) for number in range(count)]
    kept = thinned(points)
    assert len(kept) == min(count, ROWS)
    assert [one.ago_s for one in kept] == sorted((one.ago_s for one in kept), reverse=True)
    assert kept[-1:] == points[-1:]
    assert max((one.log10_evidence for one in kept), default=5.0) == 5.0
