"""What the shell tells the router: links come and go, lines arrive, time passes. Links are named by number, never held."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from communicator.answers.histogram import Histogram
from communicator.protocol.first_words import OtherProtocol


class Instant(NamedTuple):
    """The two clocks the router is told with each event."""

    monotonic_s: float
    """Seconds on a clock that never steps: every deadline is on it."""
    wall_ns: int
    """Nanoseconds since the epoch: what is written into messages."""


class LinkKind(StrEnum):
    """Through which door a link came in."""

    UNIX = "unix"
    LOCAL = "local"
    SIGNAL = "signal"
    REMOTE = "remote"
    SECURE = "secure"

    @property
    def is_local(self) -> bool:
        """Whether the peer is a process of this host."""
        return self in (LinkKind.UNIX, LinkKind.LOCAL)

    @property
    def is_remote(self) -> bool:
        """Whether other hosts come in this way: routers, and services that have a password."""
        return self in (LinkKind.REMOTE, LinkKind.SECURE)


class CloseReason(StrEnum):
    """Why a link ended; the ``reason`` label of communicator_connections_closed_total."""

    HUP = "hup"
    SLOW = "slow"
    AUTH = "auth"
    LIMIT = "limit"
    DRAIN = "drain"
    PROTOCOL = "protocol"
    UNREGISTERED = "unregistered"
    REPLACED = "replaced"
    SILENT = "silent"
    BLOCKED = "blocked"
    FENCED = "fenced"


class User(msgspec.Struct, frozen=True):
    """The operating-system user at the other end of a local link."""

    uid: int
    name: str
    groups: frozenset[str] = frozenset()
    pid: int | None = None


class Process(msgspec.Struct, frozen=True):
    """The process at the other end of a local link, as the kernel knows it."""

    pid: int | None = None
    """None: it cannot be told, as over TCP."""
    unit: str = ""
    """The control group that it is in, as a path such as ``/system.slice/billing.service``; empty: it cannot be told."""


class Event(msgspec.Struct, frozen=True):
    """What the shell tells: one of the classes below."""


class LinkEvent(Event, frozen=True):
    """What the shell tells of one link."""

    link: int


class LinkOpened(LinkEvent, frozen=True):
    """A peer connected."""

    kind: LinkKind
    address: str
    """For people: ``127.0.0.1:54312`` or the path of the socket."""
    user: User | None = None
    """Known at once on a Unix socket; elsewhere the router asks with `Identify` when it matters."""
    dial: int | None = None
    """The `Dial` this link answers; None when the peer came to us."""
    certificate: frozenset[str] | None = None
    """The DNS names and IP addresses of the peer's certificate, when it showed one that was verified."""


class DialFailed(Event, frozen=True):
    """The answer to a `Dial` that came to nothing."""

    dial: int
    reason: str


class Opens(StrEnum):
    """What an entry of the password file is good for."""

    SERVICE = "service"
    ROUTER = "router"


class Credential(msgspec.Struct, frozen=True):
    """An entry of the password file."""

    username: str
    opens: Opens
    names: frozenset[str]
    """The services, or the servers, that may be called so; ``*`` among them stands for any."""

    def allows(self, opens: Opens, name: str) -> bool:
        """Whether it is good for being this service, or this server."""
        return self.opens is opens and (name in self.names or "*" in self.names)


class CredentialChecked(LinkEvent, frozen=True):
    """The answer to `CheckCredential`; None when the user is unknown or the password wrong."""

    credential: Credential | None


class CredentialsRevoked(Event, frozen=True):
    """Passwords or certificates were read anew, and some no longer count."""

    usernames: frozenset[str] = frozenset()
    """Entries that are gone or have another password."""
    links: frozenset[int] = frozenset()
    """Links whose certificate, ours or the peer's, is no longer the one to trust."""


class UserIdentified(LinkEvent, frozen=True):
    """The answer to `Identify`; None when the user cannot be told."""

    user: User | None


class UnitIdentified(LinkEvent, frozen=True):
    """Which process of this host is at the other end of a link; told while `TellUnits` is on, before any line of that link.

    Of links through the doors for other hosts it is told too, where they come from this one.
    """

    process: Process


class Offered(LinkEvent, frozen=True):
    """The answer to `Offer`."""

    ticket: int
    taken: bool
    """It was written, and has left us; else too much waited, or the link was gone."""


class PutOff(Event, frozen=True):
    """The answer to `LookAgain`."""


class LinesReceived(LinkEvent, frozen=True):
    """Whole lines of one read, each with its newline."""

    lines: bytes


class LineTooLong(LinkEvent, frozen=True):
    """The peer sent a line beyond the limit; nothing after it is read."""

    limit_bytes: int


class SpokeOtherwise(LinkEvent, frozen=True):
    """What the peer said first is of another protocol; nothing of it was passed on, and nothing after it is read."""

    protocol: OtherProtocol


class LinkEnded(LinkEvent, frozen=True):
    """The peer will write no more (end of file) but may still read."""


class LinkClosed(LinkEvent, frozen=True):
    """The link is gone; reported once per link, whoever closed it."""

    reason: CloseReason
    queued_bytes: int = 0
    """What was still to be written, which is lost."""


class LinkHeld(LinkEvent, frozen=True):
    """The shell holds a link up, or no longer: it is not read from, or has not yet read what was sent to it.

    What such a link does not answer is not its fault.
    """

    held: bool


class LinesDropped(LinkEvent, frozen=True):
    """A link reads too slowly, and what had waited longest for it was thrown away (`QueuePolicy.DROP`)."""

    lines: int


class ServersReached(LinkEvent, frozen=True):
    """Who can be reached over a link that leads to many routers has changed; said of no other link."""

    servers: frozenset[str]
    """All of them, now."""


class Continued(LinkEvent, frozen=True):
    """The answer to `Continue`: the link's parked lines may go on."""


class DatagramReceived(Event, frozen=True):
    """One datagram on the signal port; never answered."""

    data: bytes
    process: Process | None = None
    """Who has sent it, while `TellUnits` is on and it is of this host; None where that cannot be told."""
    is_from_afar: bool = False
    """It has come from another host."""


class DeadlineReached(Event, frozen=True):
    """The time `Router.next_deadline` named has come."""


class LoadSampled(Event, frozen=True):
    """The load average over one minute, sent every second while `SampleLoad` is on."""

    average: float


class LinkMeasure(msgspec.Struct, frozen=True):
    """What only the shell knows of one link."""

    link: int
    send_queue_bytes: int
    received_bytes: int
    sent_bytes: int


class Measured(LinkEvent, frozen=True):
    """The answer to `Measure` of this link: what only the shell knows; but for `links`, under the names of ROUTER_STATS."""

    links: tuple[LinkMeasure, ...]
    producer_stall_seconds_total: float = 0.0
    udp_rejected_total: dict[str, int] = {}
    tls_handshakes_failed_total: int = 0
    connections_kept_out_total: int = 0
    flags_failed_total: int = 0
    config_last_reload_successful: bool = True
    config_last_reload_success_timestamp_seconds: float = 0.0
    resident_bytes: int = 0
    event_loop_lag_seconds: Histogram | None = None


class HandlerFailed(Event, frozen=True):
    """Handling an event raised: our bug, isolated by the shell; counted, told, survived."""

    stage: str
    error: str


class StopRequested(Event, frozen=True):
    """The process was told to end (SIGTERM, SIGINT)."""

    by: str
