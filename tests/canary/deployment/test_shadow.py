"""Deployments whose version runs as a shadow first, or only so, played from the beginning to the end."""

import msgspec
import pytest

from canary.deployment.fence import Fence
from canary.deployment.start import RefusedError
from canary.deployment.task import SHADOW, Outcome
from canary.deployment.traffic import colours, shadows, weights
from canary.deployment.view import describe
from canary.records import ShadowCompared
from communicator.answers.policy import ALL, Policy
from communicator.wording.deployments import decisions
from tests.canary.deployment.world import NEW, OLD, Host, World

QUICK = [{"servers": 1, "bake": "10s"}, {"servers": "50%", "bake": "10s"}]
ALL_OLD = "a1.0 b1.0 c1.0 d"
ALL_NEW = "a2.0 b2.0 c2.0 d"
TABLE = {"server": "d", "bake": "10s"}


def compared(server="a", **numbers):
    told = {"compared": 1_000, "matching": 1_000, "conversations": 100, **numbers}
    return ShadowCompared(server=server, shadow="d", service="billing", version=NEW, deployment="d0", **told)


def started(*, strategy="shadow", **shadow):
    """A service on a, b and c; the shadow runs on d, which does not run it otherwise."""
    hosts = {name: Host() for name in "abc"} | {"d": Host(running=set())}
    steps = {"steps": QUICK} if strategy == "canary" else {"keep": "5s"}
    world = World(hosts=hosts, strategy=strategy, bake="10s", deadline="60s", **steps, shadow=TABLE | shadow)
    world.comparisons = [compared()]
    world.start()
    return world


def copies(world, me="a"):
    last = {(name, "billing"): host.shadowing for name, host in world.hosts.items() if host.shadowing}
    return [*shadows([world.at], last, me, lambda _executor, service, version: f"{service}@{version}.service")]


def test_alone_it_never_touches_the_service_and_is_stopped_when_it_is_over():
    world = started()
    seen = set()
    while world.phase != "done":
        world.pass_time(1)
        seen.add((world.versions, *sorted(world.hosts["d"].shadows)))
        assert [*weights([world.at])] == [*colours([world.at])] == []
    assert seen == {(ALL_OLD,), (ALL_OLD, NEW)}
    world.pass_time(5)
    assert [(task.verb, task.version, task.step) for task in world.hosts["d"].done] == [
        ("start", NEW, SHADOW),
        ("stop", NEW, SHADOW),
    ]
    assert not any(world.hosts[name].done for name in "abc")
    assert copies(world, "d") == copies(world) == []


@pytest.mark.parametrize("strategy", ["canary", "blue-green"])
def test_before_another_strategy_the_shadow_goes_before_the_service_is_touched(strategy):
    world = started(strategy=strategy)
    world.pass_time(2)
    assert (world.phase, world.versions, world.hosts["d"].shadows) == ("shadow", ALL_OLD, {NEW})
    world.pass_time(80, until="done")
    world.pass_time(3)
    assert (world.versions, world.hosts["d"].shadows) == (ALL_NEW, set())
    assert [moved.phase for moved in world.told][:2] == ["pending", "shadow"]


def test_on_a_host_of_the_service_the_live_version_waits_until_the_fence_is_gone():
    """`World.do` sees to it: whatever is started as itself is not behind the fence, and a shadow is."""
    world = World("a", "b", strategy="canary", bake="5s", deadline="60s", shadow=TABLE | {"server": "a"})
    world.comparisons = [msgspec.structs.replace(compared("b"), shadow="a")]
    world.start(steps=[{"servers": 1, "bake": "1s"}])
    world.pass_time(5)
    assert (world.versions, world.hosts["a"].shadows) == ("a1.0 b1.0", {NEW})
    world.hosts["a"].acknowledges = False
    world.pass_time(15)
    assert (world.phase, world.versions, world.hosts["a"].shadows) == ("step", "a1.0 b1.0", set())
    assert world.hosts["a"].fenced == {("billing", NEW)}, "its router has not acknowledged that it is gone"
    world.hosts["a"].acknowledges = True
    world.pass_time(60, until="done")
    assert world.versions == "a2.0 b2.0"


def test_the_shadow_is_not_started_before_its_router_keeps_it_back():
    world = started()
    world.hosts["d"].acknowledges = False
    world.pass_time(30)
    assert (world.phase, world.hosts["d"].done) == ("shadow", [])
    world.hosts["d"].acknowledges = True
    world.pass_time(3)
    assert world.hosts["d"].shadows == {NEW}


