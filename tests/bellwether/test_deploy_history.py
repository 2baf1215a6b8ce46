"""The changes of deployments as lines."""

from datetime import UTC

from msgspec.structs import replace

from bellwether.deploy_history import render
from communicator.answers.deployments import Changes
from tests.bellwether.canary_sample import screen
from tests.bellwether.deploy_sample import CHANGES

USUAL = """\
09-21 14:13:20  ◌ billing 2.0 pending by root@alpha: ticket 812  3f2a9c
09-21 14:13:23  ◐ billing 2.0 step 1  3f2a9c
09-21 14:14:30  ✖ billing 2.0 rolled back: alpha: never worked in 5 tries over 62 s (limit 5 over 60 s)  3f2a9c"""


def test_each_change_is_one_line():
    assert screen(render(CHANGES, UTC), 120) == USUAL


def test_who_it_was_is_said_once():
    change = replace(CHANGES.changes[0], reason="start by root@alpha: ticket 812")
    text = screen(render(replace(CHANGES, changes=(change,)), UTC), 120)
    assert text == "09-21 14:13:20  ◌ billing 2.0 pending: start by root@alpha: ticket 812  3f2a9c"


def test_what_did_not_fit_is_counted():
    assert screen(render(replace(CHANGES, omitted=3), UTC), 120) == f"3 older changes did not fit\n{USUAL}"


def test_where_there_is_none_that_is_said():
    assert screen(render(Changes(), UTC)) == "Nothing was deployed."
