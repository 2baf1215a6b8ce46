"""One version on one server, as the page looks at 80 columns; docs/canary.md shows the same."""

from datetime import UTC
from pathlib import Path

from bellwether.canary_explain import render
from communicator.answers.explanations import Explanation, Line
from tests.bellwether.canary_sample import sample_explanation, screen

PAGE = """\
✖ billing 2.0 build 9f3c on alpha is blocked
  never worked in 7 tries over 63 s (limit 5 over 60 s)

next: a probe is granted, in 6m 12s

RULE     WHAT IT LOOKS AT                           VALUE  LIMIT
a        failures in a row, without a success ever      7      5
a        seconds they span                             63     60
ambient  seconds of failures without a break           67   1800

ENTRY  TIME            EFFECT     WHAT
   41  09-21 14:13:20  counted    run 5270ffb8 began as live
   42  09-21 14:13:21  discarded  run 5270ffb8 ended after 1 s: CRASH, signal 11
                                  services: 2 other services failed there within
                                  30 s (limit 2)
   43  09-21 14:13:24  counted    run 07624329 began as live
   44  09-21 14:13:25  counted    run 07624329 ended after 1 s: CRASH, signal 11
   45  09-21 14:13:25  decided    observing -> suspect (rule run)
                                  failed 1 time in a row
   61  09-21 14:14:28  decided    suspect -> blocked (rule a)
                                  never worked in 7 tries over 63 s (limit 5
                                  over 60 s)"""


def test_each_number_and_each_event_is_told():
    assert screen(render(sample_explanation(), UTC)) == PAGE


def test_the_page_shows_it():
    assert f"```text\n{PAGE}\n```" in (Path(__file__).parents[2] / "docs/canary.md").read_text()


def test_what_forbids_a_verdict_is_told():
    shown = screen(render(Explanation(state="suspect", held_back_by="last_instance"), UTC))
    assert "held back by last_instance: too few instances of the service would be left" in shown
    assert "held back by later: a cap forbids it" in screen(render(Explanation(held_back_by="later"), UTC))


def test_what_is_left_out_is_told():
    shown = screen(render(Explanation(lines=(Line(7, what="it"),), omitted=6), UTC))
    assert "6 older entries are left out; 'bellwether canary events' has all." in shown


def test_of_what_never_ran_nothing_is_told():
    shown = screen(render(Explanation("alpha", "x", "2", next="its first run"), UTC))
    assert shown.splitlines() == [
        "◌ x 2 on alpha is unknown",
        "",
        "next: its first run",
        "",
        "The ledger holds nothing about it.",
    ]


def test_a_verdict_that_is_not_enforced_says_so():
    shown = screen(render(sample_explanation(), UTC, ("alpha",))).splitlines()
    assert shown[2] == "  not enforced there: host alpha runs a C++ router, which knows no policy"
    assert screen(render(sample_explanation(), UTC, ("beta",))) == PAGE


def test_what_never_came_to_it_is_told():
    assert "never exercised there: CANCEL, REFUND" in screen(render(Explanation(unheard=("CANCEL", "REFUND")), UTC))
    assert "exercised" not in screen(render(Explanation(), UTC))
