"""What is played, and what must hold afterwards: one function each, which describes its hosts and plays on a stage of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from laboratory.host import Plan
from laboratory.stage import Stage

CRYSTALS_PPM = (12.0, -8.0, 25.0, -17.0, 3.0)
"""Of h1 to h5; within what crystals have."""
LIE_S = 0.040
COMMON_S = 0.200
CORRECTION_S = 0.030
DEAD = ("10.77.0.201", "10.77.0.202")
"""Addresses at which nobody is."""
AGAIN_S = 10.0
"""Until daemons that start anew run."""
ACCUSED_S = 15.0
"""Within this a wrong clock is accused, once its grace is over."""
TOLD_S = 30.0
"""Within this a common error is told by everybody, where some have references."""
TIGHT_S = 300e-6
"""The bound of a healthy host on a LAN, for 95 of 100 looks."""

WANDER_PPM = 5.0
"""What a crystal does by itself, and when its temperature changes by some degrees."""
WALK_PPM = 0.5
"""In a second: more than any crystal."""
QUICK = {"interval_s": 1, "thresholds.grace_s": 2}
"""Settings of timekeepers for whoever has no minutes."""

Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something to be played."""

    make_plans: Callable[..., Mapping[str, Plan]]
    play: Play

    def stage(self, seed: int = 0, settings: Mapping[str, object] | None = None) -> Stage:
        """A stage for it.

        Args:
            seed: Of the network.
            settings: Of all timekeepers, by dotted path; none by default.
        """
        return Stage(self.make_plans(settings=settings or {}), seed)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    name: str, *sources: Sequence[str], lies: Mapping[str, float] | None = None, references: Sequence[str] = ()
) -> Callable[[Play], Play]:
    """Put a function among the scenarios; it is played on a `cluster` of these hosts."""

    def keep(play: Play) -> Play:
        SCENARIOS[name] = Scenario(partial(cluster, *sources, lies=lies or {}, references=references), play)
        return play

    return keep


def cluster(
    *sources: Sequence[str],
    lies: Mapping[str, float],
    references: Sequence[str],
    settings: Mapping[str, object],
) -> Mapping[str, Plan]:
    """A cluster of hosts h1, h2, … and the servers they need.

    Args:
        sources: What the chronyd of each host follows.
        lies: By how much a server is ahead of true time.
        references: Hosts that ask the servers s8 and s9 for the time.
        settings: Of all timekeepers.
    """
    names = [f"h{number}" for number in range(1, len(sources) + 1)]
    asked = ["s8", "s9"] if references else []
    servers = sorted({source for each in sources for source in each if source.startswith("s")})
    plans = {}
    for place, name in enumerate(names):
        own = dict(settings)
        if name in references:
            own["references.servers"] = [f"10.77.0.{len(names) + len(servers) + number}" for number in (1, 2)]
        others = [names[(place + step) % len(names)] for step in (1, 2)]
        neighbors = sorted(set(others) - {name})
        ahead_s = lies.get(sources[place][0], 0.0)  # it follows that server since long ago
        plans[name] = Plan(sources[place], ahead_s, CRYSTALS_PPM[place], neighbors, own)
    return plans | {server: Plan(ahead_s=lies.get(server, 0.0)) for server in [*servers, *asked]}


TRUE = ("s1", "s2")
LIAR = ("s3",)


@scenario("S1", *[TRUE] * 5)
async def all_fine(stage: Stage) -> None:
    """All is well: the numbers hold, and nobody is accused."""
    await stage.begin()
    await stage.wait(60)
    stage.expect_bounds()
    stage.expect_accused()
    stage.expect_no_innocent()
    stage.expect_flags(stage.members)
    await stage.expect_wait_synced(stage.members, success=True)


