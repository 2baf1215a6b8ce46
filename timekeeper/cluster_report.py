"""PURE: what a solving timekeeper tells of all clocks, as short as a line needs; it concludes nothing itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from communicator.answers import clocks
from communicator.protocol import Message
from communicator.wording.clocks import SILENT_ROUNDS
from timekeeper.solution import Electors, HostClaim, HostVerdict, Judgement, Measurement, Thresholds
from timekeeper.wire_size import wire_bytes

REPORT_BYTES = 900 * 1024
"""As the value of a parameter: with the history of a day beside it, it stays below the hard limit of a line."""
CONTRADICTIONS = 64
"""Told at most; who would read more?"""
REASON_CHARACTERS = 200
"""Of a reason, where the report would be too long otherwise."""


def describe_solution(  # noqa: PLR0913 - each is one source of the report
    local: clocks.Local,
    judgement: Judgement,
    *,
    claims: Mapping[str, clocks.Claim],
    unanswered: Iterable[str],
    thresholds: Thresholds,
    references: Mapping[str, clocks.References],
    age_s: float,
) -> clocks.ClockReport:
    """Put a judgement into the shape others read.

    Args:
        local: This host's own word.
        judgement: What was concluded.
        claims: What each host said of its own clock.
        unanswered: Hosts that were to be measured from here, and are not.
        thresholds: How far off a clock may be.
        references: What each host hears of its external servers, by host.
        age_s: Since it was concluded.
    """
    solution = judgement.solution
    silent = (clocks.Pair(local.server, host) for host in sorted(unanswered))
    return clocks.ClockReport(
        local=local,
        solved=True,
        age_seconds=age_s,
        hosts=tuple(
            _host(verdict, claims.get(verdict.host), solution.electors, silent_s=SILENT_ROUNDS * local.interval_seconds)
            for verdict in judgement.hosts
        ),
        pairs=(*map(_pair, solution.measurements), *silent),
        has_majority=solution.has_majority,
        agreeing=solution.agreeing,
        voters=solution.electors.number,
        reference=solution.reference,
        spread_seconds=solution.spread_s,
        residual_seconds=solution.residual_s,
        cluster_off=solution.is_cluster_off,
        sources_independent=solution.true_time.groups if solution.true_time else None,
        contradictions=tuple(
            clocks.Contradiction(one.hosts, one.excess_s) for one in solution.contradictions[:CONTRADICTIONS]
        ),
        camps=tuple(clocks.Camp(one.hosts, one.offset_s, one.bound_s) for one in solution.camps),
        thresholds=clocks.Thresholds(thresholds.warn_s, thresholds.critical_s),
        references_by_host=dict(references),
        reasons=judgement.reasons[:CONTRADICTIONS],
    )


def repeat_solution(report: clocks.ClockReport, local: clocks.Local, held: clocks.Found) -> clocks.ClockReport:
    """What one that solves says, as this host tells it.

    Args:
        report: What that one tells.
        local: This host's own word.
        held: What is held against this host.
    """
    grace_s = max(local.grace_left_seconds or 0.0, report.local.grace_left_seconds or 0.0)
    own = {(pair.from_, pair.to): pair for pair in clocks.pairs_of(local)}
    pairs = (*(pair for pair in report.pairs if (pair.from_, pair.to) not in own), *own.values())
    return replace(
        report,
        local=replace(local, grace_left_seconds=grace_s),
        held=held,
        pairs=pairs,
        pairs_omitted=max(0, report.pairs_omitted - (len(pairs) - len(report.pairs))),
    )


def answer_solution(report: clocks.ClockReport, asker: str = "") -> Message:
    """The CLOCK_CURRENT_REPORT message, to whoever asked; it says what it leaves out to fit into a line.

    Args:
        report: What is known.
        asker: The host of the timekeeper that asks, to repeat it: its pairs are told like those of this host.
    """
    text = b""
    for shorter in _shorten(report, {report.local.server, asker}):
        text = msgspec.json.encode(shorter)
        if wire_bytes(text) <= REPORT_BYTES:
            break
    return Message("CLOCK_CURRENT_REPORT", {"report": text.decode()})


def _shorten(report: clocks.ClockReport, own: Collection[str]) -> Iterator[clocks.ClockReport]:
    """The same, then less and less of it; of the pairs those of these hosts are told longest."""
    yield report
    pairs = tuple(pair for pair in report.pairs if pair.from_ in own or pair.to in own)
    omitted = report.pairs_omitted + len(report.pairs) - len(pairs)
    report = replace(report, pairs=pairs, pairs_omitted=omitted)
    yield report
    report = replace(report, hosts=tuple(map(_shorten_claim, report.hosts)), claims_shortened=True)
    yield report
    hosts = tuple(replace(host, claim=None, reasons=_shorten_reasons(host.reasons)) for host in report.hosts)
    yield replace(report, hosts=hosts, claims_omitted=sum(host.claim is not None for host in report.hosts))


def _shorten_claim(host: clocks.Host) -> clocks.Host:
    return host if host.claim is None else replace(host, claim=replace(host.claim, reasons=(), upstreams=()))


def _shorten_reasons(reasons: Sequence[str]) -> tuple[str, ...]:
    return tuple(reason[:REASON_CHARACTERS] for reason in reasons[:1])


def _host(verdict: HostVerdict, said: clocks.Claim | None, electors: Electors, *, silent_s: float) -> clocks.Host:
    solved = verdict.solved
    return clocks.Host(
        host=verdict.host,
        offset_seconds=solved.offset_s,
        bound_seconds=solved.bound_s,
        verdict=verdict.verdict.value,
        critical=verdict.is_critical,
        compared_with=solved.basis.value,
        standing=_standing(verdict.host, electors),
        faults=tuple(fault.value for fault in verdict.faults),
        drift_ppm=verdict.trend_ppm,
        seconds_to_threshold=verdict.seconds_to_threshold,
        age_seconds=solved.age_s,
        claim=_as_judged(said, solved.claim),
        claim_holds=solved.claim_holds,
        contradicted_by=solved.contradicted_by,
        off=solved.is_off,
        true_offset_seconds=solved.true_offset_s,
        true_bound_seconds=solved.true_bound_s,
        reasons=(*verdict.reasons, *_tell_silence(solved.age_s, silent_s)),
    )


def _tell_silence(age_s: float | None, silent_s: float) -> Iterable[str]:
    if age_s is not None and age_s > silent_s:
        yield f"no answer for {age_s:.0f} s: a step of its clock since then is not known"


def _standing(host: str, electors: Electors) -> str:
    if host in electors.vouched_by_one:
        return "vouched_by_one"
    return "not_watched" if host in electors.not_watched else ""


def _as_judged(said: clocks.Claim | None, judged: HostClaim | None) -> clocks.Claim | None:
    """The words of a host with the figures that its verdict is made of, so that a row shows one number."""
    if said is None or judged is None:
        return said
    age_s = None if said.age_seconds is None else judged.age_s
    return replace(
        said, state=judged.state, offset_seconds=judged.offset_s, bound_seconds=judged.bound_s, age_seconds=age_s
    )


def _pair(one: Measurement) -> clocks.Pair:
    return clocks.Pair(
        from_=one.source,
        to=one.target,
        offset_seconds=one.offset_s,
        bound_seconds=one.bound_s,
        rtt_seconds=one.rtt_s,
        age_seconds=one.age_s,
        via=one.via,
        drift_ppm=one.drift_ppm,
    )
