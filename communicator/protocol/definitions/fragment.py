r"""Values as bytes of whole reads: regular expressions that match surely good ones only, and never more than one value.

A fragment is put between ``name=`` and ``;`` in one expression for many lines. It need not match every good value, since what it
does not match is looked at by itself. It must not match a bad one, nor any byte but those of printable ASCII, and of these neither
``;`` nor a quotation mark nor a backslash. And it must not make the engine go back and forth: each of its repetitions is over
single bytes, and gives nothing back.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from communicator.protocol.definitions.pattern import VALUE_CHARACTERS, Characters, Node, Repeat, Sequence

OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = OCTET + rb"(?:\." + OCTET + rb"){3}"
NAME = rb"[A-Za-z_][A-Za-z0-9_]{0,127}+"

_SAFE = frozenset(byte for byte in range(0x20, 0x7F) if chr(byte) not in ';"\\')


def any_of(words: Iterable[str]) -> bytes | None:
    """A fragment for one of some words; None when one of them cannot stand in a line as it is."""
    found = sorted(words, key=len, reverse=True)
    if any(not word or not _SAFE.issuperset(word.encode()) for word in found):
        return None
    return b"(?:%b)" % b"|".join(re.escape(word.encode()) for word in found)


def decimal_range(low: int, high: int) -> bytes:
    """A fragment for the whole numbers from `low` to `high`, written without leading zeros."""
    options = []
    if low < 0:
        options += [b"-" + option for option in _naturals(max(1, -high), -low)]
    if high >= 0:
        options += _naturals(max(0, low), high)
    return b"(?:%b)" % b"|".join(options)


def _naturals(low: int, high: int) -> list[bytes]:
    options: list[bytes] = []
    whole: list[int] = []
    for digits in range(len(str(low)), len(str(high)) + 1):
        least, most = 10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1
        if digits > 1 and low <= least and most <= high:
            whole.append(digits)
        else:
            options += _same_length(str(max(low, least)), str(min(high, most)))
    if whole:
        options.insert(0, b"[1-9][0-9]{%d,%d}+" % (whole[0] - 1, whole[-1] - 1))
    return options


def _same_length(low: str, high: str) -> list[bytes]:
    """Numbers between two of the same length, which may begin with zeros."""
    rest = len(low) - 1
    if low == "0" * len(low) and high == "9" * len(high):
        return [b"[0-9]{%d}" % len(low)]
    if low[0] == high[0]:
        return [low[0].encode() + option for option in (_same_length(low[1:], high[1:]) if rest else [b""])]
    if not rest:
        return [b"[%b-%b]" % (low.encode(), high.encode())]
    options = [low[0].encode() + option for option in _same_length(low[1:], "9" * rest)]
    if int(high[0]) - int(low[0]) > 1:
        options.append(b"[%d-%d][0-9]{%d}" % (int(low[0]) + 1, int(high[0]) - 1, rest))
    return options + [high[0].encode() + option for option in _same_length("0" * rest, high[1:])]


def from_pattern(node: Node) -> bytes | None:
    """A fragment for a simple expression: characters one after the other, some of them repeated; None for any other.

    A repetition is taken only where what follows it begins with none of its characters: it has nothing to give back then.
    """
    parts = [_part(part) for part in (node.parts if isinstance(node, Sequence) else (node,))]
    found, behind = b"", frozenset[int]()
    for part in reversed(_bounded(parts)):
        is_single = (part.least, part.most) == (1, 1)
        if not part.accepted or (not is_single and part.accepted & behind):
            return None
        counts = b"" if is_single else b"{%d,%d}+" % (part.least, part.most)
        found = _class(part.accepted) + counts + found
        behind = part.accepted if part.least else part.accepted | behind
    return found or None


class _Part(NamedTuple):
    """Bytes, and how many of them."""

    accepted: frozenset[int]
    least: int
    most: int


def _bounded(parts: list[tuple[frozenset[int], int, int | None] | None]) -> list[_Part]:
    """The parts, those without an end bounded so that all together are no longer than a value may be; none if that cannot be."""
    known = [part for part in parts if part is not None]
    endless = sum(most is None for _, _, most in known)
    left = VALUE_CHARACTERS - sum(most or 0 for _, _, most in known)
    bound = left // endless if endless else 0
    if len(known) < len(parts) or left < 0 or (endless and any(least > bound for _, least, _ in known)):
        return []
    return [_Part(accepted, least, bound if most is None else most) for accepted, least, most in known]


def _part(node: Node) -> tuple[frozenset[int], int, int | None] | None:
    """Which bytes, and how often."""
    match node:
        case Characters():
            return frozenset(byte for byte in _SAFE if node.holds(chr(byte))), 1, 1
        case Repeat(Characters() as characters, least, most):
            return frozenset(byte for byte in _SAFE if characters.holds(chr(byte))), least, most
    return None


def _class(accepted: frozenset[int]) -> bytes:
    return b"[%b]" % b"".join(b"\\x%02x" % byte for byte in sorted(accepted))
