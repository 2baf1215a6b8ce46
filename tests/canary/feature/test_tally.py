"""Evaluations are counted by day within bounds; when a flag was asked for first and last is known for as long as that is kept."""

from canary.feature import tally as tally_module
from canary.feature.tally import DAYS, Asked, Row, Tally
from communicator.answers.features import Evaluations


def counted(feature="a", count=1, variant="on", reason="STATIC"):
    return Evaluations(feature, variant, reason, count)


def test_counts_of_a_day_are_summed_until_they_are_taken():
    tally = Tally(100)
    tally.add([counted(count=2), counted(count=3), counted(variant="off")], 100)
    assert tally.take() == {Row(100, "a", "on", "STATIC"): 5, Row(100, "a", "off", "STATIC"): 1}
    assert tally.take() == {}
    tally.add([counted()], 100)
    assert [(one.variant, one.count) for one in tally.evaluations("a")] == [("off", 1), ("on", 6)]
    assert tally.evaluations("b") == ()


def test_what_could_not_be_kept_waits():
    tally = Tally(100)
    tally.add([counted(count=2)], 100)
    rows = tally.take()
    tally.add([counted(count=3)], 100)
    tally.put_back(rows)
    assert tally.take() == {Row(100, "a", "on", "STATIC"): 5}


def test_when_a_flag_was_asked_for_is_known_from_what_was_kept_and_forgotten_in_time():
    tally = Tally(
        100, [(Row(70, "a", "on", "STATIC"), 1), (Row(90, "a", "on", "STATIC"), 1), (Row(80, "b", "", "ERROR"), 1)]
    )
    assert (tally.first_day, tally.asked("a"), tally.asked("c")) == (70, Asked(70, 90), None)
    tally.add([counted("b")], 80 + DAYS)
    assert tally.features() == ["a", "b"]
    tally.add([counted("b")], 91 + DAYS)
    assert tally.features() == ["b"]


def test_rows_of_a_day_are_bounded_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(tally_module, "ROWS", 2)
    tally = Tally(100, [(Row(100, "a", "on", "STATIC"), 1)])
    tally.add([counted("b"), counted("c", 4), counted("d", 3), counted("a")], 100)
    assert {row.feature: count for row, count in tally.take().items()} == {"b": 1, "": 7, "a": 1}
    assert tally.asked("c") is None
    tally.add([counted("c")], 101)
    assert tally.asked("c") == Asked(101, 101)


def test_what_is_shown_and_what_waits_for_a_full_disk_is_bounded(monkeypatch):
    monkeypatch.setattr(tally_module, "SHOWN", 1)
    monkeypatch.setattr(tally_module, "ROWS", 2)
    tally = Tally(100)
    tally.add([counted("a"), counted("b")], 100)
    assert (len(tally.evaluations("a")), len(tally.evaluations("b"))) == (1, 0)
    for day in range(101, 120):
        rows = tally.take()
        tally.add([counted("a"), counted("b")], day)
        tally.put_back(rows)
    assert len(tally.take()) <= 4
