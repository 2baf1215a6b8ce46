"""PURE: how long an address has to wait after wrong credentials; it does not know what was wrong with them."""

from collections import OrderedDict
from dataclasses import dataclass

FIRST_S = 1.0
LONGEST_S = 30.0
"""So many seconds after one more wrong one: twice as long as before, from `FIRST_S`, as the router does it."""
FORGIVEN_S = 300.0
"""After so many seconds without a wrong one it is as if there had been none."""
_ADDRESSES = 1024
"""Addresses remembered: more come from a botnet only, and the work it may cause is bounded by other means."""


@dataclass(slots=True)
class _Record:
    wrong: int
    until_s: float
    forgiven_s: float


class Patience:
    """Remembers who was wrong, for a bounded number of addresses."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def wait_s(self, address: str, now_s: float) -> float:
        """How long nothing is looked at from an address; 0 when it is."""
        record = self._records.get(address)
        return 0.0 if record is None else max(0.0, record.until_s - now_s)

    def note_wrong(self, address: str, now_s: float) -> int:
        """Credentials from an address were wrong.

        Returns:
            How many were, this one included.
        """
        record = self._records.pop(address, None)
        wrong = record.wrong + 1 if record is not None and now_s < record.forgiven_s else 1
        wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(wrong - 1, 10))
        self._records[address] = _Record(wrong, now_s + wait_s, now_s + FORGIVEN_S)
        if len(self._records) > _ADDRESSES:
            self._records.popitem(last=False)  # the one whose last mistake is the longest ago
        return wrong
