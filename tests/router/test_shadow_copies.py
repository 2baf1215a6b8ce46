"""What is told of a fence to those who may ask."""

import json

import pytest

from communicator.router.cores.discarded import LINES_KEPT
from tests.router.behind_fence import (
    SHADOW,
    UNIT,
    begin,
    comes_as_shadow,
    discarded,
)


@pytest.fixture
def book(playbook):
    return begin(playbook(), SHADOW)


def test_the_newest_are_shown_without_secrets_and_within_bounds(book):
    comes_as_shadow(book)
    book.run("S > listener/LOGIN password=geheim;x=1\nS > listener/LONG x=" + "y" * 5000)
    told = discarded(book)
    assert (told.total, told.by_command, told.by_reason) == (2, {"LOGIN": 1, "LONG": 1}, {"policy": 2})
    assert "geheim" not in told.newest[0].line
    assert (told.newest[0].service, told.newest[0].version, told.newest[0].door) == ("billing", "2", "unix")
    assert len(told.newest[1].line) < 1000
    book.write("S", b"listener/NOTIFY a=1\n" * (LINES_KEPT + 50))
    assert len(discarded(book).newest) == LINES_KEPT
    book.run("+ M unix root\nM > SHADOW_GET_DISCARDED")
    assert json.loads(book.hear("M").get("lines"))["total"] == LINES_KEPT + 52
    book.run("X > SHADOW_GET_DISCARDED\nX < INVALID command=SHADOW_GET_DISCARDED;message=*")


def test_statistics_tell_of_each_fence(book):
    comes_as_shadow(book)
    book.run(f"S > listener/NOTIFY\n+ T unix bob unit={UNIT}\nX > ROUTER_GET_STATS")
    stats = json.loads(book.hear("X").get("stats"))
    told = {"service": "billing", "version": "2", "links": 2, "by_unit": True, "discarded_total": 1}
    assert (stats["fences"], stats["shadow_lines_discarded_total"]) == ([told], 1)
