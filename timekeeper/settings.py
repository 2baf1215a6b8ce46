"""PURE: the settings of the timekeeper; it reads no file itself."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from communicator.errors import AddressError, ConfigError
from communicator.flags.flag_file import DEFAULT_DIRECTORY
from communicator.protocol import HostPort, parse_host_port, parse_router_address
from communicator.protocol.addresses import plain_ip
from communicator.runtime.settings_type import Settings

CHRONY_PORT = 323
NTP_PORT = 123
PROBE_PORT = 4044
LONGEST_INTERVAL_S = 120.0
"""Eight rounds, after which a host counts as silent, are then over before its last word is void."""
REFERENCES = 16
"""Each takes a thread, and more than a handful prove nothing further."""


class SourceSettings(Settings, frozen=True):
    """``[sources]``: what is asked about the clock; each may be switched off with ``false``."""

    chrony: str | bool = f"127.0.0.1:{CHRONY_PORT}"
    """Where chronyd takes commands: an address, or the path of its socket (``/run/chrony/chronyd.sock``), to which only
    root and the user of chronyd may write. The kernel is always asked."""
    ntpd: str | bool = f"127.0.0.1:{NTP_PORT}"
    """Where ntpd (ntpsec, or the reference one) serves time; it answers where ntp.conf says ``restrict 127.0.0.1``."""
    timesyncd: bool = True
    """Whether systemd-timesyncd is asked, through ``busctl``."""
    ptp: str | bool = "/var/run/ptp4lro"
    """The read-only management socket of ptp4l (its ``uds_ro_address``; older ones have none)."""
    ptp_domain: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    """The ``domainNumber`` of ptp4l, which does not answer to another one."""
    clockbound: str | bool = "/var/run/clockbound/shm0"
    """The shared memory of ClockBound, protocol version 2."""

    def __post_init__(self) -> None:
        """Refuse what is no address and no path."""
        _ = self.chrony_address, self.ntpd_address, self.ptp_path, self.clockbound_path

    @property
    def chrony_address(self) -> HostPort | str | None:
        """`chrony`, read: an address, or the path of a socket; None when it is switched off.

        Raises:
            ConfigError: It is neither an address nor a path.
        """
        if isinstance(self.chrony, str) and self.chrony.startswith("/"):
            return self.chrony
        return _parse_address("chrony", self.chrony, CHRONY_PORT)

    @property
    def ntpd_address(self) -> HostPort | None:
        """`ntpd`, read; None when it is switched off.

        Raises:
            ConfigError: It is no address.
        """
        return _parse_address("ntpd", self.ntpd, NTP_PORT)

    @property
    def clockbound_path(self) -> str | None:
        """`clockbound`, read; None when it is switched off.

        Raises:
            ConfigError: It is no absolute path.
        """
        return _read_path("clockbound", self.clockbound)

    @property
    def ptp_path(self) -> str | None:
        """`ptp`, read; None when it is switched off.

        Raises:
            ConfigError: It is no absolute path.
        """
        return _read_path("ptp", self.ptp)


def _read_path(key: str, value: str | bool) -> str | None:  # noqa: FBT001 - as TOML has it
    if value is False:
        return None
    if value is True or not value.startswith("/"):
        shown = "true" if value is True else repr(value)
        raise ConfigError(key, f"{shown} is no absolute path, nor false to switch it off")
    return value


def _parse_address(key: str, value: str | bool, port: int) -> HostPort | None:  # noqa: FBT001 - as TOML has it
    if value is False:
        return None
    if value is True:
        raise ConfigError(key, "true is no address: 'HOST:PORT', or false to switch it off")
    return _read_address(key, value, port)


def _read_address(key: str, text: str, port: int) -> HostPort:
    """An address whose host is one, or can be a name of one."""
    try:
        address = parse_host_port(text, port)
        address.host.encode("idna")
    except AddressError as error:
        raise ConfigError(key, str(error)) from None
    except UnicodeError:
        raise ConfigError(key, f"{text!r}: {address.host!r} cannot be the name of a host") from None
    return address


class ThresholdSettings(Settings, frozen=True):
    """``[thresholds]``: how far off a clock may be."""

    warn_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 0.005
    """Beyond this from most others a clock is wrong, in seconds."""
    critical_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 0.050
    """Beyond this it is critical as well; no less than warn_s."""
    grace_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 60.0
    """After the start of the timekeeper, or of a host, no clock is called wrong for so long, in seconds: daemons set it then."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.critical_s < self.warn_s:
            raise ConfigError("critical_s", f"{self.critical_s:g} is less than warn_s, {self.warn_s:g}")


