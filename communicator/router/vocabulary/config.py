"""What a router is told about itself and its host; the shell reads it from files, the router only uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from communicator.protocol.addresses import HostPort, ip_of
from communicator.protocol.definitions import Checker, Checking
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.names import WILDCARD_SERVERS
from communicator.router.vocabulary.cache_policy import CachePolicy
from communicator.router.vocabulary.effects import QueuePolicy

Count = Annotated[int, Meta(ge=1)]


class RouterLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of what a router remembers; the daemon reads them under ``[limits]``."""

    cache_messages: Count = 10_000
    """Messages kept for services that are not there yet: one user has half of them at most."""
    cache_bytes: Count = 64 * 1024 * 1024
    """Their bytes: a router on a small machine must not fill it."""
    cache_service_bytes: Count = 4 * 1024 * 1024
    """Those of one service: all of them are written at once when it comes, so at most half of queue_bytes."""
    registrations: Count = 10_000
    """Services registered at once: one user has half of them at most."""
    commands_per_service: Count = 1_000
    """Commands a service may list: ten times the largest service known."""
    routes: Count = 65_536
    """Distinct headers whose route is remembered; beyond it the table starts anew."""
    answer_bytes: Annotated[int, Meta(ge=1024, le=LINE_BYTES_HARD)] = LINE_BYTES_HARD - 4096
    """What one page of an answer may take."""
    members: Count = 1_000
    """Hosts of the cluster remembered, whether they are there or not: five times the largest planned."""
    strangers: Count = 256
    """Remote links that have not said who they are, or wait for their password to be checked."""
    pending_messages: Count = 10_000
    """Messages with ``ack=required`` that wait for their acknowledgement."""
    pending_bytes: Count = 64 * 1024 * 1024
    """Their bytes."""


class NeighborAddress(msgspec.Struct, frozen=True):
    """Another router, as the configuration names it."""

    host_port: HostPort
    """The host may be a name."""
    secure: bool
    """Dialled over TLS."""
    server: str = ""
    """Its name, where that is given: over TLS its certificate has to be for it before a password is said."""


COLOURS = "colours/1"
"""The feature of a router that tells others its colours, and takes newer ones."""
SHADOWS = "shadows/1"
"""The feature of a router that keeps shadows behind a fence, and hands copies to them."""
ALL_FEATURES = frozenset(("directory/1", "deliver_all/1", "ack/1", "trace/1", "policy/1", COLOURS, SHADOWS))
"""What this release says of itself in CONNECT and ACCEPT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfig:
    """How this router meets others; the default is a router alone."""

    listens: bool = False
    """Whether others can reach it: it has a remote or a secure listener."""
    secure: bool = False
    """Whether `RouterConfig.my_address` is the secure listener, so that others dial it over TLS."""
    neighbors: tuple[NeighborAddress, ...] = ()
    """``[cluster] neighbors``."""
    saved_neighbors: str = ""
    """What neighbors.txt held at the start."""
    discover: bool = True
    """False: link only to `neighbors`, never to those heard of."""
    demands_credentials: bool = True
    """``[auth] mode = "password"``: a peer has to show a password or a verified certificate."""
    username: str = ""
    """What outgoing links say; empty for none."""
    password: str = field(default="", repr=False)
    key: bytes = field(default=b"", repr=False)
    """``[auth] key_file``: what the routers of the cluster have in common; empty for none."""
    allow_cleartext_password: bool = False
    """Whether the password may be said over a plain link that is not loopback."""
    dials_secure: bool = False
    """Neighbors that were only heard of are dialled over TLS: there is an authority to verify them with."""
    remote_shutdown: bool = False
    """Whether another router may shut this one down."""
    features: frozenset[str] = ALL_FEATURES


_CACHED = CachePolicy()


class PackagedService(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``.service`` file says of its service; the default is what an empty one says."""

    version: str = ""
    """Of the package: what was learnt of the service counts until it changes."""
    description: str = ""
    commands: frozenset[str] = frozenset()
    """What it understands; empty where the file does not say."""
    queue: QueuePolicy = QueuePolicy.DISCONNECT
    cache: CachePolicy = _CACHED
    """For messages that carry no ``cache`` of their own."""


_UNTOLD = PackagedService()


class MessageChecks(msgspec.Struct, frozen=True):
    """What messages are held to."""

    mode: Checking
    """Never `Checking.OFF`: then there is no checker either."""
    checker: Checker


class RouterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The router's identity and the rules of its host."""

    server_name: str
    my_address: str
    """``IP:port`` under which the cluster knows this router."""
    own_ips: frozenset[str] = frozenset()
    """Addresses of its listeners: never to be blocked, like `my_address`."""
    boot_id: str
    """Drawn anew by the shell at each start; tells one life of the router from the next."""
    version: str
    python: str
    uid: int
    """The user the router runs as: who may stop it, beside root."""
    known_services: frozenset[str] = frozenset()
    """Names of the ``.service`` files: services of this host, whether they run or not."""
    packaged: Mapping[str, PackagedService] = {}
    """What these files say; nothing for a service whose file is empty."""
    learnt: Mapping[str, str] = {}
    """By known service: what its file under ``data_path/services`` held at the start."""
    owners: Mapping[str, str] = {}
    """``[services.owners]``: service name to the user who may register it."""
    stop_group: str = ""
    """The group whose members may stop the router; empty when none may."""
    may_send: Mapping[str, tuple[str, ...]] = {}
    """``[services.NAME] may_send``: service to patterns of ``SERVICE/COMMAND`` it may send; without an entry, anything."""
    checks: MessageChecks | None = None
    """How messages are held to their definitions; None where they are not."""
    definitions_refused: int = 0
    """Definitions that were not taken, since they are wrong themselves."""
    cluster: ClusterConfig = msgspec.field(default_factory=ClusterConfig)
    policy: str = ""
    """What policy.json held at the start."""
    control_group: str = ""
    """The one that the router's own process is in: nobody is told apart by it."""
    limits: RouterLimits = RouterLimits()

    @property
    def own_ip(self) -> str:
        """The IP address of `my_address`, in its one spelling."""
        return ip_of(self.my_address)

    def is_here(self, server: str) -> bool:
        """Whether a server token can mean this host."""
        return server in ("", self.server_name) or server in WILDCARD_SERVERS

    def packaged_as(self, service: str) -> PackagedService:
        """What the ``.service`` file of a service says; the default where there is none."""
        return self.packaged.get(service, _UNTOLD)
