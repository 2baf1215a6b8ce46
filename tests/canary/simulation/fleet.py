"""A cluster where a new version runs beside the old one, with a known truth about how often each fails; the real judge decides."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from canary.records import RunBegan, RunEnded, RunPassed, VersionJudged
from canary.rules import Rules
from tests.canary.simulation.court import Court
from tests.canary.simulation.starts import OK_AFTER_S, SERVICE, restart_delay_s

RULES = Rules(mode="enforce")
SETTLED_S = 1_000.0
"""By then the old version is good everywhere, and the new one comes."""
HOUR_S = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Truth:
    """How a cluster is, and how often what fails in it."""

    old: int = 2
    """Servers that keep the old version."""
    new: int = 2
    """Servers that get the new one."""
    apart_s: float = 0.0
    """How long after each other they get it."""
    mean_s: float = 2 * HOUR_S
    """How long a run of the old version lasts, in the mean, once it has started well."""
    ratio: float = 1.0
    """How many times as often the new version fails."""
    start_fails: float = 0.0
    """The chance that a first start fails, of either version."""
    again: float = 0.0
    """The chance that the start after a failure fails too: failures come in clusters of 1 / (1 - again)."""
    outage_mean_s: float = 0.0
    """The mean time between outages of something that all of them need; 0: there are none."""
    outage_s: float = 120.0
    outage_hits: float = 1.0
    """The chance that an outage hits a server."""


@dataclass
class Verdicts:
    """After how many failures that counted, and when since the new version came, it was first found to be what; None: never."""

    suspect: int | None = None
    held: int | None = None
    suspect_at_s: float | None = None
    counted: int = 0


@dataclass
class Host:
    """One server, and the run on it."""

    name: str
    version: str = "1"
    run: int = 0
    restarts: int = 0
    """Since a run has worked."""
    away_until_s: float = 0.0
    began_s: float = 0.0

    def facts_of(self) -> dict[str, str]:
        """What all facts about its run say."""
        return {"server": self.name, "run_id": f"{self.name}-{self.run}", "service": SERVICE, "version": self.version}


Due = tuple[float, int, Callable[[], None]]


@dataclass
class Fleet:
    """One play of a truth."""

    truth: Truth
    seed: int
    hosts: list[Host] = field(init=False)
    court: Court = field(init=False)
    verdicts: Verdicts = field(default_factory=Verdicts)
    now_s: float = 0.0
    due: list[Due] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.hosts = [Host(f"s{number:02}") for number in range(self.truth.old + self.truth.new)]
        self.court = Court(RULES, [host.name for host in self.hosts], leads=True)
        self.orders = 0

    def play(self, failures: int) -> Verdicts:
        """Until so many failures have counted, or the new version is held."""
        for host in self.hosts:
            self.start(host, is_first=True, may_fail=False)
        for number, host in enumerate(self.hosts[: self.truth.new]):
            self.at(SETTLED_S + number * self.truth.apart_s, lambda host=host: self.replace(host))
        if self.truth.outage_mean_s:
            self.at(SETTLED_S + self.dice.expovariate(1 / self.truth.outage_mean_s), self.break_down)
        while self.verdicts.held is None and self.verdicts.counted < failures:
            self.now_s, _, happen = heapq.heappop(self.due)
            happen()
        return self.verdicts

    def at(self, at_s: float, happen: Callable[[], None]) -> None:
        """Let something happen then."""
        self.orders += 1
        heapq.heappush(self.due, (at_s, self.orders, happen))

    def tell(self, record: RunBegan | RunPassed | RunEnded) -> None:
        """The judge hears of it; note what it makes of that."""
        known = len(self.court.decided)
        self.court.tell(self.now_s, record)
        evidence = self.court.state.comparisons[SERVICE].evidence
        self.verdicts.counted = evidence.new + evidence.old
        for at_s, decision in self.court.decided[known:]:
            if isinstance(decision, VersionJudged) and decision.rule == "c":
                self.note(at_s, decision)

    def note(self, at_s: float, decision: VersionJudged) -> None:
        """What was found of the new version, for the first time; that it differs on a server is nothing."""
        if decision.state == "ok":
            return
        if self.verdicts.suspect is None:
            self.verdicts.suspect, self.verdicts.suspect_at_s = self.verdicts.counted, at_s - SETTLED_S
        if decision.state == "held":
            self.verdicts.held = self.verdicts.counted

    def replace(self, host: Host) -> None:
        """The server gets the new version."""
        self.tell(RunEnded(**host.facts_of(), outcome="clean", cause="UNREGISTER"))
        host.version, host.restarts = "2", 0
        self.start(host, is_first=True)

    def start(self, host: Host, *, is_first: bool, may_fail: bool = True) -> None:
        """A process starts, and either fails soon or works for some time."""
        host.run += 1
        host.began_s = self.now_s
        self.tell(RunBegan(**host.facts_of()))
        chance = self.truth.start_fails if is_first else self.truth.again
        fails = may_fail and (self.now_s < host.away_until_s or self.dice.random() < chance)
        run = host.run
        if fails:
            self.at(self.now_s + 2 * self.dice.random(), lambda: self.fail(host, run))
            return
        mean_s = self.truth.mean_s / (self.truth.ratio if host.version == "2" else 1)
        lasts_s = OK_AFTER_S + self.dice.expovariate(1 / mean_s)
        self.at(self.now_s + OK_AFTER_S, lambda: self.succeed(host, run))
        self.at(self.now_s + lasts_s, lambda: self.fail(host, run))

    def succeed(self, host: Host, run: int) -> None:
        """It has lasted long enough, if it still goes on."""
        if host.run == run:
            host.restarts = 0
            self.tell(RunPassed(**host.facts_of(), lasted_s=OK_AFTER_S))

    def fail(self, host: Host, run: int) -> None:
        """It dies, if it still goes on, and is started again."""
        if host.run != run:
            return
        lasted_s = self.now_s - host.began_s
        self.tell(RunEnded(**host.facts_of(), outcome="failure", cause="CRASH", lasted_s=lasted_s))
        host.run += 1
        host.restarts += 1
        restart = host.run
        self.at(self.now_s + restart_delay_s(host.restarts), lambda: self.restart(host, restart))

    def restart(self, host: Host, run: int) -> None:
        """Its supervisor starts it again, unless somebody else has."""
        if host.run == run:
            self.start(host, is_first=False)

    def break_down(self) -> None:
        """Something is away that many need; who needs it dies within some seconds, and cannot start."""
        for host in self.hosts:
            if self.dice.random() < self.truth.outage_hits:
                host.away_until_s = self.now_s + self.truth.outage_s
                run = host.run
                self.at(self.now_s + 10 * self.dice.random(), lambda host=host, run=run: self.fail(host, run))
        self.at(self.now_s + self.dice.expovariate(1 / self.truth.outage_mean_s), self.break_down)
