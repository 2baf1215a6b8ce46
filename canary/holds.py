"""PURE: what the leader holds, as the ledger keeps it: written on change, read as what a router is to deny; it judges nothing.

The leader says all it holds every few seconds, in spans from receipt. What is the same but for the time that took is not written
again.
"""

from collections.abc import Iterable, Mapping

from canary.judge.state import Hold
from canary.policy import Denial, is_takeable
from canary.records import CellKey, HoldHeard
from communicator.answers.policy import LONGEST_S, TEXT_CHARACTERS

SAME_END_S = 5.0
"""Ends that differ by less are the same end: a message takes no longer, nor does a clock drift so far meanwhile."""


def changes(
    holds: Mapping[CellKey, Hold], told: Iterable[Denial], leader: str, generation: tuple[int, int], now_s: float
) -> list[HoldHeard]:
    """What the ledger is told of what a leader says.

    Args:
        holds: What is known.
        told: All that the leader holds now; what no router takes is left out.
        leader: Its server.
        generation: Of its policy.
        now_s: By the ledger's clock.

    Returns:
        A record for each entry that is new, another, or gone; nothing when all is as it was.
    """
    wanted = {
        CellKey(one.server, one.service, one.version, one.build): one
        for one in told
        if is_takeable(one) and one.until_at_s > now_s
    }
    term, number = generation
    gone = [
        HoldHeard(leader=leader, term=term, number=number, **key._asdict(), reason=holds[key].reason)
        for key in holds
        if key not in wanted
    ]
    new = [
        HoldHeard(
            leader=leader,
            term=term,
            number=number,
            **key._asdict(),
            until_at_s=min(one.until_at_s, now_s + LONGEST_S),
            reason=one.reason[:TEXT_CHARACTERS],
            probe_allowed=one.probe_allowed,
        )
        for key, one in wanted.items()
        if not _is_same(holds.get(key), one)
    ]
    return [*gone, *new]


def still_held(holds: Mapping[CellKey, Hold], now_s: float) -> list[Denial]:
    """What is held and not over, as a router is told.

    Args:
        holds: What is known.
        now_s: By the ledger's clock.
    """
    return [
        Denial(key.service, key.version, key.build, key.server, hold.until_at_s, hold.reason, hold.probe_allowed)
        for key, hold in holds.items()
        if hold.until_at_s > now_s
    ]


def _is_same(hold: Hold | None, told: Denial) -> bool:
    if hold is None or abs(hold.until_at_s - told.until_at_s) >= SAME_END_S:
        return False
    return (hold.reason, hold.probe_allowed) == (told.reason[:TEXT_CHARACTERS], told.probe_allowed)
