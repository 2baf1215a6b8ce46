"""The settings of the doors others come in by, ``[listen]``; who may stand behind one is ruled elsewhere."""

from collections.abc import Callable

from communicator.errors import AddressError, ConfigError
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.runtime.settings_type import Settings

LOCAL_PORT = 4040
SIGNAL_PORT = 4041

_UNIX_PATH_BYTES = 107  # sun_path of unix(7), less the NUL


def check_address(key: str, address: str, rule: Callable[[HostPort], str] = lambda _: "") -> None:
    """Check that a setting is an address, or empty.

    Args:
        key: The setting, for the error.
        address: What it holds.
        rule: Says what else is wrong with it; empty when nothing is.

    Raises:
        ConfigError: It is none.
    """
    if not address:
        return
    try:
        host_port = parse_host_port(address)
    except AddressError as error:
        raise ConfigError(key, str(error)) from error
    fault = rule(host_port)
    if fault:
        raise ConfigError(key, f"{address!r} {fault}")


def _require_loopback(host_port: HostPort) -> str:
    return "" if host_port.is_loopback else "is not a loopback address: other hosts could reach it"


def _require_loopback_without_secret(host_port: HostPort) -> str:
    return "" if host_port.is_loopback else "is not a loopback address: that needs signal_secret_file"


class ListenSettings(Settings, frozen=True):
    """``[listen]``: unix, local and signal are for this host, remote and secure for others, with credentials."""

    unix: str | tuple[str, ...] = "/run/bellwether/communicatord.sock"
    """One path or a list of Unix stream sockets."""
    local: str = f"127.0.0.1:{LOCAL_PORT}"
    """Loopback TCP; empty for none."""
    signal: str = f"127.0.0.1:{SIGNAL_PORT}"
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
        check_address("local", self.local, _require_loopback)
        if self.signal_secret_file:
            check_address("signal", self.signal)
        else:
            check_address("signal", self.signal, _require_loopback_without_secret)
        check_address("remote", self.remote)
        check_address("secure", self.secure)
        if not self.unix_paths and not self.local:
            raise ConfigError("unix", "no socket is left to connect to: unix and local are both empty")
        if self.group_may_stop and not self.socket_group:
            raise ConfigError("group_may_stop", "needs socket_group")

    @property
    def unix_paths(self) -> tuple[str, ...]:
        """The paths of the Unix sockets, as many as there are."""
        paths = (self.unix,) if isinstance(self.unix, str) else self.unix
        return tuple(path for path in paths if path)
