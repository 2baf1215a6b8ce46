"""One address of another router: its states, its events, the table of both, and its waits; it dials nobody.

The law of an entry:

- Whatever affects its state is an `Event`, and `TRANSITIONS` alone says what becomes of it. A pair that is not in that table cannot
  happen unless the address book is wrong: it is a `KeyError`.
- At most one dial is under way. It is in the states of `OPEN`, and FAILED, REFUSED, GOSSIPED or ACCEPTED ends it.
- A router is linked, not an address: of its entries all or none are in the states of `UP`. A dial may be under way meanwhile.
- Only the states of `IDLE` have a time, which the last event has set (`Absence.count`). It is never more than 30 s away, whatever
  happened: nobody is locked out.
- A forgotten or replaced address is nobody's. When it calls it has one dial, and is a router's once it is proven or configured.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import EllipsisType
from typing import NamedTuple

from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.router.mesh.book.neighbors_file import order_of

FIRST_S = 0.5
"""After a link was lost: long enough for a process to be started again."""
QUICK_S = 1.0
QUICK_SPAN_S = 600.0
"""A host that was replaced or restarted is back within that time, and must not be kept waiting."""
SLOW_S = 24.0
"""With the jitter at most 30 s."""
REFUSED_FIRST_S = 8.0
"""With the jitter at most 10 s: a name that is still held by a dead link is free by then."""
JITTER = 0.25
TELL_EVERY_S = 600.0
REASON_CHARACTERS = 200


class State(StrEnum):
    """How things stand with an address, in the order of the columns of the table; the best first."""

    LINKED = "linked"
    CROSSED = "crossed"
    """Linked, and a dial of ours is still under way."""
    DIALLING = "dialling"
    REFUSED = "refused"
    """The router there does not want us, for now: to call does not shorten its wait."""
    WAITING = "waiting"
    PROVISIONAL = "provisional"
    """It has called although it was forgotten or replaced."""
    PROBED = "probed"
    """Provisional, and being dialled."""
    GONE = "gone"
    """It is no longer in the book."""


class Event(Enum):
    """What happens to an address, and how long it waits then, before the jitter; where nothing is said, as long as before."""

    DUE = auto()
    """It is dialled."""
    FAILED = auto()
    """The dial came to nothing: `QUICK_S` for the first `QUICK_SPAN_S` of an absence, then ever twice as long, up to `SLOW_S`."""
    REFUSED = auto()
    """The router there does not want us: `REFUSED_FIRST_S`, then `SLOW_S`."""
    GOSSIPED = auto()
    """It has taken our address, and is to dial us: as after a failure, but this is none."""
    ACCEPTED = auto()
    """The dial has become a link; LINKED follows."""
    LINKED = auto()
    """Its router is linked, over this dial or otherwise."""
    LOST = auto()
    """Its router is not linked any more, and another absence begins: `FIRST_S`."""
    CALLED = auto()
    """Its router has told us that it is there: not at all, but `FIRST_S` after the last dial, however often it calls."""
    CONFIRMED = auto()
    """It is proven or configured."""
    FORGOTTEN = auto()
    """An operator has said that it does not come back."""
    DROPPED = auto()
    """Its router has moved, it is ours, the configuration names it no longer, or its place is needed."""


LINKED, CROSSED, DIALLING, REFUSED, WAITING, PROVISIONAL, PROBED, GONE = State
UP, OPEN = frozenset({LINKED, CROSSED}), frozenset({DIALLING, CROSSED, PROBED})
IDLE, LAPSED = frozenset({WAITING, REFUSED, PROVISIONAL}), frozenset({PROVISIONAL, PROBED})
SAME, NEVER = ..., None
"""The event is ignored, so that not even the wait changes; it cannot happen in this state."""

# fmt: off
_ROWS: dict[Event, tuple[State | EllipsisType | None, ...]] = {
    # in the state:   LINKED   CROSSED   DIALLING  REFUSED   WAITING   PROVISIONAL PROBED
    Event.DUE:       (NEVER,   NEVER,    NEVER,    DIALLING, DIALLING, PROBED,     NEVER),
    Event.FAILED:    (NEVER,   LINKED,   WAITING,  NEVER,    NEVER,    NEVER,      GONE),
    Event.REFUSED:   (NEVER,   LINKED,   REFUSED,  NEVER,    NEVER,    NEVER,      PROVISIONAL),
    Event.GOSSIPED:  (NEVER,   LINKED,   WAITING,  NEVER,    NEVER,    NEVER,      PROVISIONAL),
    Event.ACCEPTED:  (NEVER,   LINKED,   LINKED,   NEVER,    NEVER,    NEVER,      PROVISIONAL),
    # What has called, and is linked without being confirmed, is the router of another address.
    Event.LINKED:    (LINKED,  CROSSED,  CROSSED,  LINKED,   LINKED,   GONE,       GONE),
    Event.LOST:      (WAITING, DIALLING, SAME,     SAME,     SAME,     NEVER,      NEVER),
    Event.CALLED:    (SAME,    SAME,     SAME,     SAME,     WAITING,  SAME,       SAME),
    Event.CONFIRMED: (SAME,    SAME,     SAME,     SAME,     SAME,     WAITING,    DIALLING),
    Event.FORGOTTEN: (SAME,    SAME,     GONE,     GONE,     GONE,     GONE,       GONE),
    Event.DROPPED:   (GONE,    GONE,     GONE,     GONE,     GONE,     GONE,       GONE),
}
# fmt: on
TRANSITIONS = {
    (state, event): to for event, row in _ROWS.items() for state, to in zip(State, row, strict=False) if to is not None
}


class Ground(Enum):
    """Why a server is believed to be at an address."""

    ANSWERED = auto()
    """We have dialled it there."""
    NEARBY = auto()
    """It says so itself, and has come from that host, where there may be several."""
    CLAIMED = auto()
    """It says so itself, and has come from elsewhere."""
    VOUCHED = auto()
    """Routers enough say that they are linked to it, and that it says so."""
    TOLD = auto()
    """Another router says so."""


SHOWN = frozenset({Ground.ANSWERED, Ground.NEARBY, Ground.CLAIMED})
"""It has told us itself."""


class Attempt(NamedTuple):
    """One dial; under way until the address book is told how it ended."""

    number: int
    host_port: HostPort
    secure: bool
    told: str = ""
    """Empty: say CONNECT, to link. Else the ``IP:port`` to tell with GOSSIP: ours, so that the other one dials, or another's."""