def test_the_policy_says_who_gets_copies_and_keeps_back_what_may_run_still():
    world = started(primary="a", share="5%", key="account", noise="second")
    world.pass_time(4)
    new, reference = copies(world, "d")
    assert (new.version, reference.version) == (OLD, NEW) or (new.version, reference.version) == (NEW, OLD)
    by_version = {one.version: one for one in (new, reference)}
    assert {one.is_reference for one in (new, reference)} == {True, False}
    assert by_version[OLD].is_reference
    assert {(one.primary, one.share, one.key, one.build, one.deployment) for one in (new, reference)} == {
        ("a", 0.05, "account", ALL, "d0")
    }
    assert by_version[NEW].unit == "billing@2.0.service"
    assert {one.unit for one in copies(world, "a")} == {""}, "each canary fills in the units of its own host"
    assert world.hosts["d"].shadows == {NEW, OLD}
    world.hosts["d"].is_up = False
    world.say("abort")
    assert copies(world, "a") == []
    assert {(one.version, one.primary, one.share) for one in copies(world, "d")} == {(NEW, "", 0.0), (OLD, "", 0.0)}
    world.hosts["d"].is_up = True
    world.pass_time(10)
    assert copies(world, "d") == []


BAD = [
    ("not up", lambda world: world.hosts["d"].never_up.add(NEW), "2.0 is not up as a shadow on d within 60 s"),
    (
        "failed",
        lambda world: setattr(world.hosts["d"], "outcome", Outcome(status="failed", text="exit 1")),
        "d: exit 1",
    ),
    (
        "crashes",
        lambda world: setattr(world.hosts["d"], "failed", 3),
        "it failed: 3 failures, the last one: it crashed; the limit is 3",
    ),
    ("held", lambda world: world.seen_now.update(held="fails on 2 servers"), "fails on 2 servers"),
]


