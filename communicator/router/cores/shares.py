"""How much of a bounded store each sender holds: one that holds as much as is free gets no more, so that others find room."""

from collections import Counter


class Shares:
    """A bound, and what is taken of it by whom.

    A single sender gets half of the store, the next one half of what is left, and so on: nobody can fill it, and nothing has to be
    known of how many there are. (The rule is that of dynamic thresholds in shared buffers: Choudhury and Hahne, 1998.)

    Args:
        maximum: How much there is in all.
    """

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        """May be changed at any time; what is taken stays."""
        self.taken = 0
        self._by_sender: Counter[str] = Counter()

    def has_room(self, sender: str, amount: int) -> bool:
        """Whether a sender may take so much more."""
        free = self.maximum - self.taken
        return amount <= free and self._by_sender.get(sender, 0) <= free

    def take(self, sender: str, amount: int) -> None:
        """A sender holds so much more."""
        self.taken += amount
        self._by_sender[sender] += amount

    def give_back(self, sender: str, amount: int) -> None:
        """A sender holds so much less."""
        self.taken -= amount
        self._by_sender[sender] -= amount
        if not self._by_sender[sender]:
            del self._by_sender[sender]
