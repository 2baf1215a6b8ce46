"""Deployments as people see them."""

from canary.deployment.task import Outcome
from canary.deployment.view import describe
from communicator.answers.deployments import Point
from tests.canary.deployment.world import World

STEPS = [{"servers": 1, "bake": "10s", "weight": "10%"}, {"servers": "50%", "bake": "10s", "pause": True}]


def world(**spec):
    made = World(**{"steps": STEPS, "bake": "10s", "deadline": "60s", **spec})
    made.start()
    return made


def shown(of, points=()):
    return describe(of.at, of.seen(), points)


def test_a_step_says_what_is_next_and_when():
    of = world()
    of.pass_time(3)
    found = shown(of, [Point(1.0, 0, 0.5)])
    assert [(step.text, step.state) for step in found.steps] == [
        ("1 of 4 servers, 10 % of their traffic", "current"),
        ("50 %: 2 of 4 servers", "next"),
    ]
    assert (found.next, found.left_s, found.is_overdue, found.needs_human) == (
        "50 %: 2 of 4 servers",
        9.0,
        False,
        False,
    )
    assert [(one.server, one.version, one.is_new, one.state) for one in found.servers[:2]] == [
        ("a", "2.0", True, "running"),
        ("b", "1.0", False, "running"),
    ]
    assert found.points == (Point(1.0, 0, 0.5),)


def test_how_much_was_seen_is_shown_with_its_limit():
    of = world(steps=[{"servers": 1, "bake": "10s", "until": {"time": "1h", "failures": 60}}])
    of.pass_time(20, until="paused")
    assert of.at.at.reason == (
        "too little was seen in this step: 0s of the new version, 0 failures of both; the limit is 1h 0m of the new "
        "version or 60 failures of both"
    )
    of.seen_now.update(exposed_s=900.0, failures=59)
    (check,) = shown(of).checks
    assert (check.name, check.verdict, check.value) == (
        "exposure",
        "no_data",
        "15m 0s of the new version, 59 failures of both",
    )
    assert check.limit == "1h 0m of the new version or 60 failures of both"
    of.seen_now.update(failures=60)
    assert shown(of).checks[0].verdict == "ok"


def test_a_step_that_asks_for_no_exposure_shows_none():
    of = world()
    of.pass_time(3)
    assert shown(of).checks == ()


def test_a_gate_needs_a_person():
    of = world()
    of.pass_time(60, until="paused")
    found = shown(of)
    assert (found.needs_human, found.reason) == (True, "step 2 is over and waits for promote")
    assert found.next == "a person says promote or abort; after 1d 0h it says abort itself"


def test_a_gate_tells_its_own_end():
    of = world(steps=[{"servers": 1, "bake": "10s", "pause": True, "timeout": "1h", "on_timeout": "promote"}])
    of.pass_time(60, until="paused")
    assert shown(of).next == "a person says promote or abort; after 1h 0m it says promote itself"


def test_blue_green_that_has_not_begun_or_goes_back_has_done_no_step():
    of = world(strategy="blue-green", steps=[])
    assert [step.state for step in shown(of).steps] == ["current", "next", "next", "next"]
    of.pass_time(3)
    of.say("abort")
    assert "done" not in {step.state for step in shown(of).steps}


def test_what_a_host_could_not_do_is_told():
    of = world(on_failure="pause")
    of.hosts["a"].outcome = Outcome(status="failed", text="exit code 1")
    of.pass_time(2)
    found = shown(of)
    assert found.servers[0].state == "failed"
    assert "replace: failed, exit code 1" in found.servers[0].text


def test_who_is_out_of_reach_is_told_and_a_deadline_that_has_passed():
    of = world()
    of.hosts["d"].is_up = False
    of.pass_time(2)
    of.now_s += 1000
    found = shown(of)
    assert (found.servers[3].state, found.is_overdue, found.left_s) == ("away", True, 0.0)


def test_blue_green_tells_which_version_is_active_and_whose_router_is_behind():
    of = world(strategy="blue-green", steps=[], keep="20s")
    of.pass_time(5)
    assert (shown(of).active, [step.state for step in shown(of).steps]) == ("1.0", ["done", "current", "next", "next"])
    of.hosts["b"].acknowledges = False
    of.pass_time(20)
    found = shown(of)
    assert (found.phase, found.active, found.behind) == ("promoting", "2.0", ("b",))


def test_what_is_over_needs_nobody():
    of = world(steps=[])
    of.say("promote", full=True)
    of.pass_time(60, until="done")
    found = shown(of)
    assert (found.next, found.left_s, found.checks) == ("", None, ())
    assert all(step.state == "done" for step in found.steps)
