"""SHELL: puts the settings of access into force, at the start and again on SIGHUP; it sees no request itself."""

import socket
import ssl
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from communicator.fairness.sources import Sources
from communicator.protocol.addresses import HostPort
from exporters.web.access import Access
from exporters.web.credentials import Credentials
from exporters.web.entrance import read_entrance
from exporters.web.guard import Guard
from exporters.web.hosts import own_hosts
from exporters.web.settings import AuthSettings, TlsSettings, check_exposure
from exporters.web.verifier import Verifier

LIVE_KEYS = ("auth.", "tls.", "web_config_file", "allowed_hosts")
"""How the names of the settings begin that may change while it serves."""


class AccessSettings(Protocol):
    """The settings that matter here."""

    @property
    def auth(self) -> AuthSettings:
        """Who may ask."""

    @property
    def tls(self) -> TlsSettings:
        """Over what."""

    @property
    def web_config_file(self) -> str:
        """What takes the place of both."""

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Further names of this exporter."""


class Reception:
    """Holds the guard, and changes what it goes by.

    Args:
        listen: Where is really listened, whatever settings that are read later say.
        name: The same as the settings call it.
        log: Where wrong credentials are told.
    """

    def __init__(self, listen: HostPort, name: str, log: FilteringBoundLogger) -> None:
        self.guard = Guard()
        self._listen = listen
        self._own_names = (
            () if listen.is_loopback else (socket.gethostname(), *(() if listen.is_unspecified else (name,)))
        )
        self._log = log
        self._verifier = Verifier()
        self._access = Access(Credentials(), log, self._verifier)
        self.guard.admit = self._access.admit

    def apply(self, settings: AccessSettings) -> ssl.SSLContext | None:
        """Go by these settings from now on.

        Returns:
            What connections begin with; None for HTTP.

        Raises:
            ConfigError: They would let anybody in, or a file is not what it should be; nothing has changed then.
        """
        check_exposure(self._listen, settings.auth, settings.tls, settings.web_config_file)
        entrance = read_entrance(self._listen, settings.auth, settings.tls, settings.web_config_file)
        self._access.credentials = entrance.credentials
        self.guard.headers = entrance.headers
        self.guard.hosts = own_hosts(self._listen, (*self._own_names, *settings.allowed_hosts))
        if entrance.is_in_clear(self._listen):
            self._log.warning("credentials_in_clear", listen=str(self._listen))
        return entrance.tls

    @property
    def sources(self) -> Sources:
        """How addresses stand."""
        return self._access.sources

    @property
    def refused(self) -> dict[str, int]:
        """How many requests were refused, by reason."""
        wrong = self._access.wrong
        counts = self.guard.refused
        return {**counts, "credentials": counts["credentials"] - wrong, "wrong_credentials": wrong}

    def close(self) -> None:
        """Verify nobody any more."""
        self._verifier.close()
