"""What other routers of ours have announced: the messages in their name that C++ routers may bring."""

import hashlib
from collections import OrderedDict

from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message

KEPT_S = 12.0
"""How long a copy may be under way: a C++ router drops it after 10 s, by its own clock."""
KEPT = 4_096
"""Messages remembered; beyond it the oldest are forgotten."""
_DIGEST_BYTES = 16


class Announced:
    """The digests of messages, each for a while."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def add(self, key: str, message: Message, now_s: float) -> None:
        """Another router of ours has announced a message.

        Args:
            key: What its copies are known by.
            message: What it said, without what routers write for each other.
            now_s: The time, on the monotonic clock.
        """
        while self._digests and (next(iter(self._digests.values()))[0] <= now_s or len(self._digests) >= KEPT):
            self._digests.popitem(last=False)
        self._digests[key] = (now_s + KEPT_S, _digest(message))

    def holds(self, key: str, message: Message, now_s: float) -> bool:
        """Whether a message is one that was announced, word for word."""
        until_s, digest = self._digests.get(key, (now_s, b""))
        return until_s > now_s and digest == _digest(message)


def _digest(message: Message) -> bytes:
    return hashlib.blake2b(encode_line(message), digest_size=_DIGEST_BYTES).digest()
