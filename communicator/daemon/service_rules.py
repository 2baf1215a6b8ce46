"""Reads ``[services]``: who may register a name, and what a service may send; it looks up neither users nor services."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from communicator.errors import ConfigError
from communicator.protocol.names import is_service_name

_OWNERS = "owners"
_MAY_SEND = "may_send"
_TOKEN = r"[A-Za-z0-9_.*?]+"  # noqa: S105 - a word of a pattern, no secret
_PATTERN = re.compile(rf"(?:{_TOKEN}:)?{_TOKEN}/{_TOKEN}")


class ServiceRules(NamedTuple):
    """What ``[services]`` says."""

    owners: dict[str, str]
    """Service name to the user who may register it."""
    may_send: dict[str, tuple[str, ...]]
    """Service name to patterns of ``SERVICE/COMMAND``; a service that is not here may send anything."""


def read_service_rules(services: Mapping[str, Any]) -> ServiceRules:
    """Read the table.

    Args:
        services: ``owners`` to a table of users by service, and the name of any service to the table of its own rules.

    Raises:
        ConfigError: It is not that.
    """
    rules = ServiceRules({}, {})
    for name, table in services.items():
        if name != _OWNERS:
            _require_service(name, name)
        if not isinstance(table, Mapping):
            raise ConfigError(name, f"expected a table, got {type(table).__name__}")
        for word, value in table.items():
            key = f"{name}.{word}"
            if name == _OWNERS:
                rules.owners[word] = _owner(key, word, value)
            elif word == _MAY_SEND:
                rules.may_send[name] = _patterns(key, value)
            else:
                raise ConfigError(key, "is not a known key")
    return rules


def _owner(key: str, service: str, user: object) -> str:
    _require_service(key, service)
    if not isinstance(user, str):
        raise ConfigError(key, f"expected str, got {type(user).__name__}")
    if not user:
        raise ConfigError(key, "names no user")
    return user


def _patterns(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(pattern, str) for pattern in value):
        raise ConfigError(key, "expected a list of patterns")
    for pattern in value:
        if not _PATTERN.fullmatch(pattern):
            raise ConfigError(key, f"{pattern!r} is not SERVICE/COMMAND, as in timekeeper/*")
    return tuple(value)


def _require_service(key: str, service: str) -> None:
    if not is_service_name(service):
        raise ConfigError(key, f"{service!r} is not the name of a service")
