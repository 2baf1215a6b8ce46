"""One address of another router, what is known of it, and what all addresses of one router say together; it decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from communicator.protocol.addresses import HostPort
from communicator.router.mesh.absence import Absence
from communicator.router.mesh.neighbors_file import Rank


class Purpose(StrEnum):
    """What a connection to another router is for."""

    DIAL = "dial"
    """To link: say CONNECT."""
    GOSSIP = "gossip"
    """The other one is to dial: say GOSSIP, and close once it has said RECEIVED."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach a router; open until the address book is told how it ended."""

    number: int
    address: str
    host: str
    port: int
    secure: bool
    purpose: Purpose
    told: str = ""
    """Of GOSSIP: whose ``IP:port`` it tells; empty where it is ours."""


class MemberState(StrEnum):
    """How things stand with another router, the best first."""

    LINKED = "linked"
    DIALLING = "dialling"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Member:
    """Another router, under whatever addresses it is known."""

    address: str
    """Where it was proven to be, or else where it is looked for."""
    server: str
    """Empty while nobody knows."""
    configured: bool
    state: MemberState
    failures: int
    """In a row, since it was last linked."""
    absent_since_s: float
    """When it was last linked, or else first heard of, on the monotonic clock."""
    reason: str
    """Of the last failure or refusal; empty when there was none."""
    secure: bool


@dataclass(slots=True, eq=False)
class KnownAddress:
    """One address."""

    host_port: HostPort
    address: str
    """The same as text."""
    rank: Rank | None
    """None for a name."""
    absence: Absence
    due_s: float
    """When it is to be tried next, on the monotonic clock."""
    secure: bool
    is_configured: bool = False
    server: str = ""
    is_proven: bool = False
    """Its server has said that this is its address; of a server's addresses only one is."""
    is_provisional: bool = False
    """It has called although it was forgotten or replaced: it gets one attempt, and does not count before."""
    attempt: Attempt | None = None
    is_refused: bool = False
    reason: str = ""

    def begin_absence(self, key: str, now_s: float) -> None:
        """What was counted of the last absence is over."""
        self.absence = Absence(key, now_s)
        self.is_refused = False
        self.reason = ""


def summarise(addresses: Iterable[KnownAddress], *, is_linked: bool) -> Member:
    """One router from all its addresses, at least one."""
    known = sorted(addresses, key=lambda each: (not each.is_proven, each.rank is None, each.address))
    if is_linked:
        state = MemberState.LINKED
    elif any(each.attempt is not None for each in known):
        state = MemberState.DIALLING
    elif any(each.is_refused for each in known):
        state = MemberState.REFUSED
    else:
        state = MemberState.WAITING
    return Member(
        address=known[0].address,
        server=known[0].server,
        configured=any(each.is_configured for each in known),
        state=state,
        failures=max(each.absence.failures for each in known),
        absent_since_s=min(each.absence.since_s for each in known),
        reason=next((each.reason for each in known if each.reason), ""),
        secure=next((each.secure for each in known if each.is_configured), known[0].secure),
    )
