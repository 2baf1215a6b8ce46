"""SHELL: puts the settings of access into force, at the start and again on SIGHUP; it sees no request itself."""

import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple, Protocol

from structlog.typing import FilteringBoundLogger

from communicator.fairness.sources import Sources
from communicator.protocol.addresses import HostPort
from exporters.web.access import Access
from exporters.web.credentials import Credentials
from exporters.web.entrance import read_entrance
from exporters.web.guard import READ_ONLY, Form, Guard
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


class Listening(NamedTuple):
    """Where is listened."""

    key: str
    """The setting it comes from."""
    listen: HostPort
    """Where really, whatever settings that are read later say."""
    name: str
    """The same as the settings call it."""


class Reception:
    """Holds the guards of all listeners, and changes what they go by: who is refused at one is refused at each.

    Args:
        log: Where wrong credentials are told.
        server_name: The name of this server in the cluster, once that is known.
    """

    def __init__(self, log: FilteringBoundLogger, server_name: Callable[[], str] = str) -> None:
        self._log = log
        self._server_name = server_name
        self._guards: list[tuple[Listening, Guard]] = []
        self._verifier = Verifier()
        self._access = Access(Credentials(), log, self._verifier)

    def guard(self, where: Listening, form: Form = READ_ONLY) -> Guard:
        """The guard of one more listener, which lets everybody in until `apply` was called.

        Args:
            where: Where it listens.
            form: What it takes for a question.
        """
        guard = Guard(form=form, server_name=self._server_name, admit=self._access.admit)
        self._guards.append((where, guard))
        return guard

    def apply(self, settings: AccessSettings) -> ssl.SSLContext | None:
        """Go by these settings from now on.

        Returns:
            What connections begin with; None for HTTP.

        Raises:
            ConfigError: They would let anybody in, or a file is not what it should be; nothing has changed then.
        """
        for where, _ in self._guards:
            check_exposure(where.listen, settings.auth, settings.tls, settings.web_config_file, where.key)
        open_first = sorted((where.listen for where, _ in self._guards), key=lambda listen: listen.is_loopback)
        entrance = read_entrance(open_first[0], settings.auth, settings.tls, settings.web_config_file)
        self._access.credentials = entrance.credentials
        for where, guard in self._guards:
            guard.headers = entrance.headers
            guard.hosts = own_hosts(where.listen, (*_own_names(where), *settings.allowed_hosts))
        for listen in filter(entrance.is_in_clear, open_first):
            self._log.warning("credentials_in_clear", listen=str(listen))
        return entrance.tls

    @property
    def sources(self) -> Sources:
        """How addresses stand."""
        return self._access.sources

    @property
    def refused(self) -> dict[str, int]:
        """How many requests were refused, by reason."""
        counts = {reason: sum(guard.refused[reason] for _, guard in self._guards) for reason in Guard().refused}
        wrong = self._access.wrong
        return {**counts, "credentials": counts["credentials"] - wrong, "wrong_credentials": wrong}

    def close(self) -> None:
        """Verify nobody any more."""
        self._verifier.close()


def _own_names(where: Listening) -> tuple[str, ...]:
    if where.listen.is_loopback:
        return ()
    return (socket.gethostname(), *(() if where.listen.is_unspecified else (where.name,)))
