"""States of the judge with something in every field, whatever fields there are."""

import types
from collections import deque
from itertools import count
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from canary.deployment.spec import Spec, read_table
from canary.judge.state import State


def full_state() -> State:
    """Two things in each container, and no default anywhere."""
    return _filled(State, count(1))


def _filled(hint, numbers):
    if hint is Spec:
        return _spec(next(numbers))
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _filled(parts[0], numbers)
    if origin in (Union, types.UnionType):
        return _filled(next(part for part in parts if part is not types.NoneType), numbers)
    if hint in _PLAIN:
        return _PLAIN[hint](next(numbers))
    if origin in _CONTAINERS:
        return _CONTAINERS[origin](parts, numbers)
    assert hint.__module__.startswith("canary."), f"what would stand in a {hint}?"
    if issubclass(hint, msgspec.Struct):
        hints = {field.encode_name: field.type for field in msgspec.structs.fields(hint)}
    else:
        hints = get_type_hints(hint)
    return hint(**{name: _filled(of, numbers) for name, of in hints.items()})


def _spec(number):
    """What people write is held to more than its types."""
    return read_table({"name": f"n{number}", "service": "billing", "version": f"{number}", "steps": [{"servers": 1}]})


def _filled_tuple(parts, numbers):
    several = parts[:1] * 2 if parts[-1] is ... else parts
    return tuple(_filled(part, numbers) for part in several)


_PLAIN = {None: lambda _: None, bool: bool, int: int, float: float, str: str}
_CONTAINERS = {
    Literal: lambda parts, _: parts[-1],
    dict: lambda parts, numbers: {_filled(parts[0], numbers): _filled(parts[1], numbers) for _ in range(2)},
    deque: lambda parts, numbers: deque(_filled(parts[0], numbers) for _ in range(2)),
    list: lambda parts, numbers: [_filled(parts[0], numbers) for _ in range(2)],
    tuple: _filled_tuple,
}
