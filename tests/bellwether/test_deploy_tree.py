"""Deployments as trees, as they look at 80 columns in each phase (golden/deployments.txt); docs/deployments.md shows one."""

import re
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from bellwether.deploy_tree import gist, render, render_list
from communicator.answers.deployments import Phase, ShownServer, ShownStep
from tests.bellwether import deploy_sample as sample
from tests.bellwether.canary_sample import screen
from tests.bellwether.deploy_sample import PAUSED, STEP, told

PAGES = dict(
    part.split("\n", 1)
    for part in Path(__file__).with_name("golden").joinpath("deployments.txt").read_text().split("== ")[1:]
)
LIST = """\
deployments, as the canary of beta knows them, led by alpha

   SERVICE  VERSION  WHERE IT IS                     SERVERS  BEGAN       ID
‖  billing  2.0      paused at step 2 of 3, needs a  1 of 4   43m 5s ago  3f2a9c
                     person
✔  billing  2.0      done                            2 of 2   0s ago      3f2a9c"""


@pytest.mark.parametrize("name", PAGES)
def test_each_phase_says_where_it_is_why_and_what_is_next(name):
    assert screen(render(told(getattr(sample, name)))) == PAGES[name].rstrip("\n")


def test_there_is_a_page_for_each_phase():
    assert {getattr(sample, name).phase for name in PAGES} == set(get_args(Phase))


def test_the_manual_shows_one():
    assert (
        f"```text\n{PAGES['PAUSED'].rstrip()}\n```" in (Path(__file__).parents[2] / "docs/deployments.md").read_text()
    )


def test_the_list_has_a_line_for_each():
    assert screen(render_list(told(PAUSED, sample.DONE))) == LIST


@pytest.mark.parametrize("width", [20, 40, 60])
def test_a_narrow_terminal_loses_no_word(width):
    narrow = screen(render(told(PAUSED)), width)
    assert max(map(len, narrow.splitlines())) <= width
    frame = str.maketrans("", "", "│├└─ \n")
    assert narrow.translate(frame) == screen(render(told(PAUSED)), 200).translate(frame)


@pytest.mark.parametrize("show", [render, render_list])
def test_without_a_leader_nothing_moves_and_that_is_said(show):
    shown = screen(show(told(leader="")), 200)
    assert shown == (
        "deployments, as the canary of beta knows them\n⚠ nobody leads: nothing moves, and no command is taken until a "
        "majority of the canaries is in reach\n\nNothing was deployed yet."
    )


@pytest.mark.parametrize("show", [render, render_list])
def test_what_did_not_fit_is_counted(show):
    assert screen(show(told(PAUSED, omitted=1))).endswith("\n\n1 further one did not fit: name a service")


def test_of_many_servers_on_which_nothing_goes_on_some_are_counted():
    old = tuple(ShownServer(server=f"s{number:02}", version="1.9", state="running") for number in range(20))
    away = ShownServer(server="t", version="1.9", state="away")
    shown = screen(render(told(replace(STEP, servers=(*STEP.servers[:1], *old, away)))))
    assert shown.endswith(
        "    ├── ✔ s07    1.9  running\n    ├── ? t      1.9  away\n    └── ✔ 12 more servers run 1.9"
    )


def test_a_watcher_hears_of_changes_and_not_of_ages():
    later = replace(STEP, began_ago_s=9e9, in_phase_s=9e9, left_s=1.0, log10_evidence=0.5)
    assert gist(told(STEP)) == gist(told(later))
    lag = replace(STEP.servers[0], acknowledged=False)
    changed = [
        told(STEP, leader=""),
        told(replace(STEP, number=8)),
        told(replace(STEP, is_overdue=True)),
        told(replace(STEP, servers=(lag, *STEP.servers[1:]))),
        told(replace(STEP, checks=STEP.checks[1:])),
    ]
    assert [gist(one) for one in changed if gist(one) == gist(told(STEP))] == []


def test_a_shadow_stands_before_the_steps_without_a_number():
    shadow = ShownStep(text="a shadow on delta", state="done", bake_s=60.0, as_shadow=True)
    lines = screen(render(told(replace(STEP, steps=(shadow, *STEP.steps))))).splitlines()
    assert [line.partition("─ ")[2].partition(",")[0] for line in lines if "✔" in line or "◐ 2" in line][:3] == [
        "✔    a shadow on delta",
        "✔ 1  1 server",
        "◐ 2  50 % of the servers",
    ]


@pytest.mark.parametrize("one", [sample.ABORTING, sample.DONE, sample.ROLLED_BACK])
def test_a_shadow_that_could_not_be_stopped_has_its_command(one):
    left = replace(one, strategy="shadow", may_stop_again=True)
    lines = [line.strip() for line in screen(render(told(left))).splitlines()]
    assert "⚠ its shadow could not be stopped; once its executor can do it:" in lines
    assert (
        re.sub(" +", " ", "\n".join(lines)).count("bellwether deploy abort billing try again to stop the shadow") == 1
    )
