"""PURE: the judge's state as text, to stand for the entries that made it; it does not know how they did.

JSON has neither keys of several parts nor deques: a dictionary becomes a list of pairs, whatever is a row of things a list, a
dataclass an object of its fields. What it was is read from the type hints of the state, so that a field added there needs
nothing here. A field that a text lacks gets its default; one that it has too many is ignored.
"""

import types
from collections import deque
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from canary.judge.state import State


class Snapshot(NamedTuple):
    """What the entries up to one came to."""

    seq: int
    """The number of that entry."""
    at_s: float
    """Its time."""
    state: str
    """See `decode_state`."""


def encode_state(state: State) -> str:
    """A state as JSON."""
    return msgspec.json.encode(_plain(state)).decode()


def decode_state(text: str) -> State:
    """Read what `encode_state` wrote.

    Raises:
        ValueError: It is no state known to this release.
    """
    try:
        made: State = _made(State, msgspec.json.decode(text))
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(str(error)) from None
    return made


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything a state may hold
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return [[_plain(key), _plain(each)] for key, each in value.items()]
    if isinstance(value, (tuple, list, deque)):
        return [_plain(each) for each in value]
    return value


def _made(hint: Any, plain: Any) -> Any:  # noqa: ANN401 - a type is any object, and so is what it holds
    """What `_plain` was given, which was of that type."""
    hints = _hints_of(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        known = msgspec.convert(plain, dict[str, Any])
        return hint(**{name: _made(of, known[name]) for name, of in hints.items() if name in known})
    if hints:
        return hint(*(_made(of, each) for of, each in zip(hints.values(), plain, strict=True)))
    origin, parts = get_origin(hint), get_args(hint)
    if origin is dict:
        return {_made(parts[0], key): _made(parts[1], each) for key, each in plain}
    if origin in (deque, list):
        return origin(_made(parts[0], each) for each in plain)
    if origin in (Union, types.UnionType) and plain is not None:
        some = [part for part in parts if part is not types.NoneType]
        return _made(some[0], plain) if len(some) == 1 else msgspec.convert(plain, hint)
    return msgspec.convert(plain, hint)


@cache
def _hints_of(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type is any object
    """The fields of a dataclass or a named tuple; none of anything else."""
    is_named = isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields"))
    return get_type_hints(hint) if is_named else {}
