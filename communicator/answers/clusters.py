"""PURE: CLUSTER_GRAPH, who is in the cluster and who is linked to whom, as values; it asks nobody."""

import msgspec


class Node(msgspec.Struct, frozen=True):
    """A server, as the router that tells of it sees it; None is not known."""

    server: str
    address: str | None = None
    state: str = ""
    """``self``, ``linked``, ``reachable`` (over others) or ``unreachable``."""
    directory: bool = True
    """False: a C++ router, which tells nobody of its neighbors."""
    boot_id: str | None = None
    features: tuple[str, ...] = ()
    cost: float | None = None
    hops: int | None = None
    next_hop: str | None = None


class Link(msgspec.Struct, frozen=True):
    """A link between two servers."""

    from_: str = msgspec.field(name="from")
    to: str
    cost: float | None = None
    confirmed: bool = True
    """Whether both ends tell of it."""


class Neighbor(msgspec.Struct, frozen=True):
    """An address that the router links to, or tries to."""

    address: str
    server: str | None = None
    state: str = ""
    """``linked``, ``dialling``, ``waiting`` or ``refused``."""
    failures: int = 0
    """Of attempts, one after the other."""
    reason: str | None = None
    configured: bool = False
    secure: bool = False


class Graph(msgspec.Struct, frozen=True):
    """CLUSTER_GRAPH."""

    server: str = ""
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    neighbors: tuple[Neighbor, ...] = ()
    address: str | None = None

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """The servers with a C++ router: it knows neither policies nor clock verdicts."""
        return tuple(node.server for node in self.nodes if not node.directory)
