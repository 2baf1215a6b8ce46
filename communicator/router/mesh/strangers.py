"""Links from and to other hosts that have not shown who they are, and how long each may take to."""

from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.registry import Link

STRANGER_S = 10.0
"""How long a link from another host may take to show who it is."""


class Strangers:
    """These links, in the order in which their time ends.

    Args:
        due: When the time of the first one ends.
    """

    def __init__(self, due: Deadline) -> None:
        self._until_s: dict[Link, float] = {}
        self.due = due

    def __len__(self) -> int:
        """How many there are."""
        return len(self._until_s)

    def add(self, link: Link, now_s: float) -> None:
        """From now on this link has its time; one that is a stranger already begins anew."""
        self._until_s.pop(link, None)  # it is the last one now
        self._until_s[link] = now_s + STRANGER_S
        self._announce()

    def discard(self, link: Link) -> None:
        """It has shown who it is, or is gone."""
        self._until_s.pop(link, None)
        self._announce()

    def overdue(self, now_s: float) -> list[Link]:
        """Those whose time is over."""
        return [link for link, until_s in self._until_s.items() if until_s <= now_s]

    def _announce(self) -> None:
        self.due.set(next(iter(self._until_s.values()), None))
