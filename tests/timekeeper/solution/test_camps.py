import pytest

from tests.timekeeper.solution.clusters import claimed, mesh
from timekeeper.solution.camps import CampKind, divide
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.thresholds import Thresholds

PLAIN, LEAP, SMEAR = CampKind
INSERT = {"leap": "insert"}
SMEARS = {"smear": True}


def each(hosts, change):
    return dict.fromkeys(hosts, change)


def camps(clocks, changes=None, first=(), bound_s=0.0001, utc_s=None):
    """Who stands together, how far off, and why; all claim to be synchronised, with some changes by host."""
    frame = Frame(join_reports(clocks, mesh(clocks, bound_s)).links)
    claims = {}
    for name in clocks:
        claims[name] = claimed(name, **(changes or {}).get(name, {}))
    found = divide(frame, frame.seen_from(0), [frame.names.index(name) for name in first], claims, Thresholds(), utc_s)
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
        # A second apart: most of one side have to say that there is a leap second.
        (SIDES, {}, PLAIN),
        (SIDES, each("abc", INSERT), LEAP),
        (SIDES, each("ab", INSERT), LEAP),
        (SIDES, each("a", INSERT), PLAIN),
        (SIDES, each("de", INSERT), LEAP),
        (SIDES, each("d", INSERT), PLAIN),
        (SIDES, each("ad", INSERT), PLAIN),
        (SIDES | {"d": -1.0, "e": -1.0}, each("de", {"leap": "delete"}), LEAP),
        (SIDES | {"d": 1.004, "e": 1.004}, each("abc", INSERT), LEAP),
        (SIDES | {"d": 1.02, "e": 1.02}, each("abc", INSERT), PLAIN),
        # One host alone: both it and most of the others.
        (SIDES | {"e": 0.0}, {}, PLAIN),
        (SIDES | {"e": 0.0}, each("abce", INSERT), PLAIN),
        (SIDES | {"e": 0.0}, each("d", INSERT), PLAIN),
        (SIDES | {"e": 0.0}, each("abd", INSERT), PLAIN),
        (SIDES | {"e": 0.0}, each("abcd", INSERT), LEAP),
        # Less than a second apart: most of one side say that they smear, or announce what the other hides.
        (SIDES | {"d": 0.4, "e": 0.4}, {}, PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, each("de", SMEARS), SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, each("d", SMEARS), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, each("abc", SMEARS), SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, each("abcde", SMEARS), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, each("abc", INSERT), SMEAR),
        (SIDES | {"d": 0.4, "e": 0.4}, each("a", INSERT), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, each("abcde", INSERT), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.4}, each("abc", INSERT) | {"e": {"state": "unsynchronized"}}, PLAIN),
        (SIDES | {"d": 1.4, "e": 1.4}, each("abc", INSERT), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.0}, each("abce", INSERT), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.0}, each("d", SMEARS), PLAIN),
        (SIDES | {"d": 0.4, "e": 0.0}, each("abce", INSERT) | each("d", SMEARS), SMEAR),
        # Within what the bounds allow there is nothing to explain.
        (SIDES | {"d": 0.004, "e": 0.004}, each("abc", INSERT), PLAIN),
    ],
)
def test_why_a_camp_stands_apart(clocks, changes, kind):
    assert camps(clocks, changes, first=[name for name in clocks if clocks[name] == 0.0])[1][2] is kind


@pytest.mark.parametrize(("utc_s", "kind"), [(1_483_228_800.0, LEAP), (1_483_228_800.0 + 86_400.0, PLAIN)])
def test_a_leap_second_explains_something_only_when_there_may_be_one(utc_s, kind):
    assert camps(SIDES, each("abcde", INSERT), first="abc", utc_s=utc_s)[1][2] is kind


def test_a_host_that_says_nothing_announces_nothing():
    frame = Frame(join_reports(SIDES, mesh(SIDES)).links)
    claims = {"a": claimed("a", **INSERT), "d": claimed("d", **INSERT)}
    found = divide(frame, frame.seen_from(0), [0, 1, 2], claims, Thresholds())
    assert [camp.kind for camp in found] == [PLAIN, PLAIN]


def test_a_camp_that_is_known_too_vaguely_is_not_explained():
    assert camps(SIDES, each("abcde", INSERT), first="abc", bound_s=0.1)[1][2] is PLAIN


def test_chaos_has_no_more_than_eight_camps():
    assert len(camps({f"h{number:02}": float(number) for number in range(20)})) == 8
