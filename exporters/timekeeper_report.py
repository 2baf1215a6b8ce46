"""PURE: the timekeeper's CLOCK_CURRENT_REPORT as far as it is exported, whether anything is solved or not; it knows no metric."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from exporters.metric import Samples

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


class Peer(msgspec.Struct, frozen=True):
    """The clock of another host, as this one measured it."""

    peer: str
    offset_seconds: float | None = None
    """Its clock minus ours."""
    bound_seconds: float | None = None
    rtt_seconds: float | None = None
    age_seconds: float | None = None
    via: str | None = None
    """``probe`` or ``router``."""
    drift_ppm: float | None = None


class Probes(msgspec.Struct, frozen=True):
    """What became of probes."""

    asked: dict[str, dict[str, int]]
    answered: dict[str, int]


class Local(msgspec.Struct, frozen=True):
    """This host."""

    claim: Claim
    server: str = ""
    kernel: Kernel | None = None
    sources: dict[str, int] | None = None
    pairs: tuple[Peer, ...] = ()
    steps_total: int | None = None
    probes: Probes | None = None


class Host(msgspec.Struct, frozen=True):
    """What was found out about one clock of the cluster."""

    host: str
    offset_seconds: float | None = None
    bound_seconds: float | None = None
    verdict: str | None = None
    critical: bool | None = None
    drift_ppm: float | None = None
    seconds_to_threshold: float | None = None
    age_seconds: float | None = None
    claim_holds: bool | None = None
    true_offset_seconds: float | None = None
    true_bound_seconds: float | None = None


class Cross(msgspec.Struct, frozen=True):
    """One clock compared with another; without an offset it was to be, and does not answer."""

    from_: str = msgspec.field(name="from")
    to: str
    offset_seconds: float | None = None


class Thresholds(msgspec.Struct, frozen=True):
    """How far off a clock may be."""

    warn_seconds: float | None = None
    critical_seconds: float | None = None


class References(msgspec.Struct, frozen=True):
    """What external servers say."""

    low_seconds: float | None = None
    """True time minus the clock of this host is no less than this."""
    high_seconds: float | None = None
    agreeing: tuple[str, ...] = ()
    falsetickers: tuple[str, ...] = ()
    complaints: dict[str, str] = {}
    """By server why it gave nothing when it was last asked."""


class ClockReport(msgspec.Struct, frozen=True):
    """What CLOCK_CURRENT_REPORT carries; an agent tells of `local` alone."""

    local: Local
    solved: bool = False
    age_seconds: float | None = None
    hosts: tuple[Host, ...] = ()
    pairs: tuple[Cross, ...] = ()
    has_majority: bool | None = None
    agreeing: int | None = None
    spread_seconds: float | None = None
    residual_seconds: float | None = None
    cluster_off: bool | None = None
    contradictions: tuple[msgspec.Raw, ...] | None = None
    camps: tuple[msgspec.Raw, ...] | None = None
    thresholds: Thresholds = Thresholds()
    references: References | None = None


def samples_by_name(things: Iterable[msgspec.Struct], name: str, field: str) -> Samples:
    """A number of each of several things, by its name; what is not known of one is left out.

    Args:
        things: Such as hosts.
        name: The field that names one.
        field: The field of the number.
    """
    values = ((getattr(each, name), getattr(each, field)) for each in things)
    return {(key,): float(value) for key, value in values if value is not None}
