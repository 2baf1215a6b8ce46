"""PURE: what a time daemon says of the clock it steers, in one shape for all; it knows no daemon's protocol."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Leap(StrEnum):
    """The leap indicator of RFC 5905, figure 9."""

    NORMAL = "normal"
    INSERT = "insert"
    DELETE = "delete"
    UNSYNCHRONIZED = "unsynchronized"


class Reference(StrEnum):
    """What a daemon's time comes from in the end."""

    NONE = "none"
    OWN_CLOCK = "own clock"
    """It serves the clock of this very host as if it were true (chrony's `local`)."""
    OUTSIDE = "outside"


class UpstreamState(StrEnum):
    """What a daemon thinks of one of its servers or reference clocks."""

    SELECTED = "selected"
    COMBINED = "combined"
    """Good, and averaged into the result."""
    OUTLIER = "outlier"
    """Good, but not used at present."""
    JITTERY = "jittery"
    FALSETICKER = "falseticker"
    """Its interval does not overlap that of the majority."""
    UNUSABLE = "unusable"
    """Unreachable, unsynchronised or too few samples."""


USED = frozenset({UpstreamState.SELECTED, UpstreamState.COMBINED})
"""The states of those whose errors are the clock's."""


class Authentication(StrEnum):
    """How a daemon makes sure that what it hears is of the server it asked."""

    NONE = "none"
    KEY = "key"
    NTS = "nts"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server or reference clock a daemon listens to."""

    name: str
    """An address, the name of a reference clock such as ``PHC0``, or the identity of a grandmaster."""
    state: UpstreamState
    reachable: bool
    authentication: Authentication | None = None
    """None where the daemon does not tell it."""


def count_states(upstreams: Iterable[Upstream]) -> dict[str, int]:
    """How many are in each state, with every state named."""
    counts = dict.fromkeys((state.value for state in UpstreamState), 0)
    for upstream in upstreams:
        counts[upstream.state.value] += 1
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Discipline:
    """A time daemon's word about the clock of this host. None is *not told*, never zero."""

    daemon: str
    leap: Leap
    stratum: int | None
    """Of this host: one more than that of the server it follows."""
    reference: Reference
    offset_s: float | None
    """How far the system clock is ahead of the daemon's own notion of time; negative when it is behind."""
    root_delay_s: float | None
    root_dispersion_s: float | None
    further_error_s: float = 0.0
    """What the clock may be off by besides the offset, the root dispersion and half the root delay."""
    max_drift: float = 0.0
    """The drift the daemon itself allows for, as a ratio; 0 when it leaves that to us."""
    update_interval_s: float
    """The span between the last two updates of the clock, or the one the daemon aims at."""
    updated_wall_ns: int
    """When the clock was last updated, on this host's wall clock, in nanoseconds since the epoch; 0 for never."""
    age_s: float | None = None
    """How long ago that was, where the daemon tells it by a clock that no step moves."""
    is_free_running: bool = False
    """The daemon itself says that nothing steers the clock at present."""
    fault: str = ""
    """Why this is no synchronisation, where none of the above says it; empty when it is one."""
    upstreams: Sequence[Upstream] | None = ()
    """None where the daemon does not tell them."""
    followed: str = ""
    """The upstream that the last update came from, where the daemon tells it when none is in use any more."""
    unresolved_upstreams: int = 0
    """Servers whose name has no address yet, so that they are not among `upstreams`."""
    remarks: Sequence[str] = ()
    """What an operator should know of this daemon besides."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A source was asked and gave nothing one can use.

    Silence proves nothing: a daemon that refuses queries looks like one that is not there.
    """

    reason: str
    """Why, as a clause that can follow "no answer: "."""
