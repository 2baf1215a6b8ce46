"""What the router asks of the shell; nothing here happens until the shell does it, in the order given."""

from enum import IntEnum, StrEnum

import msgspec

from communicator.fairness.sources import Standing
from communicator.protocol.names import is_service_name
from communicator.router.vocabulary.events import CloseReason


class Effect(msgspec.Struct, frozen=True):
    """What the router asks for: one of the classes below."""


class LinkEffect(Effect, frozen=True):
    """What the router asks for about one link."""

    link: int


class Send(LinkEffect, frozen=True):
    """Write whole lines to a link."""

    data: bytes
    droppable: bool = False
    """A copy nobody depends on (a tap): thrown away, not queued, when the link is behind."""


class Offer(LinkEffect, frozen=True):
    """Write a copy to a link if little waits there; answered by `Offered`, always.

    Little is a quarter of what may wait for the link. What is not written is forgotten: the router keeps it as long as it wants.
    """

    data: bytes
    ticket: int
    """The router's own, for the answer."""


class LookAgain(Effect, frozen=True):
    """Let the router look at what it has put off, once all that was ready before has had its turn: answered by `PutOff`."""

    after_s: float = 0.0
    """Not before: what is done in bunches leaves the caches of the processor to all else in between. The last one counts."""


class TellUnits(Effect, frozen=True):
    """From now on tell of each local link and datagram in which unit its process runs, or no longer.

    Of links that are there already `UnitIdentified` follows at once.
    """

    enabled: bool


class Close(LinkEffect, frozen=True):
    """Close a link once what is queued for it was written; answered by `LinkClosed`."""

    reason: CloseReason


class Dial(Effect, frozen=True):
    """Connect to another router; answered by `LinkOpened` with this number (of kind remote or secure), or by `DialFailed`."""

    dial: int
    host: str
    """A number or a name."""
    port: int
    secure: bool
    """Over TLS, with the peer's certificate verified."""


class RouterLinked(LinkEffect, frozen=True):
    """A link leads to another router from now on.

    Whoever writes to it faster than it takes is held up for as long as that lasts, routers too, and it is never cut for being
    slow: much of the cluster may hang on it, and the router knows by its own questions whether it is alive.
    """


class AllowLongLines(LinkEffect, frozen=True):
    """A link of the suite's own may send the longest lines there are: the settings bound what other services say."""


class QueuePolicy(StrEnum):
    """What happens to a service that reads too slowly; what waits for it is bounded in any case."""

    DISCONNECT = "disconnect"
    """Whoever writes to it on this host waits for it for a while, then it is cut."""
    DROP = "drop"
    """Nobody waits and it is not cut: what has waited longest is thrown away."""


class SetQueuePolicy(LinkEffect, frozen=True):
    """From now on a link is dealt with in this way when it reads too slowly; until then by `QueuePolicy.DISCONNECT`."""

    policy: QueuePolicy


class CheckCredential(LinkEffect, frozen=True):
    """Verify a password; answer with `CredentialChecked` before anything else of that link.

    Never more than one at a time of each standing.
    """

    username: str
    password: str
    standing: Standing = Standing.NEW
    """How its address stands: how much of a busy processor it is worth."""

    def __repr__(self) -> str:  # a traceback must not show the password
        return f"CheckCredential({self.link!r}, {self.username!r})"


class KeepOut(Effect, frozen=True):
    """For a while let nobody in who comes from a host by a door for other hosts, and say nothing to them."""

    ip: str
    """Without a port, in its one spelling; or an IPv6 network of 64 bits, with its length."""
    for_s: float


class KeptFile(StrEnum):
    """What the router keeps under ``data_path``, by name of file."""

    NEIGHBORS = "neighbors.txt"
    CLUSTER_STATUS = "cluster-status.txt"
    POLICY = "policy.json"


class KeptCommands(msgspec.Struct, frozen=True):
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


class Keep(Effect, frozen=True):
    """Write a file, whole or not at all; a later one of the same name replaces one that is not written yet."""

    file: KeptPath
    content: str

    def __repr__(self) -> str:  # the content is long, and no business of a log
        return f"Keep({self.file!r})"


class RouterFlag(StrEnum):
    """What the router tells operators by a flag."""

    CONNECTION_FAILED = "connection-failed"


class SetFlag(Effect, frozen=True):
    """Raise a flag, or take it down where it is up; asked for when that changes."""

    flag: RouterFlag
    raised: bool
    detail: str = ""
    """Of a raised one: what it speaks of, such as another router."""


class Identify(LinkEffect, frozen=True):
    """Find out which user is at the other end; answer with `UserIdentified` before anything else of that link."""


class Measure(LinkEffect, frozen=True):
    """Answer with `Measured`, before anything else of that link."""


class Continue(LinkEffect, frozen=True):
    """Give others a turn, then answer with `Continued`; read nothing from that link meanwhile.

    A link whose consumers are behind (itself among them) is continued once they have caught up.
    """


class SampleLoad(Effect, frozen=True):
    """Start or stop sending `LoadSampled` every second."""

    enabled: bool


class StopMode(StrEnum):
    """How the daemon is to end."""

    STOP = "stop"
    RESTART = "restart"
    """As stop, but with an exit code that asks the init system to start it again."""


class Stop(Effect, frozen=True):
    """Stop accepting, flush what is queued, close every link, end."""

    mode: StopMode


class ReopenLog(Effect, frozen=True):
    """Whoever rotates logs has moved the file away."""


class Level(IntEnum):
    """Severity of a notice, with the numbers of the standard library."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Notice(Effect, frozen=True):
    """An event someone would act on: one line of the log."""

    level: Level
    event: str
    """Lower case with underscores, such as ``service_registered``."""
    fields: dict[str, object] = {}
