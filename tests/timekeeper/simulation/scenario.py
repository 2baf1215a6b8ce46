"""A cluster with a known truth, as a value: its hosts, their clocks and habits, its paths, and what befalls it when."""

from dataclasses import dataclass
from enum import StrEnum

from communicator.answers.clocks import Claim, References
from tests.timekeeper.simulation.clocks import Clock, Path
from tests.timekeeper.simulation.lies import Lie

SPAN_S = 105.0
"""How long a cluster is watched."""
NEVER_S = float("inf")


class Category(StrEnum):
    """What a cluster is there to try; a seed says which."""

    LISTS = "lists"
    """Hosts use other sources, one of which lies."""
    OVERLAPS = "overlaps"
    """Hosts use sets of sources that overlap."""
    DOWN = "down"
    """Hosts are down, some from the start, for a while or for good."""
    RESTARTS = "restarts"
    """Timekeepers, routers, time daemons and hosts are started anew."""
    PARTITIONS = "partitions"
    """The cluster falls apart for a while."""
    MIXED = "mixed"
    """Several of all these at once, beside C++ routers."""
    LIARS = "liars"
    """Hosts lie."""
    WAVES = "waves"
    """All clocks follow one correction, one after the other."""
    REFERENCES = "references"
    """All clocks are off together from some moment on, and two hosts hear so."""


class Part(StrEnum):
    """What of a host starts anew."""

    TIMEKEEPER = "timekeeper"
    DISK = "timekeeper and its disk"
    ROUTER = "router"
    DAEMON = "time daemon"
    HOST = "host"


class Access(StrEnum):
    """How the clock of a host is measured."""

    PROBES = "probes"
    ALIVE = "alive"
    """It has a C++ router that others are linked to, and no timekeeper."""
    HIDDEN = "hidden"
    """It has a C++ router behind others."""


@dataclass(frozen=True)
class Restart:
    """One start of something."""

    at_s: float
    part: Part
    lasts_s: float


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host and its habits."""

    name: str
    clock: Clock
    claimed_s: float | None
    """The bound it claims; None when nobody keeps its clock."""
    upstreams: frozenset[str]
    phase_s: float
    joins_s: float = 0.0
    access: Access = Access.PROBES
    lie: Lie | None = None
    has_references: bool = False
    restarts: tuple[Restart, ...] = ()
    outages: tuple[tuple[float, float], ...] = ()
    """From when until when it is down."""

    def is_up(self, now_s: float) -> bool:
        """Whether it runs."""
        return now_s >= self.joins_s and not any(start_s <= now_s < end_s for start_s, end_s in self.outages)

    def answers(self, now_s: float) -> bool:
        """Whether its timekeeper runs."""
        return not any(self.is_starting(part, now_s) for part in (Part.TIMEKEEPER, Part.DISK))

    def is_starting(self, part: Part, now_s: float) -> bool:
        """Whether a part of it has not come back yet."""
        return any(one.part is part and one.at_s <= now_s < one.at_s + one.lasts_s for one in self.restarts)

    def claim(self, now_s: float) -> Claim:
        """What it says of its clock; its daemon knows half of the error of a clock that it keeps."""
        is_kept = self.claimed_s is not None and not self.is_starting(Part.DAEMON, now_s)
        off_s = self.clock.at(now_s)
        said = Claim(
            state="synchronized" if is_kept else "unsynchronized",
            offset_seconds=None if not is_kept or abs(off_s) > (self.claimed_s or 0.0) else off_s / 2,
            bound_seconds=self.claimed_s if is_kept else None,
            daemon="chronyd",
            upstreams=tuple(sorted(self.upstreams)),
            age_seconds=1.0,
        )
        return self.lie.claim(said) if self.lie else said

    def references(self, now_s: float) -> References | None:
        """What it hears of its external servers, all of which are right."""
        if self.lie:
            return self.lie.references()
        if not self.has_references:
            return None
        return References(
            offset_seconds=-self.clock.at(now_s), bound_seconds=0.002, agreeing=("r1", "r2"), age_seconds=0.0
        )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A cluster."""

    seed: int
    category: Category
    hosts: tuple[Host, ...]
    paths: dict[tuple[str, str], Path]
    dead: int = 0
    """Addresses in the configuration of which nobody has ever heard."""
    is_configured: bool = True
    """Whether every router knows all addresses, or only whom it has been linked to."""
    voucher: str = ""
    """Who alone knows the last host, which counts for nobody else; empty where there is no such host."""
    cuts: tuple[tuple[float, float, frozenset[str]], ...] = ()
    """From when until when some hosts reach none of the others."""
    wave_s: tuple[float, float] | None = None
    """From when until when all clocks follow one correction."""
    events_s: tuple[float, ...] = ()
    """When something happens that all have to get over."""

    @property
    def way_s(self) -> float:
        """How long a row may be on its way; its age counts from when it is heard."""
        return 2.0 if self.category is Category.MIXED else 0.05

    @property
    def quiet_since_s(self) -> float:
        """When the last thing has happened."""
        return max((at_s for at_s in self.events_s if at_s < SPAN_S), default=0.0)

    @property
    def is_lied_in(self) -> bool:
        """Whether some host makes up what it tells."""
        return any(host.lie for host in self.hosts)

    def __str__(self) -> str:
        """What is not as usual, for people."""
        told = [
            f"{self.category}, of {len(self.hosts)} hosts, {self.dead} dead, {self.is_configured=}, {self.voucher=}"
        ]
        told += [f"cut {cut}" for cut in self.cuts]
        for host in self.hosts:
            clock = f"{host.clock.offset_s:+.4f} {host.clock.steps} claims {host.claimed_s} by {sorted(host.upstreams)}"
            rest = f"{host.joins_s=:.1f} {host.restarts} {host.outages} {host.has_references=} {host.lie}"
            told.append(f"{host.name}: {clock}; {host.access}, phase {host.phase_s:.1f}, {rest}")
        return "\n".join(told)

    def meet(self, first: Host, second: Host, now_s: float) -> bool:
        """Whether two hosts reach each other's routers."""
        if not (first.is_up(now_s) and second.is_up(now_s)):
            return False
        if any(host.is_starting(Part.ROUTER, now_s) for host in (first, second)):
            return False
        return not any(
            start_s <= now_s < end_s and (first.name in side) != (second.name in side)
            for start_s, end_s, side in self.cuts
        )
