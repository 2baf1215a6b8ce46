"""PURE: what the timekeeper tells others of this host's own clock, as messages; it concludes nothing itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from communicator.answers import clock_bounds, clocks
from communicator.protocol import Message
from timekeeper.claim import Claim, ClaimState
from timekeeper.discipline import count_states
from timekeeper.evidence import Evidence
from timekeeper.pairs import Direction, Step
from timekeeper.references.consensus import Consensus
from timekeeper.solution import Fault
from timekeeper.timex import KernelClock


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
    away: tuple[str, ...] = ()
    found: Mapping[str, clocks.Found] | None = None
    suspects: tuple[str, ...] = ()
    made_s: float | None = None
    """Now, on CLOCK_BOOTTIME."""


def describe_local(
    claim: Claim,
    evidence: Evidence,
    about: About,
    pairs: Sequence[clocks.Peer] = (),
    references: clocks.References | None = None,
) -> clocks.Local:
    """Put one reading into the shape others read.

    Args:
        claim: What was concluded.
        evidence: From what.
        about: Who says it.
        pairs: What was measured of others.
        references: What its external servers say; None where it asks none.
    """
    kernel = evidence.kernel
    return clocks.Local(
        server=about.server,
        boot_id=about.boot_id,
        life=about.life,
        seq=about.seq,
        role=about.role,
        claim=_describe_claim(claim),
        kernel=_describe_kernel(kernel) if isinstance(kernel, KernelClock) else None,
        sources=count_states(claim.sources) if claim.sources else {},
        pairs=tuple(pairs[: clock_bounds.HOSTS]),
        heard=references,
        interval_seconds=about.interval_s,
        made_seconds=about.made_s,
        steps_total=sum(about.steps.values()),
        steps={direction.value: about.steps.get(direction, 0) for direction in Direction},
        last_step_seconds=about.last_step.size_ns / 1e9 if about.last_step else None,
        probe_address=about.probe_address,
        away=about.away[: clock_bounds.HOSTS],
        found=None if about.found is None else dict(islice(about.found.items(), clock_bounds.HOSTS)),
        suspects=about.suspects[: clock_bounds.HOSTS],
    )


def answer_report(local: clocks.Local, age_s: float, held: clocks.Found | None = None) -> Message:
    """The CLOCK_CURRENT_REPORT message, to whoever asked.

    Args:
        local: This host's word.
        age_s: Since it was read.
        held: What is held against this host.
    """
    current = clocks.AgentReport(local=local, solved=False, age_seconds=age_s, held=held)
    return Message("CLOCK_CURRENT_REPORT", {"report": msgspec.json.encode(current).decode()})


def tell_row(local: clocks.Local, told: Collection[str] | None = None) -> list[Message]:
    """The CLOCK_REPORT messages.

    Args:
        local: This host's word.
        told: The hosts whose timekeepers are to have it, but this one; None for all.
    """
    report = {"report": msgspec.json.encode(local).decode()}
    if told is None:
        return [Message("CLOCK_REPORT", report | {"deliver": "all"}, "timekeeper")]
    return [Message("CLOCK_REPORT", report, "timekeeper", server) for server in sorted({*told} - {local.server})]


def announce(claim: Claim, interval_s: float, fault: Fault | None = None) -> Message:
    """The word for the router, which repeats it to whoever asks for CLOCK_STATUS.

    Holdover is stable: the clock was verified, and is within a bound that grows; once that is void the state is unknown.
    ``clock_error`` takes the ancestor's two words, ``invalid`` (known to be kept by nobody, or wrong) and ``checking`` (not known),
    and says ``false_claim``, ``cluster_off``, ``contradicted`` or ``no_majority`` where other hosts are the reason.

    Args:
        claim: What was concluded.
        interval_s: When the next one follows, so that the router can tell a silent timekeeper.
        fault: What is held against the clock or the claim, whatever is claimed; the gravest, if there are several.
    """
    interval = {"interval_s": f"{interval_s:g}"}
    if fault is not None:
        error = "invalid" if fault is Fault.WRONG else fault.value
        return Message("CLOCK_UNSTABLE", {"clock_error": error} | interval)
    if claim.state in (ClaimState.SYNCHRONIZED, ClaimState.HOLDOVER):
        return Message("CLOCK_STABLE", {"clock_resolution": "verified"} | interval)
    if claim.without_daemon:
        return Message("CLOCK_STABLE", {"clock_resolution": "no_ntp"} | interval)
    error = "checking" if claim.state is ClaimState.UNKNOWN else "invalid"
    return Message("CLOCK_UNSTABLE", {"clock_error": error} | interval)


def _describe_claim(claim: Claim) -> clocks.Claim:
    return clocks.Claim(
        state=claim.state.value,
        reasons=tuple(claim.reasons[: clock_bounds.REASONS]),
        daemon=claim.daemon,
        upstreams=tuple(claim.upstreams[: clock_bounds.UPSTREAMS]),
        offset_seconds=claim.offset_s,
        bound_seconds=claim.bound_s,
        stratum=claim.stratum,
        leap=claim.leap.value if claim.leap else None,
        age_seconds=claim.age_s,
        root_delay_seconds=claim.root_delay_s,
        root_dispersion_seconds=claim.root_dispersion_s,
    )


def describe_sources(claim: Claim) -> tuple[clocks.Source, ...]:
    """What the daemon thinks of each of its sources, used or not."""
    return tuple(
        clocks.Source(
            name=source.name,
            state=source.state.value,
            reachable=source.reachable,
            authentication=source.authentication.value if source.authentication else None,
        )
        for source in claim.sources[: clock_bounds.SOURCES]
    )


def describe_references(consensus: Consensus, complaints: Mapping[str, str]) -> clocks.References:
    """Put what the external servers of this host say into the shape others read."""
    interval = consensus.interval
    return clocks.References(
        offset_seconds=None if interval is None else interval.middle,
        bound_seconds=None if interval is None else interval.half_width,
        agreeing=consensus.agreeing,
        falsetickers=consensus.falsetickers,
        complaints={server: why[: clock_bounds.COMPLAINT_CHARACTERS] for server, why in complaints.items()},
        age_seconds=None if interval is None else consensus.age_s,
    )


def _describe_kernel(kernel: KernelClock) -> clocks.Kernel:
    return clocks.Kernel(
        maxerror_seconds=kernel.maxerror_s,
        esterror_seconds=kernel.esterror_s,
        unsync=kernel.unsync,
        tai_offset_seconds=kernel.tai_offset_s,
        frequency_ppm=kernel.frequency_ppm,
        offset_seconds=kernel.offset_s,
        tick_seconds=kernel.tick_s,
        status=kernel.status,
    )
