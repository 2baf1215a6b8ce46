"""What the parts of a leaf share: its names, connections, memories, and the effects of the event it deals with."""

from dataclasses import dataclass, field

from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.router import RouterConfig
from communicator.router.vocabulary.effects import Close, Effect, Keep, KeptFile, Send
from communicator.router.vocabulary.events import CloseReason, Instant
from simulation.leaf.connection import Connection, Side
from simulation.leaf.neighbors import Neighbors, ip_of

ROUTER = "communicatord"
HERE = frozenset(("", ".", "*"))
"""Server names that mean this host, too."""


@dataclass(slots=True)
class ClusterState:
    """What was last said of the cluster: whether it is so, and of how many neighbors."""

    up: tuple[bool, int] = (False, 0)
    complete: tuple[bool, int] = (False, 0)


@dataclass(slots=True)
class Load:
    """What a leaf with plugins remembers of load averages."""

    registered: set[int] = field(default_factory=set)
    """Links that are told."""
    listened: set[str] = field(default_factory=set)
    """Addresses that clients asked for, as they wrote them."""
    told: float | None = None


@dataclass(slots=True)
class Board:
    """The state of a leaf."""

    config: RouterConfig
    now: Instant
    neighbors: Neighbors
    connections: dict[int, Connection] = field(default_factory=dict)
    """By link, in the order they came about."""
    effects: list[Effect] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """Message ids noted, until when."""
    kept: dict[str, list[tuple[float, Message]]] = field(default_factory=dict)
    """Messages for services of this host that are not there, and until when."""
    cluster: ClusterState = field(default_factory=ClusterState)
    load: Load | None = None
    """Of the plugins; None without them."""
    messages_numbered: int = 0
    dials: int = 0
    is_stopping: bool = False

    @property
    def name(self) -> str:
        """The name of the server."""
        return self.config.server_name

    @property
    def own_ip(self) -> str:
        """The address without its port."""
        return ip_of(self.config.my_address)

    @property
    def now_s(self) -> int:
        """Whole seconds of the wall clock."""
        return self.now.wall_ns // 1_000_000_000

    def of_side(self, side: Side) -> list[Connection]:
        """Connections of one kind, eldest first."""
        return [connection for connection in self.connections.values() if connection.side is side]

    def clients(self) -> list[Connection]:
        """Whoever may be a service: processes of this host, and what registered on the port for other hosts."""
        return [each for each in self.connections.values() if each.side is Side.CLIENT or each.service]

    def send(self, connection: Connection, message: Message) -> None:
        """Write a message to a connection."""
        self.effects.append(Send(connection.link, encode_line(message)))

    def signed(self, command: str, service: str = "", /, **parameters: str) -> Message:
        """A message in the router's own name."""
        return Message(command, parameters, service, sent_from_server=self.name, sent_from_service=ROUTER)

    def say(self, connection: Connection, command: str, /, **parameters: str) -> None:
        """Write a message in the router's own name, to no address."""
        self.send(connection, self.signed(command, **parameters))

    def tell(self, message: Message) -> None:
        """Write a message to the clients that listed its command."""
        for client in self.clients():
            if message.command in client.commands:
                self.send(client, message)

    def close(self, connection: Connection) -> None:
        """Close a connection; nothing more is heard of it."""
        self.connections.pop(connection.link, None)
        self.effects.append(Close(connection.link, CloseReason.HUP))

    def keep_neighbors(self) -> None:
        """Write neighbors.txt."""
        self.effects.append(Keep(KeptFile.NEIGHBORS, self.neighbors.text()))
