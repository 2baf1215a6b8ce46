"""PURE: the timekeeper's CLOCK_CURRENT_REPORT as metrics of this host's clock; it measures no clock."""

from typing import Literal

import msgspec

from exporters.metric import NOTHING, Definition, Kind, Row, Samples, Target, one_of, read_field

STATES = ("synchronized", "holdover", "unsynchronized", "unknown")
State = Literal["synchronized", "holdover", "unsynchronized", "unknown"]


class Claim(msgspec.Struct, frozen=True):
    """What this host says of its own clock; None is not known."""

    state: State
    daemon: str | None = None
    upstreams: tuple[str, ...] = ()
    offset_seconds: float | None = None
    bound_seconds: float | None = None
    stratum: int | None = None
    age_seconds: float | None = None
    root_delay_seconds: float | None = None
    root_dispersion_seconds: float | None = None


class Kernel(msgspec.Struct, frozen=True):
    """What adjtimex(2) says."""

    maxerror_seconds: float | None = None
    unsync: bool | None = None
    tai_offset_seconds: float | None = None
    frequency_ppm: float | None = None


class Local(msgspec.Struct, frozen=True):
    """This host."""

    claim: Claim
    kernel: Kernel | None = None
    sources: dict[str, int] | None = None


class ClockReport(msgspec.Struct, frozen=True):
    """What CLOCK_CURRENT_REPORT carries, as far as it is of this host."""

    local: Local
    age_seconds: float | None = None


def _synchronized(report: ClockReport) -> Samples:
    return {(): float(report.local.claim.state == "synchronized")}


def _state(report: ClockReport) -> Samples:
    return one_of(STATES, report.local.claim.state)


def _source_info(report: ClockReport) -> Samples:
    claim = report.local.claim
    return {(claim.daemon or "", server): 1.0 for server in claim.upstreams}


def _claimed(name: str, text: str, field: str) -> Row[ClockReport]:
    """A number of the claim."""
    return Row(Definition(f"timekeeper_ntp_{name}", Kind.GAUGE, text), read_field(f"local.claim.{field}"))


def _kernel(name: str, text: str) -> Row[ClockReport]:
    """A number of the kernel; where there is none, neither is the metric."""
    read = read_field(name)
    return Row(
        Definition(f"timekeeper_kernel_{name}", Kind.GAUGE, text),
        lambda report: NOTHING if report.local.kernel is None else read(report.local.kernel),
    )


_ROWS: tuple[Row[ClockReport], ...] = (
    Row(
        Definition(
            "timekeeper_ntp_synchronized",
            Kind.GAUGE,
            "1 when this host's clock is verified to be kept by NTP; 0 when it is not, or nobody can tell.",
        ),
        _synchronized,
    ),
    Row(
        Definition("timekeeper_ntp_state", Kind.GAUGE, "1 for the state this host's clock is in, else 0.", ("state",)),
        _state,
    ),
    _claimed(
        "offset_seconds",
        "How far this host's clock is ahead of true time, as its time daemon estimates it.",
        "offset_seconds",
    ),
    _claimed(
        "error_bound_seconds",
        "This host's clock is off by no more than this, if the time daemon's servers are right.",
        "bound_seconds",
    ),
    _claimed("root_delay_seconds", "Round trip to the primary time source.", "root_delay_seconds"),
    _claimed(
        "root_dispersion_seconds", "Error gathered on the way from the primary source.", "root_dispersion_seconds"
    ),
    _claimed("update_age_seconds", "Time since the time daemon last updated the clock.", "age_seconds"),
    _claimed("stratum", "Steps between this host and a primary time source.", "stratum"),
    Row(
        Definition(
            "timekeeper_ntp_sources", Kind.GAUGE, "Time sources of the daemon, by what it thinks of them.", ("state",)
        ),
        read_field("local.sources"),
    ),
    Row(
        Definition(
            "timekeeper_ntp_source_info",
            Kind.GAUGE,
            "A time source the daemon listens to; always 1.",
            ("daemon", "server"),
        ),
        _source_info,
    ),
    _kernel("maxerror_seconds", "The kernel's bound of the clock's error; it grows while nothing updates the clock."),
    _kernel("unsync", "1 when the kernel calls its clock unsynchronized, else 0."),
    _kernel("tai_offset_seconds", "International atomic time minus UTC as the kernel knows it; 0 when nobody set it."),
    _kernel("frequency_ppm", "By how much the kernel speeds up the clock, in millionths."),
    Row(
        Definition("timekeeper_report_age_seconds", Kind.GAUGE, "Time since the timekeeper looked at the clock."),
        read_field("age_seconds"),
    ),
)

TIMEKEEPER = Target(
    prefix="timekeeper",
    service="timekeeper",
    command="CLOCK_GET_REPORT",
    reply="CLOCK_CURRENT_REPORT",
    parameter="report",
    shape=ClockReport,
    rows=_ROWS,
)
"""The clock check of this host."""