@pytest.mark.parametrize("strategy", ["shadow", "canary", "blue-green"])
@pytest.mark.parametrize(("spoil", "reason"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_shadow_that_is_bad_goes_back_and_the_service_was_not_touched(strategy, spoil, reason):
    world = started(strategy=strategy)
    world.tick()
    spoil(world)
    world.pass_time(70, until="aborting")
    world.hosts["d"].outcome = Outcome(status="done")
    world.pass_time(70, until="rolled_back")
    assert reason in world.at.at.reason
    assert (world.versions, world.hosts["d"].shadows) == (ALL_OLD, set())
    assert not any(world.hosts[name].done for name in "abc")


def test_on_failure_it_may_pause_instead_and_another_attempt_starts_it_anew():
    world = started()
    world.start(on_failure="pause", version="2.1")
    world.comparisons = [msgspec.structs.replace(compared(), version="2.1", deployment="d1")]
    world.pass_time(6)
    world.hosts["d"].failed = 3
    world.hosts["d"].shadows.clear()
    world.pass_time(2, until="paused")
    assert (world.at.at.pause, world.at.at.resume) == ("bad", "shadow")
    world.say("resume")
    world.pass_time(6)
    assert (world.phase, world.at.at.is_up, world.hosts["d"].shadows) == ("shadow", True, {"2.1"})
    assert world.at.at.comparison == "d1.2", "what was compared before says nothing of this attempt"
    world.pass_time(30, until="done")


@pytest.mark.parametrize(
    ("log10", "on_difference", "phase", "pause"),
    [
        (1.9, "abort", "shadow", ""),
        (2.1, "abort", "paused", "suspect"),
        (3.1, "abort", "aborting", ""),
        (3.1, "pause", "paused", "suspect"),
    ],
)
def test_evidence_that_it_differs_pauses_and_goes_back_where_the_file_says_so(log10, on_difference, phase, pause):
    world = started(on_difference=on_difference)
    world.pass_time(4)
    world.comparisons = [compared(differing=12, matching=988, log10_evidence=log10, paths=("CHARGED.body.total",))]
    world.pass_time(1)
    assert (world.phase, world.at.at.pause) == (phase, pause)
    if phase != "shadow":
        assert world.at.at.reason == (
            f"12 of 1,000 pairs of replies differ: CHARGED.body.total; evidence 10^{log10}, limit 10^2"
        )


def test_who_goes_on_has_seen_it_unless_it_gets_worse():
    world = started()
    world.pass_time(4)
    world.comparisons = [compared(log10_evidence=2.5)]
    world.pass_time(1, until="paused")
    world.say("resume")
    world.pass_time(3, until="paused")
    world.say("promote")
    assert world.phase == "done"
    world = started(strategy="canary", on_difference="pause")
    world.pass_time(4)
    world.comparisons = [compared(log10_evidence=2.5)]
    world.pass_time(1, until="paused")
    world.say("promote", reason="so it is to be")
    assert (world.phase, world.at.at.reason) == ("step", "promote by root@a: so it is to be: step 1 of 2")


def test_several_primaries_are_one_evidence_and_one_that_says_nothing_adds_none():
    world = started()
    world.comparisons = [compared("a", log10_evidence=2.1), compared("b", log10_evidence=0.0)]
    assert world.shadow_seen().log10_e == pytest.approx(1.8, abs=0.01)
    world.comparisons.append(compared("c", log10_evidence=9.0, is_conclusive=False))
    assert world.shadow_seen().log10_e == pytest.approx(1.63, abs=0.01)


HOLDS = [
    (
        [],
        {},
        "too little was compared yet, which blames nobody: 0 pairs of replies in 10s; the limit is any pair of replies",
    ),
    (
        [compared(unpaired=80, is_conclusive=False)],
        {},
        "too many replies have no partner to say anything, which blames nobody: 80 beside 1,000 pairs of a; the limit is 5 %",
    ),
    (
        [compared()],
        {"until": {"replies": 5_000, "time": "1h"}},
        (
            "too little was compared yet, which blames nobody: 1,000 pairs of replies in 10s; "
            "the limit is 1h 0m or 5,000 pairs of replies"
        ),
    ),
]


@pytest.mark.parametrize(("comparisons", "table", "reason"), HOLDS, ids=["nothing", "unpaired", "until"])
def test_what_says_too_little_holds_and_blames_nobody(comparisons, table, reason):
    world = started(**table)
    world.comparisons = comparisons
    world.pass_time(20, until="paused")
    assert (world.at.at.pause, world.at.at.reason) == ("inconclusive", reason)
    assert not describe(world.at, world.seen(), ()).needs_human
    world.comparisons = [compared(compared=5_000)]
    world.pass_time(2, until="done")


def test_a_host_out_of_reach_holds_and_what_ran_there_is_stopped_when_it_is_back():
    world = started()
    world.pass_time(4)
    world.hosts["d"].is_up = False
    world.pass_time(80, until="paused")
    assert (world.at.at.pause, world.at.at.reason) == ("inconclusive", "d, where the shadow is to run, is out of reach")
    world.say("abort")
    world.pass_time(70, until="rolled_back")
    assert world.hosts["d"].shadows == {NEW}
    world.hosts["d"].is_up = True
    world.pass_time(3)
    assert world.hosts["d"].shadows == set()


def test_one_that_comes_back_in_time_goes_on():
    world = started()
    world.hosts["d"].is_up = False
    world.pass_time(70, until="paused")
    world.hosts["d"].is_up = True
    world.pass_time(30, until="done")


def test_a_pause_has_the_timeout_of_the_shadow():
    world = started(timeout="20s", on_timeout="promote", strategy="canary")
    world.comparisons = []
    world.pass_time(20, until="paused")
    world.pass_time(25, until="step")


def test_another_deployment_stops_it_first():
    world = started()
    world.pass_time(5)
    world.comparisons = []
    world.start(version="2.1", strategy="canary", shadow=TABLE, steps=QUICK)
    world.pass_time(5)
    assert world.hosts["d"].shadows == {"2.1"}
    world.start(version="2.2", strategy="canary", shadow=None, steps=QUICK)
    world.pass_time(60, until="done")
    assert (world.versions, world.hosts["d"].shadows) == ("a2.2 b2.2 c2.2 d", set())


@pytest.mark.parametrize("ticks", range(1, 18))
@pytest.mark.parametrize("strategy", ["shadow", "canary"])
def test_a_leader_may_die_at_any_moment_and_an_abort_may_come(ticks, strategy):
    world = started(strategy=strategy, noise="second")
    world.pass_time(ticks)
    world.is_led = False
    world.pass_time(5)
    world.is_led = True
    if world.phase != "done":
        world.say("abort")
        world.pass_time(70, until="rolled_back")
    world.pass_time(5)
    assert (world.versions, world.hosts["d"].shadows) == (ALL_OLD, set())


@pytest.mark.parametrize("worked", [True, False])
def test_a_canary_that_dies_while_it_starts_or_stops_it_leaves_nothing_behind(worked):
    world = started()
    world.hosts["d"].outcome, world.hosts["d"].worked = Outcome(status="unknown"), worked
    world.pass_time(4)
    assert world.hosts["d"].shadows == ({NEW} if worked else set())
    assert len(world.hosts["d"].done) == 1
    world.say("abort")
    world.hosts["d"].worked = False
    world.pass_time(2)
    world.hosts["d"].outcome = Outcome(status="done")
    world.pass_time(70, until="rolled_back")
    world.pass_time(2)
    assert world.hosts["d"].shadows == set()


def test_what_cannot_be_stopped_stays_behind_the_fence_and_nothing_is_started_beside_it():
    world = World("a", "b", strategy="canary", bake="5s", deadline="20s", shadow=TABLE | {"server": "a"})
    world.comparisons = [msgspec.structs.replace(compared("b"), shadow="a")]
    world.start(steps=[{"servers": 1, "bake": "1s"}])
    world.pass_time(4)
    world.hosts["a"].outcome = Outcome(status="failed", text="it does not end")
    world.pass_time(60, until="rolled_back")
    assert world.hosts["a"].fenced == {("billing", NEW)}
    assert (world.versions, world.hosts["a"].shadows) == ("a1.0 b1.0", {NEW})


@pytest.mark.parametrize("phase", ["aborting", "rolled_back", "done"])
def test_what_could_not_be_stopped_is_tried_again_when_a_person_says_so(phase):
    world = started()
    world.pass_time(4)
    host = world.hosts["d"]
    host.outcome = Outcome(status="failed", text="it does not end")
    if phase != "done":
        world.say("abort")
    world.pass_time(80, until=phase)
    world.pass_time(2)
    told = describe(world.at, world.seen(), ())
    assert ("bellwether deploy abort billing", "try again to stop the shadow") in decisions(told)
    assert (told.servers[-1].state, told.servers[-1].text.partition(";")[0]) == ("failed", "stops being a shadow")
    host.outcome, tasks = Outcome(status="done"), len(host.done)
    world.pass_time(3)
    assert len(host.done) == tasks, "nobody has said anything"
    world.say("abort", reason="it ends now")
    assert (world.phase, world.at.at.reason) == (phase, "abort by root@a: it ends now")
    with pytest.raises(RefusedError):
        world.say("abort")
    world.pass_time(3)
    assert (host.shadows, host.done[-1].verb, len(host.done)) == (set(), "stop", tasks + 1)
    assert world.phase == ("done" if phase == "done" else "rolled_back")
    assert not describe(world.at, world.seen(), ()).may_stop_again


def test_what_is_over_with_steps_is_not_touched_again():
    world = started(strategy="canary")
    world.pass_time(4)
    world.hosts["d"].outcome = Outcome(status="failed", text="it does not end")
    world.pass_time(120, until="done")
    world.pass_time(2)
    assert world.hosts["d"].shadows == {NEW}
    with pytest.raises(RefusedError, match="nothing is to be aborted"):
        world.say("abort")


REFUSED = [
    ({"server": "z"}, {}, "shadow.server: no canary is known on z"),
    ({"server": "b"}, {"b": {OLD, NEW}}, "shadow.server: billing 2.0 does its work on b already: name another server"),
    (
        {"server": "b", "noise": "second"},
        {},
        "shadow.noise: billing 1.0 does its work on b, so it cannot be the reference",
    ),
    ({"primary": "d"}, {}, "shadow.primary: billing does not run on d"),
    ({}, {name: set() for name in "abc"}, "shadow: no other version of billing runs, so there is nothing to copy"),
]


@pytest.mark.parametrize(("table", "running", "told"), REFUSED)
def test_what_cannot_be_a_shadow_there_is_refused_with_the_key(table, running, told):
    hosts = {name: Host(running=running.get(name, {OLD}).copy()) for name in "abc"} | {"d": Host(running=set())}
    world = World(hosts=hosts, strategy="shadow", servers=["a", "b", "c"], shadow=TABLE | table)
    with pytest.raises(RefusedError) as error:
        world.start()
    assert str(error.value).startswith(told)


def test_a_shadow_alone_does_not_take_the_place_of_what_is_on_some_servers():
    world = World(steps=QUICK, bake="10s")
    world.start()
    world.pass_time(5)
    with pytest.raises(RefusedError, match=r"^billing 2\.0 may be on some servers: promote or abort d0 first"):
        world.start(version="2.1", strategy="shadow", steps=[], shadow=TABLE)
    world.start(version="2.2")
    with pytest.raises(RefusedError, match=r"^billing 2\.2 may be on some servers: promote or abort d"):
        world.start(version="2.1", strategy="shadow", steps=[], shadow=TABLE)


def test_it_shows_values_and_limits_and_its_host():
    world = started(strategy="canary")
    world.comparisons = [compared(differing=12, log10_evidence=2.4, paths=("CHARGED.body.total",), unpaired=3)]
    world.pass_time(5)
    told = describe(world.at, world.seen(), ())
    assert (told.phase, told.as_shadow, told.needs_human) == ("paused", True, True)
    assert [(one.name, one.verdict, one.value, one.limit) for one in told.checks] == [
        ("difference", "watch", "10^2.4", "10^2 pauses"),
        ("replies without a partner", "ok", "3 beside 1,000 pairs", "5 %"),
        ("compared", "ok", "1,000 pairs of replies in 3s", "any pair of replies"),
        ("failures of the shadow", "ok", "0 failures", "3"),
    ]
    assert [(one.server, one.version, one.state, one.text) for one in told.servers][-1] == (
        "d",
        NEW,
        "running",
        "as a shadow",
    )
    assert [(step.as_shadow, step.state) for step in told.steps] == [
        (True, "current"),
        (False, "next"),
        (False, "next"),
    ]
    assert told.steps[0].text == "a shadow on d, with 10 % of the conversations of each server"
    world.say("abort")
    assert describe(world.at, world.seen(), ()).servers[-1].text == "stops being a shadow"
    world.pass_time(20, until="rolled_back")
    assert [one.server for one in describe(world.at, world.seen(), ()).servers] == ["a", "b", "c"]


@pytest.mark.parametrize("strategy", ["canary", "blue-green"])
def test_the_shadow_is_shown_before_the_steps_until_it_is_over(strategy):
    world = started(strategy=strategy)
    first, *others = describe(world.at, world.seen(), ()).steps
    assert (first.as_shadow, first.state, {step.state for step in others}) == (True, "current", {"next"})
    world.pass_time(60, until={"canary": "step", "blue-green": "preparing"}[strategy])
    assert [step.state for step in describe(world.at, world.seen(), ()).steps][:3] == ["done", "current", "next"]
    world.pass_time(80, until="done")
    assert {step.state for step in describe(world.at, world.seen(), ()).steps} == {"done"}


def test_a_fence_stands_when_the_router_has_said_so_and_is_gone_when_it_has_said_so():
    kept = {("billing", NEW)}
    policy = Policy(generation=(1, 1), lease_s=1.0, shadows=tuple(copies(_up(), "d")))
    stands = Fence.heard(msgspec.json.encode(policy).decode(), "d")
    assert stands.keeps("billing", NEW)
    assert not stands.is_gone("billing")
    elsewhere = Fence.heard(msgspec.json.encode(policy).decode(), "a")
    assert (elsewhere.keeps("billing", NEW), elsewhere.is_gone("billing")) == (False, True)
    unsure = stands.told(frozenset())
    assert (unsure.keeps("billing", NEW), unsure.is_gone("billing")) == (False, False)
    begun = elsewhere.told(frozenset(kept))
    assert (begun.keeps("billing", NEW), begun.is_gone("billing")) == (False, False)
    assert not Fence().is_gone("billing"), "a router that has said nothing yet may keep it back"


def test_a_router_that_knows_no_shadows_is_named_where_it_is_needed():
    elder = Fence.heard('{"generation":[1,1],"lease_s":1}', "d")
    assert (elder.keeps("billing", NEW), elder.is_gone("billing")) == (False, True)
    spec = _up().at.at.spec
    assert elder.missing(spec, "d") == ("the router of d knows no shadows: upgrade it",)
    named = msgspec.structs.replace(spec, shadow=msgspec.structs.replace(spec.shadow, primary="a"))
    assert [bool(elder.missing(named, server)) for server in "abd"] == [True, False, True]
    assert Fence().missing(spec, "d") == elder.missing(msgspec.structs.replace(spec, shadow=None), "d") == ()


def _up():
    world = started()
    world.pass_time(3)
    return world
