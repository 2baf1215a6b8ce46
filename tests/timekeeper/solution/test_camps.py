import pytest

from tests.timekeeper.solution.clusters import claimed, mesh
from timekeeper.solution.camps import CampKind, divide
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.thresholds import Thresholds

PLAIN, LEAP, SMEAR = CampKind
INSERT = {"leap": "insert"}


def camps(clocks, changes=None, first=(), bound_s=0.0001):
    """Who stands together, how far off, and why; all claim to be synchronised, with some changes by host."""
    frame = Frame(join_reports(clocks, mesh(clocks, bound_s)).links)
    claims = {}
    for name in clocks:
        claims[name] = claimed(name, **(changes or {}).get(name, {}))
    found = divide(frame, frame.seen_from(0), [frame.names.index(name) for name in first], claims, Thresholds())
    return [("".join(camp.hosts), round(camp.offset_s, 3), camp.kind) for camp in found]


def test_the_largest_camp_is_first():
    clocks = {"a": 0.5, "b": 0.0, "c": 0.0, "d": 0.3}
    assert camps(clocks) == [("bc", 0.0, PLAIN), ("d", 0.3, PLAIN), ("a", 0.5, PLAIN)]


def test_the_first_camp_may_be_given():
    clocks = {"a": 0.5, "b": 0.0, "c": 0.0, "d": 0.3}
    assert camps(clocks, first="d")[:2] == [("d", 0.0, PLAIN), ("bc", -0.3, PLAIN)]


def test_no_hosts():
    frame = Frame(join_reports("", []).links)
    assert divide(frame, None, (), {}, Thresholds()) == ()


SIDES = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 1.0, "e": 1.0}


@pytest.mark.parametrize(
    ("clocks", "changes", "kind"),
    [
        # A second apart, and several of them.
        (SIDES, {}, LEAP),
        (SIDES | {"d": -1.0, "e": -1.0}, {}, LEAP),
        (SIDES | {"d": 1.004, "e": 1.004}, {}, LEAP),
        (SIDES | {"d": 1.02, "e": 1.02}, {}, PLAIN),
        # One host alone needs the word of some daemon that there is a leap second.
        (SIDES | {"e": 0.0}, {}, PLAIN),
        (SIDES | {"e": 0.0}, {"a": INSERT}, LEAP),
        (SIDES | {"e": 0.0}, {"d": {"leap": "delete"}}, LEAP),
        # Less than a second apart: one side says that it smears, or knows of no leap second while the other does.
        (SIDES | {"d": 0.4, "e": 0.4}, {}, PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, {"d": {"smear": True}}, SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, {"a": {"smear": True}}, SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, {"a": {"smear": True}, "d": {"smear": True}}, PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, {"a": INSERT}, SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, {"a": INSERT, "e": INSERT}, PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, {"a": INSERT, "e": {"state": "unsynchronized"}}, PLAIN),
        (SIDES | {"d": 1.4, "e": 1.4}, {"a": INSERT}, PLAIN),
        # Within what the bounds allow there is nothing to explain.
        (SIDES | {"d": 0.004, "e": 0.004}, {"a": INSERT}, PLAIN),
    ],
)
def test_why_a_camp_stands_apart(clocks, changes, kind):
    assert camps(clocks, changes, first=[name for name in clocks if clocks[name] == 0.0])[1][2] is kind


def test_a_camp_that_is_known_too_vaguely_is_not_explained():
    assert camps(SIDES, first="abc", bound_s=0.1)[1][2] is PLAIN


def test_chaos_has_no_more_than_eight_camps():
    assert len(camps({f"h{number:02}": float(number) for number in range(20)})) == 8
