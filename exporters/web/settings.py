"""PURE: the settings of the HTTP side: who may ask, over what, and how long anybody may take; it reads no file."""

import math

from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort
from communicator.runtime.settings_type import Settings


class AuthSettings(Settings, frozen=True):
    """``[auth]``: who may ask."""

    password_file: str = ""
    """Who may ask, made with ``bellwether password add USER --for service --name exporter --file FILE``; mode 0600."""
    token_file: str = ""
    """File with bearer tokens, one a line; mode 0600."""

    @property
    def is_given(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.password_file or self.token_file)


class TlsSettings(Settings, frozen=True):
    """``[tls]``: what is shown, and who is believed."""

    certificate: str = ""
    """The certificate of this exporter, and those up to its authority; makes it HTTPS."""
    private_key: str = ""
    """The key that goes with certificate; mode 0600."""
    client_ca: str = ""
    """Certificates of the authorities of clients: every client must show a certificate of theirs then."""

    def __post_init__(self) -> None:
        """Refuse half of what belongs together."""
        if self.private_key and not self.certificate:
            raise ConfigError("certificate", "goes with private_key, and is missing")
        if self.certificate and not self.private_key:
            raise ConfigError("private_key", "goes with certificate, and is missing")
        if self.client_ca and not self.certificate:
            raise ConfigError("certificate", "clients show theirs over TLS only, which needs one of our own")


class LimitsSettings(Settings, frozen=True):
    """``[limits]``: what one client may take from the others."""

    connections: int = 256
    """Connections at once: a few scrapers, and some 40 browsers with six each."""
    connections_per_address: int = 64
    """Those of one address, twice as many of an IPv6 network of 64 bits; loopback, where a reverse proxy may be, is not held to
    it."""
    request_s: float = 10.0
    """How long a request may take to come in, and a TLS handshake, in seconds."""
    answer_s: float = 30.0
    """How long a client may take to read what is written to it, in seconds."""
    idle_s: float = 20.0
    """How long a connection may wait for its next request, in seconds."""

    def __post_init__(self) -> None:
        """Refuse what would let nobody in."""
        for key in self.__struct_fields__:
            if not 0 < getattr(self, key) < math.inf:
                raise ConfigError(key, "must be more than 0, and a number")


def check_exposure(
    listen: HostPort, auth: AuthSettings, tls: TlsSettings, web_config_file: str, key: str = "listen"
) -> None:
    """See that nobody on another host gets in without showing who it is.

    Args:
        listen: Where is listened.
        auth: What is asked for.
        tls: The same.
        web_config_file: What takes the place of both; whether it asks for anything is known once it is read.
        key: The setting that says where is listened, for the error.

    Raises:
        ConfigError: Anybody would get in, or two things are said at once; names the key.
    """
    if web_config_file and (auth.is_given or tls.certificate):
        raise ConfigError("web_config_file", "takes the place of [auth] and [tls]: set it, or them")
    if not (listen.is_loopback or auth.is_given or tls.client_ca or web_config_file):
        raise ConfigError(key, open_to_all(listen))


def open_to_all(listen: HostPort) -> str:
    """What is wrong with an address that asks nobody who it is."""
    return (
        f"{str(listen)!r} can be reached from other machines and there are no credentials: set auth.password_file, "
        "auth.token_file, tls.client_ca or web_config_file, or use a loopback address such as '127.0.0.1:{listen.port}'"
    )
