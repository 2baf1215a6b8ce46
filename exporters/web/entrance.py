"""SHELL: what the settings say of who may come in, read from the files they name; it lets nobody in itself."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort
from exporters.web.credentials import Credentials, read_tokens, read_users
from exporters.web.settings import AuthSettings, TlsSettings, open_to_all
from exporters.web.tls import files_of, load_context
from exporters.web.web_config import KEY, read_web_config


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may come in, and how."""

    credentials: Credentials = field(default_factory=Credentials)
    tls: ssl.SSLContext | None = None
    """For HTTPS; None for HTTP."""
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    """What the operator wants on every answer; names in lower case."""

    def is_in_clear(self, listen: HostPort) -> bool:
        """Whether passwords or tokens come over a network that others may listen in to."""
        return bool(self.credentials) and self.tls is None and not listen.is_loopback


def read_entrance(listen: HostPort, auth: AuthSettings, tls: TlsSettings, web_config_file: str) -> Entrance:
    """Read all files.

    Raises:
        ConfigError: One cannot be read or is not what it should be, or anybody on another host would get in; names the key.
    """
    if web_config_file:
        return _read_shared(listen, Path(web_config_file))
    files = files_of(tls)
    return Entrance(
        Credentials(
            read_users(Path(auth.password_file), "auth.password_file") if auth.password_file else {},
            read_tokens(Path(auth.token_file), "auth.token_file") if auth.token_file else frozenset(),
        ),
        load_context(files) if files else None,
    )


def _read_shared(listen: HostPort, path: Path) -> Entrance:
    said = read_web_config(path)
    is_closed = said.users or (said.tls is not None and said.tls.demands_certificate)
    if not is_closed and not listen.is_loopback:
        raise ConfigError(KEY, f"{str(path)!r} asks nobody who it is, and {open_to_all(listen)}")
    return Entrance(Credentials(said.users), load_context(said.tls) if said.tls else None, said.headers)
