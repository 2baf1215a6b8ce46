"""What happens in a cluster of 20 servers and 50 services, by a seed; it judges nothing, and asks only what is refused."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from canary.records import CellKey, RunBegan, RunEnded, RunPassed
from tests.canary.simulation.starts import OK_AFTER_S, restart_delay_s

SERVERS = tuple(f"server-{number:02}" for number in range(20))
SERVICES = tuple(f"service-{number:02}" for number in range(50))
OLD, NEW = "1.0", "1.1"
STARTED_WITHIN_S = 1_000.0
"""By then everything has been started, in its old version."""
APART_S = 300.0
"""Between the new versions of two services;"""
STEP_S = 30.0
"""and between two servers that get the same one."""
BAD_EACH = 10
"""Of so many new versions one never works; only a fifth of the servers get it."""
MEAN_S = 3_600.0
"""How long a run lasts that works."""
FAILS = 0.1
"""The part of these that ends with a failure."""

Fact = RunBegan | RunPassed | RunEnded
Refusal = Callable[[CellKey], bool]


@dataclass
class _Place:
    """One service on one server, and the run there."""

    server: str
    service: str
    version: str = OLD
    run: int = 0
    is_on: bool = False
    restarts: int = 0
    """Since a run has worked."""

    @property
    def key(self) -> CellKey:
        return CellKey(self.server, self.service, self.version, "")

    @property
    def facts(self) -> dict[str, str]:
        """What all facts about its run say."""
        run_id = f"6f1c7f0e-{self.server[-2:]}{self.service[-2:]}-4f0e-9d5e-{self.run:012}"
        return {"server": self.server, "service": self.service, "version": self.version, "run_id": run_id}


Due = tuple[float, int, Callable[[], Iterator[Fact]]]


@dataclass
class History:
    """One play of it.

    Args:
        is_refused: Whether a version may not start on a server; the supervisor tries again a minute later.
        seed: Another one, another history.
    """

    is_refused: Refusal
    seed: int = 0
    now_s: float = 0.0
    _due: list[Due] = field(default_factory=list)
    _orders: int = 0

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)
        places = [[_Place(server, service) for server in SERVERS] for service in SERVICES]
        for number, instances in enumerate(places):
            is_bad = number % BAD_EACH == BAD_EACH - 1
            for step, place in enumerate(instances):
                self._plan(self._dice.uniform(0, STARTED_WITHIN_S), lambda place=place: self._start(place))
                if not is_bad or step < len(SERVERS) // 5:
                    replaced_s = STARTED_WITHIN_S + (number + 1) * APART_S + step * STEP_S
                    self._plan(replaced_s, lambda place=place: self._replace(place))

    def facts(self) -> Iterator[tuple[float, Fact]]:
        """What happens, and when, without an end."""
        while True:
            self.now_s, _, happen = heapq.heappop(self._due)
            for fact in happen():
                yield self.now_s, fact

    def _plan(self, at_s: float, happen: Callable[[], Iterator[Fact]]) -> None:
        self._orders += 1
        heapq.heappush(self._due, (at_s, self._orders, happen))

    def _after(self, wait_s: float, place: _Place, happen: Callable[[_Place], Iterator[Fact]]) -> None:
        """Something happens to a run, unless another one has taken its place."""
        run = place.run
        self._plan(self.now_s + wait_s, lambda: happen(place) if place.run == run else iter(()))

    def _start(self, place: _Place) -> Iterator[Fact]:
        if self.is_refused(place.key):
            self._after(60.0, place, self._start)
            return
        place.run += 1
        place.is_on = True
        yield RunBegan(**place.facts, pid=4_242)
        if place.version == NEW and SERVICES.index(place.service) % BAD_EACH == BAD_EACH - 1:
            self._after(2 * self._dice.random(), place, self._fail)
            return
        self._after(OK_AFTER_S, place, self._succeed)
        is_failure = self._dice.random() < FAILS
        lasts_s = OK_AFTER_S + self._dice.expovariate(1 / MEAN_S)
        self._after(lasts_s, place, self._fail if is_failure else self._end)

    def _succeed(self, place: _Place) -> Iterator[Fact]:
        place.restarts = 0
        yield RunPassed(**place.facts, lasted_s=OK_AFTER_S)

    def _fail(self, place: _Place) -> Iterator[Fact]:
        yield RunEnded(**place.facts, outcome="failure", cause="CRASH", lasted_s=1.25, exit_code=1)
        place.is_on = False
        place.restarts += 1
        self._after(restart_delay_s(place.restarts), place, self._start)

    def _end(self, place: _Place) -> Iterator[Fact]:
        yield RunEnded(**place.facts, outcome="clean", cause="UNREGISTER", lasted_s=3_600.25)
        place.is_on = False
        self._after(1.0, place, self._start)

    def _replace(self, place: _Place) -> Iterator[Fact]:
        """The server gets the new version."""
        if place.is_on:
            yield RunEnded(**place.facts, outcome="clean", cause="UNREGISTER", lasted_s=3_600.25)
        place.version, place.restarts, place.is_on = NEW, 0, False
        place.run += 1
        self._after(1.0, place, self._start)
