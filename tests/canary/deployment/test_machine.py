"""Deployments played from the beginning to the end."""

import pytest

from canary.deployment.sight import Seen
from canary.deployment.task import Outcome
from canary.records.deployments import Doing
from communicator.answers.deployments import ShownCheck
from tests.canary.deployment.world import NEW, OLD, Host, World

QUICK = [{"servers": 1, "bake": "10s"}, {"servers": "50%", "bake": "10s"}]
ALL_NEW = "a2.0 b2.0 c2.0 d2.0"
ALL_OLD = "a1.0 b1.0 c1.0 d1.0"


def started(*names, **spec):
    world = World(*names, **{"steps": QUICK, "bake": "10s", "deadline": "60s", **spec})
    world.start()
    return world


def test_a_version_that_is_sound_reaches_all_servers_step_by_step():
    world = started()
    placed = []
    while world.phase != "done":
        world.pass_time(1)
        placed.append(sum(NEW in host.running for host in world.hosts.values()))
    assert sorted(set(placed)) == [0, 1, 2, 4]
    assert world.versions == ALL_NEW
    assert min(placed.count(1), placed.count(2)) >= 10, "each step bakes"
    assert all(len(host.done) == 1 for host in world.hosts.values()), "once on each"


def test_the_first_version_of_a_service_takes_no_steps():
    world = World(hosts={name: Host(running=set()) for name in "ab"}, servers=["a", "b"], bake="5s")
    world.start()
    world.pass_time(10, until="done")
    assert world.versions == "a2.0 b2.0"
    assert "step" not in {moved.phase for moved in world.told}


BAD = [
    ("a rule", lambda world: world.hosts["a"].faults.update({NEW: "never worked in 5 runs"}), "never worked in 5 runs"),
    ("not up", lambda world: world.hosts["a"].never_up.add(NEW), "2.0 is not up on a within 60 s"),
    (
        "failed",
        lambda world: setattr(world.hosts["a"], "outcome", Outcome(status="failed", text="exit 1")),
        "a: exit 1",
    ),
    ("hung", lambda world: setattr(world.hosts["a"], "outcome", Outcome(status="timeout")), "a: timeout"),
    ("held", lambda world: world.seen_now.update(held="fails on 2 servers"), "fails on 2 servers"),
]


