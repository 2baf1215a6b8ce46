"""Services of C++ routers that no list names: which have been heard lately, and how often a sender may ask for one nobody knows.

A C++ router lists its ``.service`` files when it links, and nobody that merely registers. A message for such a service goes to all
C++ routers; whoever is heard under that name is where it is, for a while, since nobody says when it has gone.
"""

from typing import NamedTuple

from communicator.router.cores.deadlines import Deadline

HEARD_S = 10.0
"""How long a service is taken to be where it was heard; after that it is looked for again. It may have moved without a word."""
HEARD_MAX = 1_024
"""Services remembered: ten times the largest host known."""
ASKED_PER_S = 10.0
"""Messages of one sender for services that nobody knows: each of them goes to every C++ router of the cluster."""
ASKED_BURST = 10.0
SENDERS_MAX = 4_096
"""Senders with an allowance; beyond it all begin anew."""


class _Allowance(NamedTuple):
    left: float
    at_s: float
    """When so many were left, on the monotonic clock."""


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
        self._allowances: dict[int, _Allowance] = {}

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
        left, at_s = self._allowances.get(sender, _Allowance(ASKED_BURST, now_s))
        left = min(ASKED_BURST, left + (now_s - at_s) * ASKED_PER_S)
        if len(self._allowances) >= SENDERS_MAX and sender not in self._allowances:
            self._allowances.clear()
        self._allowances[sender] = _Allowance(left - 1 if left >= 1 else left, now_s)
        return left >= 1

    def forget(self, sender: int) -> None:
        """A link is gone."""
        self._allowances.pop(sender, None)
