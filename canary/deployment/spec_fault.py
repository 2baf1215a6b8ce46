"""PURE: what is wrong with a key of a deployment's file, in the words of people who write such files."""

import re
from typing import Any

SPANS = frozenset(("time", "bake", "pause", "timeout", "interval", "deadline", "keep", "drain"))
"""The keys whose values are spans."""
SHARES = frozenset(("weight", "limit", "share", "replay"))
"""The keys whose values are parts of a whole."""
_NAME = "name of small letters, digits, '_' and '-', with a letter first"
_KEYS = re.compile(r"([^.\[\]]+)")


def fault_text(key: str, reason: str, table: dict[str, Any], own: tuple[str, ...]) -> str:
    """What is wrong, such as ``steps[0].weight: 50 is not a share such as '25%'``.

    Args:
        key: Of what.
        reason: What is said of it in general.
        table: The file.
        own: The keys that stand above its tables.
    """
    if reason == "is not a known key" and "." in key and key.rpartition(".")[2] in own:
        return f"{key}: is a key of the deployment: write it above the first table"
    if reason.startswith("expected array, got str"):
        return f"{key}: it is a list: write [{_value_at(table, key)!r}]"
    if reason.startswith("expected array, got object"):
        return f"{key}: it is a list of tables: write [[{key}]]"
    meant = _meant(key, reason)
    return f"{key}: {_value_at(table, key)!r} is not {meant}" if meant else f"{key}: {reason}"


def _meant(key: str, reason: str) -> str:
    name = key.rpartition(".")[2]
    if not reason.startswith("expected"):
        return ""
    if name in SPANS:
        return "a span such as '20m', of 30 days at most"
    if name in SHARES:
        return "a share such as '25%'"
    if name == "servers" and key != name:
        return "a number of servers such as 2, or a part of them such as '25%'"
    return f"a {_NAME}" if "matching regex" in reason else ""


def _value_at(table: dict[str, Any], key: str) -> object:
    found: Any = table
    for part in _KEYS.findall(key):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found
