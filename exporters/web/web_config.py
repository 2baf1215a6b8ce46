"""SHELL: reads the web configuration file that Prometheus and its exporters share; what we cannot do is an error, not silence."""

import re
import ssl
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from communicator.errors import ConfigError
from exporters.web.tls import TlsFiles

KEY = "web_config_file"
_FILE_BYTES = 1024 * 1024
_FOR_OTHERS = 0o007

# https://prometheus.io/docs/prometheus/latest/configuration/https/
_KNOWN = {
    "": frozenset(("tls_server_config", "http_server_config", "basic_auth_users")),
    "tls_server_config": frozenset(
        ("cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version", "max_version")
    ),
    "http_server_config": frozenset(("http2", "headers")),
}
_CLIENT_AUTH: Mapping[str, bool | None] = {
    "": None,
    "NoClientCert": None,
    "VerifyClientCertIfGiven": False,
    "RequireAndVerifyClientCert": True,
}
"""Whether a client has to show a certificate; None: it is not even looked at."""
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_HEADERS = frozenset(
    (
        "content-security-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    )
)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_BCRYPT_COSTS = range(4, 16)
"""Verifying a hash of cost 15 takes some 2 s; each more doubles it."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What such a file says."""

    tls: TlsFiles | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    """What every answer carries; names in lower case."""
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The bcrypt hash of each user's password."""


def read_web_config(path: Path) -> WebConfig:
    """Read a web configuration file.

    Args:
        path: The file; what it names is looked for beside it.

    Raises:
        ConfigError: It cannot be read, says what it may not or what we cannot do; names the key in it, and quotes no hash.
    """
    table = _read_table(path)
    try:
        _check_keys(table, "")
        return WebConfig(
            tls=_read_tls(_table(table, "tls_server_config"), path.parent),
            headers=_read_http(_table(table, "http_server_config")),
            users=_read_users(_table(table, "basic_auth_users")),
        )
    except ValueError as error:
        raise ConfigError(KEY, f"{str(path)!r}: {error}") from None


def _read_table(path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - only who has such a file needs it

    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES + 1)
            mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError(KEY, f"{str(path)!r} cannot be read: {error.strerror}") from error
    if mode & _FOR_OTHERS:  # a group may: it is shared with other exporters
        raise ConfigError(KEY, f"{str(path)!r} has mode {mode:04o}: a secret must have 0640 or 0600")
    if len(content) > _FILE_BYTES:
        raise ConfigError(KEY, f"{str(path)!r} is larger than {_FILE_BYTES} bytes")
    try:
        table = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f", line {line + 1}"
        raise ConfigError(KEY, f"{str(path)!r}{where}: is not YAML") from None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(KEY, f"{str(path)!r} is not a table")
    return table or {}


def _read_tls(table: dict[str, Any], directory: Path) -> TlsFiles | None:
    if not table:
        return None
    _check_keys(table, "tls_server_config")
    said = {key: _text(table, key, f"tls_server_config.{key}") for key in _KNOWN["tls_server_config"]}
    for key in ("cert_file", "key_file"):
        if not said[key]:
            raise ValueError(f"tls_server_config.{key} is missing")
    requires = _choice(said["client_auth_type"], "client_auth_type", _CLIENT_AUTH)
    if (requires is None) == bool(said["client_ca_file"]):
        needed = (
            "client_ca_file"
            if requires is not None
            else "client_auth_type, VerifyClientCertIfGiven or RequireAndVerifyClientCert,"
        )
        raise ValueError(f"tls_server_config.{needed} is missing")
    return TlsFiles(
        directory / said["cert_file"],
        directory / said["key_file"],
        directory / said["client_ca_file"] if said["client_ca_file"] else None,
        requires_client=requires is True,
        minimum=_choice(said["min_version"] or "TLS12", "min_version", _VERSIONS),
        maximum=_choice(said["max_version"] or "TLS13", "max_version", _VERSIONS),
        keys=(
            f"{KEY}: tls_server_config.cert_file",
            f"{KEY}: tls_server_config.key_file",
            f"{KEY}: tls_server_config.client_ca_file",
        ),
    )


def _read_http(table: dict[str, Any]) -> dict[bytes, bytes]:
    _check_keys(table, "http_server_config")
    if table.get("http2") not in {None, False}:
        raise ValueError("http_server_config.http2: this exporter speaks HTTP/1.1 only; say false")
    headers: dict[bytes, bytes] = {}
    for name, value in _table(table, "headers", "http_server_config.headers").items():
        key = f"http_server_config.headers.{name}"
        if str(name).lower() not in _HEADERS:
            raise ValueError(f"{key}: it is one of {', '.join(sorted(_HEADERS))}")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{key} is not a text of one line")
        headers[str(name).lower().encode()] = value.encode()
    return headers


def _read_users(table: dict[Any, Any]) -> dict[str, str]:
    for user, hashed in table.items():
        found = _BCRYPT.fullmatch(hashed) if isinstance(hashed, str) else None
        if not isinstance(user, str) or not user or ":" in user:
            raise ValueError(f"basic_auth_users: {user!r} is not the name of a user")
        if found is None:
            raise ValueError(f"basic_auth_users.{user} is not a bcrypt hash")
        if int(found[1]) not in _BCRYPT_COSTS:
            raise ValueError(f"basic_auth_users.{user}: its cost is not {_BCRYPT_COSTS[0]} to {_BCRYPT_COSTS[-1]}")
    return dict(table)


def _check_keys(table: dict[str, Any], where: str) -> None:
    for key in table:
        if key not in _KNOWN[where]:
            raise ValueError(f"{where}{'.' if where else ''}{key} is not supported by this exporter")


def _table(table: dict[str, Any], key: str, where: str = "") -> dict[Any, Any]:
    found = table.get(key)
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"{where or key} is not a table")
    return found or {}


def _text(table: dict[str, Any], key: str, where: str) -> str:
    found = table.get(key, "")
    if not isinstance(found, str):
        raise ValueError(f"{where} is not a text")  # noqa: TRY004 - it is told with the others
    return found


def _choice(word: str, key: str, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what the table holds
    if word not in known:
        raise ValueError(
            f"tls_server_config.{key}: {word!r} is not supported: it is one of {', '.join(filter(None, known))}"
        )
    return known[word]
