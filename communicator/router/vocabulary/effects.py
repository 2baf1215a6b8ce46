"""What the router asks of the shell; nothing here happens until the shell does it, in the order given."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from communicator.protocol.names import is_service_name
from communicator.router.vocabulary.events import CloseReason


@dataclass(frozen=True, slots=True)
class Send:
    """Write whole lines to a link."""

    link: int
    data: bytes
    droppable: bool = False
    """A copy nobody depends on (a tap): thrown away, not queued, when the link is behind."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close a link once what is queued for it was written; answered by `LinkClosed`."""

    link: int
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to another router; answered by `LinkOpened` with this number (of kind remote or secure), or by `DialFailed`."""

    dial: int
    host: str
    """A number or a name."""
    port: int
    secure: bool
    """Over TLS, with the peer's certificate verified."""


@dataclass(frozen=True, slots=True)
class RouterLinked:
    """A link leads to another router from now on.

    Whoever writes to it faster than it takes is held up for as long as that lasts, routers too, and it is never cut for being
    slow: much of the cluster may hang on it, and the router knows by its own questions whether it is alive.
    """

    link: int


@dataclass(frozen=True, slots=True)
class AllowLongLines:
    """A link of the suite's own may send the longest lines there are: the settings bound what other services say."""

    link: int


class QueuePolicy(StrEnum):
    """What happens to a service that reads too slowly; what waits for it is bounded in any case."""

    DISCONNECT = "disconnect"
    """Whoever writes to it on this host waits for it for a while, then it is cut."""
    DROP = "drop"
    """Nobody waits and it is not cut: what has waited longest is thrown away."""


@dataclass(frozen=True, slots=True)
class SetQueuePolicy:
    """From now on a link is dealt with in this way when it reads too slowly; until then by `QueuePolicy.DISCONNECT`."""

    link: int
    policy: QueuePolicy


@dataclass(frozen=True, slots=True)
class CheckCredential:
    """Verify a password; answer with `CredentialChecked` before anything else of that link. Never more than one at a time."""

    link: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeepOut:
    """For a while let nobody in who comes from a host by a door for other hosts, and say nothing to them."""

    ip: str
    """Without a port, in its one spelling."""
    for_s: float


class KeptFile(StrEnum):
    """What the router keeps under ``data_path``, by name of file."""

    NEIGHBORS = "neighbors.txt"
    CLUSTER_STATUS = "cluster-status.txt"
    POLICY = "policy.json"


@dataclass(frozen=True, slots=True)
class KeptCommands:
    """The file of one service below ``data_path``: the commands it has listed; a path for whoever opens it."""

    service: str

    def __post_init__(self) -> None:
        """Let no name out of the directory: a service name has neither dots nor slashes."""
        if not is_service_name(self.service):
            raise ValueError(f"{self.service!r} is not the name of a service, and of no file")

    def __fspath__(self) -> str:
        return f"services/{self.service}"


KeptPath = KeptFile | KeptCommands
"""A file that the router keeps, relative to ``data_path``."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a file, whole or not at all; a later one of the same name replaces one that is not written yet."""

    file: KeptPath
    content: str = field(repr=False)


class RouterFlag(StrEnum):
    """What the router tells operators by a flag."""

    CONNECTION_FAILED = "connection-failed"


@dataclass(frozen=True, slots=True)
class SetFlag:
    """Raise a flag, or take it down where it is up; asked for when that changes."""

    flag: RouterFlag
    raised: bool
    detail: str = ""
    """Of a raised one: what it speaks of, such as another router."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Find out which user is at the other end; answer with `UserIdentified` before anything else of that link."""

    link: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Answer with `Measured`, before anything else of that link."""

    link: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Give others a turn, then answer with `Continued`; read nothing from that link meanwhile.

    A link whose consumers are behind (itself among them) is continued once they have caught up.
    """

    link: int


@dataclass(frozen=True, slots=True)
class SampleLoad:
    """Start or stop sending `LoadSampled` every second."""

    enabled: bool


class StopMode(StrEnum):
    """How the daemon is to end."""

    STOP = "stop"
    RESTART = "restart"
    """As stop, but with an exit code that asks the init system to start it again."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop accepting, flush what is queued, close every link, end."""

    mode: StopMode


@dataclass(frozen=True, slots=True)
class ReopenLog:
    """Whoever rotates logs has moved the file away."""


class Level(IntEnum):
    """Severity of a notice, with the numbers of the standard library."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Notice:
    """An event someone would act on: one line of the log."""

    level: Level
    event: str
    """Lower case with underscores, such as ``service_registered``."""
    fields: dict[str, object] = field(default_factory=dict)


Effect = (
    Send
    | Close
    | Dial
    | RouterLinked
    | AllowLongLines
    | SetQueuePolicy
    | CheckCredential
    | KeepOut
    | Keep
    | SetFlag
    | Identify
    | Measure
    | Continue
    | SampleLoad
    | Stop
    | ReopenLog
    | Notice
)
