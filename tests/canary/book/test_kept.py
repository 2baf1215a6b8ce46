"""The book in its file: read back as it was, less the time that passed for certain; damage shows, and voids no more than it hit."""

import pytest

from canary.book.book import Book
from canary.book.entry import TOMBSTONE_S, Lift
from canary.book.kept import Moment, put, read_kept, write_kept
from tests.canary.book.orders_made import order

THEN = Moment("boot", 1_000.0, 1e9)
DAY_S = 86_400.0


def book():
    made = Book()
    made.take(order(1), 50.0)
    made.lift([made.take(order(2), 50.0)], Lift(user="ann"), 50.0)
    return made


def kept(text, moment, now_s=0.0):
    found = read_kept(text, moment, now_s)
    made = Book()
    put(made, found)
    return found, made


TEXT = write_kept((each for _, each in book().entries()), {"beta", "alpha"}, 7.0, THEN, 60.0)


@pytest.mark.parametrize(
    ("moment", "left_s", "alone_s"),
    [
        (Moment("boot", 1_100.0, 0.0), 3_490.0, 107.0),
        (Moment("boot", 900.0, 1e9), 3_590.0, 7.0),
        (Moment("another", 1_100.0, 1e9 + 3_600), 3_590.0, 7.0),
        (Moment("another", 1_100.0, 1e9 - 3_600), 3_590.0, 7.0),
        (Moment("another", 0.0, 1e9 + 40 * DAY_S), 3_590.0, 40 * DAY_S + 7.0),
        (Moment("", 1_100.0, 1e9), 3_590.0, 7.0),
    ],
    ids=["same boot", "put back", "an hour ahead", "an hour behind", "off for long", "nameless boot"],
)
def test_time_counts_where_it_is_certain(moment, left_s, alone_s):
    found, made = kept(TEXT, moment)
    assert (found.members, found.alone_s, found.faults) == (("alpha", "beta"), alone_s, ())
    assert made.digests() == book().digests()
    assert [entry.ends_s for entry in found.entries] == [left_s, TOMBSTONE_S - (3_590.0 - left_s) - 10.0]


def test_nothing_kept_is_an_empty_book():
    assert kept("", THEN)[0] == ((), (), 0.0, ())


@pytest.mark.parametrize(
    ("text", "entries", "fault"),
    [
        ("{", 0, "truncated"),
        ("[" * 9_000, 0, ""),
        ("{}", 0, "missing required field"),
        (TEXT.replace("loses", "gains", 1), 2, "it does not have the hash kept with it"),
        (TEXT.replace('"service":"billing"', '"service":"no name"', 1), 1, "hash|no name"),
    ],
)
def test_damage_shows_and_voids_no_more_than_it_hit(text, entries, fault):
    found, made = kept(text, THEN)
    assert len(made) == entries
    assert any(fault in one for one in found.faults) or "|" in fault
    assert found.faults