class ReferenceSettings(Settings, frozen=True):
    """``[references]``: external time servers, which break ties and show a cluster that is off as a whole."""

    servers: tuple[str, ...] = ()
    """NTP servers, ``HOST`` or ``HOST:PORT``, at most 16; best of different origin, and not those of the time daemons."""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        _ = self.addresses

    @property
    def addresses(self) -> tuple[HostPort, ...]:
        """`servers`, read.

        Raises:
            ConfigError: One is no address, or stands there twice, or there are too many.
        """
        if len(self.servers) > REFERENCES:
            raise ConfigError("servers", f"{len(self.servers)} are more than {REFERENCES}")
        addresses = [_read_address("servers", server, NTP_PORT) for server in self.servers]
        for number, (server, address) in enumerate(zip(self.servers, addresses, strict=True)):
            if _is_among(address, addresses[:number]):
                raise ConfigError("servers", f"{server!r} stands there twice: one server is one word")
        return tuple(addresses)


def _is_among(address: HostPort, others: Iterable[HostPort]) -> bool:
    """Whether one of them is the same, however its name is spelt."""
    return any((_plain(address), address.port) == (_plain(other), other.port) for other in others)


def _plain(address: HostPort) -> str:
    return plain_ip(address.host.lower().rstrip("."))


class AuthSettings(Settings, frozen=True):
    """``[auth]``."""

    mode: Literal["key", "none"] = "key"
    """``key``: probes of other hosts are believed with cluster_key_file only; ``none``: whoever can reach the port is."""


class TimekeeperSettings(Settings, frozen=True):
    """``timekeeperd.toml``."""

    communicator: str = "cd:///run/bellwether/communicatord.sock"
    """Where the router of this host listens."""
    data_path: str = "/var/lib/bellwether"
    """Directory for timekeeper.json, the history of the last day; made when it is not there."""
    flags_path: str = DEFAULT_DIRECTORY
    """Directory of flags, where the sitter looks; not made, since it belongs to the sitter: without it no flags are raised."""
    role: Literal["auto", "solver", "agent"] = "auto"
    """``auto``: say what is true of all clocks, in a cluster of more than 100 hosts only on a few that are drawn, whose word the
    others repeat; ``solver``: always; ``agent``: never."""
    probe_listen: str = ""
    """Where probes of other hosts are answered, UDP; by default port 4044 of the address under which the cluster knows this
    host. An address that others can reach needs cluster_key_file or, if it is private, auth.mode ``none``."""
    kernel_timestamps: bool = True
    """Whether the kernel stamps probes as they come in: without it a busy host is measured less exactly."""
    cluster_key_file: str = ""
    """File with the key that all timekeepers of the cluster share; mode 0600."""
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=LONGEST_INTERVAL_S)] = 10.0
    """How often the clock is looked at, the others are measured and the router is told, in seconds; at most 120, since a word
    that is 1000 s old counts no more."""
    thresholds: ThresholdSettings = ThresholdSettings()
    sources: SourceSettings = SourceSettings()
    references: ReferenceSettings = ReferenceSettings()
    auth: AuthSettings = AuthSettings()

    def __post_init__(self) -> None:
        """Refuse what is no address, and what is open to everybody by mistake."""
        try:
            parse_router_address(self.communicator)
        except AddressError as error:
            raise ConfigError("communicator", str(error)) from None
        for key, path in (("data_path", self.data_path), ("flags_path", self.flags_path)):
            if not path.startswith("/") or "\0" in path:
                raise ConfigError(key, f"{path!r} is not an absolute path")
        _ = self.probe_address

    @property
    def probe_address(self) -> HostPort | None:
        """`probe_listen`, read; None when it follows the router's.

        Raises:
            ConfigError: It is no address.
        """
        return _read_address("probe_listen", self.probe_listen, PROBE_PORT) if self.probe_listen else None
