"""Links from and to other hosts that have not shown who they are: which have a place, and how long each may take to show it."""

from communicator.fairness.places import SHARES, Entrance, Places
from communicator.fairness.sources import Standing
from communicator.router.cores.deadlines import Deadline
from communicator.router.vocabulary.registry import Link

STRANGER_S = 10.0
"""How long a link from another host may take to show who it is."""
ANSWER_S = 15.0
"""How long another router may take to answer what we have said of ourselves: it may give up a dead link under our name first."""
CHECK_S = 60.0
"""How long it may take where we have said our password, which may wait for its turn there."""


class Strangers:
    """These links.

    Args:
        due: When the time of the first one ends.
    """

    def __init__(self, due: Deadline) -> None:
        self._until_s: dict[Link, float] = {}
        self._places: Places[Link] = Places(0, 0, 0)
        self.due = due

    def __len__(self) -> int:
        """How many there are."""
        return len(self._until_s)

    def enter(self, link: Link, standing: Standing, most: int, now_s: float) -> Entrance[Link]:
        """A link has come, which has its time from now on if there is a place for it.

        Args:
            link: It.
            standing: How the address stands from which it comes.
            most: How many places there are, half of them for addresses that we know.
            now_s: The time.
        """
        self._places.most, self._places.kept = most, most // 2
        self._places.shares.share = max(1, most // SHARES)
        entrance = self._places.enter(link, link.ip, standing)
        if entrance.is_in:
            self.add(link, now_s)
        return entrance

    def add(self, link: Link, now_s: float, for_s: float = STRANGER_S) -> None:
        """From now on this link has its time; one that is a stranger already begins anew."""
        self._until_s[link] = now_s + for_s
        self._announce()

    def heard(self, link: Link) -> None:
        """It has said something: others have been silent for longer."""
        self._places.heard(link)

    def discard(self, link: Link) -> None:
        """It has shown who it is, or is gone."""
        self._places.leave(link)
        self._until_s.pop(link, None)
        self._announce()

    def overdue(self, now_s: float) -> list[Link]:
        """Those whose time is over."""
        return [link for link, until_s in self._until_s.items() if until_s <= now_s]

    def _announce(self) -> None:
        self.due.set(min(self._until_s.values(), default=None))
