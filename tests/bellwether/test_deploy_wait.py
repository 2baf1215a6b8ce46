"""What a script hears of a deployment: a table from what canaries show to verdict and exit code."""

import pytest
from msgspec.structs import replace

from bellwether.deploy_wait import EXIT_CODES, Until, outcome_of, outcome_of_past, parse_until
from bellwether.failure import CommandError
from communicator.answers.deployments import Change
from tests.bellwether import deploy_sample as sample
from tests.bellwether.deploy_sample import CHANGES, PAUSED, STEP

OBJECTION = replace(PAUSED, needs_human=False, reason="step 2 is over and goes on unless somebody objects")
DONE, PAUSE, FIRST, SECOND, THIRD = Until(), Until("paused"), Until("step", 0), Until("step", 1), Until("step", 2)
AT_THIRD = replace(STEP, step=2)


@pytest.mark.parametrize(
    ("one", "until", "exit_code", "is_final"),
    [
        (sample.DONE, DONE, 0, True),
        (sample.DONE, PAUSE, 0, True),
        (sample.DONE, THIRD, 0, True),
        (sample.ROLLED_BACK, DONE, 1, True),
        (sample.ROLLED_BACK, FIRST, 1, True),
        (sample.SUPERSEDED, DONE, 1, True),
        (sample.ABORTING, DONE, 1, False),
        (sample.ABORTING, PAUSE, 1, False),
        (PAUSED, DONE, 3, True),
        (PAUSED, THIRD, 3, True),
        (PAUSED, SECOND, 0, True),
        (PAUSED, PAUSE, 0, True),
        (OBJECTION, DONE, 75, False),
        (OBJECTION, PAUSE, 0, True),
        (STEP, DONE, 75, False),
        (STEP, FIRST, 0, True),
        (STEP, SECOND, 0, True),
        (STEP, THIRD, 75, False),
        (AT_THIRD, THIRD, 0, True),
        (sample.PENDING, FIRST, 75, False),
        (sample.PREPARING, FIRST, 75, False),
        (replace(STEP, phase="shadow", as_shadow=True), FIRST, 75, False),
        (replace(OBJECTION, as_shadow=True), FIRST, 75, False),
        (sample.PROMOTING, THIRD, 0, True),
        (sample.BAKING, THIRD, 0, True),
        (sample.BAKING, DONE, 75, False),
    ],
)
def test_a_script_hears_what_has_become_of_it(one, until, exit_code, is_final):
    outcome = outcome_of(one, until, "alpha", wait_paused=False)
    assert (EXIT_CODES[outcome.verdict], outcome.is_final) == (exit_code, is_final)
    assert outcome.deployment == one


def test_who_waits_on_at_a_pause_hears_of_it_and_waits():
    outcome = outcome_of(PAUSED, DONE, "alpha", wait_paused=True)
    assert (outcome.verdict, outcome.is_final) == ("open", False)
    assert outcome.why == (
        "billing 2.0 build 9f3c is paused at step 2 of 3: step 2 is over and waits for promote; next: it goes back, in 23h 53m"
    )


def test_why_is_a_sentence():
    assert outcome_of(STEP, DONE, "", wait_paused=False).why == (
        "billing 2.0 build 9f3c is at step 2 of 3: step 1 is over; nobody leads: nothing moves, and no command is taken "
        "until a majority of the canaries is in reach"
    )
    assert outcome_of(PAUSED, DONE, "alpha", wait_paused=False).why.endswith("waits for promote; it waits for a person")


def change(phase, identifier="a", **more):
    return Change(wall_s=0.0, id=identifier, name="x", service="x", version="2", phase=phase, **more)


@pytest.mark.parametrize(
    ("changes", "exit_code", "why"),
    [
        (CHANGES.changes, 1, "deployment a gave way to a later one"),
        ((change("step"), change("done"), change("step", "b")), 0, "x 2 is done"),
        ((change("rolled_back", reason="bad"), change("step", "b")), 1, "x 2 is rolled back: bad"),
        ((change("superseded"),), 1, "x 2 is superseded"),
        ((change("step", step=1), change("step", "b")), 1, "x 2 gave way to a later deployment at step 2"),
    ],
    ids=["unknown", "done", "back", "superseded", "lost"],
)
def test_one_that_is_shown_no_more_is_looked_up_in_the_ledger(changes, exit_code, why):
    outcome = outcome_of_past("a", changes)
    assert (EXIT_CODES[outcome.verdict], outcome.is_final, outcome.why) == (exit_code, True, why)


@pytest.mark.parametrize(
    ("text", "until"), [("done", DONE), ("paused", PAUSE), ("step 1", FIRST), ("step3", THIRD), (" step 2 ", SECOND)]
)
def test_what_is_waited_for_is_read(text, until):
    assert parse_until(text) == until


@pytest.mark.parametrize("text", ["", "step", "step 0", "step 100", "finished", "done step 1"])
def test_what_cannot_be_waited_for_is_refused(text):
    with pytest.raises(CommandError) as caught:
        parse_until(text)
    assert (str(caught.value), caught.value.exit_code) == (f"--until: {text!r} is none of done, paused, 'step 2'", 2)