@scenario("F1", ["s1"], ["s1"], ["s1"], ["s3", DEAD[0]], ["s3", DEAD[1]], lies={"s3": LIE_S})
async def dead_servers_in_lists(stage: Stage) -> None:
    """Two hosts follow one liar and have another dead server each: that makes no second vote."""
    await stage.begin()
    stage.expect_no_innocent()
    stage.expect_accused("h4", "h5")
    stage.expect_flags(["h4", "h5"], "clock_wrong", "clock_false-claim")
    await stage.expect_wait_synced(["h1", "h2", "h3"], success=True)
    await stage.expect_wait_synced(["h4", "h5"], success=False)
    await stage.expect_unstable(["h4", "h5"])


@scenario("F2", ["s1"], LIAR, lies={"s3": LIE_S})
async def two_contradict(stage: Stage) -> None:
    """Two hosts whose claims exclude each other: neither passes."""
    await stage.begin()
    stage.expect_no_innocent()
    for name in stage.members:
        stage.expect(stage.hosts[name].flags(), f"no flag on {name}")
    await stage.expect_wait_synced(stage.members, success=False)
    await stage.expect_unstable(stage.members)


@scenario("F3", *[("s1", "s2", "s3")] * 5, references=["h1", "h3"])
async def common_error(stage: Stage) -> None:
    """All servers begin to lie; two hosts have references, and every host says so."""
    await stage.begin()
    for name in ("s1", "s2", "s3"):
        stage.hosts[name].clock.step(COMMON_S)
    stage.note("all servers are 200 ms ahead")
    raw_s = stage.now_s
    took_s = await stage.settle(lambda: ahead_of_truth(stage) > COMMON_S / 2, 30)
    stage.expect(took_s is not None, "chronyd does not follow its servers")
    told_s = await stage.settle(lambda: all(one.is_cluster_off for one in stage.watcher.looks.values()), TOLD_S)
    silent = [name for name, one in stage.watcher.looks.items() if not one.is_cluster_off]
    stage.expect(told_s is not None, f"{silent} do not tell within {stage.now_s - raw_s:.0f} s that the cluster is off")
    await stage.expect_ending("true time")


@scenario("F4", ["s1"], ["s1"], LIAR, LIAR, LIAR, lies={"s3": LIE_S}, references=["h1", "h3"])
async def wrong_majority(stage: Stage) -> None:
    """Three of five are wrong; two hosts have references: nobody true is accused, and everybody shows what they hear."""
    await stage.begin()
    stage.expect_no_innocent()
    for name in ("h1", "h2"):
        flags = stage.hosts[name].flags() & {"clock_wrong", "clock_false-claim"}
        stage.expect(not flags, f"flags on {name}, whose clock is true: {sorted(flags)}")
    await stage.expect_ending("true time")
    await stage.expect_wait_synced(["h3", "h4", "h5"], success=False)
    await stage.expect_unstable(["h3", "h4", "h5"])


@scenario("F5", *[["s1"]] * 4)
async def common_correction(stage: Stage) -> None:
    """The server is corrected by 30 ms, there and back, and everybody follows, not all at one moment: no flag is raised."""
    await stage.begin()
    stage.expect_flags(stage.members)
    before = len(stage.watcher.events)
    for correction_s in (CORRECTION_S, -CORRECTION_S) * 3:
        stage.hosts["s1"].clock.step(correction_s)
        stage.note(f"the server is corrected by {1000 * correction_s:+.0f} ms")
        goal_s = max(correction_s, 0.0)
        await stage.wait(20)
        stage.expect(
            all(abs(one_s - goal_s) < 0.001 for one_s in ahead(stage)),
            f"chronyd does not follow its server: {ahead(stage)}",
        )
    for event in stage.watcher.events[before:]:
        is_flag = event.topic == "flags" and set(event.now.split(", ")) - {"none", "clock_stepped"}
        stage.expect(not is_flag, f"{event.by} raised flags for nothing at {event.at_s:.0f} s: {event.now}")


