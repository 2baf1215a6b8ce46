"""PURE: the clocks of all hosts as intervals on one axis, the worst first; it judges none itself."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.clocks import ClockReport, Host
from communicator.wording.clocks import (
    claim_mark,
    claim_text,
    is_bad,
    judged_mark,
    judged_text,
    measured_text,
    rank,
    reasons_of,
)
from communicator.wording.cluster_clocks import camp_text, story, summary, unsolved_text
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, OPEN, Mark
from exporters.page.views.addresses import host_query, stable_id
from exporters.page.views.axis import Axis, Tick, fit_axis
from exporters.page.views.bound import Bound
from exporters.page.words import opened


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the axis, in percent of its width."""

    left: float
    width: float
    middle: float


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One host."""

    host: str
    id: str
    query: str
    mark: Mark
    verdict: str
    offset: str
    claim_mark: Mark
    claim: str
    measured: Interval | None
    """Its offset and bound."""
    claimed: Interval | None
    """Within what it says that it is of true time, about the middle of the axis."""
    is_claim_bad: bool
    reasons: tuple[str, ...]
    picture: str
    """The same in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClocksView:
    """All clocks."""

    mark: Mark
    sentence: str
    rows: Sequence[ClockRow]
    ticks: Sequence[Tick]
    band: Interval | None
    """Where the majority is."""
    tolerated: Interval
    notes: Sequence[tuple[Mark, str]]
    hidden: int
    hidden_text: str


def clocks_view(report: ClockReport, shown: Bound | None, not_enforced: Collection[str] = ()) -> ClocksView:
    """What is shown of the clocks.

    Args:
        report: What the timekeeper tells.
        shown: How many hosts; None: all.
        not_enforced: Servers with a C++ router.
    """
    hosts = sorted(report.hosts or _own(report), key=rank)
    axis = fit_axis(report.limits.warn_seconds, (end for host in hosts for end in _ends(host)))
    limit_s = axis.limit_s
    mark, sentence = summary_of(report)
    most = len(hosts) if shown is None else shown.of(sum(not is_well(host) for host in hosts))
    hidden = hosts[most:]
    return ClocksView(
        mark=mark,
        sentence=sentence,
        rows=[_row(host, axis, report, is_enforced=host.host not in not_enforced) for host in hosts[:most]],
        ticks=axis.ticks(),
        band=_band(report, axis),
        tolerated=_interval(axis, -limit_s, limit_s),
        notes=list(_notes(report, not_enforced)),
        hidden=len(hidden),
        hidden_text=_hidden_text(hidden),
    )


def is_well(host: Host) -> bool:
    """Whether nothing is held against a clock."""
    return host.verdict == "ok" and not is_bad(host)


def _own(report: ClockReport) -> tuple[Host, ...]:
    """This host alone, where nothing is solved."""
    return (Host(report.local.name, claim=report.local.claim),)


def _ends(host: Host) -> Iterator[float]:
    """How far out a host has to be seen; of a wide bound the middle is enough."""
    if host.offset_seconds is not None:
        yield host.offset_seconds
        if host.verdict in ("wrong", "ok"):
            yield abs(host.offset_seconds) + (host.bound_seconds or 0.0)


def _row(host: Host, axis: Axis, report: ClockReport, *, is_enforced: bool) -> ClockRow:
    claim = host.claimed
    bound_s = claim.bound_seconds
    told = measured_text(host, report.local.interval_seconds)
    said = claim_text(host)
    return ClockRow(
        host=host.host,
        id=stable_id("clock", host.host),
        query=host_query(host.host),
        mark=judged_mark(host),
        verdict=judged_text(host) if report.solved else "not compared",
        offset=told,
        claim_mark=claim_mark(host),
        claim=said,
        measured=_measured(host, axis),
        claimed=None if bound_s is None else _interval(axis, -bound_s, bound_s),
        is_claim_bad=claim_mark(host) is BAD,
        reasons=reasons_of(host.reasons, claim.state, claim.reasons, is_enforced=is_enforced),
        picture=f"{host.host}: measured {told if host.offset_seconds is not None else 'not at all'}; claims {said}",
    )


def _measured(host: Host, axis: Axis) -> Interval | None:
    if host.offset_seconds is None:
        return None
    bound_s = host.bound_seconds or 0.0
    return _interval(axis, host.offset_seconds - bound_s, host.offset_seconds + bound_s, host.offset_seconds)


def _interval(axis: Axis, low_s: float, high_s: float, middle_s: float | None = None) -> Interval:
    left, right = axis.place(low_s), axis.place(high_s)
    middle = axis.place((low_s + high_s) / 2 if middle_s is None else middle_s)
    return Interval(left, round(right - left, 2), middle)


def _band(report: ClockReport, axis: Axis) -> Interval | None:
    if not report.has_majority or not report.camps or report.camps[0].offset_seconds is None:
        return None
    middle_s, bound_s = report.camps[0].offset_seconds, report.camps[0].bound_seconds or 0.0
    return _interval(axis, middle_s - bound_s, middle_s + bound_s)


def summary_of(report: ClockReport) -> tuple[Mark, str]:
    """All clocks in one sentence."""
    own = report.local.claim.state
    if not report.solved:
        return GOOD if own == "synchronized" else DOUBTFUL, unsolved_text(report.local.role, None)
    mark, sentence = summary(report, own)
    return mark, opened(sentence)


def _notes(report: ClockReport, not_enforced: Collection[str]) -> Iterator[tuple[Mark, str]]:
    if len(report.camps) > 1:
        for camp in report.camps:
            yield OPEN, camp_text(camp.hosts, camp.offset_seconds, camp.bound_seconds)
    yield from story(report)
    aside = not_enforced_text((host.host for host in report.hosts), not_enforced, "clock verdict")
    if aside:
        yield DOUBTFUL, aside


def _hidden_text(hidden: Sequence[Host]) -> str:
    if not hidden:
        return ""
    all_well = all(map(is_well, hidden))
    return f"and {len(hidden)} more{', all well' if all_well else ''}"
