"""What a flag may be called, and when its file is written again."""

from dataclasses import replace

import pytest

from communicator.errors import FlagError
from communicator.flags.flag import (
    COUNT_MAX,
    REWRITE_S,
    Flag,
    FlagName,
    Source,
    check_flag,
    make_flag_name,
    parse_flag_name,
    raise_again,
)

NAME = FlagName("timekeeper", "clock", "clock-offset")
WANTED = Flag(name=NAME, message="the clock is wrong", priority=55)
STANDING = replace(WANTED, message="the clock was wrong", priority=40, date_s=1000, modified_s=2000, count=3)


@pytest.mark.parametrize("text", ["a", "a0", "a-b", "a-0", "abc-def-9", "a" * 64])
def test_a_good_part_of_a_name(text):
    assert make_flag_name(text, text, text).file_name == f"{text}_{text}_{text}.flag"


@pytest.mark.parametrize(
    "text",
    ["", "A", "aB", "0a", "-a", "a-", "a--b", "a.b", "a b", "a/b", "..", "é", "a\n", "a\0", "a" * 65, "a__b", "_a"],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_bad_part_of_a_name_is_shown_with_its_place(text, position):
    parts = ["unit", "section", "name"]
    place = parts[position]
    parts[position] = text
    with pytest.raises(FlagError) as error:
        make_flag_name(*parts)
    assert str(error.value).startswith(f"{place} ")
    assert repr(text.replace("_", "-")) in str(error.value)
    with pytest.raises(FlagError):
        _ = FlagName(*parts).file_name


def test_an_underscore_is_a_dash():
    assert make_flag_name("time_keeper", "a_b", "c_d") == FlagName("time-keeper", "a-b", "c-d")
    assert parse_flag_name("time_keeper/a/b-c") == FlagName("time-keeper", "a", "b-c")
    assert str(parse_flag_name("a/b/c")) == "a/b/c"


@pytest.mark.parametrize("text", ["", "a", "a/b", "a/b/c/d", "a/b/", "/a/b", "a_b_c.flag", "../../etc/passwd"])
def test_what_is_no_name_of_a_flag(text):
    with pytest.raises(FlagError):
        parse_flag_name(text)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"message": ""}, "message"),
        ({"priority": -1}, "-1"),
        ({"priority": 101}, "101"),
        ({"tags": frozenset({"a,b"})}, "'a,b'"),
        ({"tags": frozenset({"A"})}, "'A'"),
        ({"name": FlagName("a", "b_c", "d")}, "'b_c'"),
        ({"source": Source(line=-1)}, "negative"),
        ({"date_s": -1}, "negative"),
        ({"message": "x\ud800y"}, "ud800"),
        ({"help": "x\udfff"}, "udfff"),
        ({"source": Source(function="\ud800")}, "ud800"),
    ],
)
def test_what_cannot_be_written_is_named(change, word):
    check_flag(WANTED)
    with pytest.raises(FlagError, match=word):
        check_flag(replace(WANTED, **change))


def test_bytes_of_the_system_that_are_no_text_may_be_written():
    check_flag(replace(WANTED, message="cannot write /x/\udcff"))


def test_a_flag_that_was_down_begins():
    assert raise_again(None, replace(WANTED, count=9, date_s=5, modified_s=6), 7000) == replace(
        WANTED, date_s=7000, modified_s=7000, count=1
    )


@pytest.mark.parametrize("after_s", [0, 1, REWRITE_S - 1])
def test_a_standing_flag_is_left_alone_for_a_minute(after_s):
    assert raise_again(STANDING, WANTED, 2000 + after_s) is None


@pytest.mark.parametrize("after_s", [REWRITE_S, 10**6, -1, -(10**6)])
def test_after_a_minute_or_a_step_of_the_clock_it_is_counted_and_says_the_same(after_s):
    standing = replace(STANDING, modified_s=2_000_000)
    again = raise_again(standing, replace(WANTED, version="2.0"), 2_000_000 + after_s)
    assert again == replace(standing, version="2.0", modified_s=2_000_000 + after_s, count=4)


def test_raised_each_second_for_an_hour_it_is_written_once_a_minute():
    standing, written = None, 0
    for now_s in range(5000, 8600):
        raised = raise_again(standing, WANTED, now_s)
        if raised is not None:
            standing, written = raised, written + 1
    assert (written, standing.count, standing.date_s) == (60, 60, 5000)


@pytest.mark.parametrize(
    ("found", "raised"),
    [
        ({"message": ""}, {"message": WANTED.message}),
        ({"date_s": 0}, {"date_s": 9000}),
        ({"date_s": -5}, {"date_s": 9000}),
        ({"count": -5}, {"count": 1}),
        ({"count": 2**63 - 1}, {"count": COUNT_MAX}),
        ({"manual_down": True}, {"manual_down": True}),
    ],
)
def test_whatever_stands_there_the_next_one_can_be_written(found, raised):
    again = raise_again(replace(STANDING, **found), WANTED, 9000)
    check_flag(again)
    assert {key: getattr(again, key) for key in raised} == raised
