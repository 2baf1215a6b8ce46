"""What CONNECT and ACCEPT say of a router, read and written; it knows no link and decides nothing."""

from collections.abc import Collection, Iterable

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.names import is_server_name, is_service_name
from communicator.protocol.values import parse_integer
from communicator.router.mesh.book.neighbors_file import is_larger, parse_cluster_address, with_port
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.registry import DIRECTORY, Peer

PROTOCOL_VERSION = 1
SERVICES_TAKEN = 1000
"""Services a peer may list: ten times the largest host known."""
NEIGHBORS_TAKEN = 1000
"""As many as a router remembers. Whoever is at the door may list more: a millisecond's work for each thousand."""
FEATURES_TAKEN = 64
TOKEN_CHARACTERS = 64


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a router says of itself when it meets another."""

    peer: Peer
    neighbors: tuple[str, ...] = ()
    """Addresses it knows of."""


def read_offer(message: Message, config: RouterConfig) -> Offer:
    """Read CONNECT or ACCEPT.

    Args:
        message: What the other says.
        config: What we speak: to a router without a directory every other is one without.

    Raises:
        RemoteProtocolError: A parameter is missing or wrong; the text names it.
    """
    version, server = message.get("version", "0"), message.get("server_name")
    if message.command == "CONNECT" and parse_integer(version) != PROTOCOL_VERSION:
        raise RemoteProtocolError(f"parameter version: {message.get('version')!r} is not {PROTOCOL_VERSION}")
    if not is_server_name(server):
        raise RemoteProtocolError(f"parameter server_name: {server[:80]!r} is not the name of a server")
    features = frozenset(_tokens(message, "features", FEATURES_TAKEN))
    return Offer(
        peer=Peer(
            server=server,
            address=read_address(message),
            boot_id=message.get("boot_id")[:TOKEN_CHARACTERS],
            features=features if DIRECTORY in config.cluster.features else frozenset(),
            services=tuple(filter(is_service_name, _tokens(message, "services", SERVICES_TAKEN))),
        ),
        neighbors=tuple(map(with_port, listed(message.get("neighbors"), NEIGHBORS_TAKEN))),
    )


def read_address(message: Message) -> str:
    """The address under which the cluster is to know a router, in its one form.

    Raises:
        RemoteProtocolError: It is missing or is no ``IP:port``.
    """
    text = message.get("my_address")
    host_port = parse_cluster_address(text)
    if host_port is None:
        raise RemoteProtocolError(f"parameter my_address: {text[:80]!r} is not the IP:port of a host")
    return str(host_port)


def render_offer(config: RouterConfig, neighbors: list[str], heard_of: list[str]) -> dict[str, str]:
    """The parameters of CONNECT and ACCEPT alike; what would be empty is left out, since the ancestor minds."""
    told = {
        "server_name": config.server_name,
        "my_address": config.my_address,
        "services": ",".join(sorted(config.known_services)),
        "heard_of": ",".join(heard_of),
        "neighbors": ",".join(neighbors),
        "features": ",".join(sorted(config.cluster.features)),
        "boot_id": config.boot_id if config.cluster.features else "",
    }
    return {name: value for name, value in told.items() if value}


def order_neighbors(addresses: Iterable[str], receiver: str, ours: Collection[str]) -> list[str]:
    """The addresses to tell another router, the ones that it needs most first: a C++ router reads the first alone.

    It has to dial the smaller ones. Of the larger ones our own find it by themselves.

    Args:
        addresses: What we know, rising; not our own.
        receiver: Whom we tell.
        ours: Those where one of our routers is.
    """
    others = [address for address in addresses if address != receiver]
    return sorted(others, key=lambda address: is_larger(address, receiver) and 1 + (address in ours))


def listed(text: str, most: int = -1) -> list[str]:
    """The parts of a comma list, without blanks and empty ones; of more than `most`, if that is given, the first ones."""
    parts = text.split(",", most)
    return [bare for part in (parts if most < 0 else parts[:most]) if (bare := part.strip())]


def _tokens(message: Message, name: str, most: int) -> list[str]:
    return [part[:TOKEN_CHARACTERS] for part in listed(message.get(name), most)]
