"""Addresses that count no longer: forgotten on an operator's word, or replaced by a newer one; bounded, and without a clock."""

from collections.abc import Mapping
from types import MappingProxyType

FORGOTTEN_SPAN_S = 30 * 86_400
"""By then nobody tells of the address any more."""
CLOCK_SLACK_S = 86_400
"""A mark from further ahead was made by a wrong clock, and would never end."""
REPLACED_SPAN_S = 86_400.0


class Forgotten:
    """Marks on addresses, each with the time an operator made it; they spread from router to router.

    Args:
        marks_max: How many of each kind are kept; the oldest give way.
    """

    def __init__(self, marks_max: int) -> None:
        self._marks_max = marks_max
        self._marks: dict[str, int] = {}
        self._lifted: dict[str, int] = {}

    @property
    def marks(self) -> Mapping[str, int]:
        """Address to when it was forgotten, in seconds since the epoch."""
        return MappingProxyType(self._marks)

    def is_news(self, address: str, mark_s: int, epoch_s: int) -> bool:
        """Whether a mark that was heard of says anything we did not know, and is to be believed."""
        if not epoch_s - FORGOTTEN_SPAN_S < mark_s < epoch_s + CLOCK_SLACK_S:
            return False
        return mark_s > max(self._marks.get(address, 0), self._lifted.get(address, 0))

    def mark(self, address: str, mark_s: int) -> None:
        """Forget an address."""
        self._marks[address] = mark_s
        if len(self._marks) > self._marks_max:
            del self._marks[min(self._marks, key=self._marks.__getitem__)]

    def lift(self, address: str) -> None:
        """The router is there after all; the same mark, told by others, does not come back."""
        mark_s = self._marks.pop(address, None)
        if mark_s is not None:
            self._lifted.pop(address, None)
            self._lifted[address] = mark_s
            _trim(self._lifted, self._marks_max)

    def expire(self, epoch_s: int) -> None:
        """Drop marks that have had their time, and those a wrong clock made."""
        for address, mark_s in list(self._marks.items()):
            if not epoch_s - FORGOTTEN_SPAN_S < mark_s < epoch_s + CLOCK_SLACK_S:
                del self._marks[address]


class Replaced:
    """Addresses whose server was proven elsewhere: for a day hearsay does not bring them back.

    Args:
        addresses_max: How many are kept; the oldest give way.
    """

    def __init__(self, addresses_max: int) -> None:
        self._addresses_max = addresses_max
        self._until_s: dict[str, float] = {}

    def add(self, address: str, now_s: float) -> None:
        """An address is no longer anybody's; `now_s` is on the monotonic clock."""
        self._until_s.pop(address, None)
        self._until_s[address] = now_s + REPLACED_SPAN_S
        _trim(self._until_s, self._addresses_max)

    def holds(self, address: str, now_s: float) -> bool:
        """Whether hearsay of this address is old news."""
        until_s = self._until_s.get(address)
        return until_s is not None and now_s < until_s

    def lift(self, address: str) -> None:
        """Somebody is there again."""
        self._until_s.pop(address, None)


def _trim(entries: dict[str, int] | dict[str, float], entries_max: int) -> None:
    if len(entries) > entries_max:
        del entries[next(iter(entries))]
