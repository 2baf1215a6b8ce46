"""Deployments as the page shows them: in each phase, in which order, and how much of many servers."""

from typing import get_args

import msgspec
import pytest

from communicator.answers.deployments import ENDED, Deployments, Phase, ShownServer
from communicator.answers.policy import Shadow
from communicator.wording import marks
from communicator.wording.shadow_picture import Seen
from exporters.page.views.deployments import RECENT_S, deployments_view, is_recent
from tests.exporters.page.scenes import ABORTING, DONE, PAUSED, deployment


def view_of(*deployments, shown=None, not_enforced=(), **more):
    return deployments_view(Deployments(leader="alpha", deployments=deployments, **more), shown, not_enforced)


def item_of(one, **how):
    [item] = view_of(one, **how).items
    return item


COMMANDS = {
    "paused": ["promote", "resume", "abort"],
    "promoting": ["pause", "abort"],
    "baking": ["pause", "abort"],
    "done": ["undo"],
    "aborting": [],
    "rolled_back": ["retry"],
    "superseded": [],
}


@pytest.mark.parametrize("phase", get_args(Phase))
def test_each_phase_has_a_mark_words_and_the_commands_that_are_possible(phase):
    item = item_of(deployment(phase))
    assert item.mark in marks.WORST_FIRST
    assert item.where
    assert item.is_over == (phase in ENDED)
    assert item.since == ("12m 5s ago" if item.is_over else "for 12m 5s")
    assert bool(item.steps) == (not item.is_over)
    words = COMMANDS.get(phase, ["promote", "pause", "abort"])
    assert [command for command, _ in item.decisions] == [f"bellwether deploy {word} billing" for word in words]
    assert item.history == "bellwether deploy history billing"


def test_a_deployment_that_waits_for_a_person():
    item = item_of(PAUSED)
    assert (item.service, item.before, item.after) == ("billing", "1.9", "2.0")
    assert (item.mark, item.where, item.waits) == (marks.SUSPECT, "paused at step 2 of 3", True)
    assert item.reason == "step 2: 14 failures of 2.0, where 5.2 were to be expected by those of 1.9"
    assert item.next.startswith("Next: a person says promote or abort")
    assert [text for _, text in item.notices] == ["the routers of beta have not acknowledged it yet"]
    assert [(step.mark.tone, step.state) for step in item.steps] == [
        ("good", "done"),
        ("doubtful", "current"),
        ("open", "next"),
    ]
    assert [(server.server, server.version, server.is_new, server.mark) for server in item.servers] == [
        ("alpha", "2.0", True, marks.GOOD),
        ("beta", "2.0", True, marks.TRIED),
        ("delta", "1.9", False, marks.GONE),
        ("gamma", "1.9", False, marks.UNKNOWN),
    ]
    assert [(check.name, check.verdict, check.value, check.limit) for check in item.checks] == [
        ("rule c", "watch", "10^2.1", "10^2 pauses, 10^3 goes back"),
        ("errors", "ok", "0.4 %", "5 %"),
        ("latency", "no data", "-", "< 0.3"),
    ]


def test_a_reason_that_says_no_more_than_the_phase_is_left_out():
    assert item_of(DONE).reason == ""
    assert item_of(ABORTING).reason.startswith("alpha: never worked")


def test_what_waits_for_a_person_comes_first_and_what_is_over_last():
    rolled_back = deployment("rolled_back", service="f", in_phase_s=100.0)
    overdue = deployment("promoting", service="c", is_overdue=True)
    found = view_of(
        deployment(service="a"),
        msgspec.structs.replace(DONE, service="b"),
        overdue,
        deployment("aborting", service="d"),
        msgspec.structs.replace(PAUSED, service="e"),
        rolled_back,
    )
    assert [item.service for item in found.items] == ["e", "c", "a", "d", "f", "b"]


@pytest.mark.parametrize(
    ("phase", "ago_s", "recent"),
    [("rolled_back", 0.0, True), ("rolled_back", RECENT_S, False), ("done", 0.0, False), ("aborting", 0.0, False)],
)
def test_what_was_rolled_back_is_of_interest_for_a_day(phase, ago_s, recent):
    assert is_recent(deployment(phase, in_phase_s=ago_s)) == recent


@pytest.mark.parametrize(
    ("shown", "omitted", "text"),
    [(None, 0, ""), (2, 0, ""), (1, 0, "and 1 more deployment"), (1, 3, "and 4 more deployments")],
)
def test_what_is_not_shown_is_counted(shown, omitted, text):
    found = view_of(PAUSED, DONE, shown=shown, omitted=omitted)
    assert found.hidden_text == text


def many(*special, count=200, phase="step"):
    usual = (ShownServer(server=f"h{number:03}", version="1.9", state="running") for number in range(count))
    return deployment(phase, servers=(*usual, *special))


FAILED = ShownServer(server="z1", version="2.0", is_new=True, state="failed", text="exit code 1")
NEW = ShownServer(server="z2", version="2.0", is_new=True, state="running")


def test_of_many_servers_those_in_trouble_and_the_new_ones_are_listed():
    item = item_of(many(FAILED, NEW), shown=12)
    assert [server.server for server in item.servers] == [*(f"h{number:03}" for number in range(10)), "z1", "z2"]
    assert item.others == ["190 more servers run 1.9"]
    assert len(item_of(many(FAILED, NEW)).servers) == 202


def test_of_many_servers_in_trouble_the_others_are_counted():
    bad = (msgspec.structs.replace(FAILED, server=f"z{number}") for number in range(50))
    item = item_of(many(*bad), shown=12)
    assert len(item.servers) == 40
    assert item.others == ["10 more servers are not well", "200 more servers run 1.9"]


def test_of_a_deployment_that_is_over_only_troubles_are_listed():
    item = item_of(many(FAILED, NEW, phase="done"), shown=12)
    assert [server.server for server in item.servers] == ["z1"]
    assert item.others == ["200 more servers run 1.9", "1 more server runs 2.0"]
    assert item_of(DONE).others == ["2 servers run 7.1"]


def test_where_a_cpp_router_obeys_nothing_it_is_said():
    item = item_of(deployment(), not_enforced=("delta", "elsewhere"))
    assert [text for _, text in item.notices] == [
        "not enforced there: host delta runs a C++ router, which knows no policy"
    ]
    assert item_of(DONE, not_enforced=("alpha",)).notices == []


@pytest.mark.parametrize(("one", "said"), [(PAUSED, True), (DONE, False)])
def test_without_a_leader_nothing_moves(one, said):
    found = deployments_view(Deployments(deployments=(one,)), 12)
    assert bool(found.sentence) == said


@pytest.mark.parametrize(
    ("comparison", "is_shown"),
    [(DONE.id, True), (f"{DONE.id}.2", True), (f"{DONE.id}.12", True), (f"{DONE.id}2", False), ("", False)],
    ids=["the first attempt", "the second", "the twelfth", "of another deployment", "of none"],
)
def test_a_shadow_is_told_of_at_its_deployment_whichever_attempt_it_is_of(comparison, is_shown):
    entry = Shadow(service=DONE.service, version="3.0", server="gamma", deployment=comparison)
    shadow = Seen(service=DONE.service, version="3.0", server="gamma", entry=entry, meaning="it answers alike")
    [item] = deployments_view(Deployments(deployments=(DONE,)), 3, shadows=(shadow,)).items
    assert ("its shadow on gamma: it answers alike" in [text for _, text in item.notices]) is is_shown
