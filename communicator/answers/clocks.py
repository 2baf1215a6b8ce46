"""PURE: what timekeepers tell of the clocks: CLOCK_REPORT, CLOCK_CURRENT_REPORT and its history, as they are written and read.

A field that is None (``null``) is *not known*; it is never a stand-in for zero. Readers ignore keys they do not know, and a key
that is missing is not known: what a later release adds has a default.
"""

from typing import Annotated

import msgspec

from communicator.answers import clock_bounds as most
from communicator.wording.spans import LAST_YEAR_S

THIS_HOST = "this host"
"""What a host is called whose timekeeper does not know its name yet."""
INTERVAL_S = 10.0
"""Between two reports of a timekeeper that does not tell its own interval."""
USABLE = ("selected", "combined", "outlier")
"""The states of a time source that is good, in use or not."""
_Reasons = Annotated[tuple[str, ...], msgspec.Meta(max_length=most.REASONS)]
_Hosts = Annotated[tuple[str, ...], msgspec.Meta(max_length=most.HOSTS)]
_Complaint = Annotated[str, msgspec.Meta(max_length=most.COMPLAINT_CHARACTERS)]
_Moment = Annotated[float, msgspec.Meta(ge=0, le=LAST_YEAR_S)]


class Claim(msgspec.Struct, frozen=True):
    """A host's word about its own clock."""

    state: str = "unknown"
    """``synchronized``, ``holdover``, ``unsynchronized`` or ``unknown``."""
    reasons: _Reasons = ()
    """For people, the decisive one first; numbers in them change from report to report."""
    daemon: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """``chronyd``, ``ntpd``, ``ntpd-rs``, ``openntpd``, ``systemd-timesyncd``, ``ptp4l``, ``phc2sys``, ``clockbound``; empty when
    none steers the clock, or nobody knows."""
    upstreams: Annotated[tuple[str, ...], msgspec.Meta(max_length=most.UPSTREAMS)] = ()
    """The servers and reference clocks that the daemon uses, ``selected`` or ``combined``: their errors are this clock's."""
    offset_seconds: float | None = None
    """Positive: this clock is ahead of what the daemon holds for true time."""
    bound_seconds: float | None = None
    """The clock is off by no more than this, `offset_seconds` included."""
    stratum: int | None = None
    leap: str | None = None
    """``normal``, ``insert``, ``delete`` or ``unsynchronized``."""
    age_seconds: float | None = None
    """Since the clock was last updated, when this was read."""
    root_delay_seconds: float | None = None
    root_dispersion_seconds: float | None = None


class Kernel(msgspec.Struct, frozen=True):
    """The kernel's account of its clock, as adjtimex(2) gives it: raw, with all its traps."""

    maxerror_seconds: float | None = None
    """Grows by 500 ppm between updates; under systemd-timesyncd, openntpd and phc2sys it is an age, not an error."""
    esterror_seconds: float | None = None
    unsync: bool | None = None
    """Stays true under a chronyd without `rtcsync`, and false for 8.9 hours after a daemon has died."""
    tai_offset_seconds: int | None = None
    """0 when nobody has set it."""
    frequency_ppm: float | None = None
    offset_seconds: float | None = None
    """What is left to be slewed; chronyd and ntpd-rs always leave it 0."""
    tick_seconds: float | None = None
    """By how much the clock is moved each hundredth of a second."""
    status: int | None = None
    """Its bits, as adjtimex(2) names them."""


class Source(msgspec.Struct, frozen=True):
    """One server or reference clock that the time daemon listens to."""

    name: str
    """An address, the name of a reference clock, or the identity of a grandmaster."""
    state: str
    """As in `Local.sources`."""
    reachable: bool | None = None
    authentication: str | None = None
    """``nts``, ``key`` or ``none``; chronyd tells it at its Unix socket only, the others do not."""


