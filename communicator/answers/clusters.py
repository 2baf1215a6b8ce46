"""PURE: who is in the cluster (CLUSTER_GRAPH), which way a message would go (CLUSTER_ROUTE), and which colours are in force."""

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
    counts: bool | None = None
    """Whether it counts for the quorum."""
    vouched_by: tuple[str, ...] = ()
    """Of one that does not count: the servers that count and say that they are linked to it, at most one."""


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
    configured: bool = False
    secure: bool = False
    failures: int = 0
    """Of attempts, one after the other."""
    counts: bool | None = None
    """Whether it counts for the quorum; None where the router does not tell."""
    reason: str | None = None


class Graph(msgspec.Struct, frozen=True):
    """The cluster as one router sees it (CLUSTER_GRAPH)."""

    server: str = ""
    address: str | None = None
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    neighbors: tuple[Neighbor, ...] = ()

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """The servers with a C++ router: it knows neither policies nor clock verdicts."""
        return tuple(node.server for node in self.nodes if not node.directory)


class Candidate(msgspec.Struct, frozen=True):
    """One instance that could receive a message."""

    server: str
    service: str = ""
    version: str | None = None
    cost: float | None = None
    weight: float | None = None
    """What the policy gives its version, 0 to 1."""
    share: float | None = None
    """The part of the messages that it gets, 0 to 1."""
    chosen: bool = False
    reason: str | None = None


class Route(msgspec.Struct, frozen=True):
    """Which way a message would go, and why (CLUSTER_ROUTE)."""

    destination: str
    outcome: str
    """``local``, ``remote``, ``cached`` or ``none``."""
    reason: str | None = None
    server: str | None = None
    path: tuple[str, ...] | None = None
    """The servers it passes, ours first."""
    next_hop: str | None = None
    cost: float | None = None
    candidates: tuple[Candidate, ...] = ()
    not_enforced: tuple[str, ...] | None = None
    """Servers that are named here and have a C++ router, which knows no policy; None where nobody has asked which these are."""


class CurrentColour(msgspec.Struct, frozen=True):
    """Which version of a service a router takes for the active one (CLUSTER_CURRENT_STATUS)."""

    service: str
    active: str
    active_build: str = "*"
    generation: int = 0
    """A router that tells a smaller one than another is behind."""
