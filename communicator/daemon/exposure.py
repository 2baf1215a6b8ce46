"""Rules who may be let in by which door: an open one needs credentials; it opens none and reads no file."""

import ipaddress

from communicator.daemon.cluster_settings import AuthSettings, ClusterSettings, TlsSettings
from communicator.daemon.listen_settings import ListenSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort, parse_host_port

_PRIVATE = tuple(
    ipaddress.ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""RFC 1918 and RFC 4193: addresses that no router of the internet leads to."""
_IN_CLEAR = (
    "set it (and auth.allow_cleartext_password), or use listen.secure, or say auth.mode = 'none' on a private address"
)


def check_exposure(
    listen: ListenSettings,
    cluster: ClusterSettings,
    auth: AuthSettings,
    tls: TlsSettings,
) -> None:
    """Check that no door lets in who should not, and that no neighbor is believed who shows nothing.

    Raises:
        ConfigError: One does; names the key to set.
    """
    if listen.remote:
        _check_remote(listen.remote, auth)
    if listen.secure:
        _check_secure(listen.secure, auth, tls)
    _check_my_address(listen, cluster)
    for neighbor in cluster.neighbor_addresses:
        if neighbor.secure:
            if not tls.ca:
                raise ConfigError(
                    "tls.ca", f"neighbor {str(neighbor.host_port)!r} needs the authorities to verify it with"
                )
        else:
            _check_plain_neighbor(neighbor.host_port, auth)


def demands_credentials(listen: ListenSettings, auth: AuthSettings, tls: TlsSettings) -> bool:
    """Whether other routers have to show a password or a certificate; with neither and on loopback alone, none has to."""
    if auth.mode == "none":
        return False
    open_doors = any(not parse_host_port(door).is_loopback for door in (listen.remote, listen.secure) if door)
    return bool(auth.password_file) or tls.require_client_certificate or open_doors


def is_wildcard(host: str) -> bool:
    """Whether this stands for all addresses of the host."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _check_remote(address: str, auth: AuthSettings) -> None:
    door = parse_host_port(address)
    if door.is_loopback:
        return
    if auth.mode == "none":
        _require_private("listen.remote", door)
    elif not auth.password_file:
        raise ConfigError(
            "auth.password_file", f"listen.remote {address!r} can be reached from other hosts: {_IN_CLEAR}"
        )
    elif not auth.allow_cleartext_password:
        raise ConfigError(
            "auth.allow_cleartext_password",
            f"passwords would come in clear over listen.remote {address!r}: set it to true, or use listen.secure",
        )


def _check_secure(address: str, auth: AuthSettings, tls: TlsSettings) -> None:
    if not tls.certificate:
        raise ConfigError("tls.certificate", f"listen.secure {address!r} needs it, and tls.private_key")
    door = parse_host_port(address)
    if door.is_loopback or auth.password_file or tls.require_client_certificate:
        return
    if auth.mode == "none":
        _require_private("listen.secure", door)
        return
    raise ConfigError(
        "auth.password_file",
        f"listen.secure {address!r} can be reached from other hosts: set it, or tls.ca and"
        " tls.require_client_certificate, or say auth.mode = 'none' on a private address",
    )


def _require_private(key: str, door: HostPort) -> None:
    if not _is_private(door):
        raise ConfigError(
            key,
            f"{str(door)!r} is not a private address (RFC 1918, RFC 4193): auth.mode = 'none' would let in anybody;"
            " set auth.password_file instead",
        )


def _is_private(door: HostPort) -> bool:
    try:
        address = ipaddress.ip_address(door.host)
    except ValueError:
        return False  # a name may lead anywhere
    return any(address in network for network in _PRIVATE)


def _check_my_address(listen: ListenSettings, cluster: ClusterSettings) -> None:
    doors = [door for door in (listen.secure, listen.remote) if door]
    if doors and not cluster.my_address and all(is_wildcard(parse_host_port(door).host) for door in doors):
        raise ConfigError(
            "cluster.my_address", f"{doors[0]!r} stands for all addresses of this host: say which others use"
        )


def _check_plain_neighbor(neighbor: HostPort, auth: AuthSettings) -> None:
    if neighbor.is_loopback or auth.allow_cleartext_password:
        return
    if auth.mode == "none":
        if is_number(neighbor.host) and not _is_private(neighbor):
            raise ConfigError(
                "cluster.neighbors",
                f"{str(neighbor)!r} is not a private address: use cds://, or set auth.allow_cleartext_password",
            )
        return
    raise ConfigError(
        "cluster.neighbors",
        f"{str(neighbor)!r} would be linked to in clear: use cds://, or set auth.allow_cleartext_password,"
        " or say auth.mode = 'none' on a private network",
    )


def is_number(host: str) -> bool:
    """Whether this is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
