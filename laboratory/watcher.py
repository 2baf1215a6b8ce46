"""Asks all timekeepers what they say, once a second, holds their numbers against the truth, and notes what changes."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from communicator.answers.clocks import ClockReport
from communicator.client import Client
from communicator.errors import BellwetherError
from communicator.protocol import Message
from laboratory.host import Host

POLL_S = 1.0
ROUND_S = 12.0
"""A round of probes, and the way of its row: no number knows earlier of a clock that was set, or is being corrected."""
LASTING_S = 36.0
"""Three rounds: for so long an accusation may stand after its cause is gone."""
STEADY_PPM = 100
"""Between two looks: a clock that runs faster or slower than this against true time was set, or is being corrected."""
HEALTHY_S = 0.005
"""A clock that is off by less is true: thresholds.warn_s by default."""
_QUESTION = Message("CLOCK_GET_REPORT", {"cache": "no"}, service="timekeeper", server=".")


@dataclass(frozen=True, slots=True)
class Number:
    """An offset with its bound: the clock of `of` minus that of `against`, some time ago."""

    of: str
    against: str | None
    """None: true time."""
    offset_s: float
    bound_s: float
    age_s: float


@dataclass(frozen=True, slots=True)
class Look:
    """What one host says of all clocks: the only place where the laboratory knows the fields of a report."""

    report: ClockReport

    @property
    def is_cluster_off(self) -> bool:
        """Whether the cluster as a whole is said to be off."""
        return self.report.cluster_off is True

    @property
    def own_state(self) -> str:
        """What the host claims of its own clock."""
        return self.report.local.claim.state

    @property
    def has_majority(self) -> bool | None:
        """Whether most hosts agree; None while that is not known."""
        return self.report.has_majority

    def topics(self) -> Iterator[tuple[str, str]]:
        """What a person would notice, as topics and what is said of each."""
        for host in self.report.hosts:
            claim = {True: "holds", False: "is false", None: "cannot be judged"}[host.claim_holds]
            yield host.host, f"{host.verdict}, claim {claim}"
        yield "cluster", "off" if self.is_cluster_off else "not said to be off"
        yield "own claim", self.own_state

    def accused(self) -> set[str]:
        """Whose clock is called wrong, or its claim false."""
        return {host.host for host in self.report.hosts if host.verdict == "wrong" or host.claim_holds is False}

    def pairs(self) -> Iterator[Number]:
        """What this host has measured."""
        for pair in self.report.local.pairs:
            yield Number(pair.peer, self.report.local.server, pair.offset_seconds, pair.bound_seconds, 0.0)

    def offsets(self) -> Iterator[Number]:
        """What was solved."""
        age_s, majority = self.report.age_seconds or 0.0, self.report.reference
        for host in self.report.hosts:
            against = {"majority": majority, "true time": None}.get(host.compared_with, "")
            if host.offset_seconds is not None and host.bound_seconds is not None and against != "":
                yield Number(host.host, against, host.offset_seconds, host.bound_seconds, age_s)

    def age_s(self, name: str) -> float | None:
        """How old what is shown of a host is said to be."""
        return next((host.age_seconds for host in self.report.hosts if host.host == name), None)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed."""

    at_s: float
    by: str
    """The host that says it; empty for what the scenario did."""
    topic: str
    now: str


@dataclass(frozen=True, slots=True)
class Accusation:
    """That a host said at a moment that another one is wrong, or its own flag of it stood."""

    at_s: float
    by: str
    of: str
    ahead_s: float
    """How far the accused clock really was ahead of true time; the farthest of the last `LASTING_S`."""


@dataclass(slots=True)
class Audit:
    """What became of numbers that were held against the truth."""

    errors_s: list[float] = field(default_factory=list)
    bounds_s: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    excused: int = 0
    """Beyond their bound within a round after one of the two clocks was set or corrected."""


