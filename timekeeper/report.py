"""PURE: what the timekeeper tells others, as JSON shapes and messages; it concludes nothing itself.

A field that is None (``null``) is *not known*; it is never a stand-in for zero. Readers ignore keys they do not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from communicator.protocol import Message
from timekeeper.claim import Claim, ClaimState
from timekeeper.evidence import Evidence
from timekeeper.pairs import Direction, Step
from timekeeper.references.consensus import Consensus
from timekeeper.timex import KernelClock

AGENT, SOLVER = "agent", "solver"
"""One that is measured and solves nothing, and one that also says what is true of all."""

IDENTITIES = 256
"""Names and addresses of external servers in one word: 16 servers with as many addresses each."""
INTERVAL_S = 10.0
"""Of a timekeeper that does not tell its own."""


class ClaimReport(msgspec.Struct, frozen=True, kw_only=True):
    """A host's word about its own clock; see `timekeeper.claim.Claim`."""

    state: str
    """``synchronized``, ``holdover``, ``unsynchronized`` or ``unknown``."""
    reasons: list[str] = []
    """For people, the decisive one first; numbers in them change from report to report."""
    daemon: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """``chronyd``, ``ntpd``, ``ntpd-rs``, ``systemd-timesyncd``, ``clockbound``; empty when none steers the clock, or nobody
    knows."""
    upstreams: list[str] = []
    offset_seconds: float | None = None
    """Positive: this clock is ahead of what the daemon holds for true time."""
    bound_seconds: float | None = None
    """The clock is off by no more than this, `offset_seconds` included."""
    stratum: int | None = None
    leap: str | None = None
    """``normal``, ``insert``, ``delete`` or ``unsynchronized``."""
    smear: bool | None = None
    """Whether the upstreams smear leap seconds; no source tells it, so it is not known."""
    age_seconds: float | None = None
    """Since the clock was last updated, when this was read."""
    root_delay_seconds: float | None = None
    root_dispersion_seconds: float | None = None


class KernelReport(msgspec.Struct, frozen=True, kw_only=True):
    """The kernel's account of its clock, as adjtimex(2) gives it: raw, with all its traps."""

    maxerror_seconds: float
    """Grows by 500 ppm between updates; under systemd-timesyncd it is an age, not an error."""
    esterror_seconds: float
    unsync: bool
    """Stays true under a chronyd without `rtcsync`, and false for 8.9 hours after a daemon has died."""
    tai_offset_seconds: int
    """0 when nobody has set it."""
    frequency_ppm: float


class PairReport(msgspec.Struct, frozen=True, kw_only=True):
    """The clock of a peer, as this host measured it."""

    peer: str
    offset_seconds: float
    """Its clock minus ours; positive: it is ahead."""
    bound_seconds: float
    """`offset_seconds` is off by no more than this."""
    rtt_seconds: float
    age_seconds: float
    """Since the last exchange."""
    via: str
    """``probe``: asked directly; ``router``: by ALIVE through the routers, which widens the bound."""
    drift_ppm: float | None = None
    """How much faster the crystal of the peer runs."""


class ProbeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of probes since the timekeeper started to ask; a peer that is asked no more is forgotten."""

    asked: dict[str, dict[str, int]]
    """Our questions, by peer and result (`timekeeper.probes.result`); ``""`` is what came from no peer's address."""
    answered: dict[str, int]
    """The questions of others, by result."""
    refused: dict[str, int]
    """Exchanges that were complete and not used, by reason (`timekeeper.pairs.estimate.Refusal`)."""


class ReferenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What external servers say of a host's clock, where most of them agree."""

    offset_seconds: float
    """True time minus this clock; positive: it is behind."""
    bound_seconds: float
    """`offset_seconds` is off by no more than this, if most of the servers are right."""
    servers: int
    """How many agree; one that was asked under two names counts once."""
    identities: Annotated[list[str], msgspec.Meta(max_length=IDENTITIES)]
    """Their names and addresses."""
    age_seconds: float
    """Since the last answer of one of them."""


class LocalReport(msgspec.Struct, frozen=True, kw_only=True):
    """CLOCK_REPORT: one host's word."""

    server: str
    """Empty until the router has told its name."""
    boot_id: str
    """The kernel's; empty when it cannot be read."""
    life: str = ""
    """Drawn anew with each start of the timekeeper, whose `seq` then begins anew."""
    seq: int
    """Counts the readings of this process, from 1."""
    role: str
    """``agent`` or ``solver``."""
    claim: ClaimReport
    kernel: KernelReport | None = None
    sources: dict[str, int] = {}
    """How many upstreams are in which state, every state named: ``selected``, ``combined`` (both in use),
    ``outlier`` (good, not in use), ``jittery``, ``falseticker``, ``unusable``; empty when no daemon answers."""
    pairs: list[PairReport] = []
    """What it measured of others."""
    references: ReferenceReport | None = None
    """What the external servers of its settings say; None where it asks none, or no majority of them agrees."""
    interval_seconds: float = INTERVAL_S
    """How often it says this."""
    steps_total: int = 0
    """How often this host's clock was seen to be set, since the timekeeper started."""
    steps: dict[str, int] = {}
    """The same by direction, each named: ``forward`` and ``backward``."""
    last_step_seconds: float | None = None
    """By how much it was set the last time; positive: forward."""
    probe_address: str = ""
    """``HOST:PORT`` where it answers probes; empty where it does not."""
    probes: ProbeCounts | None = None
    """Told to who asks this host; the other timekeepers have no use for it."""
    grace_left_seconds: float | None = None
    """For how long it calls no clock wrong yet, since it has just started; told to who asks this host."""


