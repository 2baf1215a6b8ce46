"""Flags on the page: urgency, age, help of the catalogue, and addresses a browser may go to."""

import pytest

from communicator.flags.flag import Flag, FlagName
from communicator.wording import marks
from exporters.page.snapshot import Flags
from exporters.page.views.flags import flags_view

NOW_S = 1_000_000.0


def flag(**more):
    return Flag(**{"name": FlagName("unit", "section", "name"), "message": "so it is", **more})


@pytest.mark.parametrize(
    ("priority", "mark"),
    [(100, marks.BAD), (50, marks.BAD), (49, marks.DOUBTFUL), (10, marks.DOUBTFUL), (9, marks.OPEN), (0, marks.OPEN)],
)
def test_how_urgent_it_is(priority, mark):
    view = flags_view(Flags(flags=[flag(priority=priority)]), NOW_S, None)
    assert view.items[0].mark == view.mark == mark


@pytest.mark.parametrize(
    ("date_s", "age"),
    [(0, "?"), (999_999, "1 s"), (999_000, "16 min"), (900_000, "1 d"), (992_000, "2 h"), (2_000_000, "0 s")],
)
def test_how_long_it_is_up(date_s, age):
    assert flags_view(Flags(flags=[flag(date_s=date_s)]), NOW_S, None).items[0].age == age


@pytest.mark.parametrize(
    ("uri", "is_link"),
    [
        ("https://example.org/flags#it", True),
        ("http://example.org", True),
        ("HTTPS://example.org/", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///usr/share/doc", False),
        ("//example.org/", False),
        ("http:example.org", False),
        ("https://[broken", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
    ],
)
def test_only_the_web_is_linked(uri, is_link):
    [item] = flags_view(Flags(flags=[flag(help_uri=uri)]), NOW_S, None).items
    assert (item.address, item.place) == ((uri, "") if is_link else ("", uri))


def test_paragraphs_and_orders_are_kept():
    flags = [flag(message="first", help="one\n\ntwo", manual_down=True), flag(message="second")]
    view = flags_view(Flags(flags=flags, unreadable=[("x.flag", "no flag")]), NOW_S, 1)
    assert view.sentence == "2 flags are up"
    assert [(item.message, item.help, item.by_person) for item in view.items] == [("first", ["one", "two"], True)]
    assert (view.hidden, view.unreadable) == (1, [("x.flag", "no flag")])


def test_no_flag_is_up():
    view = flags_view(Flags(), NOW_S, None)
    assert (view.mark, view.sentence, view.items) == (marks.GOOD, "No flag is up", [])