@dataclass(slots=True)
class Absence:
    """What was counted since a router was linked or lost, or else first heard of."""

    since_s: float
    failures: int = 0
    """In a row."""
    dials: int = 0
    last_s: float = float("-inf")
    """When the last dial ended."""
    _refusals: int = 0
    _pause_s: float = QUICK_S
    _told_s: float = float("-inf")

    def count(self, event: Event, now_s: float) -> float:
        """How long to wait after the end of a dial, which counts."""
        self.last_s = now_s
        self.dials += 1
        if event is Event.REFUSED:
            self._refusals += 1
            return REFUSED_FIRST_S if self._refusals == 1 else SLOW_S
        self.failures = self.failures + 1 if event is Event.FAILED else 0
        if now_s - self.since_s >= QUICK_SPAN_S:
            self._pause_s = min(SLOW_S, 2.0 * self._pause_s)
        return self._pause_s

    def shall_tell(self, now_s: float) -> bool:
        """Whether services should hear of this failure: the first of an absence, and one every ten minutes."""
        is_time = now_s >= self._told_s + TELL_EVERY_S
        self._told_s = now_s if is_time else self._told_s
        return is_time


class Entry:
    """One address.

    Args:
        address: ``host:port``, in its one spelling.
        seed: What spreads the waits, unlike for each life of ours.
        now_s: When it was heard of: it is due at once.
        state: How it begins.
    """

    def __init__(self, address: str, seed: str, now_s: float, state: State = WAITING) -> None:
        self.address = address
        self.host_port = parse_host_port(address)
        self.order = order_of(address)
        self.secure = self.is_configured = self.is_proven = False
        """Dialled over TLS; named by the configuration; what its server has said is its address, which one of them is."""
        self.is_seen = False
        """Its server has answered there, or has come from that host: not only said that it is there."""
        self.is_told = False
        """That its server is there is the word of other routers alone."""
        self.state = state
        self.is_saved = False
        """Stood in neighbors.txt when this life began: kept although nobody tells of it."""
        self.teller = ""
        """The router that told of it; empty where none did, and once its server counts."""
        self.untold_s: float | None = None
        """Since when nobody who is there tells of it."""
        self.server = ""
        """Empty while nobody knows."""
        self.attempt: Attempt | None = None
        self.absence = Absence(now_s)
        self.due_s = now_s
        self.reason = ""
        """Of the last failure or refusal."""
        self._key = f"{seed} {address}"

    def take(self, event: Event, now_s: float, reason: str = "") -> None:
        """Something happens.

        Args:
            event: What.
            now_s: When.
            reason: Of a failure or refusal.

        Raises:
            KeyError: That cannot happen in this state; the address book is wrong.
        """
        to = TRANSITIONS[self.state, event]
        if not isinstance(to, State):
            return  # ignored
        self.state = to
        if event is Event.CALLED:
            self.due_s = min(self.due_s, max(now_s, self.absence.last_s + FIRST_S))
        elif event in (Event.LINKED, Event.LOST):
            self.absence, self.reason = Absence(now_s), ""
            self._wait(FIRST_S, now_s)
        elif event in (Event.FAILED, Event.REFUSED, Event.GOSSIPED):
            self.reason = reason[:REASON_CHARACTERS]
            self._wait(self.absence.count(event, now_s), now_s)

    def _wait(self, wait_s: float, now_s: float) -> None:
        self.due_s = now_s + wait_s * (1.0 - JITTER + 2.0 * JITTER * spread(self._key, self.absence.dials))


def spread(key: str, count: int) -> float:
    """A fraction from 0 to below 1 that is the same for the same arguments, and evenly spread over different ones."""
    return int.from_bytes(hashlib.blake2b(f"{key} {count}".encode(), digest_size=4).digest()) / 2**32
