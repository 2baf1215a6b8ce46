import pytest

from tests.timekeeper.solution.clusters import mesh
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.measurement import ReferenceInterval
from timekeeper.solution.thresholds import Thresholds
from timekeeper.solution.witnesses import hear

CLOCKS = {"a": 0.0, "b": 0.040, "c": 0.0}


def heard(told, electors=None):
    """Who hears the same, and where true time is as seen from a; each tells how far true time is from its own clock."""
    frame = Frame(join_reports(CLOCKS, mesh(CLOCKS, 0.000_001)).links)
    references = [
        ReferenceInterval(host=host, low_s=ahead_s - 0.002, high_s=ahead_s + 0.002, servers=servers)
        for host, ahead_s, servers in told
    ]
    found = hear(frame, frame.seen_from(0), references, electors or Electors.of(CLOCKS), Thresholds())
    return found and ("".join(found.hosts), pytest.approx(found.region.middle, abs=0.001))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], None),
        # One host may have invented its servers, and one server may be wrong.
        ([("a", 0.2, 2)], None),
        ([("a", 0.2, 2), ("b", 0.16, 1)], None),
        ([("a", 0.2, 2), ("x", 0.2, 2)], None),
        ([("a", 0.2, 2), ("b", 0.16, 2)], ("ab", 0.2)),
        ([("a", 0.2, 2), ("b", 0.0, 2)], None),
        ([("a", 0.2, 2), ("b", 0.16, 2), ("c", -0.5, 2)], ("ab", 0.2)),
        ([("a", 0.2, 2), ("b", -1.0, 2), ("c", -0.5, 2)], None),
    ],
)
def test_two_hosts_have_to_hear_the_same(told, expected):
    assert heard(told) == expected


def test_who_does_not_count_is_no_witness():
    told = [("a", 0.2, 2), ("b", 0.16, 2)]
    assert heard(told, Electors(frozenset("ac"), 2, vouched_by_one=frozenset("b"))) is None


def test_the_only_host_there_is_is_enough():
    assert heard([("a", 0.2, 2)], Electors.of("a")) == ("a", 0.2)