@scenario("F6", ["s1"], ["s1"], LIAR, LIAR, lies={"s3": LIE_S})
async def tie_with_one_down(stage: Stage) -> None:
    """Two against two; one is down and one timekeeper starts anew: still nobody is accused."""
    await stage.begin()
    stage.expect_accused()
    stage.hosts["h2"].halt()
    stage.hosts["h1"].kill("timekeeperd")
    stage.hosts["h1"].start("timekeeperd")
    stage.note("h2 is down, and the timekeeper of h1 starts anew")
    await stage.wait(stage.patience_s + AGAIN_S)
    stage.expect_no_innocent()
    stage.expect_accused()


@scenario("F7", *[TRUE] * 5)
async def partition(stage: Stage) -> None:
    """Two hosts are cut off and one of them is set: nothing old is shown as if it were new."""
    await stage.begin()
    stage.network.divide(["h4", "h5"])
    stage.note("h4 and h5 are cut off")
    await stage.wait(10)
    stage.hosts["h5"].clock.step(0.030)
    stage.note("h5 is set by +30 ms")
    await stage.wait(60)
    for name in ("h1", "h2", "h3"):
        age_s = stage.watcher.looks[name].age_s("h5")
        stage.expect(age_s is not None and age_s > 55, f"{name} says that what it shows of h5 is {age_s} s old")
        stage.expect(
            "no answer for" in await stage.table(name), f"the table on {name} does not say that h5 does not answer"
        )
    stage.network.divide(["h4", "h5"], is_cut=False)
    stage.note("the network is whole again")
    await stage.wait(60)
    stage.expect_no_innocent()