class Peer(msgspec.Struct, frozen=True):
    """The clock of another host, as this one measured it."""

    peer: str
    offset_seconds: float
    """Its clock minus ours; positive: it is ahead."""
    bound_seconds: float
    """`offset_seconds` is off by no more than this."""
    rtt_seconds: float
    """The shortest round trip of the last exchanges."""
    age_seconds: float
    """Since the last exchange."""
    via: str
    """``probe``: asked directly; ``router``: by ALIVE through the routers, which widens the bound."""
    drift_ppm: float | None = None
    """How much faster the crystal of the peer runs."""
    rate_bound_ppm: float | None = None
    """How fast `bound_seconds` has to grow from when this was said; None: 100 ppm, as two crystals may run apart."""


class Probes(msgspec.Struct, frozen=True):
    """What became of probes since the timekeeper started to ask; a peer that is asked no more is forgotten."""

    asked: dict[str, dict[str, int]] = {}
    """Our questions, by peer and result (`timekeeper.probes.result`); ``""`` is what came from no peer's address."""
    answered: dict[str, int] = {}
    """The questions of others, by result."""
    refused: dict[str, int] = {}
    """Exchanges that were complete and not used, by reason (`timekeeper.pairs.estimate.Refusal`)."""


class References(msgspec.Struct, frozen=True):
    """What the external servers that one host asks say of its clock."""

    offset_seconds: float | None = None
    """True time minus this clock; positive: it is behind. None where no majority of the servers agrees."""
    bound_seconds: float | None = None
    """`offset_seconds` is off by no more than this, if most of the servers are right."""
    agreeing: Annotated[tuple[str, ...], msgspec.Meta(max_length=most.SERVERS)] = ()
    """The servers that make the majority; one that was asked under two names counts once."""
    falsetickers: Annotated[tuple[str, ...], msgspec.Meta(max_length=most.SERVERS)] = ()
    """Those that it contradicts."""
    complaints: Annotated[dict[str, _Complaint], msgspec.Meta(max_length=most.SERVERS)] = {}
    """By server why it gave nothing when it was last asked."""
    age_seconds: float | None = None
    """Since the last answer of one of those that agree."""


class Found(msgspec.Struct, frozen=True):
    """What is held against a host, as one that solves tells those that do not."""

    faults: Annotated[tuple[str, ...], msgspec.Meta(max_length=most.FAULTS)] = ()
    """As `Host.faults`."""
    reasons: _Reasons = ()
    """The first of those of the verdict, the decisive one first."""


class Local(msgspec.Struct, frozen=True):
    """What one host measured, and says of its own clock (CLOCK_REPORT)."""

    server: str = ""
    """Empty until the router has told its name."""
    boot_id: str = ""
    """The kernel's; empty when it cannot be read."""
    life: str = ""
    """Drawn anew with each start of the timekeeper, whose `seq` then begins anew."""
    seq: int = 0
    """Counts the readings of this process, from 1."""
    role: str = ""
    """What it is to be by its settings: ``auto``, ``solver`` or ``agent``."""
    claim: Claim = Claim()
    kernel: Kernel | None = None
    sources: Annotated[dict[str, int], msgspec.Meta(max_length=most.STATES)] = {}
    """How many sources of the time daemon are in which state, every state named: ``selected``, ``combined`` (both in use),
    ``outlier`` (good, not in use), ``jittery``, ``falseticker``, ``unusable``; empty when no daemon tells them."""
    source_list: Annotated[tuple[Source, ...], msgspec.Meta(max_length=most.SOURCES)] = ()
    """The same one by one, told to who asks this host."""
    pairs: Annotated[tuple[Peer, ...], msgspec.Meta(max_length=most.HOSTS)] = ()
    """What it measured of others."""
    heard: References | None = None
    """What the external servers of its settings say; None where it asks none."""
    away: _Hosts = ()
    """Hosts that could be measured once, and cannot be reached now: they still count where a timekeeper has started anew."""
    found: Annotated[dict[str, Found], msgspec.Meta(max_length=most.HOSTS)] | None = None
    """By host what has lasted, where this one solves; None where it does not."""
    suspects: _Hosts = ()
    """Whom it doubts, so that they are measured more often."""
    interval_seconds: float = INTERVAL_S
    """How often it says this."""
    made_seconds: float | None = None
    """When this was said, on a clock of that host that nobody sets (CLOCK_BOOTTIME): how much longer than others it was on
    its way."""
    steps_total: int | None = None
    """How often this host's clock was seen to be set, since the timekeeper started."""
    steps: dict[str, int] = {}
    """The same by direction, each named: ``forward`` and ``backward``."""
    last_step_seconds: float | None = None
    """By how much it was set the last time; positive: forward."""
    probe_address: str = ""
    """``HOST:PORT`` where it answers probes; empty where it does not."""
    probes: Probes | None = None
    """Told to who asks this host; the other timekeepers have no use for it."""
    grace_left_seconds: float | None = None
    """For how long it, or the one whose findings it repeats, calls no clock wrong yet, since that has just started; told to who
    asks this host."""

    @property
    def usable_sources(self) -> int | None:
        """How many sources could outvote a wrong one; None where the time daemon tells none."""
        return sum(self.sources.get(state, 0) for state in USABLE) if self.sources else None

    @property
    def name(self) -> str:
        """What this host is called."""
        return self.server or THIS_HOST


