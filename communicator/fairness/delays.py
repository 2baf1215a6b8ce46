"""PURE: how long an address has to wait after something wrong, and its network too; it does not know what was wrong."""

from collections import OrderedDict
from dataclasses import dataclass

from communicator.fairness.sources import keys_of

FIRST_S = 1.0
LONGEST_S = 30.0
"""So many seconds after one more wrong one: twice as long as before, from `FIRST_S`."""
FORGIVEN_S = 600.0
"""After so many seconds without a wrong one it is as if there had been none."""
REMEMBERED = 4_096
"""Addresses and networks that are remembered, some 1 MB; the one whose last mistake is the longest ago is forgotten."""
NETWORK_MISTAKES = 4
"""So many mistakes of other addresses delay nobody: a LAN is one IPv6 network, and its hosts may err. Who has one address of it
may have all, so that beyond that all wait."""


@dataclass(slots=True)
class Record:
    """What is remembered of an address or a network."""

    wrong: int = 0
    until_s: float = 0.0
    forgiven_s: float = 0.0
    told: int = 0
    """How many were told to wait since the last mistake; for whoever tells them."""


class Delays:
    """Remembers who was wrong, for a bounded number of addresses."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()

    def delaying(self, address: str, now_s: float, *, network: bool = True) -> str:
        """What delays an address now.

        Args:
            address: Without a port.
            now_s: On the monotonic clock.
            network: Whether mistakes of others in its IPv6 network count too.

        Returns:
            The address or the network, as `keys_of` has it: whichever has to wait longer; empty when neither has.
        """
        keys = keys_of(address)[: None if network else 1]
        waits = [(self.record(key).until_s, key) for key in keys]
        until_s, key = max(waits)
        return key if until_s > now_s else ""

    def record(self, key: str) -> Record:
        """What is remembered of an address or a network; an empty record where nothing is."""
        return self._records.get(key) or Record()

    def wait_s(self, address: str, now_s: float, *, network: bool = True) -> float:
        """How long nothing is looked at from an address; 0 when it is. Arguments as for `delaying`."""
        key = self.delaying(address, now_s, network=network)
        return self.record(key).until_s - now_s if key else 0.0

    def note_wrong(self, address: str, now_s: float) -> int:
        """Something from an address was wrong.

        Returns:
            How often that was so in a row, this time included; of this very address.
        """
        wrong, *_ = [self._note(key, number, now_s) for number, key in enumerate(keys_of(address))]
        return wrong

    def note_right(self, address: str) -> None:
        """Something from an address was right: it begins anew, and its network does not."""
        self._records.pop(keys_of(address)[0], None)

    def _note(self, key: str, is_network: int, now_s: float) -> int:
        record = self._records.pop(key, None)
        if record is None or record.forgiven_s <= now_s:
            record = Record()
        record.wrong += 1
        counted = record.wrong - NETWORK_MISTAKES * is_network
        wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(counted - 1, 10)) if counted > 0 else 0.0
        record.until_s, record.forgiven_s, record.told = now_s + wait_s, now_s + FORGIVEN_S, 0
        self._records[key] = record
        if len(self._records) > REMEMBERED:
            self._records.popitem(last=False)
        return record.wrong
