"""Identifiers of messages that have come in, for a while, so that a second copy is known as one; it knows no message."""

from collections import OrderedDict

WINDOW_S = 120.0
"""How long a copy may come after the first: longer than a sender repeats, and as long as JetStream has it."""
KEPT = 65_536
"""Identifiers remembered: 500 a second for the whole window."""


class Received:
    """A set whose members fade.

    Args:
        window_s: For how long each is remembered.
        kept: How many at most; beyond it the oldest are forgotten.
    """

    def __init__(self, window_s: float = WINDOW_S, kept: int = KEPT) -> None:
        self._window_s = window_s
        self._kept = kept
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._seen)

    def is_new(self, identity: str, now_s: float) -> bool:
        """Whether this one comes for the first time; it is remembered from now on.

        Args:
            identity: Of a message.
            now_s: On the monotonic clock.
        """
        while self._seen and next(iter(self._seen.values())) <= now_s:
            self._seen.popitem(last=False)
        if identity in self._seen:
            return False
        if len(self._seen) >= self._kept:
            self._seen.popitem(last=False)
        self._seen[identity] = now_s + self._window_s
        return True

    def forget_of(self, prefix: str) -> None:
        """Forget the identifiers that begin so: whoever made them has begun to count anew."""
        for identity in [identity for identity in self._seen if identity.startswith(prefix)]:
            del self._seen[identity]
