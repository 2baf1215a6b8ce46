"""PURE: the canary's CANARY_CURRENT_REPORT as metrics of runs and versions; it judges no version."""

import msgspec

from exporters.metric import Definition, Kind, Row, Samples, Target


class Runs(msgspec.Struct, frozen=True):
    """How many runs of one version of a service ended in one way."""

    server: str
    service: str
    version: str
    outcome: str
    count: int


class CanaryReport(msgspec.Struct, frozen=True):
    """What CANARY_CURRENT_REPORT carries."""

    runs_total: tuple[Runs, ...] = ()


def _runs(report: CanaryReport) -> Samples:
    counted: dict[tuple[str, ...], float] = {}
    for runs in report.runs_total:
        key = (runs.server, runs.service, runs.version, runs.outcome)
        counted[key] = counted.get(key, 0.0) + runs.count
    return counted


CANARY = Target(
    prefix="canary",
    service="canary",
    command="CANARY_GET_REPORT",
    reply="CANARY_CURRENT_REPORT",
    parameter="report",
    shape=CanaryReport,
    rows=(
        Row(
            Definition(
                "canary_runs_total",
                Kind.COUNTER,
                "Runs of a version of a service that ended, by how.",
                ("server", "service", "version", "outcome"),
            ),
            _runs,
        ),
    ),
)
"""The canary of this host."""
