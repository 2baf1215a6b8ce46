"""What the shell tells the router: links come and go, lines arrive, time passes. Links are named by number, never held."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from communicator.answers.histogram import Histogram


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


@dataclass(frozen=True, slots=True)
class User:
    """The operating-system user at the other end of a local link."""

    uid: int
    name: str
    groups: frozenset[str] = frozenset()
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A peer connected."""

    link: int
    kind: LinkKind
    address: str
    """For people: ``127.0.0.1:54312`` or the path of the socket."""
    user: User | None = None
    """Known at once on a Unix socket; elsewhere the router asks with `Identify` when it matters."""
    dial: int | None = None
    """The `Dial` this link answers; None when the peer came to us."""
    certificate: frozenset[str] | None = None
    """The DNS names of the peer's certificate, when it showed one that was verified."""


@dataclass(frozen=True, slots=True)
class DialFailed:
    """The answer to a `Dial` that came to nothing."""

    dial: int
    reason: str


class Opens(StrEnum):
    """What an entry of the password file is good for."""

    SERVICE = "service"
    ROUTER = "router"


@dataclass(frozen=True, slots=True)
class Credential:
    """An entry of the password file."""

    username: str
    opens: Opens
    names: frozenset[str]
    """The services, or the servers, that may be called so; ``*`` among them stands for any."""

    def allows(self, opens: Opens, name: str) -> bool:
        """Whether it is good for being this service, or this server."""
        return self.opens is opens and (name in self.names or "*" in self.names)


@dataclass(frozen=True, slots=True)
class CredentialChecked:
    """The answer to `CheckCredential`; None when the user is unknown or the password wrong."""

    link: int
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class CredentialsRevoked:
    """Passwords or certificates were read anew, and some no longer count."""

    usernames: frozenset[str] = frozenset()
    """Entries that are gone or have another password."""
    links: frozenset[int] = frozenset()
    """Links whose certificate, ours or the peer's, is no longer the one to trust."""


@dataclass(frozen=True, slots=True)
class UserIdentified:
    """The answer to `Identify`; None when the user cannot be told."""

    link: int
    user: User | None


@dataclass(frozen=True, slots=True)
class LinesReceived:
    """Whole lines of one read, each with its newline."""

    link: int
    lines: bytes


@dataclass(frozen=True, slots=True)
class LineTooLong:
    """The peer sent a line beyond the limit; nothing after it is read."""

    link: int
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The peer will write no more (end of file) but may still read."""

    link: int


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The link is gone; reported once per link, whoever closed it."""

    link: int
    reason: CloseReason
    queued_bytes: int = 0
    """What was still to be written, which is lost."""


@dataclass(frozen=True, slots=True)
class LinkHeld:
    """The shell holds a link up, or no longer: it is not read from, or has not yet read what was sent to it.

    What such a link does not answer is not its fault.
    """

    link: int
    held: bool


@dataclass(frozen=True, slots=True)
class LinesDropped:
    """A link reads too slowly, and what had waited longest for it was thrown away (`QueuePolicy.DROP`)."""

    link: int
    lines: int


@dataclass(frozen=True, slots=True)
class ServersReached:
    """Who can be reached over a link that leads to many routers has changed; said of no other link."""

    link: int
    servers: frozenset[str]
    """All of them, now."""


@dataclass(frozen=True, slots=True)
class Continued:
    """The answer to `Continue`: the link's parked lines may go on."""

    link: int


@dataclass(frozen=True, slots=True)
class DatagramReceived:
    """One datagram on the signal port; never answered."""

    data: bytes


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The time `Router.next_deadline` named has come."""


@dataclass(frozen=True, slots=True)
class LoadSampled:
    """The load average over one minute, sent every second while `SampleLoad` is on."""

    average: float


@dataclass(frozen=True, slots=True)
class LinkMeasure:
    """What only the shell knows of one link."""

    link: int
    send_queue_bytes: int
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The answer to `Measure`: what only the shell knows; but for links, under the names of ROUTER_STATS."""

    link: int
    """Who asked."""
    links: tuple[LinkMeasure, ...]
    producer_stall_seconds_total: float = 0.0
    udp_rejected_total: dict[str, int] = field(default_factory=dict)
    tls_handshakes_failed_total: int = 0
    connections_kept_out_total: int = 0
    flags_failed_total: int = 0
    config_last_reload_successful: bool = True
    config_last_reload_success_timestamp_seconds: float = 0.0
    resident_bytes: int = 0
    event_loop_lag_seconds: Histogram | None = None


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """Handling an event raised: our bug, isolated by the shell; counted, told, survived."""

    stage: str
    error: str


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The process was told to end (SIGTERM, SIGINT)."""

    by: str


Event = (
    LinkOpened
    | DialFailed
    | CredentialChecked
    | CredentialsRevoked
    | UserIdentified
    | LinesReceived
    | LineTooLong
    | LinkEnded
    | LinkClosed
    | LinkHeld
    | LinesDropped
    | ServersReached
    | Continued
    | DatagramReceived
    | DeadlineReached
    | LoadSampled
    | Measured
    | HandlerFailed
    | StopRequested
)