class Host(msgspec.Struct, frozen=True):
    """What was found out about one clock."""

    host: str
    offset_seconds: float | None = None
    """Its clock minus what it is compared with; positive: ahead."""
    bound_seconds: float | None = None
    """`offset_seconds` is off by no more than this."""
    verdict: str = "unknown"
    """``ok``, ``suspect``, ``wrong``, ``no_majority`` or ``unknown``."""
    critical: bool | None = None
    """Whether it is wrong, and provably beyond the critical threshold."""
    compared_with: str = ""
    """``majority`` or ``references``; ``no majority``, ``too few``, ``apart`` or ``unmeasured`` where there is nothing to compare
    it with."""
    standing: str = ""
    """Why it does not count: ``vouched_by_one`` or ``not_watched``; empty where it counts."""
    faults: tuple[str, ...] = ()
    """What has lasted, the gravest first: ``wrong``, ``false_claim``, ``cluster_off``, ``contradicted``, ``no_majority``."""
    drift_ppm: float | None = None
    """How fast its offset grows; None while that cannot be told from noise."""
    seconds_to_threshold: float | None = None
    """Until it may be beyond the threshold, if it goes on like this."""
    age_seconds: float | None = None
    """Of its youngest measurement."""
    claim: Claim | None = None
    """None: it makes none."""
    claim_holds: bool | None = None
    """Whether its clock can be as true as it claims."""
    contradicted_by: str = ""
    """A host whose claim excludes its own, where nobody can tell which of the two is false."""
    off: bool = False
    """Whether it agrees with most hosts, and external servers say that these are off."""
    true_offset_seconds: float | None = None
    """Its clock minus true time, by external servers, else by what most hosts claim."""
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


class Contradiction(msgspec.Struct, frozen=True):
    """Measurements around a ring of hosts that cannot all be true."""

    hosts: tuple[str, ...] = ()
    excess_seconds: float | None = None
    """By how much their bounds are too small together."""


class Thresholds(msgspec.Struct, frozen=True):
    """How far off a clock may be."""

    warn_seconds: float
    critical_seconds: float


USUAL = Thresholds(warn_seconds=0.005, critical_seconds=0.050)
"""Those of a timekeeper whose settings name none."""


class AgentReport(msgspec.Struct, frozen=True):
    """What a timekeeper tells that only measures: the beginning of what one tells that compares hosts."""

    local: Local = Local()
    solved: bool = False
    """Whether hosts were compared."""
    age_seconds: float | None = None
    """Since that was done; where it was not, since this host's clock was read."""
    held: Found | None = None
    """What has lasted, and is held against this host by itself where it solves, else by more than half of those that do: a reason
    for each fault. None where the timekeeper is too old to tell it."""


