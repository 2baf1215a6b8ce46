"""PURE: whether a clock has been kept by nobody for long enough to say so; it does not know why, and raises no flag."""

from timekeeper.claim import Claim, ClaimState
from timekeeper.solution import Lasting, Patience

LASTING_S = 5.0
"""From the first of those looks to the last, at least: what happens to peers may call for several of them at once."""


class Unkept:
    """As patient with a host's own word as the judge is with all hosts: a daemon needs a while after a start.

    Args:
        patience: How often in a row it has to be seen, and how long after the start it is not said.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._lasting = Lasting(self._patience.bursts, LASTING_S)
        self._began_s: float | None = None

    def note(self, claim: Claim, now_s: float) -> bool:
        """Take one look in.

        Args:
            claim: What the host says of its clock now.
            now_s: Now, on a monotonic clock; the first look is the start.

        Returns:
            Whether its clock is kept by nobody, though somebody was to keep it.
        """
        began_s = now_s if self._began_s is None else self._began_s
        self._began_s = began_s
        return self._lasting.note(
            now_s,
            is_seen=claim.state is ClaimState.UNSYNCHRONIZED and not claim.without_daemon,
            may_begin=now_s >= began_s + self._patience.grace_s,
        )
