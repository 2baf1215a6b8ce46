"""PURE: the exporter itself as metrics; it is there whatever else is down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporters.collectors.metric import Definition, Kind, Row, Samples, Table, read_field, samples_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What its surroundings know of the exporter."""

    refused: Mapping[str, int] = field(default_factory=dict)
    """Requests and connections refused, by reason; empty where nothing is served."""
    reload_ok: bool | None = None
    """Whether the settings that were read last were good; None where they are read once."""
    reloaded_wall_s: float | None = None
    """When good ones were read last, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReport:
    """What the exporter knows of itself."""

    version: str
    python: str
    start_time_seconds: float
    scrapes: int
    """Times that everything was looked at, this one included."""
    dropped: Mapping[str, int]
    """Series left out of this page, by collector."""
    written_seconds: float | None = None
    """When this page was written to a file, in seconds since the epoch; None when it is served."""
    standing: Standing = field(default_factory=Standing)


def _build(report: OwnReport) -> Samples:
    return {(report.version, report.python): 1.0}


def _dropped(report: OwnReport) -> Samples:
    return samples_of(dict(report.dropped))


def _refused(report: OwnReport) -> Samples:
    return samples_of(dict(report.standing.refused))


OWN = Table(
    "exporter",
    (
        Row(
            Definition("exporter_build_info", Kind.GAUGE, "The running exporter; always 1.", ("version", "python")),
            _build,
        ),
        Row(
            Definition(
                "exporter_start_time_seconds", Kind.GAUGE, "When the exporter started, in seconds since the epoch."
            ),
            read_field("start_time_seconds"),
        ),
        Row(
            Definition(
                "exporter_config_last_reload_successful",
                Kind.GAUGE,
                "1 when the settings that were read last were good, 0 when they were not and the ones before hold.",
            ),
            read_field("standing.reload_ok"),
        ),
        Row(
            Definition(
                "exporter_config_last_reload_success_timestamp_seconds",
                Kind.GAUGE,
                "When good settings were read last, in seconds since the epoch.",
            ),
            read_field("standing.reloaded_wall_s"),
        ),
        Row(
            Definition(
                "exporter_scrapes_total",
                Kind.COUNTER,
                "Times that all collectors looked, for a page, a file or /readyz.",
            ),
            read_field("scrapes"),
        ),
        Row(
            Definition(
                "exporter_series_dropped",
                Kind.GAUGE,
                "Series left out of this page, since their metric has more than docs/metrics.md allows.",
                ("collector",),
            ),
            _dropped,
        ),
        Row(
            Definition(
                "exporter_refused_total",
                Kind.COUNTER,
                "Requests refused: with wrong_credentials; without credentials, or while they wait (credentials); under a foreign "
                "name (host); not of a form we answer (form). And connections for which there was no room.",
                ("reason",),
            ),
            _refused,
        ),
        Row(
            Definition(
                "exporter_textfile_timestamp_seconds",
                Kind.GAUGE,
                "When this page was written to a file, in seconds since the epoch; absent where it is served.",
            ),
            read_field("written_seconds"),
        ),
    ),
)
"""The exporter, on each page."""