@pytest.mark.parametrize(("spoil", "reason"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_bad_goes_back_and_never_leaves_its_first_server(spoil, reason):
    world = started()
    spoil(world)
    world.pass_time(70, until="aborting")
    for host in world.hosts.values():
        host.outcome = Outcome(status="done")
    world.pass_time(70, until="rolled_back")
    assert world.versions == ALL_OLD
    assert reason in world.at.at.reason
    assert not any(world.hosts[name].done for name in "bcd")


def test_on_failure_it_may_pause_instead():
    world = started(on_failure="pause")
    world.pass_time(3)
    world.hosts["a"].faults[NEW] = "failed 5 times"
    world.pass_time(1, until="paused")
    assert (world.at.at.pause, world.at.at.reason) == ("bad", "a: failed 5 times")
    world.say("abort")
    world.pass_time(10, until="rolled_back")
    assert world.versions == ALL_OLD


CHECK = {"name": "errors", "provider": "command", "value": "errors", "success": "< 1"}


@pytest.mark.parametrize(
    ("verdict", "on_failure", "phase"),
    [
        ("watch", "abort", "paused"),
        ("bad", "abort", "rolled_back"),
        ("bad", "pause", "paused"),
        ("no_data", "abort", "paused"),
        ("error", "abort", "paused"),
        ("ok", "abort", "done"),
    ],
)
def test_a_metric_pauses_and_aborts_only_where_the_file_says_so(verdict, on_failure, phase):
    world = started(checks=[CHECK | {"on_failure": on_failure}])
    world.seen_now["checks"] = (ShownCheck(name="errors", verdict=verdict, value="3", limit="< 1"),)
    world.pass_time(100, until=phase)


def test_a_metric_without_data_holds_until_there_is_some():
    world = started(checks=[CHECK])
    world.seen_now["checks"] = (ShownCheck(name="errors", verdict="no_data", value="none", limit="< 1"),)
    world.pass_time(15, until="paused")
    assert (world.at.at.pause, world.at.at.reason) == ("check", "errors: none")
    world.seen_now["checks"] = (ShownCheck(name="errors", verdict="ok", value="0", limit="< 1"),)
    world.pass_time(60, until="done")


def test_too_little_exposure_holds_and_is_no_failure():
    world = started(steps=[{"servers": 1, "bake": "10s", "until": {"time": "1h"}}])
    world.pass_time(15, until="paused")
    assert world.at.at.pause == "inconclusive"
    world.seen_now["exposed_s"] = 3600.0
    world.pass_time(40, until="done")


def test_a_step_is_not_over_while_what_was_started_again_has_had_no_success():
    world = started()
    world.pass_time(3)
    world.hosts["a"].failing.add(NEW)
    world.pass_time(20, until="paused")
    assert world.at.at.pause == "inconclusive"
    assert world.at.at.reason.startswith("2.0 failed on a, and no run has lasted")
    world.pass_time(60)
    assert [name for name, host in world.hosts.items() if host.done] == ["a"]
    world.hosts["a"].failing.clear()
    world.pass_time(60, until="done")


def test_what_fails_and_is_started_again_goes_back_once_a_rule_finds_it_bad():
    world = started()
    world.pass_time(3)
    world.hosts["a"].failing.add(NEW)
    world.pass_time(20, until="paused")
    world.hosts["a"].faults[NEW] = "never worked in 5 runs"
    world.pass_time(10, until="rolled_back")


def test_it_is_not_done_while_what_was_started_again_has_had_no_success():
    world = started()
    world.pass_time(60, until="baking")
    world.hosts["c"].failing.add(NEW)
    world.pass_time(100)
    assert world.phase == "baking"
    world.hosts["c"].failing.clear()
    world.pass_time(1, until="done")


def test_a_gate_waits_for_promote_and_its_time_is_over_some_day():
    gate = [{"servers": 1, "bake": "10s", "pause": True, "timeout": "1h"}]
    world = started(steps=gate)
    world.pass_time(15, until="paused")
    assert world.at.at.pause == "gate"
    world.say("promote")
    world.pass_time(40, until="done")
    late = started(steps=gate)
    late.pass_time(3700, until="rolled_back")
    assert late.at.at.reason == "paused too long: step 1 is over and waits for promote"


def test_an_objection_may_be_raised_and_without_one_it_goes_on():
    world = started(steps=[{"servers": 1, "bake": "10s", "pause": "30s"}])
    world.pass_time(20, until="paused")
    world.pass_time(60, until="done")


def test_promote_in_full_skips_all_steps():
    world = started()
    world.pass_time(3)
    world.say("promote", full=True)
    world.pass_time(15, until="done")
    assert world.versions == ALL_NEW


def test_it_pauses_by_hand_and_goes_on_in_its_step():
    world = started()
    world.pass_time(3)
    world.say("pause", reason="lunch")
    world.pass_time(1000)
    assert (world.phase, world.versions) == ("paused", "a2.0 b1.0 c1.0 d1.0")
    world.say("resume")
    world.pass_time(60, until="done")


def test_what_was_rolled_back_is_tried_again_from_the_first_step():
    world = started()
    world.hosts["a"].never_up.add(NEW)
    world.pass_time(200, until="rolled_back")
    world.hosts["a"].never_up.clear()
    world.say("retry")
    world.pass_time(60, until="done")
    assert world.at.at.attempt == 2
    assert world.versions == ALL_NEW


def test_after_one_that_failed_the_next_one_takes_the_place_of_what_runs():
    world = started()
    world.hosts["a"].outcome = Outcome(status="failed", text="exit 1")
    world.pass_time(10, until="rolled_back")
    world.hosts["a"].outcome = Outcome(status="done")
    world.start(version="2.1")
    world.pass_time(3)
    assert world.hosts["a"].done[-1].previous == OLD
    assert world.versions == "a2.1 b1.0 c1.0 d1.0"


def test_it_is_not_rolled_back_while_a_host_is_still_at_work():
    world = started()
    world.pass_time(2)
    host = world.hosts["a"]
    host.running, host.doing = {OLD}, Doing(host.done[-1], world.now_s)
    world.say("abort")
    world.pass_time(10)
    assert world.phase == "aborting"
    host.running, host.doing = {NEW}, Doing(host.done[-1], world.now_s, Outcome(status="done"))
    world.pass_time(10, until="rolled_back")
    assert world.versions == ALL_OLD


def test_a_task_is_done_once_whatever_else_runs_there_meanwhile():
    host = Host(running={"0.9", OLD}, never_up={NEW})
    world = World(hosts={"a": host, "b": Host()}, steps=QUICK, deadline="60s")
    world.start()
    world.pass_time(20)
    host.running = {"0.8"}
    world.pass_time(20)
    assert [(task.verb, task.version) for task in host.done] == [("replace", NEW)]


def test_a_fix_takes_the_place_of_what_is_under_way_and_goes_back_to_what_was_good():
    world = started()
    world.pass_time(20)
    assert world.versions == "a2.0 b2.0 c1.0 d1.0"
    world.start(version="2.1")
    world.pass_time(5)
    assert world.versions == "a2.1 b1.0 c1.0 d1.0", "what was superseded does not stay"
    world.hosts["a"].faults["2.1"] = "failed"
    world.pass_time(30, until="rolled_back")
    assert world.versions == ALL_OLD


def test_a_fix_is_deployable_while_the_last_good_version_is_broken():
    world = started()
    for host in world.hosts.values():
        host.faults[OLD] = "failed 5 times"
    world.pass_time(60, until="done")


def test_without_a_way_back_it_stands_still_and_says_so():
    world = started()
    for host in world.hosts.values():
        host.faults |= {OLD: "is blocked", NEW: "is blocked"}
    world.pass_time(5, until="paused")
    assert world.at.at.pause == "no_way_back"
    assert "there is no way back: a: 1.0 is blocked" in world.at.at.reason
    world.pass_time(100)
    world.pass_time(100_000, each_s=60)
    assert world.phase == "paused", "nothing moves by itself where nothing is good"


def test_going_back_to_what_was_good_takes_no_steps():
    world = started()
    world.pass_time(60, until="done")
    world.start(version=OLD)
    world.pass_time(15, until="done")
    assert world.versions == ALL_OLD
    assert "step" not in {moved.phase for moved in world.told if moved.spec.version == OLD}


def test_a_host_that_is_away_gets_it_when_it_is_back():
    world = started()
    world.hosts["d"].is_up = False
    world.pass_time(60, until="done")
    assert world.at.at.reason == "done; d out of reach get it when they are back"
    world.hosts["d"].is_up = True
    world.pass_time(2)
    assert world.versions == ALL_NEW


def test_a_host_that_was_away_while_it_went_back_goes_back_later():
    world = started()
    world.pass_time(20)
    world.hosts["b"].is_up = False
    world.hosts["a"].faults[NEW] = "failed"
    world.pass_time(30, until="rolled_back")
    assert world.versions == "a1.0 b2.0 c1.0 d1.0"
    world.hosts["b"].is_up = True
    world.pass_time(2)
    assert world.versions == ALL_OLD


def test_a_host_that_is_new_gets_it_with_all_others():
    world = started()
    world.pass_time(3)
    world.hosts["e"] = Host()
    world.pass_time(60, until="done")
    assert world.versions == f"{ALL_NEW} e2.0"


def test_with_equal_age_as_many_old_ones_are_restarted():
    world = started(equal_age=True)
    world.pass_time(60, until="done")
    assert [task.verb for task in world.hosts["d"].done] == ["restart", "replace"]
    assert [task.verb for task in world.hosts["a"].done] == ["replace"]


def test_somebody_else_upgrades_as_slowly_as_he_likes():
    world = started(executor="none")
    world.pass_time(10_000)
    assert (world.phase, world.versions) == ("step", ALL_OLD)
    world.hosts["a"].running = {NEW}
    world.pass_time(15)
    assert world.at.at.step == 1
    for host in world.hosts.values():
        host.running = {NEW}
    world.pass_time(60, until="done")
    assert not any(host.done for host in world.hosts.values())


def coloured(**spec):
    world = World(strategy="blue-green", bake="10s", keep="30s", deadline="60s", **spec)
    world.start()
    return world


def test_blue_green_switches_when_all_is_up_and_stops_the_old_one_last():
    world = coloured()
    world.pass_time(5)
    assert world.versions == "a1.0+2.0 b1.0+2.0 c1.0+2.0 d1.0+2.0"
    assert not world.at.at.is_switched
    world.pass_time(30, until="baking")
    assert (world.at.at.is_switched, world.at.at.colour) == (True, 2)
    world.pass_time(25)
    assert "1.0" in world.versions, "it is kept"
    world.pass_time(30, until="done")
    world.pass_time(2)
    assert world.versions == ALL_NEW


def test_the_old_colour_stays_where_the_router_has_not_acknowledged():
    world = coloured()
    world.pass_time(5)
    world.hosts["d"].acknowledges = False
    world.pass_time(100, until="paused")
    assert (world.at.at.pause, world.at.at.reason) == ("unacknowledged", "not acknowledged by d")
    world.hosts["d"].is_up = False
    world.pass_time(60, until="done")
    world.hosts["d"].is_up = True
    world.pass_time(100)
    assert world.versions == "a2.0 b2.0 c2.0 d1.0+2.0"
    world.hosts["d"].acknowledges = True
    world.pass_time(2)
    assert world.versions == ALL_NEW


@pytest.mark.parametrize("is_switched", [False, True])
def test_blue_green_goes_back_by_the_same_write(is_switched):
    world = coloured()
    world.pass_time(30, until="baking" if is_switched else "step")
    world.hosts["b"].faults[NEW] = "failed 5 times"
    world.pass_time(30, until="rolled_back")
    world.pass_time(2)
    assert (world.versions, world.at.at.is_switched) == (ALL_OLD, False)
    assert world.at.at.colour == (3 if is_switched else 1)


def test_back_is_a_colour_that_is_up():
    world = coloured()
    world.pass_time(30, until="baking")
    for host in world.hosts.values():
        host.running.discard(OLD)
        host.faults[NEW] = "fails"
    world.pass_time(2, until="paused")
    assert world.at.at.pause == "no_way_back"
    assert world.at.at.is_switched
    assert "1.0 is not up anywhere" in world.at.at.reason


def test_by_hand_the_switch_waits_for_promote():
    world = coloured(promote="by hand")
    world.pass_time(20, until="paused")
    world.say("promote")
    world.pass_time(60, until="done")


def test_it_is_said_again_before_the_book_forgets_it():
    world = started()
    world.pass_time(60, until="done")
    world.now_s += 11 * 86_400
    world.tick()
    assert (world.told[-1].phase, world.told[-1].moves) == ("done", world.told[-2].moves + 1)


def test_what_is_done_is_left_alone_although_somebody_changes_it_by_hand():
    world = started()
    world.pass_time(60, until="done")
    for name in "abcd":
        world.hosts[name].running = {"2.1"}
    world.hosts["d"].running = set()
    world.pass_time(5)
    assert world.versions == "a2.1 b2.1 c2.1 d"
    assert all(len(host.done) == 1 for host in world.hosts.values())


def test_what_has_gone_back_is_left_alone_too():
    world = started()
    world.pass_time(3)
    world.say("abort")
    world.pass_time(30, until="rolled_back")
    world.hosts["a"].running = {"2.1"}
    world.pass_time(5)
    assert world.versions == "a2.1 b1.0 c1.0 d1.0"


def test_a_colour_that_is_done_is_left_alone():
    world = coloured()
    world.pass_time(100, until="done")
    world.pass_time(2)
    world.hosts["a"].running = {"2.1"}
    world.pass_time(5)
    assert world.versions == "a2.1 b2.0 c2.0 d2.0"


def test_a_host_is_told_once_in_a_step_whatever_runs_there_meanwhile():
    world = started(steps=[{"servers": 1, "bake": "100s"}])
    world.pass_time(3)
    world.hosts["a"].running = {"2.1"}
    world.pass_time(5)
    assert [task.verb for task in world.hosts["a"].done] == ["replace"]


def test_a_host_that_could_not_do_it_is_asked_again_by_a_later_step():
    world = started(on_failure="pause")
    world.hosts["a"].outcome = Outcome(status="failed", text="exit 1")
    world.pass_time(5, until="paused")
    world.hosts["a"].outcome = Outcome(status="done")
    world.say("promote", full=False)
    world.pass_time(60, until="done")
    assert world.versions == ALL_NEW


def test_resume_has_a_host_try_again_what_it_could_not_do():
    world = started(on_failure="pause")
    world.hosts["a"].outcome = Outcome(status="failed", text="exit 1")
    world.pass_time(5, until="paused")
    world.hosts["a"].outcome = Outcome(status="done")
    world.say("resume", reason="the disk was full")
    world.pass_time(60, until="done")
    assert world.versions == ALL_NEW
    assert [task.attempt for task in world.hosts["a"].done] == [1, 2]


def test_nothing_happens_to_whom_somebody_else_upgrades_when_it_goes_on_after_a_pause():
    world = started(executor="none")
    world.say("promote", full=True)
    world.say("pause")
    world.say("resume")
    world.pass_time(10_000)
    assert (world.phase, world.at.at.until_at_s) == ("promoting", None)


LATE = {"on_timeout": "promote", "timeout": "60s"}


def test_a_pause_before_the_first_step_ends_in_the_first_step():
    world = started(**LATE)
    world.say("pause")
    world.pass_time(62)
    assert (world.phase, world.at.at.step, world.versions) == ("step", 0, "a2.0 b1.0 c1.0 d1.0")


def test_a_pause_after_the_last_step_goes_back_to_none():
    world = started(**LATE)
    world.say("promote", full=True)
    world.say("pause")
    world.pass_time(100, until="done")
    assert "step" not in {moved.phase for moved in world.told}


def test_no_colour_is_switched_to_that_is_up_nowhere():
    world = coloured(**LATE)
    for host in world.hosts.values():
        host.never_up.add(NEW)
    world.pass_time(2)
    world.say("pause")
    world.pass_time(200)
    assert not any(moved.is_switched for moved in world.told)


class Doubtful:
    """Evidence that pauses, and blocks nothing."""

    level, reason = "suspect", "fails more often"
    log10_e, suspect_log10, block_log10 = 3.5, 3.0, 4.0


@pytest.mark.parametrize("step", [{"pause": "30s"}, {"until": {"time": "1h"}}], ids=["objection", "inconclusive"])
def test_what_is_found_while_it_waits_pauses_it_for_a_person(step):
    world = started(steps=[{"servers": 1, "bake": "10s", **step}])
    world.pass_time(20, until="paused")
    world.seen_now["compared"] = Doubtful
    world.pass_time(1)
    assert (world.phase, world.at.at.pause, world.at.at.reason) == ("paused", "suspect", "fails more often")
    world.pass_time(3600)
    assert world.versions == "a2.0 b1.0 c1.0 d1.0"


def test_nobody_objects_and_a_metric_without_data_holds_all_the_same():
    world = started(steps=[{"servers": 1, "bake": "10s", "pause": "30s"}], checks=[CHECK])
    world.seen_now["checks"] = (ShownCheck(name="errors", verdict="ok", value="0", limit="< 1"),)
    world.pass_time(20, until="paused")
    world.seen_now["checks"] = (ShownCheck(name="errors", verdict="no_data", value="none", limit="< 1"),)
    world.pass_time(100)
    assert (world.phase, world.at.at.pause) == ("paused", "check")


def test_whoever_says_promote_is_not_asked_the_same_again():
    world = started()
    world.pass_time(3)
    world.seen_now["compared"] = Doubtful
    world.pass_time(1, until="paused")
    world.say("promote")
    world.pass_time(100, until="done")
    assert [moved.pause for moved in world.told if moved.phase == "paused"] == ["suspect"]


def test_what_is_bad_goes_back_although_somebody_has_overruled_a_doubt():
    world = started()
    world.pass_time(3)
    world.seen_now["compared"] = Doubtful
    world.pass_time(1, until="paused")
    world.say("promote")
    world.pass_time(2)
    world.hosts["b"].faults[NEW] = "failed 5 times"
    world.pass_time(30, until="rolled_back")


def test_another_attempt_asks_again():
    world = started()
    world.pass_time(3)
    world.seen_now["compared"] = Doubtful
    world.pass_time(1, until="paused")
    world.say("promote")
    world.say("abort")
    world.pass_time(30, until="rolled_back")
    world.say("retry")
    world.pass_time(5, until="paused")
    assert world.at.at.pause == "suspect"


def test_a_host_that_is_not_back_is_named():
    world = started()
    world.pass_time(3)
    world.hosts["a"].outcome = Outcome(status="failed", text="exit 1")
    world.say("abort")
    world.pass_time(100, until="rolled_back")
    assert world.at.at.reason == "abort by root@a; not back on a yet"


def test_nothing_is_seen_of_a_service_that_nobody_runs():
    assert Seen(0.0).of("a", (NEW, "*")) is None