class ClockReport(AgentReport, frozen=True):
    """What a timekeeper tells of all clocks (CLOCK_CURRENT_REPORT)."""

    hosts: tuple[Host, ...] = ()
    """What was found out about each clock."""
    pairs: tuple[Pair, ...] = ()
    has_majority: bool | None = None
    """Whether more than half of the hosts agree; None while nothing was measured."""
    agreeing: int | None = None
    """Members of the majority; without one, of the largest camp."""
    voters: int | None = None
    """How many hosts count: a majority is more than half of them."""
    reference: str | None = None
    """The median host of the majority."""
    spread_seconds: float | None = None
    """How far apart the two most different clocks are; None while nothing was measured."""
    residual_seconds: float | None = None
    """By how much the worst pair differs from the best fit of all."""
    cluster_off: bool | None = None
    """Whether the majority as a whole is provably beyond the threshold from what external servers say."""
    sources_independent: int | None = None
    """Groups of hosts behind the majority that have no source in common; 1: an error of that source would not be seen."""
    contradictions: tuple[Contradiction, ...] = ()
    camps: tuple[Camp, ...] = ()
    """The largest first; one alone where all agree."""
    thresholds: Thresholds | None = None
    references_by_host: dict[str, References] = {}
    """What each host hears of its external servers, by host."""
    reasons: tuple[str, ...] = ()
    """What is to be said of the cluster as a whole."""
    pairs_omitted: int = 0
    """How many pairs of other hosts were measured and are not told, since the report would be too long."""
    claims_shortened: bool = False
    """Whether claims are without reasons and upstreams too; each host tells them itself."""
    claims_omitted: int = 0
    """How many hosts are without their claim and all but the first reason, since even that would be too long."""

    @property
    def limits(self) -> Thresholds:
        """How far off a clock may be; where that is not told, as far as usual."""
        return self.thresholds or USUAL

    def all_pairs(self) -> tuple[Pair, ...]:
        """What was measured: by everyone, or by this host alone where nothing is solved."""
        return self.pairs if self.solved else pairs_of(self.local)

    def host_names(self) -> list[str]:
        """Everyone the report speaks of, in order."""
        judged = (one.host for one in self.hosts)
        measured = (name for pair in self.all_pairs() for name in (pair.from_, pair.to))
        own = self.local.server if self.solved else self.local.name
        return sorted({own, *judged, *measured} - {""})

    @property
    def heard(self) -> dict[str, References]:
        """What each host hears of its external servers, by host; where nothing is solved, this one alone."""
        own = self.local.heard
        return self.references_by_host or ({} if own is None else {self.local.name: own})

    @property
    def is_of_one_host(self) -> bool:
        """Whether there is no other host whose clock could be compared."""
        return self.solved and not self.has_majority and len(self.hosts) == 1 and not self.pairs


def pairs_of(local: Local) -> tuple[Pair, ...]:
    """What one host measured of others."""
    # A pair is a peer with its measurer in front, and without its rate bound.
    return tuple(Pair(local.name, *msgspec.structs.astuple(peer)[:-1]) for peer in local.pairs)


class Point(msgspec.Struct, frozen=True):
    """One moment of the last day of a host's clock."""

    at_seconds: _Moment
    """By the host's own wall clock, since the epoch."""
    state: str = "unknown"
    """Of the host's claim."""
    bound_seconds: float | None = None
    """Of its claim."""
    verdict: str | None = None
    """On the host; where nothing is solved here, ``wrong`` or ``no_majority`` if solvers hold that against it, else None."""
    offset_seconds: float | None = None
    """Its clock minus what it is compared with."""
    hosts: int = 0
    """How many were compared."""
    agreeing: int = 0
    has_majority: bool | None = None
    spread_seconds: float | None = None
    wrong: tuple[str, ...] = ()
    """Hosts whose clocks were wrong, the first 16 by name."""
    steps_total: int = 0
    """How often its clock had been set by then, since the timekeeper started."""
