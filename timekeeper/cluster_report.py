"""PURE: what a solving timekeeper tells of all clocks, as JSON shapes; it concludes nothing itself.

A field that is None (``null``) is *not known*; it is never a stand-in for zero. Readers ignore keys they do not know.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from communicator.protocol import Message
from timekeeper.references.consensus import Consensus
from timekeeper.report import ClaimReport, LocalReport
from timekeeper.solution import Camp, HostVerdict, Judgement, Measurement, Thresholds
from timekeeper.wire_size import wire_bytes

REPORT_BYTES = 900 * 1024
"""As the value of a parameter: with the history of a day beside it, it stays below the hard limit of a line."""
CONTRADICTIONS = 64
"""Told at most; who would read more?"""
REASON_CHARACTERS = 200
"""Of a reason, where the report would be too long otherwise."""


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """One clock."""

    host: str
    offset_seconds: float | None
    """Its clock minus what it is compared with; positive: ahead."""
    bound_seconds: float | None
    """`offset_seconds` is off by no more than this."""
    verdict: str
    """``ok``, ``suspect``, ``wrong``, ``no_majority`` or ``unknown``."""
    critical: bool
    """Whether it is wrong, and provably beyond the critical threshold."""
    compared_with: str
    """``majority`` or ``true time``; ``no majority``, ``apart`` or ``unmeasured`` where there is nothing to compare it with."""
    drift_ppm: float | None
    """How fast its offset grows; None while that cannot be told from noise."""
    seconds_to_threshold: float | None
    """Until it may be beyond the threshold, if it goes on like this."""
    age_seconds: float | None
    """Of its youngest measurement."""
    claim: ClaimReport | None
    claim_holds: bool | None
    """Whether its clock can be as true as it claims."""
    true_offset_seconds: float | None
    """Its clock minus true time, by independent claims and references."""
    true_bound_seconds: float | None
    reasons: list[str]


class CrossReport(msgspec.Struct, frozen=True, kw_only=True):
    """One clock compared with another, by the first of them."""

    from_host: str = msgspec.field(name="from")
    to: str
    offset_seconds: float | None
    """The clock of `to` minus that of `from`; None: it was to be measured, and does not answer."""
    bound_seconds: float | None
    rtt_seconds: float | None
    age_seconds: float | None
    via: str | None
    drift_ppm: float | None


class ContradictionReport(msgspec.Struct, frozen=True):
    """Measurements around a ring of hosts that cannot all be true."""

    hosts: list[str]
    excess_seconds: float
    """By how much their bounds are too small together."""


class CampReport(msgspec.Struct, frozen=True):
    """Hosts that agree with each other."""

    hosts: list[str]
    offset_seconds: float
    """Their clocks minus those of the first camp."""
    bound_seconds: float
    kind: str
    """``plain``, ``leap`` or ``smear``."""


class ThresholdsReport(msgspec.Struct, frozen=True):
    """How far off a clock may be."""

    warn_seconds: float
    critical_seconds: float


class ReferencesReport(msgspec.Struct, frozen=True):
    """What the external servers of the settings say."""

    low_seconds: float | None
    """True time minus the clock of this host is no less than this; None where no majority of them agrees."""
    high_seconds: float | None
    agreeing: list[str]
    falsetickers: list[str]
    complaints: dict[str, str]
    """Why a server gave nothing when it was last asked."""


class SolvedReport(msgspec.Struct, frozen=True, kw_only=True):
    """CLOCK_CURRENT_REPORT of a solver."""

    local: LocalReport
    solved: bool
    age_seconds: float
    """Since this was solved."""
    hosts: list[HostReport]
    pairs: list[CrossReport]
    has_majority: bool | None
    """Whether more than half of the hosts agree; None while nothing was measured."""
    agreeing: int
    """Members of the majority; without one, of the largest camp."""
    reference: str | None
    """The median host of the majority."""
    spread_seconds: float | None
    """How far apart the two most different clocks are; None while nothing was measured."""
    residual_seconds: float
    """By how much the worst pair differs from the fit of all."""
    cluster_off: bool
    """Whether the majority as a whole is provably beyond the threshold from true time."""
    contradictions: list[ContradictionReport]
    camps: list[CampReport]
    thresholds: ThresholdsReport
    references: ReferencesReport | None
    reasons: list[str]
    """What is to be said of the cluster as a whole."""
    pairs_omitted: int = 0
    """How many pairs of other hosts are left out of `pairs`, since the report would be too long with them."""
    claims_shortened: bool = False
    """Whether claims are without reasons and upstreams too; each host tells them itself."""
    claims_omitted: int = 0
    """How many hosts are without their claim and all but the first reason, since even that would be too long."""


def describe_solution(  # noqa: PLR0913 - each is one source of the report
    local: LocalReport,
    judgement: Judgement,
    *,
    claims: Mapping[str, ClaimReport],
    unanswered: Iterable[str],
    thresholds: Thresholds,
    consensus: Consensus | None,
    complaints: Mapping[str, str],
    age_s: float,
) -> SolvedReport:
    """Put a judgement into the shape others read.

    Args:
        local: This host's own word.
        judgement: What was concluded.
        claims: What each host said of its own clock.
        unanswered: Hosts that were to be measured from here, and are not.
        thresholds: How far off a clock may be.
        consensus: What the external servers agree on; None where there are none.
        complaints: Why a server gave nothing.
        age_s: Since it was concluded.
    """
    solution = judgement.solution
    silent = [_silence(local.server, host) for host in sorted(unanswered)]
    return SolvedReport(
        local=local,
        solved=True,
        age_seconds=age_s,
        hosts=[_host(verdict, claims.get(verdict.host)) for verdict in judgement.hosts],
        pairs=[*map(_pair, solution.measurements), *silent],
        has_majority=solution.has_majority,
        agreeing=solution.agreeing,
        reference=solution.reference,
        spread_seconds=solution.spread_s,
        residual_seconds=solution.residual_s,
        cluster_off=solution.is_cluster_off,
        contradictions=[
            ContradictionReport(list(one.hosts), one.excess_s) for one in solution.contradictions[:CONTRADICTIONS]
        ],
        camps=_camps(solution.camps),
        thresholds=ThresholdsReport(thresholds.warn_s, thresholds.critical_s),
        references=None if consensus is None else _references(consensus, complaints),
        reasons=list(judgement.reasons[:CONTRADICTIONS]),
    )


def answer_solution(report: SolvedReport) -> Message:
    """The CLOCK_CURRENT_REPORT message, to whoever asked; it says what it leaves out to fit into a line."""
    text = b""
    for shorter in _shorten(report):
        text = msgspec.json.encode(shorter)
        if wire_bytes(text) <= REPORT_BYTES:
            break
    return Message("CLOCK_CURRENT_REPORT", {"report": text.decode()})


def _shorten(report: SolvedReport) -> Iterator[SolvedReport]:
    """The same, then less and less of it."""
    yield report
    own = report.local.server
    pairs = [pair for pair in report.pairs if own in (pair.from_host, pair.to)]
    report = replace(report, pairs=pairs, pairs_omitted=len(report.pairs) - len(pairs))
    yield report
    report = replace(report, hosts=[_shorten_claim(host) for host in report.hosts], claims_shortened=True)
    yield report
    hosts = [replace(host, claim=None, reasons=_shorten_reasons(host.reasons)) for host in report.hosts]
    yield replace(report, hosts=hosts, claims_omitted=sum(host.claim is not None for host in report.hosts))


def _shorten_claim(host: HostReport) -> HostReport:
    return host if host.claim is None else replace(host, claim=replace(host.claim, reasons=[], upstreams=[]))


def _shorten_reasons(reasons: Sequence[str]) -> list[str]:
    return [reason[:REASON_CHARACTERS] for reason in reasons[:1]]


def _host(verdict: HostVerdict, claim: ClaimReport | None) -> HostReport:
    solved = verdict.solved
    return HostReport(
        host=verdict.host,
        offset_seconds=solved.offset_s,
        bound_seconds=solved.bound_s,
        verdict=verdict.verdict.value,
        critical=verdict.is_critical,
        compared_with=solved.basis.value,
        drift_ppm=verdict.trend_ppm,
        seconds_to_threshold=verdict.seconds_to_threshold,
        age_seconds=solved.age_s,
        claim=claim,
        claim_holds=solved.claim_holds,
        true_offset_seconds=solved.true_offset_s,
        true_bound_seconds=solved.true_bound_s,
        reasons=list(verdict.reasons),
    )


def _pair(one: Measurement) -> CrossReport:
    return CrossReport(
        from_host=one.source,
        to=one.target,
        offset_seconds=one.offset_s,
        bound_seconds=one.bound_s,
        rtt_seconds=one.rtt_s,
        age_seconds=one.age_s,
        via=one.via,
        drift_ppm=one.drift_ppm,
    )


def _silence(own: str, host: str) -> CrossReport:
    return CrossReport(
        from_host=own,
        to=host,
        offset_seconds=None,
        bound_seconds=None,
        rtt_seconds=None,
        age_seconds=None,
        via=None,
        drift_ppm=None,
    )


def _camps(camps: Sequence[Camp]) -> list[CampReport]:
    return [CampReport(list(camp.hosts), camp.offset_s, camp.bound_s, camp.kind.value) for camp in camps]


def _references(consensus: Consensus, complaints: Mapping[str, str]) -> ReferencesReport:
    interval = consensus.interval
    return ReferencesReport(
        low_seconds=None if interval is None else interval.low,
        high_seconds=None if interval is None else interval.high,
        agreeing=list(consensus.agreeing),
        falsetickers=list(consensus.falsetickers),
        complaints=dict(complaints),
    )
