"""Addresses that are nobody's any more, and for how long that is held against whoever tells of them; it asks no clock."""

from collections.abc import Mapping
from types import MappingProxyType

FORGOTTEN_SPAN_S = 30 * 86_400
"""By then nobody tells of the address any more."""
CLOCK_SLACK_S = 86_400
"""A mark from further ahead was made by a wrong clock, and would never end."""
REPLACED_SPAN_S = 86_400.0
_MORE = 8
"""Marks may be an eighth more: to look for the oldest one at each mark of a record that tells many would take 20 ms."""


class Departed:
    """Addresses that are nobody's: forgotten on an operator's word, which spreads, or replaced by a newer one of their server.

    Args:
        each_max: How many of each kind are kept, of marks for a while an eighth more; the oldest give way.
    """

    def __init__(self, each_max: int) -> None:
        self._each_max = each_max
        self._marks: dict[str, int] = {}
        self._lifted: dict[str, float] = {}
        self._replaced: dict[str, float] = {}
        self.marks: Mapping[str, int] = MappingProxyType(self._marks)
        """Address to when it was forgotten, in seconds since the epoch."""

    def holds(self, address: str, now_s: float) -> bool:
        """Whether hearsay of this address is old news; what was replaced is held for a day."""
        return address in self._marks or now_s < self._replaced.get(address, float("-inf"))

    def news(self, marks: Mapping[str, int], epoch_s: int) -> dict[str, int]:
        """Drop marks that are not to be believed any more; which of these are, and say anything we did not know."""
        believed = range(epoch_s - FORGOTTEN_SPAN_S + 1, epoch_s + CLOCK_SLACK_S)
        for address in [each for each, mark_s in self._marks.items() if mark_s not in believed]:
            del self._marks[address]
        known = {**self._lifted, **self._marks}
        return {each: mark_s for each, mark_s in marks.items() if mark_s in believed and mark_s > known.get(each, 0)}

    def forget(self, address: str, mark_s: int) -> None:
        """An operator has said so, at that time."""
        self._marks[address] = mark_s
        if len(self._marks) > self._each_max + self._each_max // _MORE:
            for each in sorted(self._marks, key=self._marks.__getitem__)[: -self._each_max]:
                del self._marks[each]

    def replace(self, address: str, now_s: float) -> None:
        """Its server is proven to be elsewhere; `now_s` is on the monotonic clock."""
        self._keep(self._replaced, address, now_s + REPLACED_SPAN_S)

    def lift(self, address: str) -> None:
        """A router is there after all; the same mark, told by others, does not come back."""
        self._replaced.pop(address, None)
        if address in self._marks:
            self._keep(self._lifted, address, self._marks.pop(address))

    def _keep(self, kept: dict[str, float], address: str, time_s: float) -> None:
        kept.pop(address, None)
        kept[address] = time_s
        if len(kept) > self._each_max:
            del kept[next(iter(kept))]
