r"""Values as bytes of whole reads: regular expressions that match surely good ones only, and never more than one value.

A fragment is put between ``name=`` and ``;`` in one expression for many lines. It need not match every good value, since what it
does not match is looked at by itself. It must not match a bad one, nor any byte but those of printable ASCII, and of these neither
``;`` nor a quotation mark nor a backslash. And it must not make the engine go back and forth: each of its repetitions is over
single bytes, and gives nothing back.
"""

import re
from collections.abc import Iterable

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
    """Blocks of numbers: the same digits in front, one of some, and any behind it; all numbers of some lengths are one."""
    options: list[bytes] = []
    whole: list[int] = []
    while low <= high:
        free = 0
        while low and low % 10 ** (free + 1) == 0 and low + 10 ** (free + 1) - 1 <= high:
            free += 1
        front, first = divmod(low // 10**free, 10)
        last = min(9, (high + 1) // 10**free - 1 - 10 * front)
        if free and (front, first, last) == (0, 1, 9):
            whole.append(free)
        else:
            options.append(b"%b[%d-%d][0-9]{%d}" % (b"%d" % front if front else b"", first, last, free))
        low = (10 * front + last + 1) * 10**free
    if whole:
        options.insert(0, b"[1-9][0-9]{%d,%d}+" % (whole[0], whole[-1]))
    return options


def from_pattern(node: Node) -> bytes | None:
    """A fragment for a simple expression: characters one after the other, some of them repeated; None for any other.

    A repetition is taken only where what follows it begins with none of its characters: it has nothing to give back then.
    """
    found, behind = b"", set[int]()
    for part, least, most in reversed(_bounded(node)):
        accepted = {byte for byte in _SAFE if isinstance(part, Characters) and part.holds(chr(byte))}
        is_single = (least, most) == (1, 1)
        if not accepted or (not is_single and accepted & behind):
            return None
        counts = b"" if is_single else b"{%d,%d}+" % (least, most)
        found = b"[%b]" % b"".join(b"\\x%02x" % byte for byte in sorted(accepted)) + counts + found
        behind = accepted if least else accepted | behind
    return found or None


def _bounded(node: Node) -> list[tuple[Node, int, int]]:
    """Parts one after the other, and how often each may stand there.

    Those without an end are bounded so that all together are no longer than a value may be; none are told if that cannot be.
    """
    parts = node.parts if isinstance(node, Sequence) else (node,)
    repeats = [part if isinstance(part, Repeat) else Repeat(part, 1, 1) for part in parts]
    endless = sum(each.most is None for each in repeats)
    left = VALUE_CHARACTERS - sum(each.most or 0 for each in repeats)
    bound = left // endless if endless else 0
    if left < 0 or (endless and any(each.least > bound for each in repeats)):
        return []
    return [(each.part, each.least, bound if each.most is None else each.most) for each in repeats]
