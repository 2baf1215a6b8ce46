"""PURE: which servers the routers no longer reach, and which they reach again, as facts; it asks no router."""

from canary.judge.state import State
from canary.records import Record, ServerBack, ServerLost

SETTLED_S = 30.0
"""A router that has just started has yet to find the others: only then is missing who was never seen."""


class Reach:
    """What is known of the servers of a cluster.

    Args:
        began_s: When we began to look, on a monotonic clock, in seconds.
    """

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._live: frozenset[str] = frozenset()

    def compare(self, live: frozenset[str], state: State, me: str, now_s: float) -> list[Record]:
        """Conclude from who is reached now.

        Args:
            live: The servers that our router reaches.
            state: What is known of them.
            me: Our own server, which is always there.
            now_s: On the clock of `began_s`.

        Returns:
            A fact for each change.
        """
        seen, self._live = self._live, live
        known = frozenset(name for name, server in state.servers.items() if server.lost_at_s is None) - {me}
        lost = frozenset(name for name, server in state.servers.items() if server.lost_at_s is not None) - {me}
        missing = known - live if now_s - self._began_s >= SETTLED_S else (known & seen) - live
        found: list[Record] = [ServerLost(server=server) for server in sorted(missing)]
        return [*found, *(ServerBack(server=server) for server in sorted(lost & live))]
