"""``[listen]``, ``[cluster]``, ``[auth]`` and ``[tls]``: each alone; how they go together is ruled elsewhere."""

from typing import Literal

from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import PORTS, REMOTE_PORT, HostPort, parse_host_port, read_ip
from communicator.protocol.names import is_server_name
from communicator.router.vocabulary.config import NeighborAddress
from communicator.runtime.settings_type import Settings

_UNIX_PATH_BYTES = 107  # sun_path of unix(7), less the NUL
_USERNAME_CHARACTERS = 128
_SCHEMES = {"cd": (False, REMOTE_PORT), "cds": (True, PORTS["cds"])}
"""What may stand before a neighbor: whether it is dialled over TLS, and its default port."""
_LOOPBACK_ONLY = {"local": "other hosts could reach it", "signal": "that needs signal_secret_file"}
"""The doors of this host: why an address is refused that is not loopback."""


def _read_address(key: str, address: str) -> HostPort | None:
    """The address that a setting holds; None where it is empty."""
    try:
        return parse_host_port(address) if address else None
    except AddressError as error:
        raise ConfigError(key, str(error)) from error


def _require_both(settings: Settings, *keys: str) -> None:
    """Check that two settings are both given, or neither."""
    missing = [key for key in keys if not getattr(settings, key)]
    if len(missing) == 1:
        raise ConfigError(missing[0], f"{' and '.join(keys)} go together")


class ListenSettings(Settings, frozen=True):
    """``[listen]``: unix, local and signal are for this host, remote and secure for others, with credentials."""

    unix: str | tuple[str, ...] = "/run/bellwether/communicatord.sock"
    """One path or a list of Unix stream sockets."""
    local: str = f"127.0.0.1:{PORTS['cd']}"
    """Loopback TCP; empty for none."""
    signal: str = f"127.0.0.1:{PORTS['cdu']}"
    """UDP, one message a datagram, never answered; off loopback only with signal_secret_file; empty for none."""
    remote: str = ""
    """TCP in clear for other routers, such as ``10.0.0.5:4042``; off loopback only with auth.key_file, with
    auth.password_file and auth.allow_cleartext_password, or on a private address with auth.open_to_private_network; empty for
    none."""
    secure: str = ""
    """TLS for other routers, such as ``0.0.0.0:4043``; needs tls.certificate and tls.private_key, and off loopback
    auth.key_file, auth.password_file, or tls.ca and tls.require_client_certificate, or auth.open_to_private_network on a
    private address; empty for none."""
    socket_group: str = ""
    """The group that may connect to the Unix sockets; empty for the router's own."""
    group_may_stop: bool = False
    """Whether members of that group may stop the router."""
    signal_secret_file: str = ""
    """File with the secret that datagrams must carry as ``secret_code``; mode 0600."""

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        for path in self.unix_paths:
            if not path.startswith("/") or "\0" in path:
                raise ConfigError("unix", f"{path!r} is not an absolute path")
            if len(path.encode()) > _UNIX_PATH_BYTES:
                raise ConfigError("unix", f"{path!r} is longer than {_UNIX_PATH_BYTES} bytes")
        for key in ("local", "signal", "remote", "secure"):
            address = getattr(self, key)
            door = _read_address(key, address)
            reason = "" if key == "signal" and self.signal_secret_file else _LOOPBACK_ONLY.get(key)
            if reason and door is not None and not door.is_loopback:
                raise ConfigError(key, f"{address!r} is not a loopback address: {reason}")
        if not self.unix_paths and not self.local:
            raise ConfigError("unix", "no socket is left to connect to: unix and local are both empty")
        if self.group_may_stop and not self.socket_group:
            raise ConfigError("group_may_stop", "needs socket_group")

    @property
    def unix_paths(self) -> tuple[str, ...]:
        """The paths of the Unix sockets, as many as there are."""
        paths = (self.unix,) if isinstance(self.unix, str) else self.unix
        return tuple(path for path in paths if path)


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
        own = _read_address("my_address", self.my_address)
        if own is not None and read_ip(own.host) is None:
            raise ConfigError("my_address", f"{self.my_address!r} is not an IP address and a port")
        if own is not None and (own.is_unspecified or not own.port):
            raise ConfigError("my_address", f"{self.my_address!r} is no address that others could connect to")
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
        _require_both(self, "username", "secret_file")
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
        _require_both(self, "certificate", "private_key")
        if self.require_client_certificate and not self.ca:
            raise ConfigError("ca", "require_client_certificate needs the authorities to verify with")
