"""How much a router core remembers: the length of everything in it that can grow, by where it is found."""

from collections import deque
from collections.abc import Iterator, Mapping, MutableSet
from functools import cache
from itertools import islice
from typing import Any

GROWING = (dict, list, set, deque, Mapping, MutableSet)
ATOMS = frozenset((bool, bytes, float, int, str, type(None)))
"""What cannot grow, and holds nothing: most of what is found."""
ENTRIES_LOOKED_INTO = 2_000


def take_census(core: object) -> dict[str, int]:
    """The largest size found under each name, such as ``Registry.links``; what cannot grow is left out."""
    sizes: dict[str, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(type(core).__name__, core)]
    while waiting:
        name, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if _grows(type(thing)):
            if getattr(thing, "maxlen", None) is None:
                sizes[name] = max(sizes.get(name, 0), len(thing))
            values = thing.values() if isinstance(thing, Mapping) else thing
            entry = f"{name}[]"
            waiting += [(entry, value) for value in islice(values, ENTRIES_LOOKED_INTO) if type(value) not in ATOMS]
        elif thing is core or type(thing).__module__.startswith("communicator.router"):
            kind = type(thing).__name__
            waiting += [(f"{kind}.{each}", value) for each, value in _attributes(thing) if type(value) not in ATOMS]
    return sizes


@cache
def _grows(kind: type) -> bool:
    return issubclass(kind, GROWING)


def _attributes(thing: object) -> Iterator[tuple[str, Any]]:
    yield from getattr(thing, "__dict__", {}).items()
    for name in _slots(type(thing)):
        yield name, getattr(thing, name, None)


@cache
def _slots(kind: type) -> tuple[str, ...]:
    slots = (getattr(base, "__slots__", ()) for base in kind.__mro__)
    return tuple(name for names in slots for name in ((names,) if isinstance(names, str) else names))
