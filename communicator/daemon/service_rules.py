"""Reads ``[services]``: who may register a name, and what a service may send; it looks up neither users nor services."""

import re
from collections.abc import Mapping
from typing import Any

from communicator.errors import ConfigError
from communicator.protocol.names import is_service_name

ServicesTable = Mapping[str, Any]
"""``owners`` to a table of users by service, and the name of any service to the table of its own rules."""

_OWNERS = "owners"
_MAY_SEND = "may_send"
_TOKEN = r"[A-Za-z0-9_.*?]+"  # noqa: S105 - a word of a pattern, no secret
_PATTERN = re.compile(rf"(?:{_TOKEN}:)?{_TOKEN}/{_TOKEN}")


def read_owners(table: ServicesTable) -> dict[str, str]:
    """``[services.owners]``: service name to the user who may register it.

    Raises:
        ConfigError: It is not that.
    """
    owners: dict[str, str] = {}
    for service, user in _table(_OWNERS, table.get(_OWNERS, {})).items():
        key = f"{_OWNERS}.{service}"
        _require_service(key, service)
        if not isinstance(user, str):
            raise ConfigError(key, f"expected str, got {type(user).__name__}")
        if not user:
            raise ConfigError(key, "names no user")
        owners[service] = user
    return owners


def read_may_send(table: ServicesTable) -> dict[str, tuple[str, ...]]:
    """``[services.NAME] may_send``: service to patterns of ``SERVICE/COMMAND``; a service without the key may send anything.

    Raises:
        ConfigError: It is not that.
    """
    allowed: dict[str, tuple[str, ...]] = {}
    for service, rules in table.items():
        if service == _OWNERS:
            continue
        _require_service(service, service)
        for key, value in _table(service, rules).items():
            if key != _MAY_SEND:
                raise ConfigError(f"{service}.{key}", "is not a known key")
            allowed[service] = _patterns(f"{service}.{_MAY_SEND}", value)
    return allowed


def _patterns(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(pattern, str) for pattern in value):
        raise ConfigError(key, "expected a list of patterns")
    for pattern in value:
        if not _PATTERN.fullmatch(pattern):
            raise ConfigError(key, f"{pattern!r} is not SERVICE/COMMAND, as in timekeeper/*")
    return tuple(value)


def _table(key: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ConfigError(key, f"expected a table, got {type(value).__name__}")
    return value


def _require_service(key: str, service: str) -> None:
    if not is_service_name(service):
        raise ConfigError(key, f"{service!r} is not the name of a service")
