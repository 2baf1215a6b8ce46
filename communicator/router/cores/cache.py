"""Messages kept for services of this host that are not there yet: bounded, each with a deadline; it knows no link."""

import heapq
from collections import Counter
from itertools import count

from communicator.router.cores.deadlines import Deadline

DEAD_ENTRIES = 64
"""Deadlines of delivered lines that may lie about before they are swept out."""


class MessageCache:
    """Lines by service, oldest first.

    Args:
        messages_max: How many lines are kept in all.
        bytes_max: How many bytes they may take in all.
        service_bytes_max: How many of them may be for one service.
        due: When the next line ends; it may have been delivered already.
    """

    def __init__(self, messages_max: int, bytes_max: int, service_bytes_max: int, due: Deadline) -> None:
        self.messages_max = messages_max
        self.bytes_max = bytes_max
        self.service_bytes_max = service_bytes_max
        self.bytes = 0
        self.stored_total = 0
        self.delivered_total = 0
        """Counted by whoever hands them over."""
        self.expired_total = 0
        self.refused_total = 0
        self._lines: dict[str, dict[int, bytes]] = {}
        self._service_bytes: Counter[str] = Counter()
        self._expiry: list[tuple[float, int, str]] = []
        self._messages = 0
        self._ids = count()
        self.due = due

    def __len__(self) -> int:
        """How many lines are kept now."""
        return self._messages

    def store(self, service: str, line: bytes, deadline_s: float) -> bool:
        """Keep a line until its service registers or `deadline_s` (monotonic) comes; False when there is no room."""
        if (
            self._messages >= self.messages_max
            or self.bytes + len(line) > self.bytes_max
            or self._service_bytes[service] + len(line) > self.service_bytes_max
        ):
            self.refused_total += 1
            return False
        number = next(self._ids)
        self._lines.setdefault(service, {})[number] = line
        heapq.heappush(self._expiry, (deadline_s, number, service))
        self._announce()
        self._messages += 1
        self.bytes += len(line)
        self._service_bytes[service] += len(line)
        self.stored_total += 1
        return True

    def take(self, service: str, now_s: float) -> list[bytes]:
        """Remove and return the lines kept for a service, in the order they came."""
        self.expire(now_s)
        lines = list(self._lines.pop(service, {}).values())
        self._forget(service, lines)
        self._announce()
        return lines

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

    def _forget(self, service: str, lines: list[bytes]) -> None:
        size = sum(map(len, lines))
        self._messages -= len(lines)
        self.bytes -= size
        self._service_bytes[service] -= size
        if not self._service_bytes[service]:
            del self._service_bytes[service]
        if not self._messages or len(self._expiry) > 2 * self._messages + DEAD_ENTRIES:
            self._expiry = [entry for entry in self._expiry if entry[1] in self._lines.get(entry[2], ())]
            heapq.heapify(self._expiry)
