"""PURE: what the timekeeper tells others of this host's own clock, as messages; it concludes nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from communicator.answers import clocks
from communicator.protocol import Message
from timekeeper.claim import Claim, ClaimState
from timekeeper.evidence import Evidence
from timekeeper.pairs import Direction, Step
from timekeeper.references.consensus import Consensus
from timekeeper.timex import KernelClock

AGENT, SOLVER = "agent", "solver"
"""One that is measured and solves nothing, and one that also says what is true of all."""


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
    interval_s: float = clocks.INTERVAL_S
    made_s: float | None = None
    """Now, on CLOCK_BOOTTIME."""


def describe_local(
    claim: Claim,
    evidence: Evidence,
    about: About,
    pairs: Sequence[clocks.Peer] = (),
    consensus: Consensus | None = None,
) -> clocks.Local:
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
    return clocks.Local(
        server=about.server,
        boot_id=about.boot_id,
        life=about.life,
        seq=about.seq,
        role=about.role,
        claim=_describe_claim(claim),
        kernel=_describe_kernel(kernel) if isinstance(kernel, KernelClock) else None,
        sources=word.count_upstreams() if word else {},
        pairs=tuple(pairs),
        references=None if consensus is None else _describe_references(consensus),
        interval_seconds=about.interval_s,
        made_seconds=about.made_s,
        steps_total=sum(about.steps.values()),
        steps={direction.value: about.steps.get(direction, 0) for direction in Direction},
        last_step_seconds=about.last_step.size_ns / 1e9 if about.last_step else None,
        probe_address=about.probe_address,
    )


def answer_report(local: clocks.Local, age_s: float) -> Message:
    """The CLOCK_CURRENT_REPORT message, to whoever asked.

    Args:
        local: This host's word.
        age_s: Since it was read.
    """
    current = clocks.AgentReport(local=local, solved=False, age_seconds=age_s)
    return Message("CLOCK_CURRENT_REPORT", {"report": msgspec.json.encode(current).decode()})


def tell_row(local: clocks.Local) -> Message:
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


def _describe_claim(claim: Claim) -> clocks.Claim:
    return clocks.Claim(
        state=claim.state.value,
        reasons=tuple(claim.reasons),
        daemon=claim.daemon,
        upstreams=tuple(claim.upstreams),
        offset_seconds=claim.offset_s,
        bound_seconds=claim.bound_s,
        stratum=claim.stratum,
        leap=claim.leap.value if claim.leap else None,
        age_seconds=claim.age_s,
        root_delay_seconds=claim.root_delay_s,
        root_dispersion_seconds=claim.root_dispersion_s,
    )


def _describe_references(consensus: Consensus) -> clocks.ReferenceOffset | None:
    interval = consensus.interval
    if interval is None:
        return None
    return clocks.ReferenceOffset(
        offset_seconds=interval.middle,
        bound_seconds=interval.half_width,
        servers=len(consensus.agreeing),
        identities=tuple(sorted(consensus.identities)[: clocks.IDENTITIES]),
        age_seconds=consensus.age_s,
    )


def _describe_kernel(kernel: KernelClock) -> clocks.Kernel:
    return clocks.Kernel(
        maxerror_seconds=kernel.maxerror_s,
        esterror_seconds=kernel.esterror_s,
        unsync=kernel.unsync,
        tai_offset_seconds=kernel.tai_offset_s,
        frequency_ppm=kernel.frequency_ppm,
    )
