"""Messages kept for services of this host that are not there yet: bounded, shared out, each with a deadline; it knows no link."""

import heapq
from collections import Counter
from itertools import count
from typing import NamedTuple

from communicator.router.cores.deadlines import Deadline
from communicator.router.cores.shares import Shares

DEAD_ENTRIES = 64
"""Deadlines of delivered lines that may lie about before they are swept out."""


class _Kept(NamedTuple):
    line: bytes
    sender: str


class MessageCache:
    """Lines by service, oldest first.

    Args:
        messages_max: How many lines are kept in all.
        bytes_max: How many bytes they may take in all.
        service_bytes_max: How many of them may be for one service.
        due: When the next line ends; it may have been delivered already.
    """

    def __init__(self, messages_max: int, bytes_max: int, service_bytes_max: int, due: Deadline) -> None:
        self.message_shares = Shares(messages_max)
        self.byte_shares = Shares(bytes_max)
        self.service_bytes_max = service_bytes_max
        self.stored_total = 0
        self.delivered_total = 0
        """Counted by whoever hands them over."""
        self.expired_total = 0
        self.refused_total = 0
        self._lines: dict[str, dict[int, _Kept]] = {}
        self._service_bytes: Counter[str] = Counter()
        self._expiry: list[tuple[float, int, str]] = []
        self._ids = count()
        self.due = due

    def __len__(self) -> int:
        """How many lines are kept now."""
        return self.message_shares.taken

    def store(self, service: str, line: bytes, deadline_s: float, sender: str) -> bool:
        """Keep a line until its service registers or its time is over.

        Args:
            service: Whose it is.
            line: With its newline.
            deadline_s: When it ends, on the monotonic clock.
            sender: Who answers for it, see `Shares`.

        Returns:
            Whether there was room for it, for this sender.
        """
        if (
            not self.message_shares.has_room(sender, 1)
            or not self.byte_shares.has_room(sender, len(line))
            or self._service_bytes[service] + len(line) > self.service_bytes_max
        ):
            self.refused_total += 1
            return False
        number = next(self._ids)
        self._lines.setdefault(service, {})[number] = _Kept(line, sender)
        heapq.heappush(self._expiry, (deadline_s, number, service))
        self._announce()
        self.message_shares.take(sender, 1)
        self.byte_shares.take(sender, len(line))
        self._service_bytes[service] += len(line)
        self.stored_total += 1
        return True

    def take(self, service: str, now_s: float) -> list[bytes]:
        """Remove and return the lines kept for a service, in the order they came."""
        self.expire(now_s)
        kept = list(self._lines.pop(service, {}).values())
        self._forget(service, kept)
        self._announce()
        return [line for line, _ in kept]

    def expire(self, now_s: float) -> int:
        """Drop what is past its deadline; how many lines that were."""
        expired = 0
        while self._expiry and self._expiry[0][0] <= now_s:
            _, number, service = heapq.heappop(self._expiry)
            kept = self._lines.get(service)
            if kept is None or number not in kept:
                continue
            self._forget(service, [kept.pop(number)])
            if not kept:
                del self._lines[service]
            expired += 1
        self.expired_total += expired
        self._announce()
        return expired

    def _announce(self) -> None:
        self.due.set(self._expiry[0][0] if self._expiry else None)

    def _forget(self, service: str, kept: list[_Kept]) -> None:
        for line, sender in kept:
            self.message_shares.give_back(sender, 1)
            self.byte_shares.give_back(sender, len(line))
            self._service_bytes[service] -= len(line)
        if not self._service_bytes[service]:
            del self._service_bytes[service]
        if not len(self) or len(self._expiry) > 2 * len(self) + DEAD_ENTRIES:
            self._expiry = [entry for entry in self._expiry if entry[1] in self._lines.get(entry[2], ())]
            heapq.heapify(self._expiry)
