"""PURE: ptp4l's answers, and the kernel's, translated into the shape all time daemons share; no bytes.

ptp4l knows how far the clock that it steers is from the grandmaster's. With stamps of the software that is the system clock. With
those of a card it is the card's, and phc2sys steers the system clock by that; it answers nobody, and tells the kernel each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from timekeeper.discipline import Discipline, Leap, Reference, Upstream, UpstreamState
from timekeeper.kernel_verdict import VOID_AFTER_S
from timekeeper.sources.ptp_codec import Current, Default, Parent, PortState, TimeStatus
from timekeeper.time_daemons import PTP4L
from timekeeper.timex import KernelClock
from timekeeper.verdict import DRIFT_BOUND, FRESH_AT_LEAST_S

_LEADING = frozenset({PortState.MASTER, PortState.GRAND_MASTER})
_INTERVAL_S = 1.0
"""ptp4l and phc2sys correct the clock once a second or more often, unless they are told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PtpWord:
    """All that was asked of ptp4l."""

    default: Default
    current: Current
    parent: Parent
    leap: Leap
    status: TimeStatus
    ports: Sequence[PortState]

    @property
    def follows(self) -> bool:
        """Whether a port has a master and the clock is steered by it."""
        return PortState.SLAVE in self.ports

    @property
    def leads(self) -> bool:
        """Whether this host is the grandmaster."""
        return self.parent.identity == self.default.identity and not _LEADING.isdisjoint(self.ports)


def describe_ptp(word: PtpWord, kernel: KernelClock, followed: Discipline | None = None) -> Discipline:
    """Translate.

    Args:
        word: What ptp4l says.
        kernel: What the kernel says: whether the system clock is steered at all, and when it last was.
        followed: What was said while it last had a master, if it ever had: without one it is in holdover at first, for
            grandmasters change, which takes it some seconds.

    Returns:
        The same in the shared shape. Half of the root delay is the whole delay one way: by so much the two ways may differ.
    """
    is_used = word.follows or word.leads
    if not is_used and followed is not None and _is_steered(kernel):
        return replace(followed, is_free_running=True, remarks=(_find_fault(word, kernel),))
    accuracy_s = word.parent.accuracy_s
    return Discipline(
        daemon=PTP4L,
        leap=word.leap,
        stratum=None,
        reference=Reference.OWN_CLOCK if word.leads and accuracy_s is None else Reference.OUTSIDE,
        offset_s=word.current.offset_s if word.follows else None,
        root_delay_s=2 * max(word.current.path_delay_s, 0.0) if word.follows else None,
        root_dispersion_s=accuracy_s,
        further_error_s=kernel.error_s if accuracy_s is None else DRIFT_BOUND * kernel.oldest_s,
        update_interval_s=_INTERVAL_S,
        updated_wall_ns=word.status.ingress_ns,
        age_s=kernel.oldest_s if word.leads else None,
        is_free_running=kernel.oldest_s > FRESH_AT_LEAST_S,
        fault="" if is_used and _is_steered(kernel) else _find_fault(word, kernel),
        upstreams=_upstreams(word, is_used=is_used),
        remarks=_remarks(word),
    )


def _is_steered(kernel: KernelClock) -> bool:
    return not kernel.unsync and kernel.oldest_s <= FRESH_AT_LEAST_S + VOID_AFTER_S


def _find_fault(word: PtpWord, kernel: KernelClock) -> str:
    if not (word.follows or word.leads):
        ports = ", ".join(f"{number} is {_say(state)}" for number, state in enumerate(word.ports, 1))
        return f"{PTP4L} follows no master: port {ports}" if ports else f"{PTP4L} has no port"
    if kernel.unsync:
        return f"{PTP4L} knows the time, but by the kernel's word nothing steers the system clock: does phc2sys run?"
    return f"{PTP4L} knows the time, but nothing has steered the system clock for {kernel.oldest_s:.0f} s: does phc2sys run?"


def _say(state: PortState) -> str:
    return state.name.lower().replace("_", "-")


def _upstreams(word: PtpWord, *, is_used: bool) -> Sequence[Upstream]:
    if not is_used and word.parent.identity == word.default.identity:
        return ()
    state = UpstreamState.SELECTED if is_used else UpstreamState.UNUSABLE
    return (Upstream(_name(word.parent.identity), state, reachable=is_used),)


def _name(identity: bytes) -> str:
    """As linuxptp writes it."""
    text = identity.hex()
    return f"{text[:6]}.{text[6:10]}.{text[10:]}"


def _remarks(word: PtpWord) -> tuple[str, ...]:
    if word.follows and word.parent.accuracy_s is None:
        return (f"the grandmaster {_name(word.parent.identity)} does not tell how true its own clock is",)
    return ()
