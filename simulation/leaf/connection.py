"""One connection of a leaf."""

from dataclasses import dataclass
from enum import Enum, auto


class Side(Enum):
    """How a connection came about."""

    CLIENT = auto()
    """A process of this host."""
    ACCEPTED = auto()
    """On the port for other hosts."""
    DIALLED = auto()
    GOSSIP = auto()
    """Dialled only to say GOSSIP."""


@dataclass(slots=True, eq=False)
class Connection:
    """What a leaf remembers of a connection."""

    link: int
    side: Side
    address: str
    """Of the peer; of an accepted one with the port it dialled from."""
    service: str = ""
    """What it registered as."""
    server: str = ""
    """The name it said in CONNECT or ACCEPT."""
    my_address: str = ""
    """Where it listens, as it said there."""
    commands: frozenset[str] = frozenset()
    up_since: int = 0
    down_since: int = 0

    @property
    def is_router(self) -> bool:
        """Whether it has said CONNECT or ACCEPT."""
        return bool(self.server)
