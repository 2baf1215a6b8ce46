"""Services of C++ routers that no list names: which have been heard lately, and how often a sender may ask for one nobody knows.

A C++ router lists its ``.service`` files when it links, and nobody that merely registers. A message for such a service goes to all
C++ routers; whoever is heard under that name is where it is, for a while, since nobody says when it has gone.
"""

from collections import deque

from communicator.router.cores.deadlines import Deadline

HEARD_S = 10.0
"""How long a service is taken to be where it was heard; after that it is looked for again. It may have moved without a word."""
HEARD_MAX = 1_024
"""Services remembered: ten times the largest host known."""
ASKED_IN_A_SECOND = 10
"""Messages of one sender for services that nobody knows: each of them goes to every C++ router of the cluster."""
SENDERS_MAX = 4_096
"""Senders whose questions are counted; beyond it all begin anew."""


class Unlisted:
    """What is known of services without a list.

    Args:
        due: When `turn` is to be called; at no time while nothing was heard.
    """

    def __init__(self, due: Deadline) -> None:
        self.due = due
        self._fresh: dict[str, str] = {}
        self._stale: dict[str, str] = {}
        """Heard before the last turn: such a service is looked for again, as often as its senders like."""
        self._asked: dict[int, deque[float]] = {}
        """By link: when its last questions were."""

    def hear(self, service: str, server: str, now_s: float) -> None:
        """A service has spoken from a server.

        Args:
            service: Its name.
            server: Where a C++ router runs.
            now_s: The time, on the monotonic clock.
        """
        if service in self._fresh or len(self._fresh) < HEARD_MAX:
            self._fresh[service] = server
            if self.due.at_s is None:
                self.due.set(now_s + HEARD_S)

    def server_of(self, service: str) -> str | None:
        """Where a service was heard lately."""
        return self._fresh.get(service)

    def turn(self, now_s: float) -> None:
        """What has not been heard since the last turn is forgotten, and what has been is looked for again."""
        self._stale, self._fresh = self._fresh, {}
        self.due.set(now_s + HEARD_S if self._stale else None)

    def may_ask(self, sender: int, service: str, now_s: float) -> bool:
        """Whether a sender may have a service looked for; counts it, unless the service was heard a moment ago.

        Args:
            sender: The number of its link.
            service: What it asks for.
            now_s: The time, on the monotonic clock.
        """
        if service in self._stale:
            return True
        if len(self._asked) >= SENDERS_MAX and sender not in self._asked:
            self._asked.clear()
        asked = self._asked.setdefault(sender, deque(maxlen=ASKED_IN_A_SECOND))
        if len(asked) == ASKED_IN_A_SECOND and now_s - asked[0] < 1:
            return False
        asked.append(now_s)
        return True

    def forget(self, sender: int) -> None:
        """A link is gone."""
        self._asked.pop(sender, None)
