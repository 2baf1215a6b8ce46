"""Why a version is where it is: each number with its limit, each entry with its effect."""

import pytest

from communicator.answers.explanations import Explanation, Line, Measure
from communicator.wording import marks
from exporters.page.views.explain import explain_view

RUN = "5270ffb8-1111-2222-3333-444455556666"


def test_all_of_it():
    view = explain_view(
        Explanation(
            server="alpha",
            service="billing",
            version="2.0",
            build="9f3c",
            state="blocked",
            reason="never worked",
            measures=(Measure("a", "failures", 7.0, 5.0), Measure("a", "seconds", 63.24, 60)),
            held_back_by="gap",
            next="a probe is granted",
            next_seconds=372.0,
            lines=(
                Line(41, 0.0, 0.0, f"run {RUN} began", "counted"),
                Line(42, 0.0, -1.0, "it ended", "discarded", "two others failed"),
            ),
            omitted=3,
        ),
        "alpha",
    )
    assert (view.mark, view.title) == (marks.BAD, "billing 2.0 build 9f3c on alpha is blocked")
    assert view.measures == [("a", "failures", "7", "5"), ("a", "seconds", "63.2", "60")]
    assert view.next == "a probe is granted, in 6m 12s"
    assert view.held_back == "held back by gap: another version of the service was blocked a moment ago"
    assert [(row.seq, row.time, row.effect, row.what, row.why) for row in view.entries] == [
        (41, "01-01 00:00:00", "counted", "run 5270ffb8 began", ""),
        (42, "-", "discarded", "it ended", "two others failed"),
    ]
    assert view.omitted == 3


def test_a_cap_and_a_state_of_a_later_version():
    view = explain_view(Explanation(state="asleep", held_back_by="moon"), "")
    assert (view.mark, view.held_back) == (marks.OPEN, "held back by moon: a cap forbids it")


def test_the_newest_entries_are_shown_where_there_are_many():
    view = explain_view(Explanation(lines=tuple(Line(seq) for seq in range(1000)), omitted=5), "")
    assert (len(view.entries), view.entries[-1].seq, view.omitted) == (200, 999, 805)


@pytest.mark.parametrize(
    ("server", "version", "command"),
    [
        ("alpha", "2.0", ""),
        ("beta", "2.0", "bellwether canary explain beta/billing/2.0/9f3c"),
        ("beta", "2 $(x)", "bellwether canary explain 'beta/billing/2 $(x)/9f3c'"),
    ],
)
def test_what_happened_elsewhere_is_asked_there(server, version, command):
    told = Explanation(server=server, service="billing", version=version, build="9f3c")
    assert explain_view(told, "alpha").elsewhere == command


def test_a_verdict_that_is_not_enforced_says_so():
    told = Explanation(server="c", service="billing", version="2.0")
    assert explain_view(told, "", ("c",)).aside == "not enforced there: host c runs a C++ router, which knows no policy"
    assert explain_view(told, "", ("d",)).aside == ""
