"""The settings of the cluster, ``[cluster]``, ``[auth]`` and ``[tls]``: each alone; how they go together is ruled elsewhere."""

from typing import Literal

from communicator.daemon.listen_settings import check_address
from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import REMOTE_PORT, HostPort, parse_host_port, read_ip
from communicator.protocol.names import is_server_name
from communicator.router.vocabulary.config import NeighborAddress
from communicator.runtime.settings_type import Settings

SECURE_PORT = 4043

_SCHEMES = {"cd": (False, REMOTE_PORT), "cds": (True, SECURE_PORT)}
"""What may stand before a neighbor: whether it is dialled over TLS, and its default port."""
_USERNAME_CHARACTERS = 128


def _require_numbers(host_port: HostPort) -> str:
    if read_ip(host_port.host) is None:
        return "is not an IP address and a port"
    if host_port.is_unspecified or not host_port.port:
        return "is no address that others could connect to"
    return ""


class ClusterSettings(Settings, frozen=True):
    """``[cluster]``: how this router meets others."""

    my_address: str = ""
    """``IP:port`` under which others reach this router; by default the address of listen.secure, or of listen.remote; must
    be given where these listen on all addresses (``0.0.0.0``)."""
    neighbors: tuple[str, ...] = ()
    """Routers to link to, each of which counts for the quorum: ``cds://HOST:PORT`` over TLS, ``HOST:PORT`` in clear. With
    ``cds://NAME@HOST:PORT`` the certificate there has to be for NAME, its server_name, before our password is said."""
    discover: bool = True
    """Whether to link also to routers that neighbors tell of; false: to those named in neighbors only."""
    remote_shutdown: bool = False
    """Whether another router of the cluster may shut this one down."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        check_address("my_address", self.my_address, _require_numbers)
        for text in self.neighbors:
            parse_neighbor(text)

    @property
    def neighbor_addresses(self) -> tuple[NeighborAddress, ...]:
        """The neighbors, as the router knows them; each once."""
        return tuple(dict.fromkeys(parse_neighbor(text) for text in self.neighbors))


def parse_neighbor(text: str) -> NeighborAddress:
    """Read ``HOST:PORT``, ``cd://HOST[:PORT]`` or ``cds://[NAME@]HOST[:PORT]``.

    Raises:
        ConfigError: It is none of these.
    """
    scheme, separator, rest = text.rpartition("://")
    if separator and scheme not in _SCHEMES:
        raise ConfigError("neighbors", f"{text!r} is neither HOST:PORT nor cds://HOST:PORT")
    server, at, rest = rest.rpartition("@")
    if at and not (scheme == "cds" and is_server_name(server)):
        raise ConfigError("neighbors", f"{text!r} is not cds://NAME@HOST:PORT, with the server_name that is there")
    secure, default_port = _SCHEMES[scheme] if separator else (False, None)
    try:
        host_port = parse_host_port(rest, default_port)
    except AddressError as error:
        raise ConfigError("neighbors", str(error)) from error
    if not host_port.port:
        raise ConfigError("neighbors", f"{text!r}: nobody listens on port 0")
    return NeighborAddress(host_port, secure, server)


class AuthSettings(Settings, frozen=True):
    """``[auth]``: what others have to show, and what we show them."""

    mode: Literal["password", "none"] = "password"
    """``password``: others show a password or a certificate; ``none``: whoever can connect is believed, which is allowed on
    loopback only, unless open_to_private_network is set too."""
    open_to_private_network: bool = False
    """Whether mode ``none`` holds for listen.remote and listen.secure on private addresses (RFC 1918, RFC 4193) too: then whoever
    reaches that network gets in, under any name. For C++ communicatords, which cannot show who they are."""
    password_file: str = ""
    """Who may come in, made with ``bellwether password add``; mode 0600."""
    key_file: str = ""
    """File with the key that all routers of the cluster share, at least 32 characters that nobody can guess; mode 0600. They
    prove to each other that they have it, and never say it."""
    username: str = ""
    """What this router calls itself when it links to others; together with secret_file."""
    secret_file: str = ""
    """File with the password that goes with username; mode 0600."""
    allow_cleartext_password: bool = False
    """Whether passwords may be said over a link that is neither TLS nor loopback: whoever can listen in has them then."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if bool(self.username) != bool(self.secret_file):
            missing = "username" if self.secret_file else "secret_file"
            raise ConfigError(missing, "username and secret_file go together")
        if len(self.username) > _USERNAME_CHARACTERS or not self.username.isprintable():
            raise ConfigError("username", f"{self.username!r} is not the name of a user")
        if self.open_to_private_network and self.mode != "none":
            raise ConfigError("open_to_private_network", "somebody is asked for credentials: it needs mode = 'none'")
        for key in ("password_file", "key_file"):
            if self.mode == "none" and getattr(self, key):
                raise ConfigError("mode", f'nobody is asked for anything with "none": take it or {key} away')


class TlsSettings(Settings, frozen=True):
    """``[tls]``: for listen.secure and for neighbors that are dialled over TLS; all files are PEM."""

    certificate: str = ""
    """The certificate of this router, for both directions, and those up to its authority; its DNS names must hold
    server_name."""
    private_key: str = ""
    """The key that goes with certificate; mode 0600."""
    ca: str = ""
    """Certificates of the authorities that others are verified with, and their revocation lists where they have any."""
    require_client_certificate: bool = False
    """Whether who connects to listen.secure must show a certificate of these authorities."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if bool(self.certificate) != bool(self.private_key):
            missing = "certificate" if self.private_key else "private_key"
            raise ConfigError(missing, "certificate and private_key go together")
        if self.require_client_certificate and not self.ca:
            raise ConfigError("ca", "require_client_certificate needs the authorities to verify with")
