"""PURE: why a version on a server is where it is: each fact, whether it counted, and what comes next; it decides nothing."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from canary.judge.decide import wakes_at_s
from canary.judge.evidence import bake_s
from canary.judge.rule_a import CONFIG_STARTS, span_s
from canary.judge.rule_e import recent
from canary.judge.sentence import reason_of
from canary.judge.state import SHADOW, Cell
from canary.records import (
    AnyRecord,
    CellMoved,
    Entry,
    GaveUp,
    OfRun,
    Overridden,
    Pardoned,
    ProbeGranted,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    VersionCompared,
    VersionJudged,
)
from canary.rules import Rules
from communicator.answers.explanations import Explanation, Line, Measure


def explain(
    entries: Iterable[Entry],
    rules: Rules,
    cell: Cell,
    now_s: float,
    is_stranger: Callable[[OfRun], bool],
    compared: VersionCompared | None = None,
) -> Explanation:
    """Tell why a version on a server is where it is.

    Args:
        entries: What the ledger holds about it, in order; its beginning may be missing.
        rules: The rules in force.
        cell: What is known of the version there.
        now_s: By the ledger's clock.
        is_stranger: Whether the user of a run is a stranger to its service.
        compared: What the leader has told of the comparison of its service.
    """
    wakes_s = wakes_at_s(cell, rules)
    return Explanation(
        *cell.key,
        state=cell.state,
        reason=reason_of(cell),
        measures=(*_measures(cell, rules, now_s), *_compared_measures(cell, compared)),
        held_back_by=cell.suppressed_by,
        next=_next(cell, rules),
        next_seconds=None if math.isinf(wakes_s) else max(0.0, wakes_s - now_s),
        lines=tuple(_lines(list(entries), is_stranger)),
    )


def _lines(entries: list[Entry], is_stranger: Callable[[OfRun], bool]) -> Iterator[Line]:
    excuses = {entry.record.run_id: entry.record for entry in entries if isinstance(entry.record, RunExcused)}
    seen: set[tuple[type, str]] = set()
    for entry in entries:
        record = entry.record
        run_id = getattr(record, "run_id", "")
        is_again = bool(run_id) and (type(record), run_id) in seen
        seen.add((type(record), run_id))
        found = ("discarded", "told before") if is_again else _effect(record, excuses)
        if isinstance(record, OfRun) and is_stranger(record):
            found = ("discarded", f"user {record.user!r} is a stranger to the service")
        if found is not None:
            yield Line(entry.seq, entry.at_s, entry.wall_s, _what(record), *found)


def _what(record: AnyRecord) -> str:
    words = WORDS.get(type(record))
    return words(record) if words else type(record).__name__


def _causes(record: RunEnded) -> str:
    with_code = f", exit code {record.exit_code}" if record.exit_code is not None else ""
    with_signal = f", signal {record.signal}" if record.signal is not None else ""
    return ", ".join((record.cause, *record.causes)) + with_code + with_signal


WORDS: Mapping[type, Callable[[Any], str]] = {
    RunBegan: lambda record: f"run {record.run_id} began as {record.role}",
    RunPassed: lambda record: f"run {record.run_id} lasted {record.lasted_s:.0f} s: a success",
    RunEnded: lambda record: f"run {record.run_id} ended after {record.lasted_s:.0f} s: {_causes(record)}",
    GaveUp: lambda _record: "its supervisor gave up",
    CellMoved: lambda record: f"{record.old} -> {record.new} (rule {record.rule})",
    ProbeGranted: lambda record: f"probe {record.number} granted" + (", as it is" if record.is_live else ""),
    VersionJudged: lambda record: (
        f"{record.state} in the whole cluster (rule {record.rule}, by {record.leader or 'this server'})"
    ),
    Overridden: lambda record: f"{record.action} by {record.actor.user}@{record.actor.server}",
    Pardoned: lambda record: f"pardoned by {record.actor.user}@{record.actor.server}",
}


def _effect(record: AnyRecord, excuses: dict[str, RunExcused]) -> tuple[str, str] | None:
    """Whether it counted, and why; None for what stands in the line of another entry."""
    if isinstance(record, OfRun):
        return _effect_of_fact(record, excuses)
    if isinstance(record, CellMoved | VersionJudged):
        if record.mode == "detected":
            return "held back", f"{record.reason}; forbidden by {record.suppressed_by or 'dry_run'}"
        return "decided", record.reason
    if isinstance(record, Overridden | Pardoned):
        return "ordered", record.reason
    return ("decided", "") if isinstance(record, ProbeGranted) else None


def _effect_of_fact(record: OfRun, excuses: dict[str, RunExcused]) -> tuple[str, str]:
    if record.role == SHADOW:
        return "discarded", "a shadow does no work"
    if not isinstance(record, RunEnded):
        return "counted", ""
    if record.run_id in excuses:
        excuse = excuses[record.run_id]
        return "discarded", f"{excuse.excuse}: {excuse.reason}"
    if record.outcome == "censored":
        return "discarded", "says nothing of the version"
    return "counted", "ended in good order" if record.outcome == "clean" else ""


def _measures(cell: Cell, rules: Rules, now_s: float) -> Iterator[Measure]:
    if cell.ever_passed:
        yield Measure("b", "failures in a row", cell.consecutive, rules.b.failures)
        yield Measure("b", "seconds without a failure", bake_s(cell, now_s), rules.b.bake_s)
        within = f"failures within {rules.e.within_s:g} s, in a row or not"
        yield Measure("e", within, len(recent(cell, rules.e)), rules.e.failures)
    else:
        yield Measure("a", "failures in a row, without a success ever", cell.consecutive, rules.a.failures)
        yield Measure("a", "seconds they span", span_s(cell), rules.a.span_s)
        if cell.config_changed:
            yield Measure("a", "failed starts with the new configuration", cell.config_starts, CONFIG_STARTS)
    since_s, last_s = cell.unbroken_since_at_s, cell.streak[-1].at_s if cell.streak else None
    if since_s is not None and last_s is not None:
        yield Measure("ambient", "seconds of failures without a break", last_s - since_s, rules.ambient.budget_s)


def _compared_measures(cell: Cell, found: VersionCompared | None) -> Iterator[Measure]:
    """What rule C sees of a version, whether or not anything follows."""
    if found is None or (found.service, found.version, found.build) != cell.key[1:]:
        return
    numbers = found.numbers
    than = f"evidence that it fails more than {found.against_version}, as a power of ten"
    yield Measure("c", f"{than}: suspect", found.log10_evidence, numbers.get("suspect_log10", 0.0))
    yield Measure("c", f"{than}: held", found.log10_evidence, numbers.get("held_log10", 0.0))
    own = f"of {numbers.get('failures_new', 0) + numbers.get('failures_old', 0):g} failures its own, beside as many as are allowed"
    yield Measure("c", own, numbers.get("failures_new", 0.0), numbers.get("expected_new", 0.0))


def _next(cell: Cell, rules: Rules) -> str:
    if cell.suppressed_by:
        return f"rule {cell.suppressed_rule} acts as soon as {cell.suppressed_by} does not forbid it any more"
    if cell.state == "suspect" and cell.until_at_s is not None:
        return f"its ejection ends, or {rules.b.returns} successes end it"
    return {
        "unknown": "its first run",
        "observing": f"a success after {rules.a.ok_after_s:g} s, or a failure",
        "suspect": f"a success after {rules.a.ok_after_s:g} s, or a verdict of rule {'b' if cell.ever_passed else 'a'}",
        "proving": f"good after {rules.b.bake_s:g} s without a failure",
        "good": f"rule b after {rules.b.failures} failures in a row",
        "blocked": "a probe is granted",
        "probation": _next_of_probe(cell),
        "archived": "nothing",
    }[cell.state]


def _next_of_probe(cell: Cell) -> str:
    if cell.probe == "running":
        return "its probe is running"
    if cell.probe_is_live:
        return "its next start is its probe"
    return "its probe may come, or it is let in as it is"
