"""PURE: CLOCK_CURRENT_REPORT, what a timekeeper tells of the clocks, as values; None is not known. It asks nobody, and judges none.

A timekeeper that only measures tells of `local` alone.
"""

from typing import Annotated

import msgspec

from communicator.wording.spans import LAST_YEAR_S

THIS_HOST = "this host"
"""What a host is called whose timekeeper does not know its name yet."""
_Moment = Annotated[float, msgspec.Meta(ge=0, le=LAST_YEAR_S)]


class Claim(msgspec.Struct, frozen=True):
    """A host's word about its own clock."""

    state: str = "unknown"
    """``synchronized``, ``holdover``, ``unsynchronized`` or ``unknown``."""
    offset_seconds: float | None = None
    """Positive: ahead of what its daemon holds for true time."""
    bound_seconds: float | None = None
    """Off by no more than this, the offset included."""
    daemon: str = ""
    upstreams: tuple[str, ...] = ()
    stratum: int | None = None
    leap: str | None = None
    smear: bool | None = None
    age_seconds: float | None = None
    """Since the clock was last updated."""
    reasons: tuple[str, ...] = ()
    root_delay_seconds: float | None = None
    root_dispersion_seconds: float | None = None


class Kernel(msgspec.Struct, frozen=True):
    """What adjtimex(2) says."""

    maxerror_seconds: float | None = None
    unsync: bool | None = None
    tai_offset_seconds: float | None = None
    frequency_ppm: float | None = None


class Peer(msgspec.Struct, frozen=True):
    """The clock of another host, as the one that tells it measured it."""

    peer: str
    offset_seconds: float | None = None
    """Its clock minus ours."""
    bound_seconds: float | None = None
    rtt_seconds: float | None = None
    age_seconds: float | None = None
    via: str = ""
    """``probe`` or ``router``."""
    drift_ppm: float | None = None


class Probes(msgspec.Struct, frozen=True):
    """What became of probes."""

    asked: dict[str, dict[str, int]] = {}
    answered: dict[str, int] = {}
    refused: dict[str, int] = {}


class Local(msgspec.Struct, frozen=True):
    """This host's own word."""

    server: str = ""
    role: str = ""
    """``solver`` or ``agent``."""
    claim: Claim = Claim()
    kernel: Kernel | None = None
    sources: dict[str, int] = {}
    """How many upstreams are in which state."""
    pairs: tuple[Peer, ...] = ()
    steps: dict[str, int] = {}
    """How often its clock was set, by direction."""
    steps_total: int | None = None
    last_step_seconds: float | None = None
    probes: Probes | None = None
    grace_left_seconds: float | None = None
    """For how long its timekeeper calls no clock wrong yet, since it has just started."""

    @property
    def name(self) -> str:
        """What this host is called."""
        return self.server or THIS_HOST


class Host(msgspec.Struct, frozen=True):
    """What was found out about one clock."""

    host: str
    offset_seconds: float | None = None
    """Positive: ahead of the reference, which is what the majority agrees on."""
    bound_seconds: float | None = None
    verdict: str = "unknown"
    """``ok``, ``suspect``, ``wrong``, ``no_majority`` or ``unknown``."""
    critical: bool | None = None
    """Whether it is wrong, and beyond the critical threshold for certain."""
    drift_ppm: float | None = None
    seconds_to_threshold: float | None = None
    age_seconds: float | None = None
    """Of its youngest measurement."""
    claim: Claim | None = None
    """None: it makes none."""
    claim_holds: bool | None = None
    """Whether what it says of itself agrees with what was measured."""
    true_offset_seconds: float | None = None
    """Its clock minus true time, by independent claims and references."""
    true_bound_seconds: float | None = None
    reasons: tuple[str, ...] = ()

    @property
    def claimed(self) -> Claim:
        """Its claim; where it makes none, one in which nothing is known."""
        return self.claim or Claim()


class Pair(msgspec.Struct, frozen=True):
    """One clock compared with another by the first of them."""

    from_: str = msgspec.field(name="from")
    to: str
    offset_seconds: float | None = None
    """The clock of `to` minus that of `from`; None: it was to be measured, and does not answer."""
    bound_seconds: float | None = None
    rtt_seconds: float | None = None
    age_seconds: float | None = None
    via: str | None = None
    """``probe`` or ``router``."""
    drift_ppm: float | None = None


