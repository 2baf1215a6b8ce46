"""Routers whose colours have not come yet, and the messages that wait for them; it sends nothing."""

from collections import deque

from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.envelope import Envelope

COMPARED_WITHIN_S = 5.0
"""How long messages wait at most for the colours of routers that were just linked."""
HELD_MESSAGES = 50_000
"""As many as 10,000 a second are in that time."""
HELD_BYTES = 32 * 1024 * 1024
"""Their bytes."""
RELEASED_AT_ONCE = 200
"""Some 5 ms of work; then others get a turn."""


class Comparison:
    """Whom we wait for, until when, and what is held meanwhile, in the order in which it came.

    Args:
        due: When messages are let go: the wait is over, by whatever end.
    """

    def __init__(self, due: Deadline) -> None:
        self.due = due
        self.awaited: set[int] = set()
        """The links whose routers have not told their colours."""
        self._until_s = 0.0
        self._held: deque[tuple[Envelope, int]] = deque()
        self._bytes = 0

    @property
    def holds(self) -> bool:
        """Whether messages for services that have colours are to wait."""
        return bool(self.awaited or self._held)

    def begin(self, link: int, now_s: float) -> None:
        """A router was linked; others that come while messages are held do not prolong it.

        Args:
            link: The number of its link.
            now_s: The time, on the monotonic clock.
        """
        if not self.holds:
            self._until_s = now_s + COMPARED_WITHIN_S
        self.awaited.add(link)
        self.due.set(self._until_s)

    def end(self, link: int, now_s: float) -> None:
        """A router has told its colours, or is gone."""
        if link in self.awaited:
            self.awaited.discard(link)
            self._announce(now_s)

    def hold(self, envelope: Envelope, size: int) -> bool:
        """Keep a message until it is let go; whether there was room for it.

        Args:
            envelope: The message.
            size: Of its line, in bytes.
        """
        if len(self._held) >= HELD_MESSAGES or self._bytes + size > HELD_BYTES:
            return False
        self._held.append((envelope, size))
        self._bytes += size
        return True

    def let_go(self, now_s: float) -> list[Envelope]:
        """The wait is over: the first messages, as many as go at once; more are due at once if there are more."""
        self.awaited.clear()
        envelopes: list[Envelope] = []
        while self._held and len(envelopes) < RELEASED_AT_ONCE:
            envelope, size = self._held.popleft()
            self._bytes -= size
            envelopes.append(envelope)
        self._announce(now_s)
        return envelopes

    def _announce(self, now_s: float) -> None:
        if not self.awaited:
            self.due.set(now_s if self._held else None)
