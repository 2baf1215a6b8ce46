"""PURE: the canary's CANARY_CURRENT_REPORT as metrics of runs and versions; it judges no version."""

import msgspec

from exporters.metric import Definition, Kind, Row, Samples, Target, read_field


class Ended(msgspec.Struct, frozen=True):
    """How many runs of one version of a service ended in one way."""

    server: str
    service: str
    version: str
    reason: str
    count: int


class Version(msgspec.Struct, frozen=True):
    """One build of one version of a service."""

    service: str
    version: str
    running: int = 0


class CanaryReport(msgspec.Struct, frozen=True):
    """What CANARY_CURRENT_REPORT carries."""

    server: str = ""
    versions: tuple[Version, ...] = ()
    runs_ended_total: tuple[Ended, ...] = ()
    runs_forgotten_total: int | None = None
    unmatched_ends_total: int | None = None


def _ended(report: CanaryReport) -> Samples:
    counted: dict[tuple[str, ...], float] = {}
    for row in report.runs_ended_total:
        key = (row.server, row.service, row.version, row.reason)
        counted[key] = counted.get(key, 0.0) + row.count
    return counted


def _running(report: CanaryReport) -> Samples:
    counted: dict[tuple[str, ...], float] = {}
    for row in report.versions:
        key = (report.server, row.service, row.version)
        counted[key] = counted.get(key, 0.0) + row.running
    return counted


_VERSION = ("server", "service", "version")

_ROWS: tuple[Row[CanaryReport], ...] = (
    Row(
        Definition(
            "canary_runs_ended_total",
            Kind.COUNTER,
            "Runs of a version of a service that ended, by how.",
            (*_VERSION, "reason"),
        ),
        _ended,
    ),
    Row(Definition("canary_runs_running", Kind.GAUGE, "Runs of a version that go on now.", _VERSION), _running),
    Row(
        Definition(
            "canary_runs_forgotten_total",
            Kind.COUNTER,
            "Runs no longer remembered one by one, to make room for newer ones.",
        ),
        read_field("runs_forgotten_total"),
    ),
    Row(
        Definition("canary_unmatched_ends_total", Kind.COUNTER, "Ends of runs whose beginning is not known."),
        read_field("unmatched_ends_total"),
    ),
)

CANARY = Target(
    prefix="canary",
    service="canary",
    command="CANARY_GET_REPORT",
    reply="CANARY_CURRENT_REPORT",
    parameter="report",
    shape=CanaryReport,
    rows=_ROWS,
)
"""The canary of this host."""