class CurrentReport(msgspec.Struct, frozen=True, kw_only=True):
    """CLOCK_CURRENT_REPORT of an agent: its own host, and nothing solved."""

    local: LocalReport
    solved: bool
    age_seconds: float
    """Since `local` was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who speaks."""

    server: str
    boot_id: str
    life: str
    seq: int
    role: str
    steps: Mapping[Direction, int] = field(default_factory=dict)
    last_step: Step | None = None
    probe_address: str = ""
    interval_s: float = INTERVAL_S


def describe_local(
    claim: Claim,
    evidence: Evidence,
    about: About,
    pairs: Sequence[PairReport] = (),
    consensus: Consensus | None = None,
) -> LocalReport:
    """Put one reading into the shape others read.

    Args:
        claim: What was concluded.
        evidence: From what.
        about: Who says it.
        pairs: What was measured of others.
        consensus: What the external servers agree on; None where there are none.
    """
    word = evidence.last_answer if claim.daemon and claim.upstreams else None
    kernel = evidence.kernel
    return LocalReport(
        server=about.server,
        boot_id=about.boot_id,
        life=about.life,
        seq=about.seq,
        role=about.role,
        claim=_describe_claim(claim),
        kernel=_describe_kernel(kernel) if isinstance(kernel, KernelClock) else None,
        sources=word.count_upstreams() if word else {},
        pairs=list(pairs),
        references=None if consensus is None else _describe_references(consensus),
        interval_seconds=about.interval_s,
        steps_total=sum(about.steps.values()),
        steps={direction.value: about.steps.get(direction, 0) for direction in Direction},
        last_step_seconds=about.last_step.size_ns / 1e9 if about.last_step else None,
        probe_address=about.probe_address,
    )


def answer_report(local: LocalReport, age_s: float) -> Message:
    """The CLOCK_CURRENT_REPORT message, to whoever asked.

    Args:
        local: This host's word.
        age_s: Since it was read.
    """
    current = CurrentReport(local=local, solved=False, age_seconds=age_s)
    return Message("CLOCK_CURRENT_REPORT", {"report": msgspec.json.encode(current).decode()})


def tell_row(local: LocalReport) -> Message:
    """The CLOCK_REPORT message, to every other timekeeper of the cluster."""
    report = msgspec.json.encode(local).decode()
    return Message("CLOCK_REPORT", {"report": report, "deliver": "all"}, "timekeeper")


def announce(claim: Claim, interval_s: float, *, accused: bool = False) -> Message:
    """The word for the router, which repeats it to whoever asks for CLOCK_STATUS.

    Holdover is stable: the clock was verified, and is within a bound that grows; once that is void the state is unknown.
    ``clock_error`` takes the ancestor's two words: ``invalid`` (known to be kept by nobody) and ``checking`` (not known).

    Args:
        claim: What was concluded.
        interval_s: When the next one follows, so that the router can tell a silent timekeeper.
        accused: Whether the clock was found wrong by the majority, whatever is claimed of it.
    """
    interval = {"interval_s": f"{interval_s:g}"}
    if accused:
        return Message("CLOCK_UNSTABLE", {"clock_error": "invalid"} | interval)
    if claim.state in (ClaimState.SYNCHRONIZED, ClaimState.HOLDOVER):
        return Message("CLOCK_STABLE", {"clock_resolution": "verified"} | interval)
    if claim.without_daemon:
        return Message("CLOCK_STABLE", {"clock_resolution": "no_ntp"} | interval)
    error = "checking" if claim.state is ClaimState.UNKNOWN else "invalid"
    return Message("CLOCK_UNSTABLE", {"clock_error": error} | interval)


def _describe_claim(claim: Claim) -> ClaimReport:
    return ClaimReport(
        state=claim.state.value,
        reasons=list(claim.reasons),
        daemon=claim.daemon,
        upstreams=list(claim.upstreams),
        offset_seconds=claim.offset_s,
        bound_seconds=claim.bound_s,
        stratum=claim.stratum,
        leap=claim.leap.value if claim.leap else None,
        age_seconds=claim.age_s,
        root_delay_seconds=claim.root_delay_s,
        root_dispersion_seconds=claim.root_dispersion_s,
    )


def _describe_references(consensus: Consensus) -> ReferenceReport | None:
    interval = consensus.interval
    if interval is None:
        return None
    return ReferenceReport(
        offset_seconds=interval.middle,
        bound_seconds=interval.half_width,
        servers=len(consensus.agreeing),
        identities=sorted(consensus.identities)[:IDENTITIES],
        age_seconds=consensus.age_s,
    )


def _describe_kernel(kernel: KernelClock) -> KernelReport:
    return KernelReport(
        maxerror_seconds=kernel.maxerror_s,
        esterror_seconds=kernel.esterror_s,
        unsync=kernel.unsync,
        tai_offset_seconds=kernel.tai_offset_s,
        frequency_ppm=kernel.frequency_ppm,
    )