class Camp(msgspec.Struct, frozen=True):
    """Hosts that agree with each other."""

    hosts: tuple[str, ...] = ()
    offset_seconds: float | None = None
    """Their clocks minus those of the first camp."""
    bound_seconds: float | None = None
    kind: str = ""
    """``leap`` or ``smear`` where that explains why they stand apart; ``plain`` where nothing does."""


class Contradiction(msgspec.Struct, frozen=True):
    """A ring of hosts whose measurements cannot all be true."""

    hosts: tuple[str, ...] = ()
    excess_seconds: float | None = None
    """By how much their bounds are too small together."""


class Thresholds(msgspec.Struct, frozen=True):
    """How far off a clock may be."""

    warn_seconds: float
    critical_seconds: float


USUAL = Thresholds(warn_seconds=0.005, critical_seconds=0.050)
"""Those of a timekeeper whose settings name none."""


class References(msgspec.Struct, frozen=True):
    """What external servers say."""

    low_seconds: float | None = None
    """True time minus the clock of this host is no less than this."""
    high_seconds: float | None = None
    agreeing: tuple[str, ...] = ()
    falsetickers: tuple[str, ...] = ()
    complaints: dict[str, str] = {}
    """By server why it gave nothing when it was last asked."""


class ClockReport(msgspec.Struct, frozen=True):
    """CLOCK_CURRENT_REPORT."""

    local: Local = Local()
    solved: bool = False
    """Whether hosts were compared."""
    age_seconds: float | None = None
    hosts: tuple[Host, ...] = ()
    pairs: tuple[Pair, ...] = ()
    pairs_omitted: int = 0
    """How many pairs of other hosts were measured and are not told, since the report would be too long."""
    has_majority: bool | None = None
    agreeing: int | None = None
    spread_seconds: float | None = None
    residual_seconds: float | None = None
    """By how much the worst pair differs from the best fit of all."""
    cluster_off: bool | None = None
    contradictions: tuple[Contradiction, ...] = ()
    camps: tuple[Camp, ...] = ()
    """The largest first; one alone where all agree."""
    thresholds: Thresholds | None = None
    references: References | None = None

    @property
    def limits(self) -> Thresholds:
        """How far off a clock may be; where that is not told, as far as usual."""
        return self.thresholds or USUAL

    def all_pairs(self) -> tuple[Pair, ...]:
        """What was measured: by everyone, or by this host alone where nothing is solved."""
        return self.pairs if self.solved else tuple(_as_pair(self.local.name, peer) for peer in self.local.pairs)

    def host_names(self) -> list[str]:
        """Everyone the report speaks of, in order."""
        judged = (one.host for one in self.hosts)
        measured = (name for pair in self.all_pairs() for name in (pair.from_, pair.to))
        own = self.local.server if self.solved else self.local.name
        return sorted({own, *judged, *measured} - {""})

    @property
    def is_of_one_host(self) -> bool:
        """Whether there is no other host whose clock could be compared."""
        return self.solved and not self.has_majority and len(self.hosts) == 1 and not self.pairs


def _as_pair(own: str, peer: Peer) -> Pair:
    return Pair(
        own,
        peer.peer,
        peer.offset_seconds,
        peer.bound_seconds,
        peer.rtt_seconds,
        peer.age_seconds,
        peer.via,
        peer.drift_ppm,
    )


class Point(msgspec.Struct, frozen=True):
    """One moment of the last day of a host's clock."""

    at_seconds: _Moment
    """By the host's own wall clock, since the epoch."""
    state: str = "unknown"
    """Of the host's claim."""
    bound_seconds: float | None = None
    """Of its claim."""
    verdict: str | None = None
    """On the host; None where nothing is solved."""
    offset_seconds: float | None = None
    """Its clock minus what it is compared with."""
    hosts: int = 0
    """How many were compared."""
    agreeing: int = 0
    spread_seconds: float | None = None
    wrong: tuple[str, ...] = ()
    """Hosts whose clocks were wrong."""
    steps_total: int = 0
    """How often its clock had been set by then, since the timekeeper started."""
