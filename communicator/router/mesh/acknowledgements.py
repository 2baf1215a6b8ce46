"""Messages that wait for their acknowledgement, and when each is to be repeated; bounded, shared out, and sending nothing."""

import heapq
from itertools import count

import msgspec

from communicator.router.cores.deadlines import Deadline
from communicator.router.cores.shares import Shares
from communicator.router.vocabulary.envelope import Envelope

REPEAT_AFTER_S = 1.0
"""The first wait for an acknowledgement; each further one is twice as long, up to `REPEAT_AT_LEAST_EVERY_S`."""
REPEAT_AT_LEAST_EVERY_S = 10.0
GIVE_UP_AFTER_S = 60.0
"""As long as a message is cached by default; the window for copies is twice that."""


class Pending(msgspec.Struct):
    """A message that waits for its acknowledgement."""

    envelope: Envelope
    server: str
    line: bytes
    sender: str
    """Who answers for it, see `Shares`."""
    give_up_s: float
    wait_s: float = REPEAT_AFTER_S


class Acknowledgements:
    """What waits, by identifier.

    Args:
        messages_max: How many messages may wait.
        bytes_max: How many bytes they may take.
        due: When something is to be repeated or given up.
    """

    def __init__(self, messages_max: int, bytes_max: int, due: Deadline) -> None:
        self.message_shares = Shares(messages_max)
        self.byte_shares = Shares(bytes_max)
        self.repeated_total = 0
        self._pending: dict[str, Pending] = {}
        self._planned: list[tuple[float, int, str]] = []
        self.due = due
        self._order = count()

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._pending)

    def add(self, identity: str, pending: Pending, now_s: float) -> bool:
        """Let a message wait; False when there is no room, for its sender."""
        size = len(pending.line)
        if not (self.message_shares.has_room(pending.sender, 1) and self.byte_shares.has_room(pending.sender, size)):
            return False
        self._pending[identity] = pending
        self.message_shares.take(pending.sender, 1)
        self.byte_shares.take(pending.sender, size)
        self._plan(identity, now_s + pending.wait_s)
        self._announce()
        return True

    def find(self, identity: str) -> Pending | None:
        """What waits under this identifier."""
        return self._pending.get(identity)

    def take(self, identity: str) -> None:
        """It waits no longer."""
        pending = self._pending.pop(identity, None)
        if pending is not None:
            self.message_shares.give_back(pending.sender, 1)
            self.byte_shares.give_back(pending.sender, len(pending.line))
        while self._planned and self._planned[0][2] not in self._pending:
            heapq.heappop(self._planned)
        self._announce()

    def take_due(self, now_s: float) -> list[tuple[str, Pending]]:
        """What is to be repeated now, and is planned again, or given up, and is to be taken out."""
        due = []
        while self._planned and self._planned[0][0] <= now_s:
            _, _, identity = heapq.heappop(self._planned)
            pending = self._pending.get(identity)
            if pending is not None:
                due.append((identity, pending))
                if pending.give_up_s > now_s:
                    pending.wait_s = min(REPEAT_AT_LEAST_EVERY_S, pending.wait_s * 2)
                    self._plan(identity, min(now_s + pending.wait_s, pending.give_up_s))
        self._announce()
        return due

    def _plan(self, identity: str, at_s: float) -> None:
        heapq.heappush(self._planned, (at_s, next(self._order), identity))

    def _announce(self) -> None:
        self.due.set(self._planned[0][0] if self._planned else None)
