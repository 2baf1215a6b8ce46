"""Evaluations are counted by day within bounds; when a flag was asked for first and last is known for as long as that is kept."""

from canary.feature import tally as tally_module
from canary.feature.tally import DAYS, Asked, Row, Tally
from communicator.answers.features import Evaluations


def is_defined(feature):
    return feature in "abcd"


def counted(feature="a", count=1, variant="on", reason="STATIC"):
    return Evaluations(feature, variant, reason, count)


def test_counts_of_a_day_are_summed_until_they_are_taken():
    tally = Tally(100)
    tally.add([counted(count=2), counted(count=3), counted(variant="off")], 100, is_defined)
    assert tally.take() == {Row(100, "a", "on", "STATIC"): 5, Row(100, "a", "off", "STATIC"): 1}
    assert tally.take() == {}
    tally.add([counted()], 100, is_defined)
    assert [(one.variant, one.count) for one in tally.evaluations("a")] == [("off", 1), ("on", 6)]
    assert tally.evaluations("b") == ()


def test_what_could_not_be_kept_waits():
    tally = Tally(100)
    tally.add([counted(count=2)], 100, is_defined)
    rows = tally.take()
    tally.add([counted(count=3)], 100, is_defined)
    tally.put_back(rows)
    assert tally.take() == {Row(100, "a", "on", "STATIC"): 5}


def test_when_a_flag_was_asked_for_is_known_from_what_was_kept_and_forgotten_in_time():
    tally = Tally(
        100, [(Row(70, "a", "on", "STATIC"), 1), (Row(90, "a", "on", "STATIC"), 1), (Row(80, "b", "", "ERROR"), 1)]
    )
    assert (tally.first_day, tally.asked("a"), tally.asked("c")) == (70, Asked(70, 90), None)
    tally.add([counted("b")], 80 + DAYS, is_defined)
    assert tally.features() == ["a", "b"]
    tally.add([counted("b")], 91 + DAYS, is_defined)
    assert tally.features() == ["b"]


def test_rows_of_a_day_are_bounded_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(tally_module, "ROWS", 2)
    tally = Tally(100, [(Row(100, "a", "on", "STATIC"), 1)])
    tally.add([counted("b"), counted("c", 4), counted("d", 3), counted("a")], 100, is_defined)
    assert {row[1:]: count for row, count in tally.take().items()} == {
        ("b", "on", "STATIC"): 1,
        ("c", "", ""): 4,
        ("d", "", ""): 3,
        ("a", "on", "STATIC"): 1,
    }
    assert tally.asked("c") == Asked(100, 100)


def test_who_invents_names_or_variants_crowds_out_nobody(monkeypatch):
    monkeypatch.setattr(tally_module, "UNKNOWN", 2)
    monkeypatch.setattr(tally_module, "ROWS_OF_FLAG", 3)
    tally = Tally(100, [(Row(100, "a", "kept", "STATIC"), 1)])
    tally.add([counted(f"invented-{number}") for number in range(10)], 100, is_defined)
    tally.add([counted("a", variant=f"invented-{number}") for number in range(10)], 100, is_defined)
    tally.add([counted("b")], 100, is_defined)
    found = {row[1:3]: count for row, count in tally.take().items()}
    assert found == {
        ("invented-0", "on"): 1,
        ("invented-1", "on"): 1,
        ("", ""): 8,
        ("a", "invented-0"): 1,
        ("a", "invented-1"): 1,
        ("a", ""): 8,
        ("b", "on"): 1,
    }
    assert (tally.asked("b"), tally.asked("invented-5")) == (Asked(100, 100), None)
    tally.add([counted("invented-5")], 101, is_defined)
    assert tally.asked("invented-5") == Asked(101, 101)


def test_names_that_are_not_shown_are_not_remembered(monkeypatch):
    monkeypatch.setattr(tally_module, "SHOWN", 1)
    tally = Tally(100)
    for day in range(100, 200):
        tally.add([counted(f"invented-{day}")], day, is_defined)
    assert len(tally._shown) == 1


def test_what_is_shown_and_what_waits_for_a_full_disk_is_bounded(monkeypatch):
    monkeypatch.setattr(tally_module, "SHOWN", 1)
    monkeypatch.setattr(tally_module, "ROWS", 2)
    tally = Tally(100)
    tally.add([counted("a"), counted("b")], 100, is_defined)
    assert (len(tally.evaluations("a")), len(tally.evaluations("b"))) == (1, 0)
    for day in range(101, 120):
        rows = tally.take()
        tally.add([counted("a"), counted("b")], day, is_defined)
        tally.put_back(rows)
    assert len(tally.take()) <= 4
