"""Feature flags on the page: off first, then stale, each with what to type, and how many are not shown."""

import pytest

from communicator.answers.features import FeatureReport, FeatureRow, Off, Stale
from communicator.wording import marks
from exporters.page.views.features import features_view, to_look_at

OFF = Off(order="a", reason="it is slow", by="root@beta", given_ago_s=600.0, left_s=3000.0)
EXPIRED = Stale("expired", 5270400.0, "it expired on 2026-10-01")
WELL = {"owner": "web", "type": "release", "expires": "2026-12-31", "by": "root@alpha", "changed_ago_s": 90.0}


def row(name="new-parser", **more):
    return FeatureRow(feature=name, **(WELL | more))


def report(*rows, **more):
    told = {
        "total": len(rows),
        "off": sum(bool(one.offs) for one in rows),
        "stale": sum(bool(one.stale) for one in rows),
    }
    return FeatureReport(features=rows, **(told | more))


def item(one):
    [found] = features_view(report(one), None).items
    return found


@pytest.mark.parametrize(
    ("found", "sentence", "mark"),
    [
        (report(), "No feature flag is defined", marks.GOOD),
        (report(row()), "1 feature flag: none is off or stale", marks.GOOD),
        (report(row(offs=(OFF,))), "1 feature flag: 1 is off", marks.OPEN),
        (report(total=10_000, off=2, stale=30), "10,000 feature flags: 2 are off, 30 are stale", marks.OPEN),
        (report(row(), differing=("x",)), "1 feature flag: none is off or stale", marks.OPEN),
    ],
)
def test_the_sentence(found, sentence, mark):
    view = features_view(found, 20)
    assert (view.sentence, view.mark) == (sentence, mark)


def test_one_that_is_off_says_why_by_whom_and_until_when_and_how_to_switch_it_on():
    found = item(row(offs=(OFF, Off(order="b", reason="so", by="", given_ago_s=5.0))))
    assert (found.mark, found.word) == (marks.OPEN, "off")
    assert found.lines == [
        "Switched off 10m 0s ago by root@beta, for 50m 0s more: it is slow",
        "Switched off 5s ago, until it is switched on: so",
    ]
    assert found.command == 'bellwether feature on new-parser --reason "..."'


def test_one_that_is_stale_says_why_and_how_to_switch_it_off():
    found = item(row(stale=(EXPIRED,), file="alpha:/etc/bellwether/features.d/web.json", by="alpha"))
    assert (found.mark, found.word) == (marks.UNKNOWN, "stale")
    assert found.lines == ["Stale for 61d 0h: it expired on 2026-10-01"]
    assert found.about == (
        "release of web until 2026-12-31; defined 1m 30s ago in alpha:/etc/bellwether/features.d/web.json, by alpha"
    )
    assert found.command == 'bellwether feature off new-parser --reason "..."'


def test_one_that_nobody_has_defined_cannot_be_switched():
    found = item(FeatureRow(feature="old-parser", stale=(Stale("unknown", 30.0, "it is asked for"),)))
    assert (found.about, found.command) == ("not defined", "")


def test_one_that_is_well():
    found = item(row(expires="", by=""))
    assert (found.mark, found.word, found.lines) == (marks.GOOD, "in use", [])
    assert found.about == "release of web; defined 1m 30s ago"


def test_a_name_cannot_become_a_command_of_its_own():
    assert item(row("a; rm -rf /")).command == "bellwether feature off 'a; rm -rf /' --reason \"...\""


@pytest.mark.parametrize(
    ("shown", "names", "hidden", "troubled"),
    [(20, ["a", "b"], 9_998, 5), (1, ["a"], 9_999, 6), (None, ["a", "b", "c"], 9_997, 5)],
)
def test_how_many_are_shown_and_how_many_are_not(shown, names, hidden, troubled):
    rows = (row("a", offs=(OFF,)), row("b", stale=(EXPIRED,)), row("c"))
    view = features_view(report(*rows, total=10_000, off=2, stale=5), shown)
    assert [one.name for one in view.items] == names
    assert (view.hidden, view.hidden_troubled) == (hidden, troubled)


def test_one_that_is_off_and_stale_is_one_matter():
    both = report(row(offs=(OFF,), stale=(EXPIRED,)))
    assert to_look_at(both) == 1
    assert features_view(both, 20).hidden_troubled == 0


def test_files_that_say_otherwise_are_named_up_to_a_number():
    view = features_view(report(differing=tuple(f"file {number}" for number in range(8))), 20)
    assert list(view.differing) == [f"file {number}" for number in range(5)]
    assert view.differing_more == 3
    assert to_look_at(report(differing=("x",))) == 1
