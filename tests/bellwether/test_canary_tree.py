"""Versions as a tree, as it looks at 80 columns; the page in docs/canary.md shows the same."""

from pathlib import Path

import msgspec
import pytest

from bellwether.canary_picture import Picture
from bellwether.canary_tree import gist, render
from communicator.answers.releases import Cell, Release, Stranger
from tests.bellwether.canary_sample import sample_picture, screen, troubled_picture

USUAL = """\
canary of alpha, led by alpha in term 3, mode by-rule, policy 3.17 denies 1
· billing 1.9 is pinned for 23h 53m by root@gamma: 2.0 is not trusted yet

billing
├── ✔ 1.9 build 1aa0  last good
│   └── ✔ gamma  good       12 ok, 0 failed            up 11d 13h
│         ran for 600 s without a failure (limit 600 s)
└── ✖ 2.0 build 9f3c  evidence 2.5 to 1
      rule c: fails more than 1.9: 3 of 4 failures are its own, where 2.1 would
      be at 1.25 times the rate; evidence 10^0.4 (2.5 to 1; suspect at 100 to 1,
      held at 1,000 to 1)
    ├── ✖ alpha  blocked    0 ok, 7 failed, 1 excused  next probe in 6m 12s
    │     never worked in 7 tries over 63 s (limit 5 over 60 s)
    └── ◌ beta   observing  0 ok, 0 failed             up 20s
          it runs here for the first time

mailer
└── ‖ 4.1  last good
    └── ‖ gamma  ejected  40 ok, 5 failed  no messages for 25s
          worked here, and has now failed 5 times in a row (limit 5)"""
TROUBLED = """\
canary of this host, led by nobody, mode dry-run, no policy yet
✖ all rules are frozen on alpha, beta until it is lifted, by themselves:
verdicts about 4 services
✖ the rules are frozen for billing on alpha for 1m 0s, by root: we move
⚠ beta is sick for 5m 0s: 3 services were blocked there
⚠ systemd is not watched: not reached
⚠ the ledger could not be written 2 times, 1 facts lost
⚠ no canary answers on gamma: shown is what others heard of it last

No version has run yet."""


def test_a_cluster_is_a_tree_of_services_versions_and_servers():
    assert screen(render(sample_picture())) == USUAL


def test_what_holds_for_everything_stands_at_the_top():
    assert screen(render(troubled_picture())) == TROUBLED


def test_the_page_shows_it():
    assert f"```text\n{USUAL}\n```" in (Path(__file__).parents[2] / "docs/canary.md").read_text()


@pytest.mark.parametrize(
    ("release", "line"),
    [
        (Release("x", "2", "b", "held", 3_600.0, 3.2, "why"), "✖ 2 build b  held for 1h 0m, evidence 1,585 to 1"),
        (Release("x", "2", "b", "suspect", reason="why"), "‖ 2 build b  suspect"),
    ],
    ids=["held", "suspect"],
)
def test_the_clusters_word_on_a_version_goes_before_that_of_servers(release, line):
    shown = screen(render(Picture("a", cells=(Cell("a", "x", "2", "b", "good"),), releases=(release,)))).splitlines()
    assert shown[3].endswith(line)
    assert shown[4].strip(" │") == "why"


def test_without_a_word_a_version_is_as_bad_as_where_it_does_worst():
    states = ("good", "observing", "probation")
    cells = tuple(Cell(server, "x", "2", state=state) for server, state in zip("abc", states, strict=True))
    assert "└── ◐ 2" in screen(render(Picture("a", cells=cells)))


def test_a_policy_that_could_not_be_set_is_told_by_its_age():
    picture = sample_picture()
    stale = msgspec.structs.replace(picture.canary, policy_age_seconds=10_800.0)
    assert "denies 1, set 3h 0m ago" in screen(render(msgspec.structs.replace(picture, canary=stale)), 120)


def test_a_canary_that_cannot_write_is_named():
    own = msgspec.structs.replace(sample_picture().canary, ledger_fault="no space left")
    picture = msgspec.structs.replace(sample_picture(), canary=own, unwritten={"gamma": "database or disk is full"})
    shown = screen(render(picture), 120)
    assert "\n⚠ this canary cannot write, and decides nothing: no space left\n" in shown
    assert "\n⚠ the canary of gamma cannot write, and decides nothing: database or disk is full\n" in shown
    assert gist(picture) != gist(sample_picture())


def test_a_watcher_hears_of_changes_and_not_of_ages():
    picture = sample_picture()
    older = msgspec.structs.replace(
        picture, cells=tuple(msgspec.structs.replace(cell, running_seconds=9e9) for cell in picture.cells)
    )
    other = msgspec.structs.replace(
        picture, cells=tuple(msgspec.structs.replace(cell, state="good") for cell in picture.cells)
    )
    assert gist(picture) == gist(older)
    assert gist(picture) != gist(other)


def test_a_server_whose_router_knows_no_policy_is_marked_and_explained():
    picture = msgspec.structs.replace(sample_picture(), not_enforced=("alpha",))
    shown = screen(render(picture), 120)
    assert "\n⚠ not enforced there: host alpha runs a C++ router, which knows no policy\n" in shown
    assert "✖ alpha  blocked    0 ok, 7 failed, 1 excused  next probe in 6m 12s, not enforced there\n" in shown
    assert shown.count("not enforced there") == 2
    assert gist(picture) != gist(sample_picture())


def test_who_runs_what_he_is_not_known_to_run_has_a_line_below():
    stranger = Stranger("alpha", "nobody", runs=7, failed=7, services=1, service="payroll", version="3.2")
    shown = screen(render(msgspec.structs.replace(sample_picture(), strangers=(stranger,))), 160)
    assert shown.rstrip().endswith(
        "\n\n· user nobody on alpha is not known to run payroll: 7 runs, 7 failed, the last of 3.2; they count for nobody"
    ), shown
