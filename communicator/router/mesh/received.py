"""What messages are known by, each for a while, so that a second copy is known as one; it knows no message."""

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

    def holds(self, identity: str, now_s: float) -> bool:
        """Whether this one is remembered; see `is_new`, which remembers it."""
        while self._seen and next(iter(self._seen.values())) <= now_s:
            self._seen.popitem(last=False)
        return identity in self._seen

    def is_new(self, identity: str, now_s: float) -> bool:
        """Whether this one comes for the first time; it is remembered from now on.

        Args:
            identity: Of a message.
            now_s: On the monotonic clock.
        """
        if self.holds(identity, now_s):
            return False
        if len(self._seen) >= self._kept:
            self._seen.popitem(last=False)
        self._seen[identity] = now_s + self._window_s
        return True
