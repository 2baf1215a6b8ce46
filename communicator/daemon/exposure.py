"""Rules who may be let in by which door: an open one needs credentials; it opens none and reads no file."""

from communicator.daemon.cluster_settings import AuthSettings, ClusterSettings, TlsSettings
from communicator.daemon.listen_settings import ListenSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort, is_private, parse_host_port, read_ip

_IN_CLEAR = (
    "set it (and auth.allow_cleartext_password) or auth.key_file, or use listen.secure, or say auth.mode = 'none' on a private"
    " address"
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
    return bool(auth.password_file or auth.key_file) or tls.require_client_certificate or open_doors


def _check_remote(address: str, auth: AuthSettings) -> None:
    door = parse_host_port(address)
    if door.is_loopback:
        return
    if auth.mode == "none":
        _require_private("listen.remote", door)
    elif not (auth.password_file or auth.key_file):
        raise ConfigError(
            "auth.password_file", f"listen.remote {address!r} can be reached from other hosts: {_IN_CLEAR}"
        )
    elif auth.password_file and not auth.allow_cleartext_password:
        raise ConfigError(
            "auth.allow_cleartext_password",
            f"passwords would come in clear over listen.remote {address!r}: set it to true, or use listen.secure",
        )


def _check_secure(address: str, auth: AuthSettings, tls: TlsSettings) -> None:
    if not tls.certificate:
        raise ConfigError("tls.certificate", f"listen.secure {address!r} needs it, and tls.private_key")
    door = parse_host_port(address)
    if door.is_loopback or auth.password_file or auth.key_file or tls.require_client_certificate:
        return
    if auth.mode == "none":
        _require_private("listen.secure", door)
        return
    raise ConfigError(
        "auth.password_file",
        f"listen.secure {address!r} can be reached from other hosts: set it, or auth.key_file, or tls.ca and"
        " tls.require_client_certificate, or say auth.mode = 'none' on a private address",
    )


def _require_private(key: str, door: HostPort) -> None:
    if not is_private(str(door)):
        raise ConfigError(
            key,
            f"{str(door)!r} is not a private address (RFC 1918, RFC 4193): auth.mode = 'none' would let in anybody;"
            " set auth.password_file instead",
        )


def _check_my_address(listen: ListenSettings, cluster: ClusterSettings) -> None:
    doors = [door for door in (listen.secure, listen.remote) if door]
    if doors and not cluster.my_address and all(parse_host_port(door).is_unspecified for door in doors):
        raise ConfigError(
            "cluster.my_address", f"{doors[0]!r} stands for all addresses of this host: say which others use"
        )


def _check_plain_neighbor(neighbor: HostPort, auth: AuthSettings) -> None:
    if neighbor.is_loopback or auth.allow_cleartext_password or auth.key_file:
        return
    if auth.mode == "none":
        if read_ip(neighbor.host) is not None and not is_private(str(neighbor)):
            raise ConfigError(
                "cluster.neighbors",
                f"{str(neighbor)!r} is not a private address: use cds://, or set auth.allow_cleartext_password",
            )
        return
    raise ConfigError(
        "cluster.neighbors",
        f"{str(neighbor)!r} would be linked to in clear: use cds://, or set auth.key_file or auth.allow_cleartext_password,"
        " or say auth.mode = 'none' on a private network",
    )
