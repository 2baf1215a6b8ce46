"""A day of points: the oldest goes, the file reads back, and what is told fits beside a report."""

import json

import msgspec
import pytest

from communicator.answers.clocks import Point
from communicator.protocol.limits import TOKEN_CHARACTERS
from communicator.runtime.kept_file import FILE_BYTES
from timekeeper.history import (
    INTERVAL_S,
    POINTS,
    TOLD_BYTES,
    WRONG_TOLD,
    History,
    decode_history,
    encode_history,
    tell_history,
)
from timekeeper.wire_size import wire_bytes

POINT = Point(
    at_seconds=1_795_500_000.25,
    state="synchronized",
    bound_seconds=0.0012345678901234567,
    verdict="no_majority",
    offset_seconds=-0.0012345678901234567,
    hosts=1000,
    agreeing=999,
    has_majority=True,
    spread_seconds=0.0012345678901234567,
    wrong=(),
    steps_total=3,
)


def point(number, wrong=()):
    return msgspec.structs.replace(POINT, steps_total=number, wrong=tuple(wrong))


def day(wrong=()):
    return History([point(number, wrong) for number in range(POINTS)])


def test_it_holds_a_day():
    assert POINTS * INTERVAL_S == 86_400


def test_the_oldest_goes():
    history = day()
    history.add(point(POINTS))
    assert [one.steps_total for one in history.points] == [*range(1, POINTS + 1)]
    assert History().points == []


def test_the_file_reads_back():
    assert decode_history(encode_history(day(["beta"]))).points == day(["beta"]).points


def test_a_day_goes_into_the_file_however_long_the_names():
    assert len(encode_history(day(["n" * TOKEN_CHARACTERS] * WRONG_TOLD))) < FILE_BYTES


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[{}]", b'[{"at_seconds":"now"}]', b"\xff"])
def test_a_damaged_file(content):
    with pytest.raises(ValueError, match=r"\w"):
        decode_history(content)


def test_a_day_is_told_whole():
    assert [one["steps_total"] for one in json.loads(tell_history(day(["alpha"])))] == [*range(POINTS)]


def test_of_a_bad_day_the_end_is_told():
    text = tell_history(day(["n" * TOKEN_CHARACTERS] * WRONG_TOLD))
    told = [one["steps_total"] for one in json.loads(text)]
    assert told == [*range(told[0], POINTS)]
    assert TOLD_BYTES / 2 < wire_bytes(text.encode()) <= TOLD_BYTES


def test_nothing_is_told_of_no_time():
    assert tell_history(History()) == "[]"
