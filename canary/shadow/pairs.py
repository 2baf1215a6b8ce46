"""PURE: one conversation that is over -> pairs of replies, the messages they answer, and where they differ; it counts nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from canary.shadow.alignment import align
from canary.shadow.conversations import Whole
from canary.shadow.paths import Found, find_differences
from canary.shadow.reply import Reply, read_message, read_reply
from communicator.answers.shadows import Step
from communicator.protocol import Message

OWN_SERVICE = "canary"
UNREADABLE, OWN = "unreadable", "own"
"""Why a whole conversation is not compared: some line is none; it is ours, since we ask the primary again."""


class Pair(NamedTuple):
    """A reply of the primary, and the one of a shadow that belongs to it."""

    primary: Reply
    shadow: Reply
    found: Found
    """Where they differ."""
    number: int
    """Of the message that they answer; -1: not known."""
    request: Message | None
    """That message."""
    which: tuple[int, int]
    """What the reply of the primary is, and the how manieth of its kind: the same in the streams of all shadows."""


class Paired(NamedTuple):
    """All replies of a conversation."""

    pairs: Sequence[Pair] = ()
    unpaired_primary: int = 0
    unpaired_shadow: int = 0
    fault: str = ""
    """Why it is not compared."""


def pair_up(whole: Whole) -> Paired:
    """Read a conversation, and pair its replies."""
    requests = [message for line in whole.asked if (message := read_message(line)) is not None]
    primary, shadow = _read(whole.primary), _read(whole.shadow)
    if len(requests) + len(primary) + len(shadow) < len(whole.asked) + len(whole.primary) + len(whole.shadow):
        return Paired(fault=UNREADABLE)
    if any(request.sent_from_service == OWN_SERVICE for request in requests):
        return Paired(fault=OWN)
    alignment = align(primary, shadow)
    is_simple = len(requests) == len(primary) == 1
    seen: Counter[int] = Counter()
    pairs = []
    for one, other in alignment.pairs:
        number = _number_of(one, other, is_simple=is_simple)
        request = requests[number] if 0 <= number < len(requests) else None
        seen[one.anchor] += 1
        which = (one.anchor, seen[one.anchor])
        pairs.append(Pair(one, other, find_differences(one, other), number, request, which))
    return Paired(pairs, alignment.unpaired_primary, alignment.unpaired_shadow)


def _read(steps: Sequence[Step]) -> list[Reply]:
    return [reply for step in steps if (reply := read_reply(step)) is not None]


def _number_of(one: Reply, other: Reply, *, is_simple: bool) -> int:
    """The number of the message that two replies answer: as it was told, or that of the only one."""
    return 0 if is_simple else max(one.number, other.number)
