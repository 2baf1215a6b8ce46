from tests.timekeeper.solution.clusters import mesh
from timekeeper.solution.camps import divide
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.thresholds import Thresholds


def camps(clocks, first=()):
    """Who stands together, and how far off."""
    frame = Frame(join_reports(clocks, mesh(clocks)).links)
    found = divide(frame, frame.seen_from(0), [frame.names.index(name) for name in first], Thresholds())
    return [("".join(camp.hosts), round(camp.offset_s, 3)) for camp in found]


def test_the_largest_camp_is_first():
    assert camps({"a": 0.5, "b": 0.0, "c": 0.0, "d": 0.3}) == [("bc", 0.0), ("d", 0.3), ("a", 0.5)]


def test_the_first_camp_may_be_given():
    assert camps({"a": 0.5, "b": 0.0, "c": 0.0, "d": 0.3}, first="d")[:2] == [("d", 0.0), ("bc", -0.3)]


def test_no_hosts():
    frame = Frame(join_reports("", []).links)
    assert divide(frame, None, (), Thresholds()) == ()


def test_chaos_has_no_more_than_eight_camps():
    assert len(camps({f"h{number:02}": float(number) for number in range(20)})) == 8
