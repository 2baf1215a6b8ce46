"""Who of this host holds how many links, so that no user takes all places; it opens and closes none."""

import os

from communicator.router.cores.shares import Shares
from communicator.router.vocabulary.events import User


class LinkShares:
    """Counts links by user.

    A user gets no more links than are free, as with registrations. Root and the router's own user are held to no share: they may
    stop the router anyway. Nor are links from and to other hosts, of which strangers have few places.
    """

    def __init__(self) -> None:
        self.turned_away: set[int] = set()
        """The numbers of those that are there only to read why they are not taken."""
        self._shares = Shares(0)
        self._holders: dict[int, str] = {}
        """By the number of the link; empty for who has no share."""

    def why_not(self, user: User | None, links_max: int, *, is_local: bool) -> str:
        """Why one more link is not taken; empty when it is.

        Args:
            user: Whose it is; None when that cannot be told: these count as one user.
            links_max: How many links are held at once.
            is_local: Whether it comes from this host.
        """
        self._shares.maximum = links_max
        if self._shares.taken >= links_max:
            return f"{links_max} links are held, more are not taken"
        holder = _holder(user, is_local=is_local)
        if not holder or self._shares.has_room(holder, 1):
            return ""
        return (
            f"user {holder!r} has its share of the {links_max} links that may be held: end some, or raise limits.links"
        )

    def take(self, number: int, user: User | None, *, is_local: bool) -> None:
        """A link is there, whether it is to stay or not.

        Args:
            number: It.
            user: As above.
            is_local: As above.
        """
        self._holders[number] = holder = _holder(user, is_local=is_local)
        self._shares.take(holder, 1)

    def give_back(self, number: int) -> None:
        """A link is gone; one that was never there is ignored."""
        self.turned_away.discard(number)
        holder = self._holders.pop(number, None)
        if holder is not None:
            self._shares.give_back(holder, 1)


def _holder(user: User | None, *, is_local: bool) -> str:
    if not is_local or (user is not None and user.uid in (0, os.geteuid())):
        return ""
    return "?" if user is None else user.name
