"""The last day of a clock, as it looks at 80 and at 120 columns."""

import io
import json
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from rich.console import Console

from bellwether import clock_history
from bellwether.clock_history import Point, documents, read_points, render
from bellwether.failure import CommandError
from communicator.protocol import Message
from timekeeper import history

NOON_S = 1_795_608_000.0  # a Wednesday
QUIET = Point(NOON_S, "synchronized", 0.0021, "ok", 0.000012, 5, 5, spread_seconds=0.0000802)
ALONE = Point(NOON_S + 300, "holdover", 0.0121)
WRONG = Point(NOON_S + 600, "synchronized", 0.002, "wrong", -0.0401, 5, 3, None, 0.0402, ("alpha", "delta"), 1)
SPLIT = Point(NOON_S + 900, "unsynchronized", None, "no_majority", None, 4, 2, steps_total=1)


def screen(points, width, zone=UTC):
    console = Console(file=io.StringIO(), width=width)
    console.print(render(points, zone))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def told(points):
    return Message("CLOCK_CURRENT_REPORT", {"report": "{}", "history": json.dumps(points)})


USUAL = """\
TIME       STATE               BOUND  VERDICT          OFFSET  AGREE   SPREAD
Wed 12:00  ✔ synchronized     2.1 ms  ✔ ok             +12 µs    5/5  80.2 µs
Wed 12:05  ⚠ holdover        12.1 ms  -                     -      -        -
Wed 12:10  ✔ synchronized       2 ms  ✖ wrong        -40.1 ms    3/5  40.2 ms
    wrong: alpha, delta; this clock was set
Wed 12:15  ✖ unsynchronized        -  ? no majority         -    2/4        -
    nobody is wrong any more"""


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen(width):
    assert screen([QUIET, ALONE, WRONG, SPLIT], width) == USUAL


def test_it_is_no_wider_than_the_screen():
    assert max(map(len, screen([QUIET, WRONG, SPLIT], 40).splitlines())) <= 40


def point(wrong="", steps=0):
    return Point(NOON_S, wrong=tuple(wrong), steps_total=steps)


@pytest.mark.parametrize(
    ("points", "notes"),
    [
        ([point(), point()], []),
        ([point(steps=7), point(steps=7)], []),
        ([point(steps=7), point(steps=8)], ["this clock was set"]),
        ([point(steps=7), point(steps=10)], ["this clock was set 3 times"]),
        ([point(steps=7), point(steps=0)], []),
        ([point(steps=7), point(steps=2)], ["this clock was set 2 times"]),
        ([point("a"), point("a")], ["wrong: a"]),
        ([point("a"), point("ab"), point()], ["wrong: a", "wrong: a, b", "nobody is wrong any more"]),
        ([point("a"), point(steps=1)], ["wrong: a", "nobody is wrong any more; this clock was set"]),
    ],
)
def test_what_changes_is_told_once(points, notes):
    assert [line.strip() for line in screen(points, 80).splitlines() if line.startswith("    ")] == notes


def test_times_are_those_of_the_zone():
    assert "Thu 01:30" in screen([QUIET], 80, timezone(timedelta(hours=13, minutes=30)))


def test_nothing_is_kept_at_first():
    assert screen([], 80) == "Nothing is kept yet: there is a point every 5 minutes."


def test_what_is_shown_are_the_newest_points_and_the_newest_is_last():
    points = [{"at_seconds": NOON_S + number} for number in range(5)]
    assert [point.at_seconds for point in read_points(told(points), 2)] == [NOON_S + 3, NOON_S + 4]
    assert len(read_points(told(points), 9)) == 5
    assert documents(told(points), 2) == tuple(points[3:])


def test_what_is_null_is_not_known():
    empty = {"at_seconds": NOON_S, "state": None, "verdict": None, "offset_seconds": None, "wrong": None}
    assert read_points(told([empty]), 1) == (Point(NOON_S),)


def test_a_text_cannot_steer_the_screen():
    steering = {"at_seconds": NOON_S, "wrong": ["\x1b[2J[red]x"], "state": "\x07", "verdict": "\x07"}
    shown = screen(read_points(told([steering]), 1), 80)
    assert "\\x1b[2J[red]x" in shown
    assert not [character for character in shown if character in "\x1b\x07"]


@pytest.mark.parametrize("read", [read_points, documents])
@pytest.mark.parametrize("parameters", [{"report": "{}"}, {"history": ""}])
def test_a_timekeeper_that_knows_no_history(read, parameters):
    with pytest.raises(CommandError, match="keeps no history: it is of an older version"):
        read(Message("CLOCK_CURRENT_REPORT", parameters), 24)


@pytest.mark.parametrize("read", [read_points, documents])
@pytest.mark.parametrize("text", ["nonsense", "{}", "3", "[" * 100_000])
def test_a_history_that_is_none(read, text):
    with pytest.raises(CommandError, match="the timekeeper's history cannot be read: "):
        read(Message("CLOCK_CURRENT_REPORT", {"history": text}), 24)


@pytest.mark.parametrize(
    "nonsense",
    [
        3,
        {},
        {"at_seconds": "noon"},
        {"at_seconds": -1},
        {"at_seconds": 1e300},
        {"at_seconds": 1, "hosts": "five"},
        {"at_seconds": 1, "wrong": [1]},
    ],
)
def test_a_point_that_is_none(nonsense):
    with pytest.raises(CommandError, match="the timekeeper's history cannot be read: "):
        read_points(told([nonsense]), 24)


@pytest.mark.parametrize("at_s", [0.0, 250_000_000_000.0])
def test_every_time_that_is_taken_has_a_date(at_s):
    assert screen(read_points(told([{"at_seconds": at_s}]), 1), 80)


def test_each_key_is_one_the_timekeeper_writes():
    assert set(Point.__struct_fields__) <= set(history.Point.__struct_fields__)
    assert f"{history.INTERVAL_S / 60:g} minutes" in screen([], 80)


def test_the_page_shows_what_the_screen_does():
    page = (Path(__file__).parents[2] / "docs/clock.md").read_text()
    assert screen([QUIET, ALONE, WRONG, SPLIT], 80) in page


def test_the_parameter_is_defined():
    definitions = Path(clock_history.__file__).parents[1] / "communicator/definitions"
    for command in ("CLOCK_GET_REPORT", "CLOCK_CURRENT_REPORT"):
        assert f"\n[{clock_history.PARAMETER}]\n" in (definitions / f"{command}.conf").read_text()
