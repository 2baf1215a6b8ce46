import pytest

from tests.timekeeper.solution.clusters import measured, mesh
from timekeeper.intervals import Interval
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.reference import find_camps, find_majority
from timekeeper.solution.thresholds import Thresholds

THRESHOLDS = Thresholds()


def majority(clocks, measurements=None, voters=None):
    """Names of the reference, of the members and of those outside."""
    frame = Frame(join_reports(clocks, measurements or mesh(clocks)).links)
    found = find_majority(frame, frame.seen_from(0), Electors(frozenset(clocks), voters or len(clocks)), THRESHOLDS)
    if found is None:
        return None
    return (
        frame.names[found.reference],
        *("".join(sorted(frame.names[host] for host in group)) for group in (found.members, found.outside)),
    )


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ({"a": 0.0, "b": 0.0005}, ("a", "ab", "")),
        ({"a": 0.0, "b": 0.01}, None),
        ({"a": 0.0, "b": 0.01, "c": 0.02}, None),
        ({"a": 0.0, "b": 0.0001, "c": 0.02}, ("a", "ab", "c")),
        ({"a": 0.02, "b": 0.0, "c": 0.0001}, ("b", "bc", "a")),
        ({"a": 0.0, "b": 0.0, "c": 0.02, "d": 0.02}, None),
        ({"a": 0.0001, "b": 0.0, "c": -0.0001, "d": 0.02, "e": 1.0}, ("b", "abc", "de")),
        # A mean would lie 1 s / 7 off and accuse all.
        ({name: 1e-5 * number for number, name in enumerate("abcdef")} | {"g": 1.0}, ("c", "abcdef", "g")),
        # Beyond the tolerance of most, but not of all: no member, and not proven to be wrong.
        ({"a": -1e-5, "b": 0.0, "c": 1e-5, "d": 0.0025}, ("b", "abc", "d")),
        ({"a": -1e-5, "b": 0.0, "c": 1e-5, "d": 0.0021}, ("b", "abcd", "")),
    ],
)
def test_what_the_majority_shows(clocks, expected):
    assert majority(clocks) == expected


def test_hosts_that_are_measured_elsewhere_count_as_voters():
    clocks = {"a": -1e-5, "b": 0.0, "c": 1e-5}
    assert majority(clocks, voters=5) == ("b", "abc", "")
    assert majority(clocks, voters=6) is None


def test_hosts_that_may_be_in_either_camp_give_neither_a_majority():
    # a, b, c agree, d, e agree 40 ms away, and f, g may be with either.
    clocks = dict.fromkeys("abcfg", 0.0) | {"d": 0.040, "e": 0.040}
    pairs = ["ab", "bc", "ad", "de"]
    vague = [measured("a", name, 0.020, 0.030) for name in "fg"]
    assert majority(clocks, [*mesh(clocks, pairs=pairs), *vague]) is None


def test_a_vague_host_does_not_become_the_reference():
    clocks = {"a": 0.0, "b": 0.0002, "c": 0.0004, "d": 0.0}
    rows = [*mesh(clocks, pairs=["ab", "bc", "ac"]), measured("b", "d", 0.0, 0.5)]
    assert majority(clocks, rows)[0] == "b"


@pytest.mark.parametrize(
    ("ends", "most", "camps"),
    [
        ([], 8, []),
        ([(0, 1), (5, 6), (0.5, 1.5), (5.5, 6.5), (0.2, 0.9)], 8, [[0, 2, 4], [1, 3]]),
        ([(0, 1), (5, 6)], 8, [[0], [1]]),
        ([(0, 1), (5, 6), (8, 9)], 2, [[0], [1]]),
        # One that may be with either side stands with the first.
        ([(0, 1), (0.5, 5.5), (5, 6)], 8, [[0, 1], [2]]),
    ],
)
def test_camps(ends, most, camps):
    assert find_camps([Interval(*pair) for pair in ends], most) == camps
