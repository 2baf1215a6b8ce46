"""What people see of flags: each with its offs, when it was evaluated last, and why it is stale; in pages that fit into a line."""

import json

import msgspec
import pytest

from canary.book.book import Book
from canary.book.entry import Lift
from canary.feature import report
from canary.feature.report import FORGOTTEN_S, OFFS, Known
from canary.feature.tally import DAY_S, Row, Tally
from canary.report import ANSWER_BYTES, wire_bytes
from communicator.answers.features import Evaluations
from tests.canary.book.flags_made import definition
from tests.canary.book.orders_made import order
from tests.canary.feature.shop import FLAG

TODAY = 20_000
WALL_S = TODAY * DAY_S + 3_600.0
SOUND = msgspec.json.encode(FLAG)
RELEASE = msgspec.json.encode({**FLAG, "metadata": {"owner": "shop", "type": "release", "expires": "2020-01-01"}})


def off(number=0, feature="new-checkout", **changes):
    return order(number, kind="off", service="", version="", feature=feature, **{"span_s": None, **changes})


class Host:
    def __init__(self, rows=()):
        self.book, self.tally, self.elsewhere = Book(), Tally(TODAY, rows), {}

    @property
    def known(self):
        return Known(self.book, self.tally, self.elsewhere, "alpha", "n.1", 1e7, WALL_S)

    def row(self, feature="new-checkout"):
        return report.describe(report.row(self.known, feature), self.known)

    def stale(self, feature="new-checkout"):
        return [one.reason for one in self.row(feature).stale]


def test_a_flag_with_all_that_is_known_of_it():
    host = Host([(Row(TODAY - 3, "new-checkout", "on", "STATIC"), 1)])
    host.book.merge(definition(flag=RELEASE, at_s=1e7 - 60.0, file="alpha:/etc/web.json"))
    host.book.take(off(span_s=60.0, wall_s=WALL_S), 1e7 - 10.0)
    row = host.row()
    assert (row.owner, row.type, row.expires, row.file, row.by) == (
        "shop",
        "release",
        "2020-01-01",
        "alpha:/etc/web.json",
        "root@alpha",
    )
    assert (bytes(row.definition), row.changed_ago_s) == (RELEASE, 60.0)
    assert [(one.reason, one.by, one.given_ago_s, one.left_s) for one in row.offs] == [
        ("it loses invoices", "root@alpha", 10.0, 50.0)
    ]
    assert row.evaluated_ago_s == 2 * DAY_S + 3_600.0, "at the end of that day, at the latest"
    assert host.stale() == ["expired"]


def test_when_it_was_evaluated_on_other_hosts_counts_as_well():
    host = Host()
    host.book.merge(definition(flag=SOUND))
    assert host.row().evaluated_ago_s is None
    host.elsewhere = {"new-checkout": WALL_S - 100.0}
    assert host.row().evaluated_ago_s == 100.0
    host.tally.add([Evaluations("new-checkout", "on", "STATIC", 1)], TODAY, lambda _feature: True)
    assert host.row().evaluated_ago_s == 0.0


def test_an_off_that_was_lifted_is_told_no_more_and_of_many_the_newest():
    host = Host()
    host.book.merge(definition(flag=SOUND))
    ids = [host.book.take(off(number), 0.0) for number in range(OFFS + 3)]
    assert [one.order for one in host.row().offs] == ids[3:]
    host.book.lift(ids, Lift(user="ann"), 0.0)
    assert host.row().offs == ()


@pytest.mark.parametrize("flag", [b"{}", b'{"variants":7,"metadata":7}', b'{"state":7,"metadata":[]}'])
def test_a_definition_that_makes_no_sense_is_shown_and_stale_for_nothing(flag):
    host = Host()
    host.book.merge(definition(flag=flag))
    assert (bytes(host.row().definition), host.row().owner, host.stale()) == (flag, "", [])


def test_which_flags_there_are():
    day = int(FORGOTTEN_S // DAY_S) + 1
    host = Host([(Row(TODAY - day, "long-ago", "", "ERROR"), 1), (Row(TODAY, "asked", "", "ERROR"), 1)])
    host.book.merge(definition("defined", flag=SOUND))
    host.book.merge(definition("removed", flag=None, at_s=1e7))
    host.book.take(off(feature="off-only"), 0.0)
    host.tally.add([Evaluations("removed", "on", "STATIC", 1)], TODAY, lambda _feature: True)
    assert report.names(host.known) == ["asked", "defined", "off-only"]
    assert (host.stale("asked"), host.stale("off-only"), bytes(host.row("asked").definition)) == (
        ["unknown"],
        [],
        b"null",
    )


def test_a_page_fits_into_a_line():
    host = Host()
    large = msgspec.json.encode({**FLAG, "variants": {"on": '"' * 7_000, "off": ""}})
    rows = []
    for number in range(100):
        host.book.merge(definition(f"f{number}", flag=large))
        rows.append(host.row(f"f{number}"))
    text = report.answer(rows, host.known, 0, 100).get("report")
    told = json.loads(text)
    assert wire_bytes(text) <= ANSWER_BYTES
    assert (0 < len(told["features"]) < 100, told["total"], told["generation"]) == (True, 100, "n.1")


def test_a_brief_report_has_those_that_are_off_or_stale_first_and_no_definitions():
    host = Host()
    for name in ("a", "b", "c", "d"):
        host.book.merge(definition(name, flag=RELEASE if name == "c" else SOUND))
    host.book.take(off(feature="d"), 0.0)
    known = host.known._replace(outline=report.Outline(frozenset("c"), {"release": 1}, report.names_off(host.known)))
    names = report.worst_first(report.names(known), known.outline)
    assert names == ["d", "c", "a", "b"]
    shown = [report.describe(report.row(known, name), known, is_brief=True) for name in names]
    told = json.loads(report.answer(shown, known, 0, 4).get("report"))
    assert [row["definition"] for row in told["features"]] == [None] * 4
    assert (told["off"], told["stale"], told["types"]) == (1, 1, {"release": 1})


@pytest.mark.parametrize(("flag", "kind"), [(RELEASE, "release"), (b'{"metadata":7}', ""), (None, "")])
def test_the_type_of_a_flag(flag, kind):
    host = Host()
    host.book.merge(definition(flag=flag))
    assert report.type_of(report.row(host.known, "new-checkout")) == kind
