"""Rules who may be let in by which door: an open one needs credentials; it opens none and reads no file."""

from collections.abc import Iterator

from communicator.daemon.network_settings import AuthSettings, ClusterSettings, ListenSettings, TlsSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort, is_private, parse_host_port, read_ip

_IN_CLEAR = (
    "set it (and auth.allow_cleartext_password) or auth.key_file, or use listen.secure, or auth.mode = 'none' with"
    " auth.open_to_private_network"
)
_OVER_TLS = (
    "set it, or auth.key_file, or tls.ca and tls.require_client_certificate, or auth.mode = 'none' with"
    " auth.open_to_private_network"
)
_OPEN = "set auth.key_file or auth.password_file instead; or, where that network is trusted, set this to true"
_SECURED = (
    "use cds://, or set auth.key_file or auth.allow_cleartext_password, or say auth.mode = 'none' on a private network"
)


Faults = Iterator[tuple[str, str]]
"""Each with the key to set, and what is wrong as long as it is not."""


def check_exposure(listen: ListenSettings, cluster: ClusterSettings, auth: AuthSettings, tls: TlsSettings) -> None:
    """Check that no door lets in who should not, and that no neighbor is believed who shows nothing.

    Raises:
        ConfigError: One does; names the key to set.
    """
    for key, reason in _faults(listen, cluster, auth, tls):
        raise ConfigError(key, reason)


def open_doors(listen: ListenSettings, auth: AuthSettings, tls: TlsSettings) -> dict[str, str]:
    """The doors by which whoever reaches them from another host gets in, with their addresses, by their settings."""
    doors = {"listen.remote": listen.remote, "listen.secure": "" if tls.require_client_certificate else listen.secure}
    if auth.mode != "none":
        return {}
    return {key: door for key, door in doors.items() if door and not parse_host_port(door).is_loopback}


def demands_credentials(listen: ListenSettings, auth: AuthSettings, tls: TlsSettings) -> bool:
    """Whether other routers have to show a password or a certificate; with neither and on loopback alone, none has to."""
    if auth.mode == "none":
        return False
    can_be_reached = any(not parse_host_port(door).is_loopback for door in (listen.remote, listen.secure) if door)
    return bool(auth.password_file or auth.key_file) or tls.require_client_certificate or can_be_reached


def _faults(listen: ListenSettings, cluster: ClusterSettings, auth: AuthSettings, tls: TlsSettings) -> Faults:
    if listen.remote:
        yield from _of_remote(listen.remote, auth)
    if listen.secure:
        yield from _of_secure(listen.secure, auth, tls)
    doors = [door for door in (listen.secure, listen.remote) if door]
    if doors and not cluster.my_address and all(parse_host_port(door).is_unspecified for door in doors):
        yield "cluster.my_address", f"{doors[0]!r} stands for all addresses of this host: say which others use"
    for neighbor in cluster.neighbor_addresses:
        if not neighbor.secure:
            yield from _of_plain_neighbor(neighbor.host_port, auth)
        elif not tls.ca:
            yield "tls.ca", f"neighbor {str(neighbor.host_port)!r} needs the authorities to verify it with"


def _of_remote(address: str, auth: AuthSettings) -> Faults:
    door = parse_host_port(address)
    if door.is_loopback:
        return
    if auth.mode == "none":
        yield from _of_open("listen.remote", door, auth)
    elif not (auth.password_file or auth.key_file):
        yield "auth.password_file", f"listen.remote {address!r} can be reached from other hosts: {_IN_CLEAR}"
    elif auth.password_file and not auth.allow_cleartext_password:
        risk = f"passwords would come in clear over listen.remote {address!r}"
        yield "auth.allow_cleartext_password", f"{risk}: set it to true, or use listen.secure"


def _of_secure(address: str, auth: AuthSettings, tls: TlsSettings) -> Faults:
    if not tls.certificate:
        yield "tls.certificate", f"listen.secure {address!r} needs it, and tls.private_key"
    door = parse_host_port(address)
    if door.is_loopback or auth.password_file or auth.key_file or tls.require_client_certificate:
        return
    if auth.mode == "none":
        yield from _of_open("listen.secure", door, auth)
    else:
        yield "auth.password_file", f"listen.secure {address!r} can be reached from other hosts: {_OVER_TLS}"


def _of_open(key: str, door: HostPort, auth: AuthSettings) -> Faults:
    if not is_private(str(door)):
        public = f"{str(door)!r} is not a private address (RFC 1918, RFC 4193)"
        yield key, f"{public}: auth.mode = 'none' would let in anybody; set auth.password_file instead"
    if not auth.open_to_private_network:
        risk = f"auth.mode = 'none' would let in whoever reaches {key} {str(door)!r}, under any name"
        yield "auth.open_to_private_network", f"{risk}: {_OPEN}"


def _of_plain_neighbor(neighbor: HostPort, auth: AuthSettings) -> Faults:
    if neighbor.is_loopback or auth.allow_cleartext_password or auth.key_file:
        return
    if auth.mode != "none":
        yield "cluster.neighbors", f"{str(neighbor)!r} would be linked to in clear: {_SECURED}"
    elif read_ip(neighbor.host) is not None and not is_private(str(neighbor)):
        remedy = "use cds://, or set auth.allow_cleartext_password"
        yield "cluster.neighbors", f"{str(neighbor)!r} is not a private address: {remedy}"
