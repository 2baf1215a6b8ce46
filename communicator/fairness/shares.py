"""PURE: how many of a bounded number each address has, and whether it has its share already."""

from collections import Counter

from communicator.fairness.sources import keys_of

NETWORK_SHARES = 2
"""So many shares has an IPv6 network of 64 bits, however many addresses come from it: it may be one host, or a whole LAN."""


class Shares:
    """Counts by address and by network.

    Args:
        share: The most of one address.
    """

    def __init__(self, share: int) -> None:
        self.share = share
        self._held: Counter[str] = Counter()

    def used_up(self, address: str) -> str:
        """The address, or its network, that has its share already, as it is counted; empty when neither has."""
        keys = keys_of(address)
        for key, most in zip(keys, (self.share, self.share * NETWORK_SHARES), strict=False):
            if self._held[key] >= most:
                return key
        return ""

    def add(self, address: str) -> None:
        """One more of this address."""
        self._held.update(keys_of(address))

    def remove(self, address: str) -> None:
        """One less of this address, which had one."""
        for key in keys_of(address):
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
