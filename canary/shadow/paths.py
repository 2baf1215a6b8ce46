"""PURE: where two replies differ, as paths into their parameters; it says nothing of whether that matters.

``CHARGED.amount`` is a parameter of CHARGED. Where both values are JSON objects or arrays, a path goes on inside:
``CHARGED.body.items[].price`` is a key of any element of a list, ``CHARGED.body.items[length]`` how many elements it has, and
``CHARGED.body.*`` any key that looks like data, such as an address or a number: it is neither told apart nor shown.
Types matter: ``1`` and ``"1"`` differ; ``1`` and ``1.0`` are one number. The path ``CHARGED`` is another command in its place.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import msgspec

from canary.shadow.reply import Reply

PATH_CHARACTERS = 200
"""A longer path says nothing to anybody."""
NODES = 10_000
"""Values of a pair that are looked at; a line of 64 KiB has fewer."""
DIGITS = 3
"""A key with more of them is a number of something."""
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,39}")
OTHER = "(other)"
"""What is beyond a bound."""
_MISSING = object()
Sides = tuple[object, object]
"""What primary and shadow have there."""
Found = dict[str, Sides]
"""By path, one of the places where they differ."""


class Below(NamedTuple):
    """Two values at one place."""

    path: str
    one: object
    other: object


def find_differences(primary: Reply, shadow: Reply) -> Found:
    """Where two replies differ; empty: nowhere."""
    if primary.command != shadow.command:
        return {primary.command: (primary.command, shadow.command)}
    if primary.content == shadow.content:
        return {}
    found: Found = {}
    command = primary.command
    todo = [
        Below(f"{command}.{name}", *_values(primary.content.get(name), shadow.content.get(name)))
        for name in {**primary.content, **shadow.content}
    ]
    for _ in range(NODES):
        if not todo:
            return found
        at = todo.pop()
        further = _look(at)
        if further is None:
            found.setdefault(_bounded(command, at.path), (_shown(at.one), _shown(at.other)))
        else:
            todo += further
    found.setdefault(f"{command}.{OTHER}", ("", ""))
    return found


def _values(one: str | None, other: str | None) -> Sides:
    """Two values of one parameter, as JSON where both are an object or an array."""
    if one is None or other is None:
        return _MISSING if one is None else one, _MISSING if other is None else other
    if one != other and one[:1] in ("{", "[") and other[:1] in ("{", "["):
        try:
            return msgspec.json.decode(one), msgspec.json.decode(other)
        except (ValueError, RecursionError):
            pass  # it is a text that looks like one
    return one, other


def _look(at: Below) -> Iterable[Below] | None:
    """What is to be compared below two values; None: they differ themselves."""
    one, other = at.one, at.other
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            Below(f"{at.path}.{_name(key)}", one.get(key, _MISSING), other.get(key, _MISSING))
            for key in {**one, **other}
            if one.get(key, _MISSING) is not other.get(key, _MISSING)
        ]
    if isinstance(one, list) and isinstance(other, list):
        path = f"{at.path}[]"
        below = [Below(path, *sides) for sides in zip(one, other, strict=False)]
        return [Below(f"{at.path}[length]", len(one), len(other)), *below]
    return () if _kind(one) is _kind(other) and one == other else None


def _name(key: str) -> str:
    return key if _NAME.fullmatch(key) and sum(map(str.isdigit, key)) <= DIGITS else "*"


def _kind(value: object) -> type:
    return float if type(value) is int else type(value)


def _bounded(command: str, path: str) -> str:
    return path if len(path) <= PATH_CHARACTERS else f"{command}.{OTHER}"


def _shown(value: object) -> object:
    return None if value is _MISSING else value


def declared(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is one that may differ.

    Args:
        patterns: Paths, with ``*`` for one part; each covers what lies below it, too.
    """
    return partial(_is_covered, [tuple(pattern.split(".")) for pattern in patterns])


def _is_covered(patterns: list[tuple[str, ...]], path: str) -> bool:
    parts = path.split(".")
    return any(_covers(pattern, parts) for pattern in patterns)


def _covers(pattern: tuple[str, ...], parts: list[str]) -> bool:
    if len(pattern) > len(parts):
        return False
    *begin, last = pattern
    at = parts[len(begin)]
    is_last = last in ("*", at) or at.startswith(f"{last}[")  # a list, and its elements and its length
    return is_last and all(want in ("*", part) for want, part in zip(begin, parts, strict=False))