class Watcher:
    """Watches hosts until it is cancelled.

    Args:
        hosts: All of them, servers too.
    """

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self.looks: dict[str, Look] = {}
        """The last one of each host that answered."""
        self.events: list[Event] = []
        self.accusations: list[Accusation] = []
        self.audits = {"pairs": Audit(), "solved": Audit()}
        self._hosts = hosts
        self._members = [host for host in hosts.values() if not host.is_server]
        self._began_ns = _raw_ns()
        self._told: dict[tuple[str, str], str] = {}
        self._ahead_s: dict[str, tuple[int, float]] = {}
        self._unsteady_s: dict[str, float] = {}

    @property
    def now_s(self) -> float:
        """Since the beginning."""
        return (_raw_ns() - self._began_ns) / 1e9

    def ahead_s(self, name: str) -> float:
        """How far a clock is ahead of true time now."""
        return self._hosts[name].clock.ahead_s(_raw_ns())

    async def watch(self) -> None:
        """Look at all of them, again and again."""
        while True:
            due_s = time.monotonic() + POLL_S
            await asyncio.gather(*(self._ask(host) for host in self._members if host.is_up))
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    def mark(self, text: str) -> None:
        """Write what was done to the hosts among the events."""
        self.events.append(Event(self.now_s, "", "", text))

    def forget_numbers(self) -> None:
        """Begin the audit anew, as when all has settled."""
        self.audits = {name: Audit() for name in self.audits}

    async def _ask(self, host: Host) -> None:
        try:
            async with Client(host.unix, "watcher", connect_timeout_s=0.5) as client:
                answer = await client.request(_QUESTION, "CLOCK_CURRENT_REPORT", timeout_s=2)
        except (BellwetherError, OSError):
            self._note(host.name, "timekeeper", "no answer")
            return
        self._watch_truth()
        now_ns = _raw_ns()
        look = self.looks[host.name] = Look(msgspec.json.decode(answer.get("report") or "", type=ClockReport))
        flags = host.flags()
        for topic, text in (("timekeeper", "answers"), ("flags", ", ".join(sorted(flags)) or "none"), *look.topics()):
            self._note(host.name, topic, text)
        own = {host.name} if flags & {"clock_wrong", "clock_false-claim"} else set()
        for accused in look.accused() | own:
            clock = self._hosts[accused].clock
            ahead_s = max((clock.ahead_s(now_ns - second * 10**9) for second in range(int(LASTING_S))), key=abs)
            self.accusations.append(Accusation(self.now_s, host.name, accused, ahead_s))
        for name, numbers in (("pairs", look.pairs()), ("solved", look.offsets())):
            for number in numbers:
                self._hold(self.audits[name], host.name, number, now_ns - round(number.age_s * 1e9))

    def _note(self, by: str, topic: str, text: str) -> None:
        if self._told.get((by, topic)) != text:
            self._told[by, topic] = text
            self.events.append(Event(self.now_s, by, topic, text))

    def _watch_truth(self) -> None:
        for name, host in self._hosts.items():
            now_ns = _raw_ns()
            ahead_s = host.clock.ahead_s(now_ns)
            then_ns, before_s = self._ahead_s.get(name, (0, ahead_s))
            if abs(ahead_s - before_s) > STEADY_PPM * 1e-6 * (now_ns - then_ns) / 1e9:
                self._unsteady_s[name] = self.now_s
            self._ahead_s[name] = now_ns, ahead_s

    def _hold(self, audit: Audit, by: str, number: Number, then_ns: int) -> None:
        if number.of == number.against:
            return
        against_s = self._hosts[number.against].clock.ahead_s(then_ns) if number.against else 0.0
        error_s = number.offset_s - (self._hosts[number.of].clock.ahead_s(then_ns) - against_s)
        audit.errors_s.append(abs(error_s))
        audit.bounds_s.append(number.bound_s)
        if abs(error_s) <= number.bound_s:
            return
        unsteady_s = max(self._unsteady_s.get(name or "", -ROUND_S) for name in (number.of, number.against, by))
        if self.now_s - unsteady_s < ROUND_S:
            audit.excused += 1
        else:
            audit.broken.append(f"{self.now_s:.1f} s {by}: {number}, off by {error_s:.6f}")


def _raw_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
