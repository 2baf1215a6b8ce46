"""Messages kept for services of this host that are not there yet: bounded, shared out, each with a deadline; it knows no link."""

from collections import Counter
from itertools import count

from communicator.router.cores.deadlines import Deadline
from communicator.router.cores.waiting import Waiter, Waiting


class _Kept(Waiter):
    service: str


class MessageCache:
    """Lines by service, oldest first.

    Args:
        messages_max: How many lines are kept in all.
        bytes_max: How many bytes they may take in all.
        service_bytes_max: How many of them may be for one service.
        due: When the next line ends.
    """

    def __init__(self, messages_max: int, bytes_max: int, service_bytes_max: int, due: Deadline) -> None:
        self.waiting: Waiting[int, _Kept] = Waiting(messages_max, bytes_max, due)
        self.service_bytes_max = service_bytes_max
        self.stored_total = 0
        self.delivered_total = 0
        """Counted by whoever hands them over."""
        self.expired_total = 0
        self.refused_total = 0
        self._numbers: dict[str, dict[int, None]] = {}
        self._service_bytes: Counter[str] = Counter()
        self._ids = count()

    def __len__(self) -> int:
        """How many lines are kept now."""
        return len(self.waiting)

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
        number, fits = next(self._ids), self._service_bytes[service] + len(line) <= self.service_bytes_max
        if not (fits and self.waiting.add(number, _Kept(line, sender, service), deadline_s)):
            self.refused_total += 1
            return False
        self._numbers.setdefault(service, {})[number] = None
        self._service_bytes[service] += len(line)
        self.stored_total += 1
        return True

    def take(self, service: str, now_s: float) -> list[bytes]:
        """Remove and return the lines kept for a service, in the order they came."""
        self.expire(now_s)
        return [self._remove(number) for number in list(self._numbers.get(service, ()))]

    def expire(self, now_s: float) -> None:
        """Drop what is past its deadline."""
        for number, _ in self.waiting.take_due(now_s):
            self._remove(number)
            self.expired_total += 1

    def _remove(self, number: int) -> bytes:
        kept = self.waiting.take(number)
        del self._numbers[kept.service][number]
        self._service_bytes[kept.service] -= len(kept.line)
        if not self._numbers[kept.service]:
            del self._numbers[kept.service], self._service_bytes[kept.service]
        return kept.line
