"""PURE: the canary's report as metrics of runs, versions and verdicts; it judges no version."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from communicator.answers.releases import CanaryReport, Cell, RunCount
from exporters.collectors.metric import (
    NOTHING,
    Answer,
    Definition,
    Kind,
    Row,
    Samples,
    Target,
    asked_target,
    read_field,
    read_histogram,
    samples_of,
)
from exporters.questions import VERSIONS

STATES = ("unknown", "observing", "proving", "good", "suspect", "blocked", "probation")
"""Of a version on a server; one that is archived is told no more, and its metrics are gone."""

CANARY_ANSWER = Answer(VERSIONS, CanaryReport)

Select: TypeAlias = Callable[[str, CanaryReport], bool]
"""Whether what is told of a server is shown."""
_VERSION = ("server", "service", "version", "build")


def canary_target(*, cluster: bool) -> Target[CanaryReport]:
    """The canary of this host.

    Args:
        cluster: Whether the page also holds what it has heard of other servers.
    """
    return asked_target("canary", "canary", VERSIONS.service, (*_rows_of_versions(_all if cluster else _own), *_ROWS))


def _all(_server: str, _report: CanaryReport) -> bool:
    return True


def _own(server: str, report: CanaryReport) -> bool:
    return server == report.server


def _rows_of_versions(select: Select) -> tuple[Row[CanaryReport], ...]:
    def cells(report: CanaryReport) -> list[Cell]:
        return [cell for cell in report.cells if select(cell.server, report)]

    def counts(report: CanaryReport, rows: Iterable[RunCount]) -> Samples:
        shown = (row for row in rows if select(row.server, report))
        return _sum((row.server, row.service, row.version, row.build, row.what, row.count) for row in shown)

    return (
        Row(_RUNS, lambda report: counts(report, report.runs_total)),
        Row(_FAILURES, lambda report: counts(report, report.failures_total)),
        Row(_RUNNING, lambda report: _sum((*_version(cell), cell.running) for cell in cells(report))),
        Row(_STATE, lambda report: _states(cells(report))),
        Row(_BLOCKED, lambda report: _sum((*_version(cell)[1:], cell.state in _KEPT_OUT) for cell in cells(report))),
    )


_KEPT_OUT = ("blocked", "probation")
_RUNS = Definition(
    "canary_runs_total", Kind.COUNTER, "Runs of a version that ended or passed, by outcome.", (*_VERSION, "outcome")
)
_FAILURES = Definition(
    "canary_failures_total", Kind.COUNTER, "Runs of a version that failed, by what happened.", (*_VERSION, "kind")
)
_RUNNING = Definition("canary_runs_running", Kind.GAUGE, "Runs of a version that go on now.", _VERSION)
_STATE = Definition(
    "canary_state",
    Kind.GAUGE,
    "1 for what a version is found to be on a server, else 0.",
    (*_VERSION, "state"),
)
_BLOCKED = Definition("canary_blocked", Kind.GAUGE, "Servers on which a version is kept from running.", _VERSION[1:])


def _version(cell: Cell) -> tuple[str, str, str, str]:
    return cell.server, cell.service, cell.version, cell.build


def _sum(rows: Iterable[tuple[str | int, ...]]) -> Samples:
    """The last of each row, summed over those that are alike before it."""
    summed: dict[tuple[str, ...], float] = {}
    for *labels, value in rows:
        key = tuple(map(str, labels))
        summed[key] = summed.get(key, 0.0) + float(value)
    return summed


def _states(cells: Iterable[Cell]) -> Samples:
    return {(*_version(cell), state): float(cell.state == state) for cell in cells for state in STATES}


def _evidence(report: CanaryReport) -> Samples:
    known = ((one, one.log10_evidence) for one in report.releases)
    return {(one.service, one.version, one.build): value for one, value in known if value is not None}


def _would_hold(report: CanaryReport) -> Samples:
    return {
        (one.service, one.version, one.build, one.held_back_by): 1.0 for one in report.releases if one.would == "held"
    }


def _limits(report: CanaryReport) -> Samples:
    known = ((one, one.comparison) for one in report.releases)
    return {
        (one.service, one.version, one.build, level): limit
        for one, found in known
        if found is not None
        for level, limit in (("suspect", found.suspect_log10), ("held", found.held_log10))
    }


def _compared(report: CanaryReport) -> Samples:
    known = ((one, one.comparison) for one in report.releases)
    return {
        (one.service, one.version, one.build, whose): float(number)
        for one, found in known
        if found is not None
        for whose, number in (("new", found.failures_new), ("old", found.failures_old))
    }


def _held(report: CanaryReport) -> Samples:
    return {(one.service, one.version, one.build): float(one.state == "held") for one in report.releases}


def _verdicts(report: CanaryReport) -> Samples:
    return _sum((row.rule, row.verdict, row.mode, row.count) for row in report.verdicts_total)


def _standing(field: str) -> Callable[[CanaryReport], Samples]:
    return read_field(f"canary.{field}")


def _generation(report: CanaryReport) -> Samples:
    generation = report.canary.generation
    return NOTHING if generation is None else {("term",): float(generation[0]), ("number",): float(generation[1])}


def _gauge(name: str, text: str, read: Callable[[CanaryReport], Samples], *labels: str) -> Row[CanaryReport]:
    return Row(Definition(f"canary_{name}", Kind.GAUGE, text, labels), read)


def _counter(name: str, text: str, read: Callable[[CanaryReport], Samples], *labels: str) -> Row[CanaryReport]:
    return Row(Definition(f"canary_{name}_total", Kind.COUNTER, text, labels), read)


_ROWS: tuple[Row[CanaryReport], ...] = (
    _gauge("held", "1 when the leader keeps a version from the whole cluster, else 0.", _held, *_VERSION[1:]),
    _gauge(
        "log10_evidence",
        "Evidence that a version fails more than the one before: 2 comes about for 1 in 100 good ones, 3 for 1 in 1,000.",
        _evidence,
        *_VERSION[1:],
    ),
    _gauge(
        "log10_evidence_limit",
        "The evidence at which rule C finds a version suspect, or holds it.",
        _limits,
        *_VERSION[1:],
        "level",
    ),
    _gauge(
        "compared_failures",
        "Failures that count in the comparison of a version with the last good one: of the new one, and of the old one.",
        _compared,
        *_VERSION[1:],
        "arm",
    ),
    _gauge(
        "would_hold",
        "1 when a rule would keep a version from the whole cluster, if that were not forbidden: by what.",
        _would_hold,
        *_VERSION[1:],
        "reason",
    ),
    _counter(
        "verdicts",
        "Verdicts of a rule: detected counts all, enforced those that were acted upon.",
        _verdicts,
        "rule",
        "verdict",
        "mode",
    ),
    _counter(
        "block_overflow",
        "Verdicts that were not acted upon, by what forbade it.",
        read_field("suppressed_total"),
        "reason",
    ),
    Row(
        Definition(
            "canary_detection_seconds",
            Kind.HISTOGRAM,
            "From the first counted failure in a row of a version on this host to its block.",
        ),
        read_histogram("detection_seconds"),
    ),
    _gauge(
        "servers_sick",
        "Servers on which several services fail at once.",
        lambda report: samples_of(len(report.servers)),
    ),
    _gauge(
        "frozen",
        "1 while no rule acts on a service, or on any where scope is *.",
        lambda report: {(one.scope,): 1.0 for one in report.freezes},
        "scope",
    ),
    _gauge("overrides", "Orders of operators in force.", lambda report: samples_of(len(report.overrides))),
    _gauge(
        "is_leader",
        "1 when this host's canary decides for the cluster, else 0.",
        lambda report: samples_of(float(report.canary.leader == report.server)) if report.server else NOTHING,
    ),
    _gauge(
        "members",
        "Servers that have announced a canary, in reach or not; orders are for them.",
        lambda report: samples_of(len(report.canary.members) or None),
    ),
    _gauge(
        "members_behind",
        "Of those in reach, whose routers obey other orders of operators than this canary knows of.",
        lambda report: samples_of(None if report.canary.behind is None else len(report.canary.behind)),
    ),
    _gauge("denylist_generation", "Of the policy that the router was given last.", _generation, "part"),
    _gauge("denylist_entries", "Entries of that policy.", _standing("denied")),
    _gauge("denylist_age_seconds", "How long ago the router was given it.", _standing("policy_age_seconds")),
    _gauge("ledger_entries", "The number of the newest entry of the ledger.", _standing("ledger_entries")),
    _counter("db_errors", "Times the ledger could not be written.", _standing("ledger_errors_total")),
    _counter("events_lost", "What was told and could not be kept.", _standing("facts_lost_total")),
    _counter("runs_missed", "Runs that began and ended while the canary was away.", _standing("runs_missed_total")),
    _gauge(
        "versions_untold",
        "Versions on servers that the canary knows and this page leaves out, since there are too many.",
        lambda report: samples_of(report.untold),
    ),
)
