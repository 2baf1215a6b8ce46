"""All entries of one router together, and when an operator is to hear that one has been out of reach for long; it dials nobody."""

from communicator.answers import clusters
from communicator.router.mesh.book.entry import Entry, State
from communicator.router.mesh.book.neighbors_file import NO_ORDER
from communicator.router.vocabulary.effects import RouterFlag, SetFlag

FAILURES = 20
SPAN_S = 3600.0
"""As the ancestor: that many failures, and that long; a host that is being replaced is back before."""
LOOK_EVERY_S = 60.0
"""Looking takes time with a thousand members, and nobody is in a hurry after an hour."""

_BEST_FIRST = list(State)


class Member(clusters.Neighbor, frozen=True):
    """Another router, under whatever addresses it is known: where it was proven to be, or else where it is looked for."""

    absent_since_s: float = 0.0
    """When it was last linked, or else first heard of, on the monotonic clock."""


def summarise(entries: list[Entry], *, counts: bool) -> Member:
    """One router from all its entries, at least one; whether it counts is known elsewhere."""
    known = sorted(entries, key=lambda each: (not each.is_proven, each.order == NO_ORDER, each.address))
    state = min((each.state for each in known), key=_BEST_FIRST.index)
    return Member(
        address=known[0].address,
        server=known[0].server,
        configured=any(each.is_configured for each in known),
        state=State.LINKED if state is State.CROSSED else state,
        failures=max(each.absence.failures for each in known),
        absent_since_s=min(each.absence.since_s for each in known),
        counts=counts,
        reason=next((each.reason for each in known if each.reason), ""),
        secure=next((each.secure for each in known if each.is_configured), known[0].secure),
    )


class OutOfReach:
    """What operators were told."""

    def __init__(self) -> None:
        self._is_raised: bool | None = None
        """None: not said in this life; a flag of the last one may stand."""
        self._look_s = float("-inf")

    def changed(self) -> None:
        """Somebody was linked, lost or forgotten: look at once."""
        self._look_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to look."""
        return now_s >= self._look_s

    def look(self, members: tuple[Member, ...], now_s: float) -> SetFlag | None:
        """What is to be told now; None when nothing has changed.

        Args:
            members: All other routers; those that count matter.
            now_s: The time, on the monotonic clock.
        """
        self._look_s = now_s + LOOK_EVERY_S
        absent = [member for member in members if member.counts and member.state is not State.LINKED]
        lost = [each for each in absent if each.failures >= FAILURES and now_s - each.absent_since_s > SPAN_S]
        if lost and not self._is_raised:
            self._is_raised = True
            first = min(lost, key=lambda each: each.absent_since_s)
            name = f"{first.server} ({first.address})" if first.server else first.address
            return SetFlag(RouterFlag.CONNECTION_FAILED, raised=True, detail=name)
        # A flag of the last life stands until all are there: those who are not may be whom it speaks of.
        if not lost and (self._is_raised or (self._is_raised is None and not absent)):
            self._is_raised = False
            return SetFlag(RouterFlag.CONNECTION_FAILED, raised=False)
        return None
