"""PURE: which canary leads, as each of them concludes for itself from who is there; it sends nothing.

The lowest server name with a live canary leads, where the router has a quorum; where it has none, nobody does, so that two
halves of a cluster never decide both. Who becomes the leader takes a higher term than any it has heard of, and of two decisions
about one subject the one of the later term counts: that fences what an earlier leader still says.

One canary alone cannot carry the terms away: what it tells is believed up to `STEP` ahead of ours. Beyond, it takes a majority
of the servers that have a canary. So neither a bug nor a lie on one host brings the terms to where no number is left.
"""

from typing import NamedTuple

from canary.wire import TERM_MAX

SILENT_S = 35.0
"""A canary that has said nothing for so long is not there: it speaks every 10 s, and one word or two may be lost."""
GRACE_S = 2.0
"""A canary that has just started does not lead before those that are there have had time to say so."""
STEP = 1_000
"""How far one voice may move the term: more changes of the leader than one misses while it is away."""
SERVERS = 1_024
"""Canaries remembered."""


class Lead(NamedTuple):
    """Who leads, in which term."""

    leader: str
    """A server; empty when nobody does."""
    term: int


class Leadership:
    """The view of one canary.

    Args:
        term: The highest term that this canary has ever known, from its ledger.
        began_s: When it has started, on a monotonic clock, in seconds.
    """

    def __init__(self, term: int = 0, began_s: float = -GRACE_S) -> None:
        self._highest = min(term, TERM_MAX)
        self.lead = Lead("", self._highest)
        self.members: frozenset[str] = frozenset()
        """The servers that have a canary, in reach or not; empty: those that are heard."""
        self._decided = Lead("", 0)
        """Of the newest decision that is known."""
        self._heard: dict[str, float] = {}
        self._told: dict[str, int] = {}
        """What each of them has told last, believed or not."""
        self._began_s = began_s

    def hear(self, server: str, now_s: float, term: int = 0) -> bool:
        """Another canary has spoken.

        Args:
            server: Which one.
            now_s: Now, on a monotonic clock, in seconds.
            term: The highest term it knows.

        Returns:
            Whether nothing was heard of it lately.
        """
        is_news = server not in self._heard
        if server in self._heard or len(self._heard) < SERVERS:
            self._heard[server] = now_s
        if server in self._heard:
            self._told[server] = term
            self._believe(server)
        return is_news

    @property
    def limit(self) -> int:
        """The highest term that one voice is believed."""
        return min(self._highest + STEP, TERM_MAX)

    def know(self, term: int, leader: str) -> None:
        """Decisions are known: whoever leads next takes a higher term.

        Args:
            term: The highest one,
            leader: and who led then.
        """
        self._decided = Lead(leader, min(term, TERM_MAX))
        self._highest = max(self._highest, self._decided.term)

    @property
    def doubted(self) -> dict[str, int]:
        """The terms that are not believed, by who tells them."""
        return {server: term for server, term in self._told.items() if term > self._highest + STEP}

    def _believe(self, server: str) -> None:
        term = self._told[server]
        if term <= self._highest + STEP:
            self._highest = max(self._highest, term)

    def _believe_majority(self, me: str) -> None:
        """Take over a term that a majority tells; who never knew one has no voice against it."""
        voters = self.members | {me} if self.members else {me, *self._heard}
        own = [self._highest] if self._highest else []
        told = sorted((*own, *(self._told[server] for server in self._told if server in voters)), reverse=True)
        needed = (len(voters) - (not own)) // 2 + 1
        if len(told) >= needed:
            self._highest = max(self._highest, told[needed - 1])
        for server in self._told:
            self._believe(server)

    def settle(self, me: str, live: frozenset[str], now_s: float, *, has_quorum: bool) -> Lead:
        """Conclude who leads now.

        Args:
            me: Our own server.
            live: The servers that our router reaches.
            now_s: Now, on a monotonic clock, in seconds.
            has_quorum: Whether these are a quorum of the cluster.

        Returns:
            The leader and the term; the term is a new one when we have just become it.
        """
        self._heard = {server: at_s for server, at_s in self._heard.items() if now_s - at_s < SILENT_S}
        self._told = {server: term for server, term in self._told.items() if server in self._heard}
        self._believe_majority(me)
        there = {me, *(server for server in self._heard if server in live)}
        leader = min(there) if has_quorum and me else ""
        if leader == me and live - {me} and now_s < self._began_s + GRACE_S:
            leader = ""
        if leader == me and (self.lead.leader != me or self._highest > self.lead.term or self._is_taken(me)):
            self._highest = min(self._highest + 1, TERM_MAX)
        self.lead = Lead(leader, self._highest)
        return self.lead

    def _is_taken(self, me: str) -> bool:
        """Whether another one has led in our term, while we did not hear it, and what it has decided counts before ours."""
        return (self.lead.term, me) < (self._decided.term, self._decided.leader)
