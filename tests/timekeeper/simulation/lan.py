"""A healthy network of a rack: crystals that wander, daemons that steer, exchanges and rows, with a known truth."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, pairwise, permutations
from random import Random

import msgspec

from communicator.answers.clocks import Local
from communicator.protocol import Message
from tests.timekeeper.cluster.words import CLAIM, row, word_of
from timekeeper.cluster.neighbors import describe_peer
from timekeeper.cluster.rows import Rows
from timekeeper.pairs import Correction, Exchange, PairWindow, RealtimeReading
from timekeeper.pairs.rates import SETTLED_S
from timekeeper.solution import Electors, Patience, Thresholds, Verdict
from timekeeper.solver import Solver

US = 1_000
S = 1_000_000_000
WARMUP_S = 400.0
INTERVAL_S = 10.0
BURST = 8
HELD_UP = 0.1
GRACE_S = 60.0
WALL_NS = 1_800_000_000 * S


class Course:
    """A rate that changes evenly between knots, and what it adds up to."""

    def __init__(self, knots: list[tuple[float, float]]) -> None:
        self._times = [at for at, _ in knots]
        self._rates = [rate for _, rate in knots]
        pieces = ((b - a) * (r + q) / 2 for (a, r), (b, q) in pairwise(knots))
        self._sums = list(accumulate(pieces, initial=0.0))

    def at(self, now_s: float) -> float:
        """The sum of the rate up to a moment, in seconds."""
        place = max(0, min(bisect_right(self._times, now_s) - 1, len(self._times) - 2))
        start, end = self._times[place], self._times[place + 1]
        rate, last = self._rates[place], self._rates[place + 1]
        passed = now_s - start
        return self._sums[place] + passed * (rate + (last - rate) * passed / (end - start) / 2)


@dataclass(frozen=True)
class Weather:
    """What crystals, daemons and the network go through."""

    wander_ppm: float = 0.0
    """From the slowest to the fastest rate of a crystal, over some minutes."""
    warming_ppm: float = 0.0
    """By how much a crystal changes where it suddenly gets warm or cold."""
    poll_s: float = 16.0
    """How often a daemon corrects its clock."""
    noise_s: float = 8e-6
    """What a daemon errs by."""
    delay_us: float = 45.0
    queue_us: float = 10.0
    late_s: float = 0.0
    """How long routers hold up one row in ten, at most."""


def draw_crystal(random: Random, weather: Weather, until_s: float) -> Course:
    """A crystal: its rate, how it wanders, and one sudden change of temperature."""
    base, period_s, phase = random.uniform(-30e-6, 30e-6), random.uniform(180, 900), random.uniform(0, math.tau)
    warmed_s, size, lag_s = (
        random.uniform(0, until_s),
        random.choice((-1, 1)) * weather.warming_ppm,
        random.uniform(10, 60),
    )

    def rate(at_s: float) -> float:
        warmed = 0.0 if at_s < warmed_s else size * (1 - math.exp((warmed_s - at_s) / lag_s))
        return base + 1e-6 * (weather.wander_ppm / 2 * math.sin(math.tau * at_s / period_s + phase) + warmed)

    return Course([(at_s, rate(at_s)) for at_s in range(-int(WARMUP_S), int(until_s) + 20, 2)])


class Host:
    """Clocks as functions of true time, in seconds; a daemon steers CLOCK_REALTIME as chronyd does."""

    def __init__(self, name: str, random: Random, weather: Weather, until_s: float) -> None:
        self.name = name
        self.raw_start_ns = random.randrange(2**50)
        self.crystal = draw_crystal(random, weather, until_s)
        self.updates: list[tuple[float, float, float]] = []
        """When the daemon set out to correct what, and in how long a time."""
        self.steered = self._steer(random, weather, until_s)
        self.said_s = random.uniform(0, INTERVAL_S)
        self.rows = 0

    def _steer(self, random: Random, weather: Weather, until_s: float) -> Course:
        """Every `poll_s` it takes what its clock ran off by as its drift, and slews what it finds itself to be off."""
        span_s, before_s = weather.poll_s, -WARMUP_S
        at_s, steered = before_s + random.uniform(1, span_s), 0.0
        knots, rate = [(before_s, 0.0)], 0.0
        while at_s < until_s + 20:
            steered += rate * (at_s - before_s)
            drift = (self.crystal.at(at_s) - self.crystal.at(before_s)) / (at_s - before_s)
            error_s = self.crystal.at(at_s) + steered + random.gauss(0, weather.noise_s)
            lasts_s = min(span_s * 0.9, max(1.0, 1.5 * weather.noise_s * span_s / abs(error_s)))
            knots.append((at_s - 1e-6, rate))
            rate = -drift + random.gauss(0, 0.1e-6)
            slewed = rate - error_s / lasts_s
            knots += [(at_s, slewed), (at_s + lasts_s, slewed), (at_s + lasts_s + 1e-6, rate)]
            self.updates.append((at_s, error_s, lasts_s))
            steered -= error_s
            before_s, at_s = at_s, at_s + span_s * random.uniform(0.95, 1.05)
        return Course([*knots, (at_s + 1, rate)])

    def raw(self, at_s: float) -> int:
        """CLOCK_MONOTONIC_RAW."""
        return self.raw_start_ns + round(at_s * S) + round(self.crystal.at(at_s) * S)

    def read(self, at_s: float, error_ns: int = 0) -> RealtimeReading:
        """CLOCK_REALTIME - CLOCK_MONOTONIC_RAW."""
        return RealtimeReading(WALL_NS - self.raw_start_ns + round(self.steered.at(at_s) * S), self.raw(at_s), error_ns)

    def ahead_s(self, at_s: float) -> float:
        """How far CLOCK_REALTIME is ahead of true time."""
        return self.crystal.at(at_s) + self.steered.at(at_s)

    def remaining_s(self, at_s: float) -> float:
        """What the daemon says that it has still to correct."""
        began_s, error_s, lasts_s = [one for one in self.updates if one[0] <= at_s][-1]
        return error_s * max(0.0, 1 - (at_s - began_s) / lasts_s)


@dataclass
class Lan:
    """Hosts that probe each other, tell rows, and judge."""

    seed: int
    weather: Weather
    hosts: int = 5
    until_s: float = 300.0
    settled_s: float = 60.0
    """From when on it is looked at."""
    bounds_s: list[float] = field(default_factory=list)
    """Those of hosts against the reference, as the judges find them."""
    pairs_s: list[float] = field(default_factory=list)
    """Those of pairs, as they are told."""
    broken: list[str] = field(default_factory=list)
    """Bounds that the truth was outside of."""
    accused: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    """By a judge whose grace is over, with a threshold of 1 ms."""
    plans: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list, repr=False)
    planned: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.all = [Host(f"h{n}", self.random, self.weather, self.until_s) for n in range(self.hosts)]
        self.by_name = {one.name: one for one in self.all}
        self.windows = {ends: PairWindow() for ends in permutations(self.by_name, 2)}
        self.rows = {name: Rows() for name in self.by_name}
        self.solvers = {name: Solver(Thresholds(warn_s=0.001), Patience(grace_s=GRACE_S)) for name in self.by_name}

    def run(self) -> "Lan":
        """Play it."""
        for first, second in self.windows:
            at_s = self.random.uniform(0, 1)
            while at_s < self.until_s:
                self.plan(at_s, partial(self.burst, first=first, second=second))
                at_s += INTERVAL_S * self.random.uniform(0.9, 1.1) + 0.3
        for host in self.all:
            for number in range(int(self.until_s / INTERVAL_S) - 1):
                self.plan(host.said_s + number * INTERVAL_S, partial(self.look, host=host))
        while self.plans:
            at_s, _, happen = heappop(self.plans)
            happen(at_s)
        return self

    def plan(self, at_s: float, happen: Callable[[float], None]) -> None:
        """Have something happen at a time."""
        self.planned += 1
        heappush(self.plans, (at_s, self.planned, happen))

    def burst(self, at_s: float, first: str, second: str) -> None:
        """Eight questions."""
        for _ in range(BURST):
            exchange = self.exchange(at_s, self.by_name[first], self.by_name[second])
            self.windows[first, second].add(exchange)
            at_s += self.random.uniform(0.01, 0.02)

    def exchange(self, at_s: float, us: Host, peer: Host) -> Exchange:
        """One question."""
        there, back = (
            (self.weather.delay_us + self.random.expovariate(1 / self.weather.queue_us)) / 1e6 for _ in range(2)
        )
        came_s, left_s = at_s + there, at_s + there + 30e-6
        ended_s = left_s + back
        return Exchange(
            t1_ns=us.raw(at_s),
            t2_ns=peer.raw(came_s),
            t3_ns=peer.raw(left_s),
            t4_ns=us.raw(ended_s),
            stamp_error_ns=1 * US,
            ours=us.read(ended_s, 200),
            theirs=peer.read(came_s, 200),
            peer_boot_id="boot",
            our_epoch=1,
            peer_epoch=1,
        )

    def tell(self, host: Host, at_s: float) -> Local:
        """The row of a host."""
        host.rows += 1
        corrections = self.rows[host.name].corrections(at_s)
        mine_s = abs(host.remaining_s(at_s))
        pairs = []
        for (first, second), window in self.windows.items():
            if first != host.name:
                continue
            told = corrections.get(second, Correction())
            correction = replace(told, remaining_s=told.remaining_s + mine_s)
            if one := window.estimate(host.raw(at_s), host.read(at_s), correction):
                pairs.append(describe_peer(second, one, "probe"))
                self.check(at_s, first, second, one.offset_s, one.bound_s, self.pairs_s)
        claim = msgspec.structs.replace(CLAIM, offset_seconds=host.remaining_s(at_s))
        return word_of(host.name, *pairs, seq=host.rows, claim=claim, made_seconds=at_s + host.raw_start_ns / S)

    def look(self, at_s: float, host: Host) -> None:
        """Judge, and tell all others."""
        local = self.tell(host, at_s)
        judgement = self.solvers[host.name].judge(local, self.rows[host.name], Electors.of(self.by_name), at_s)
        solution = judgement.solution
        self.accused.update(judgement.wrong)
        if at_s > GRACE_S + self.settled_s:
            self.doubted.update(one.host for one in judgement.hosts if one.verdict is not Verdict.OK)
        for solved in solution.hosts:
            if solved.bound_s is not None and solved.host != solution.reference:
                self.check(at_s, solution.reference, solved.host, solved.offset_s, solved.bound_s, self.bounds_s)
        for other in self.by_name.keys() - {host.name}:
            held_s = self.random.uniform(0, self.weather.late_s) if self.random.random() < HELD_UP else 0.0
            self.plan(at_s + self.random.expovariate(2000) + held_s, partial(self.hear, other, row(local)))

    def hear(self, name: str, message: Message, at_s: float) -> None:
        """A row has come; it may have been overtaken."""
        self.rows[name].hear(message, at_s)

    def check(
        self, at_s: float, first: str, second: str, offset_s: float, bound_s: float, bounds_s: list[float]
    ) -> None:
        """Hold a bound against the truth."""
        truth_s = self.by_name[second].ahead_s(at_s) - self.by_name[first].ahead_s(at_s)
        if at_s >= self.settled_s:
            bounds_s.append(bound_s)
        if abs(truth_s - offset_s) > bound_s + 1e-9 and not self.is_untold(at_s, first, second):
            self.broken.append(f"{at_s:.1f} s: {second} is {truth_s} ahead of {first}, not {offset_s} ±{bound_s}")

    def is_untold(self, at_s: float, *names: str) -> bool:
        """Whether a daemon set out on a large correction within the last round, so that no row may have told it yet."""
        updates = (one for name in names for one in self.by_name[name].updates)
        return any(
            0 <= at_s - began_s <= 1.2 * INTERVAL_S and abs(error_s) > SETTLED_S for began_s, error_s, _ in updates
        )
