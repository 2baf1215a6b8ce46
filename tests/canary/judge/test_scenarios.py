"""Stories of services, and the verdicts that are to come of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

import pytest

from canary.judge.apply import apply
from canary.judge.state import State
from canary.records import Frozen, GaveUp, Led, ServerBooted, ServerLost, Started
from tests.canary.judge.trial import (
    ACTOR,
    ZERO_S,
    Fact,
    Trial,
    began,
    crashes,
    ended,
    good,
    ordered,
    pardoned,
    passed,
    probe_fails,
    rules,
    works,
)

ABC = ("alpha", "beta", "gamma")
CLUSTER = (*good("beta"), *good("gamma"))
"""Version 1 works on the two other servers."""


@dataclass(frozen=True)
class Scenario:
    """What happens, and what is decided against whom."""

    name: str
    facts: list[Fact]
    verdicts: list[str]
    state: str = ""
    """Of version 2 on alpha, at the end."""
    until_s: float = 600.0
    leads: bool = False
    rules: dict[str, dict[str, object]] = field(default_factory=dict)


def everywhere(*services: str) -> Iterable[Fact]:
    """Services that work on the two other servers."""
    for service in services:
        yield from (*good("beta", service), *good("gamma", service))


def together(services: Iterable[str], *, times: int, apart_s: float = 0.5) -> Iterable[Fact]:
    """Services of alpha that begin to die at about the same time."""
    for number, service in enumerate(services):
        yield from crashes(number * apart_s, service=service, times=times)


def one_by_one(services: Iterable[str], every_s: float) -> Iterable[Fact]:
    """Services of alpha that never work, one after the other; once blocked they are not started."""
    for number, service in enumerate(services):
        yield from crashes(number * every_s, service=service, times=7)


def fail_one_by_one(services: Iterable[str], every_s: float) -> Iterable[Fact]:
    """Services of alpha that have worked, and do not any more, one after the other."""
    for number, service in enumerate(services):
        yield from works(-ZERO_S, "alpha", service, "2", until_s=number * every_s)
        yield from crashes(number * every_s, service=service, times=7)


def gives_up(times: int) -> Iterable[Fact]:
    """What systemd does by default: so many tries in no time, and then none."""
    yield from crashes(0, times=times - 1, delays=(0.1,))
    yield began(0.9, "last")
    yield ended(1.0, "last", causes=("GAVE_UP",))


def flaps(times: int) -> Iterable[Fact]:
    """Each run lasts long enough for a success, and then dies."""
    return crashes(0, times=times, lasts_s=70, delays=(30,))


def restarts_of_router(times: int) -> Iterable[Fact]:
    for number in range(times):
        yield began(number * 10, f"r{number}")
        yield ended(number * 10 + 5, f"r{number}", "censored", "ROUTER_RESTART")


GOOD_BEFORE = (*good("alpha"), *CLUSTER)
OLD = {"config_hash": "old"}
NEW = {"config_hash": "new"}
BLOCKED = "63 alpha/fluid/2 blocked a"
PROBE = "663 alpha/fluid/2 probation probe"

SCENARIOS = [
    Scenario("works", [*CLUSTER, *works(0, version="2")], [], "good", 700),
    Scenario("dies at once", [*CLUSTER, *crashes(0)], [BLOCKED], "blocked"),
    Scenario("dies after 20 s", [*CLUSTER, *crashes(0, lasts_s=20)], ["115 alpha/fluid/2 blocked a"], "blocked"),
    Scenario("slow crash", [*CLUSTER, *crashes(0, lasts_s=55)], ["290 alpha/fluid/2 blocked a"], "blocked"),
    Scenario("six failures are not a minute", [*CLUSTER, *crashes(0, times=6)], [], "suspect"),
    Scenario("recovers", [*CLUSTER, *crashes(0, times=6), *works(63, version="2")], [], "good", 800),
    Scenario(
        "boot storm",
        [*CLUSTER, (0, ServerBooted(server="alpha")), *crashes(1, times=6), *works(64, version="2")],
        [],
        "good",
        800,
    ),
    Scenario(
        "bad from the boot on",
        [*CLUSTER, (0, ServerBooted(server="alpha")), *crashes(1, times=20)],
        ["364 alpha/fluid/2 blocked a"],
    ),
    Scenario("outage", [*CLUSTER, *together(("fluid", "ink", "page"), times=9)], [], "suspect"),
    Scenario(
        "outage that shows after the block",
        [*CLUSTER, *crashes(0, times=7), *crashes(66, service="ink", times=2), *crashes(67, service="page", times=2)],
        [BLOCKED, "67 alpha/fluid/2 suspect a"],
        "suspect",
    ),
    Scenario(
        "outage without an end",
        [*CLUSTER, *together(("fluid", "ink", "page"), times=36)],
        [
            "1803 alpha/fluid/2 suspect time",
            "1804 alpha/ink/2 suspect time",
            "1804 alpha/page/2 suspect time",
        ],
        "suspect",
        2000,
    ),
    Scenario(
        "human asked and not come",
        [*CLUSTER, *together(("fluid", "ink", "page"), times=40)],
        [
            "1803 alpha/fluid/2 suspect time",
            "1804 alpha/ink/2 suspect time",
            "1804 alpha/page/2 suspect time",
            "2043 alpha/fluid/2 blocked a",
            "2044 alpha/ink/2 blocked a",
            "2044 alpha/page/2 blocked a",
        ],
        "blocked",
        2100,
    ),
    Scenario(
        "the last good version fails elsewhere too",
        [*CLUSTER, *crashes(0), *crashes(10, server="beta", version="1", times=4)],
        [],
        "suspect",
        100,
    ),
    Scenario("names what it waits for", [*CLUSTER, *crashes(0, causes=("DEP_UNAVAILABLE",))], [], "observing"),
    Scenario(
        "partition",
        [
            *CLUSTER,
            (0, ServerLost(server="beta")),
            (0, ServerLost(server="gamma")),
            *crashes(1, times=8),
            *works(300, "beta"),
            *works(301, "gamma"),
        ],
        ["64 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario("router restarts", [*CLUSTER, *restarts_of_router(12)], [], "observing"),
    Scenario(
        "host down",
        [
            *CLUSTER,
            *(fact for n in range(9) for fact in (began(n, f"h{n}"), ended(n, f"h{n}", "censored", "HOST_DOWN"))),
        ],
        [],
        "observing",
    ),
    Scenario(
        "rebuilt", [*CLUSTER, *crashes(0, times=7, build="first"), *works(200, version="2")], [BLOCKED], "proving"
    ),
    Scenario(
        "rebuilt, and as bad",
        [*CLUSTER, *crashes(0, times=7, build="first"), *crashes(200)],
        [BLOCKED, "263 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "configuration mended",
        [*CLUSTER, *crashes(0, times=6, **OLD), *works(63, version="2", **NEW)],
        [],
        "proving",
        300,
    ),
    Scenario(
        "configuration was not at fault",
        [*CLUSTER, *crashes(0, times=6, **OLD), *crashes(63, times=2, delays=(30,), **NEW)],
        ["93 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "configuration wrong on two servers says nothing of the version",
        [
            *GOOD_BEFORE,
            *good("delta"),
            *crashes(0, times=7, cause="CONFIG_ERROR", local_only=True),
            *crashes(200, server="beta", times=7, cause="CONFIG_ERROR", local_only=True),
        ],
        [BLOCKED, "263 beta/fluid/2 blocked a"],
        leads=True,
    ),
    Scenario(
        "version bad",
        [
            *GOOD_BEFORE,
            *good("delta"),
            *crashes(0, times=7),
            *crashes(200, server="beta", times=7),
            *crashes(300, "delta"),
        ],
        [BLOCKED, "263 beta/fluid/2 blocked a", "263 fluid/2 held d"],
        leads=True,
    ),
    Scenario(
        "server sick",
        [*everywhere("ink", "page", "tray", "fluid"), *one_by_one(("ink", "page", "tray", "fluid"), 100)],
        [
            "63 alpha/ink/2 blocked a",
            "163 alpha/page/2 blocked a",
            "263 alpha/tray/2 blocked a",
            "263 alpha sick d",
            "363 alpha/fluid/2 blocked a (frozen)",
            "663 alpha/ink/2 probation probe",
            "763 alpha/page/2 probation probe",
            "863 alpha/tray/2 probation probe",
            "863 alpha ok d",
        ],
        "suspect",
        900,
        leads=True,
    ),
    Scenario(
        "too many verdicts at once",
        [*everywhere(*"abcde"), *fail_one_by_one("abcde", 65)],
        [
            "15 alpha/a/2 suspect b",
            "80 alpha/b/2 suspect b",
            "145 alpha/c/2 suspect b",
            "210 * frozen",
            "210 alpha/d/2 suspect b (frozen)",
            "275 alpha/e/2 suspect b (frozen)",
            "2010 * thawed",
            "2010 alpha/e/2 suspect b",
            "2010 alpha/d/2 suspect b",
        ],
        until_s=2_020,
    ),
    Scenario(
        "an operator thaws",
        [*everywhere(*"abcd"), *fail_one_by_one("abcd", 65), (400, Frozen(is_on=False, actor=ACTOR))],
        [
            "15 alpha/a/2 suspect b",
            "80 alpha/b/2 suspect b",
            "145 alpha/c/2 suspect b",
            "210 * frozen",
            "210 alpha/d/2 suspect b (frozen)",
            "400 alpha/d/2 suspect b",
        ],
    ),
    Scenario(
        "all servers",
        [*GOOD_BEFORE, *crashes(0), *crashes(200, server="beta"), *crashes(400, server="gamma")],
        [
            BLOCKED,
            "263 beta/fluid/2 blocked a",
            "263 fluid/2 held d",
            "463 gamma/fluid/2 blocked a",
        ],
        leads=True,
    ),
    Scenario("the only server", [*crashes(0)], [BLOCKED], "blocked"),
    Scenario(
        "the last instance of a version that worked elsewhere",
        [*works(-900, "beta", version="2", until_s=-1), *crashes(0)],
        ["63 alpha/fluid/2 blocked a (last_instance)"],
        "suspect",
    ),
    Scenario(
        "no longer the last instance",
        [*works(-900, "beta", version="2", until_s=-1), *crashes(0, times=8), *works(500, "beta")],
        ["63 alpha/fluid/2 blocked a (last_instance)", "500 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "stable one broken, and a fix deployed",
        [*crashes(0, version="1"), *works(200, version="2")],
        ["63 alpha/fluid/1 blocked a"],
        "proving",
    ),
    Scenario(
        "flapping", [*CLUSTER, *flaps(12)], ["470 alpha/fluid/2 blocked e", "970 alpha/fluid/2 blocked e"], until_s=1300
    ),
    Scenario(
        "gave up in 1 s",
        [*CLUSTER, *gives_up(5)],
        ["1 alpha/fluid/2 blocked a", "601 alpha/fluid/2 probation probe"],
        until_s=700,
    ),
    Scenario("gave up after too few", [*CLUSTER, *gives_up(3)], [], "suspect"),
    Scenario(
        "gave up, told on its own",
        [
            *CLUSTER,
            *crashes(0, times=5, delays=(0.1,)),
            (1, GaveUp(server="alpha", run_id="g", service="fluid", version="2")),
        ],
        ["1 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "late crash",
        [*CLUSTER, *works(0, version="2"), ended(900, "alpha/fluid/2@0"), *works(901, version="2")],
        [],
        "good",
        1000,
    ),
    Scenario(
        "worked, and then no more",
        [*CLUSTER, *works(0, version="2"), ended(900, "alpha/fluid/2@0"), *crashes(901, times=4)],
        ["908 alpha/fluid/2 suspect b"],
        "suspect",
        930,
    ),
    Scenario(
        "ejected again and again",
        [*CLUSTER, *works(0, version="2", until_s=900), *crashes(901, times=40, delays=(10,))],
        [f"{at_s} alpha/fluid/2 suspect b" for at_s in (941, 991, 1051, 1141, 1261)],
        "suspect",
        1350,
    ),
    Scenario(
        "probe works",
        [*CLUSTER, *crashes(0, times=7), began(700, "p", role="probe"), passed(760, "p", role="probe")],
        [BLOCKED, PROBE, "760 alpha/fluid/2 proving probe"],
        "good",
        1400,
    ),
    Scenario(
        "probes fail",
        [*CLUSTER, *crashes(0, times=7), *probe_fails(700), *probe_fails(2000)],
        [
            BLOCKED,
            PROBE,
            "700 alpha/fluid/2 blocked probe",
            "1900 alpha/fluid/2 probation probe",
            "2000 alpha/fluid/2 blocked probe",
            "4400 alpha/fluid/2 probation probe",
        ],
        "probation",
        5000,
    ),
    Scenario(
        "leader changes between two blocks",
        [
            *GOOD_BEFORE,
            *good("delta"),
            *crashes(0, times=7),
            (150, Led(leader="beta", term=2)),
            *crashes(200, server="beta", times=7),
            (300, Led(leader="alpha", term=3)),
        ],
        [BLOCKED, "263 beta/fluid/2 blocked a", "263 fluid/2 held d"],  # and whoever leads next goes by that
        leads=True,
    ),
    Scenario(
        "runs dry",
        [*CLUSTER, *crashes(0)],
        ["63 alpha/fluid/2 blocked a (dry_run)"],
        "suspect",
        rules={"a": {"mode": "dry-run"}},
    ),
    Scenario(
        "protected",
        [*CLUSTER, *crashes(0)],
        ["63 alpha/fluid/2 blocked a (protected)"],
        "suspect",
        rules={"caps": {"protected": ["fluid"]}},
    ),
    Scenario(
        "allowed for a while",
        [*CLUSTER, ordered(0, "allow", 300), *crashes(0, times=8)],
        ["63 alpha/fluid/2 blocked a (override)", "300 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "pardoned",
        [*CLUSTER, *crashes(0, times=7), pardoned(100), *works(200, version="2")],
        [BLOCKED, "100 alpha/fluid/2 unknown operator"],
        "proving",
    ),
    Scenario(
        "frozen for a while",
        [*CLUSTER, (0, Frozen(is_on=True, until_at_s=1300, actor=ACTOR)), *crashes(0, times=8)],
        ["63 alpha/fluid/2 blocked a (frozen)", "300 * thawed", "300 alpha/fluid/2 blocked a"],
        "blocked",
    ),
    Scenario(
        "the canary dies between a fact and its verdict",
        [*CLUSTER, *crashes(0, times=6), (700, Started(release="1", boot_id="b", was_clean=False))],
        [],
        "suspect",
        800,
    ),
    Scenario("archived", [*CLUSTER, *crashes(0, times=3)], [], until_s=3e6),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=attrgetter("name"))
def test_scenario(scenario):
    trial = Trial(rules(**scenario.rules), ABC, leads=scenario.leads).play(scenario.facts, scenario.until_s)
    assert trial.verdicts() == scenario.verdicts
    if scenario.state:
        assert trial.cell().state == scenario.state


@pytest.mark.parametrize("scenario", SCENARIOS, ids=attrgetter("name"))
def test_the_log_gives_the_state_again(scenario):
    """Whatever the wall clock did meanwhile."""
    trial = Trial(rules(**scenario.rules), ABC, leads=scenario.leads).play(scenario.facts, scenario.until_s)
    state = State()
    for entry in trial.entries:
        apply(state, entry)
    assert state == trial.state