@scenario("F12", *[TRUE] * 5)
async def tight_bounds(stage: Stage) -> None:
    """On a healthy LAN with default settings the bounds are tight."""
    await stage.begin()
    stage.watcher.forget_numbers()
    await stage.wait(60)
    stage.expect_bounds()
    for kind, audit in stage.watcher.audits.items():
        p95_s = sorted(audit.bounds_s)[len(audit.bounds_s) * 95 // 100]
        stage.expect(p95_s <= TIGHT_S, f"bounds of {kind}: {1e6 * p95_s:.0f} us p95, more than {1e6 * TIGHT_S:.0f}")


@scenario("wrong", ["s1"], ["s1"], ["s1"], LIAR, ["s1"])
async def wrong_clock(stage: Stage) -> None:
    """The server of one host begins to lie by 40 ms: that host is accused within 15 s after its clock is wrong."""
    await stage.begin()
    stage.hosts["s3"].clock.step(LIE_S)
    stage.note("the server of h4 is 40 ms ahead")
    stage.expect(
        await stage.settle(lambda: ahead(stage)[3] > 0.005, 30) is not None, "chronyd does not follow its server"
    )
    stage.note("h4 is more than 5 ms ahead")
    looks = stage.watcher.looks
    took_s = await stage.settle(lambda: "h4" in looks["h4"].accused() and "h4" in looks["h1"].accused(), 60)
    stage.expect(took_s is not None and took_s <= ACCUSED_S, f"h4 is accused after {took_s} s, by h1 and by itself")
    await stage.wait(20)
    stage.expect_accused("h4")
    stage.expect_no_innocent()
    stage.expect_bounds()
    await stage.expect_wait_synced(["h4"], success=False)
    await stage.expect_unstable(["h4"])


@scenario("killed", *[TRUE] * 3)
async def killed_chronyd(stage: Stage) -> None:
    """A chronyd is killed: its host says so, and is in holdover."""
    await stage.begin()
    stage.hosts["h2"].kill("chronyd")
    stage.note("the chronyd of h2 is killed")
    took_s = await stage.settle(lambda: stage.watcher.looks["h2"].own_state == "holdover", 30)
    stage.expect(took_s is not None, "h2 is not in holdover")
    await stage.wait(20)
    await stage.expect_wait_synced(["h2"], success=False)
    stage.expect_accused()
    stage.expect_bounds()


@scenario("restarts", *[TRUE] * 4)
async def restarts(stage: Stage) -> None:
    """Daemons and a host start anew, one after the other: nobody is accused, and all numbers hold."""
    await stage.begin()
    for name, daemon in (("h1", "timekeeperd"), ("h2", "communicatord"), ("h3", "chronyd")):
        stage.hosts[name].kill(daemon)
        stage.hosts[name].start(daemon)
        stage.note(f"{daemon} on {name} starts anew")
        await stage.wait(15)
    stage.hosts["h4"].halt()
    await stage.wait(5)
    stage.hosts["h4"].boot()
    stage.note("h4 starts anew")
    await stage.wait(stage.patience_s + AGAIN_S)
    stage.expect_no_innocent()
    stage.expect_bounds()
    stage.expect_flags(stage.members)


@scenario("slew", *[TRUE] * 4)
async def slew(stage: Stage) -> None:
    """A clock without a daemon runs 500 ppm too fast for 20 s: it is found, and the others are not."""
    await stage.begin()
    stage.hosts["h4"].kill("chronyd")
    stage.hosts["h4"].clock.drift(CRYSTALS_PPM[3] + 500)
    stage.note("h4 runs 500 ppm too fast")
    await stage.wait(20)
    stage.hosts["h4"].clock.drift(CRYSTALS_PPM[3])
    await stage.wait(40)
    stage.expect_no_innocent()
    stage.expect("h4" in stage.watcher.looks["h1"].accused(), f"h4 is not found, {1000 * ahead(stage)[3]:.1f} ms ahead")


@scenario("wander", *[TRUE] * 4)
async def wandering_crystals(stage: Stage) -> None:
    """The crystals wander by 5 ppm, and one is heated by as much at once: the bounds hold, and nobody is accused."""
    await stage.begin()
    walks, chance = dict.fromkeys(stage.members, 0.0), Random(stage.seed)
    for second in range(90):
        for name in stage.members:
            host = stage.hosts[name]
            walks[name] = max(-WANDER_PPM, min(WANDER_PPM, walks[name] + chance.gauss(0, WALK_PPM)))
            heat_ppm = WANDER_PPM if second >= 45 and name == "h2" else 0.0
            host.clock.drift(host.plan.ppm + walks[name] + heat_ppm)
        await stage.wait(1)
    stage.expect_no_innocent()
    stage.expect_bounds()


@scenario("frozen", *[TRUE] * 4)
async def frozen_host(stage: Stage) -> None:
    """A virtual host stands still for half a second and does not know: it is found, and the others are not."""
    await stage.begin()
    stage.hosts["h3"].freeze()
    await stage.wait(0.5)
    stage.hosts["h3"].thaw()
    stage.note(f"h3 stood still, and is {1000 * ahead(stage)[2]:.0f} ms ahead")
    await stage.wait(60)
    stage.expect({one.of for one in stage.watcher.accusations} <= {"h3"}, f"accused: {stage.watcher.accusations}")
    stage.expect_accused()


@scenario("asymmetry", *[TRUE] * 5)
async def asymmetry(stage: Stage) -> None:
    """All that goes to one host takes 5 ms longer than what comes back: the bounds hold it."""
    for name in stage.hosts:
        if name != "h4":
            stage.network.set_way(name, "h4", delay_s=0.005)
    await stage.begin()
    stage.expect_no_innocent()
    stage.expect_accused()
    stage.expect_bounds()


@scenario("loss", *[TRUE] * 4)
async def loss(stage: Stage) -> None:
    """30 % of all packets are lost and the rest take up to 3 ms longer: nothing changes."""
    for here in stage.hosts:
        for there in stage.hosts:
            stage.network.set_way(here, there, jitter_s=0.003, loss=0.3)
    await stage.begin()
    await stage.wait(30)
    stage.expect_no_innocent()
    stage.expect_accused()
    stage.expect_bounds()


def ahead(stage: Stage) -> list[float]:
    """How far the clock of each host is ahead of true time now, in seconds."""
    return [stage.watcher.ahead_s(name) for name in stage.members]


def ahead_of_truth(stage: Stage) -> float:
    """How far the clock that is least ahead is."""
    return min(ahead(stage))
