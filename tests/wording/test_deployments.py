"""Where a deployment is, in words: a row for each phase, and each part that may be missing."""

from typing import get_args

import pytest
from msgspec.structs import replace

from communicator.answers.deployments import Change, Phase, ShownCheck, ShownServer, ShownStep, Verdict
from communicator.wording import deployments as words
from tests.bellwether.deploy_sample import ABORTING, BAKING, DONE, FIRST, PAUSED, PENDING, PROMOTING, ROLLED_BACK, STEP


@pytest.mark.parametrize(
    ("phase", "sign", "with_steps", "without"),
    [
        ("pending", "◌", "pending", "pending"),
        ("shadow", "◐", "running as a shadow", "running as a shadow"),
        ("preparing", "◐", "preparing step 2 of 3", "preparing"),
        ("step", "◐", "step 2 of 3", "step"),
        ("paused", "‖", "paused at step 2 of 3", "paused"),
        ("promoting", "◐", "promoting", "promoting"),
        ("baking", "◐", "baking", "baking"),
        ("done", "✔", "done", "done"),
        ("aborting", "✖", "on the way back", "on the way back"),
        ("rolled_back", "✖", "rolled back", "rolled back"),
        ("superseded", "·", "superseded", "superseded"),
    ],
)
def test_each_phase_has_a_mark_and_a_word(phase, sign, with_steps, without):
    assert words.phase_mark(phase).sign == sign
    assert words.phase_text(replace(STEP, phase=phase)) == with_steps
    assert words.phase_text(replace(STEP, phase=phase, steps=())) == without


@pytest.mark.parametrize(("phase", "text"), [("shadow", "running as a shadow"), ("paused", "paused as a shadow")])
def test_a_shadow_comes_before_all_steps(phase, text):
    assert words.phase_text(replace(STEP, phase=phase, as_shadow=True)) == text
    change = Change(wall_s=0.0, id="d", name="web", service="billing", version="2.0", phase=phase, as_shadow=True)
    assert words.change_text(change) == text


def test_a_shadow_alone_is_stopped_and_leaves_nothing_to_undo():
    alone = replace(PAUSED, strategy="shadow", as_shadow=True)
    assert words.decisions(alone)[-1] == ("bellwether deploy abort billing", "stop the shadow")
    assert words.decisions(replace(DONE, strategy="shadow")) == []


def test_no_word_is_missing():
    assert set(words.PHASES) == set(get_args(Phase))
    assert set(words.CHECKS) == set(get_args(Verdict))
    assert set(words.SERVERS) == set(get_args(ShownServer.__annotations__["state"]))
    assert set(words.STEPS) == set(get_args(ShownStep.__annotations__["state"]))


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "next: it pauses for a person, in 7m 55s"),
        ({"left_s": None}, "next: it pauses for a person"),
        ({"is_overdue": True, "left_s": None}, "next: it pauses for a person, overdue"),
        ({"next": ""}, ""),
    ],
)
def test_what_is_next_has_a_time_where_it_waits_for_one(more, text):
    assert words.next_text(replace(STEP, **more)) == text


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "evidence that it fails more: 2.5 to 1 (pauses at 100 to 1, aborts at 1,000 to 1)"),
        ({"log10_evidence": -1.0}, "evidence that it fails more: none (pauses at 100 to 1, aborts at 1,000 to 1)"),
        ({"suspect_log10": 0.0, "block_log10": 0.0}, ""),
    ],
)
def test_evidence_stands_beside_its_limits(more, text):
    assert words.evidence_text(replace(STEP, **more)) == text


@pytest.mark.parametrize(
    ("one", "commands"),
    [
        (PAUSED, ["promote", "resume", "abort"]),
        (STEP, ["promote", "pause", "abort"]),
        (PENDING, ["promote", "pause", "abort"]),
        (PROMOTING, ["pause", "abort"]),
        (BAKING, ["pause", "abort"]),
        (DONE, ["undo"]),
        (replace(DONE, from_version=""), []),
        (ROLLED_BACK, ["retry"]),
        (ABORTING, []),
        (replace(PENDING, phase="superseded"), []),
    ],
)
def test_the_commands_that_may_be_given_can_be_copied(one, commands):
    assert [text for text, _ in words.decisions(one)] == [f"bellwether deploy {name} billing" for name in commands]


def test_what_goes_back_says_to_what():
    assert words.decisions(PAUSED)[-1][1] == "go back to 1.9"
    assert words.decisions(FIRST)[-1][1] == "go back to nothing: it is the first version"


def test_where_it_comes_from_is_told():
    assert words.origin_text(STEP) == "canary 3f2a9c, from 1.9, executor systemd, began 43m 5s ago, by root@alpha"
    assert words.origin_text(replace(FIRST, by="", attempt=2)) == (
        "canary 77, the first version, executor none, began 0s ago, attempt 2"
    )


def test_who_gets_the_traffic_and_who_lags_behind_is_told():
    assert [text for _, text in words.notices(PROMOTING)] == [
        "2.0 gets the traffic",
        "the routers of beta have not acknowledged it yet",
    ]
    assert words.notices(DONE) == []


def test_a_shadow_is_no_step_among_those_that_are_counted():
    shadow = replace(STEP.steps[0], as_shadow=True)
    assert words.phase_text(replace(STEP, steps=(shadow, *STEP.steps))) == words.phase_text(STEP)
    assert words.phase_text(replace(STEP, phase="paused", steps=(shadow,))) == "paused"


def test_rows_of_servers_checks_and_steps():
    server = ShownServer(server="a", version="2", state="failed", text="exit code 1", acknowledged=False)
    assert words.server_words(server) == (
        "a",
        "2",
        "failed, exit code 1, its router has not acknowledged it yet",
    )
    assert words.check_words(ShownCheck(name="x", verdict="error", value="-", limit="")) == ("x", "error", "-", "")
    assert words.step_text(ShownStep(text="all servers", state="next")) == "all servers"
    assert [words.others_text(number, "1.9") for number in (1, 2)] == [
        "1 more server runs 1.9",
        "2 more servers run 1.9",
    ]
