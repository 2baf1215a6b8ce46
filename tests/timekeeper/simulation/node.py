"""One simulated host that runs a timekeeper: its own rows, electorate, solver, pace and disk; what it measures is given to it."""

from collections.abc import Collection

from communicator.answers.clocks import Local, Peer
from communicator.protocol import Message
from tests.timekeeper.cluster.words import row
from tests.timekeeper.simulation.scenario import Host
from timekeeper.cluster.electorate import Electorate, Known, Members
from timekeeper.cluster.rows import Rows
from timekeeper.pace import Pace
from timekeeper.solution import Electors, Judgement, Measurement, Patience, Thresholds, age_measurement, find_rate
from timekeeper.solver import Solver

INTERVAL_S = 10.0
THRESHOLDS = Thresholds()
PATIENCE = Patience(grace_s=15.0, divided_s=15.0)
"""Shorter than usual, so that less has to be played."""
_DUE_S = 0.9 * INTERVAL_S
"""A peer in no doubt is measured no more often."""


class Node:
    """A host and its timekeeper.

    Args:
        host: Its habits.
        solver: A solver that has just started.
    """

    def __init__(self, host: Host, solver: Solver) -> None:
        self.host = host
        self.life = 0
        """Counts its starts; what was planned before the last one is void."""
        self.known = Known()
        """What its disk holds."""
        self.heard_of: set[str] = set()
        """Hosts that its router was linked to."""
        self.turn = 0
        """Counts the looks that were planned; the last one holds."""
        self._boots = 0
        self.start(0.0, solver)

    def start(self, now_s: float, solver: Solver, *, keeps_disk: bool = True, is_boot: bool = False) -> None:
        """The timekeeper starts, and knows what its disk holds."""
        self.life += 1
        self.began_s = now_s
        self._boots += is_boot
        if not keeps_disk:
            self.known = Known()
        self._electorate = Electorate(self.known)
        self.electors = Electors.of(())
        self.rows = Rows()
        self.solver = solver
        self.pace = Pace(INTERVAL_S)
        self.judgement: Judgement | None = None
        self.judged_s = now_s
        self._measured: dict[str, tuple[float, Measurement, float]] = {}
        """Of each peer when and what, and how fast the clocks part."""
        self._seq = 0

    def stop(self) -> None:
        """The timekeeper ends."""
        self.life += 1
        self.turn += 1
        self.judgement = None

    def is_due(self, peer: str, now_s: float) -> bool:
        """Whether a peer is to be measured now."""
        return peer not in self._measured or now_s - self._measured[peer][0] >= _DUE_S or peer in self.solver.suspects

    def take(self, peer: str, now_s: float, measured: Measurement) -> None:
        """Take a measurement of a peer."""
        rate = 0.0
        if (before := self._measured.get(peer)) and before[1].via == measured.via:
            moved_s = self.host.clock.set_by(before[0], now_s)
            earlier = age_measurement(before[1], 0.0)
            if not moved_s:
                rate = find_rate(earlier, measured, now_s - before[0])
        self._measured[peer] = now_s, measured, rate

    def tell(self, now_s: float) -> Local:
        """Its word. Its own clock was watched all the time, so a step of it is known at once."""
        self._seq += 1
        pairs = []
        for at_s, one, rate in self._measured.values():
            aged = age_measurement(one, now_s - at_s, rate)
            told = _tell_pair(aged, aged.offset_s - self.host.clock.set_by(at_s, now_s))
            pairs.append(self.host.lie.pair(told) if self.host.lie else told)
        return Local(
            server=self.host.name,
            boot_id=f"boot {self._boots} of {self.host.name}",
            life=str(self.life),
            seq=self._seq,
            role="solver",
            claim=self.host.claim(now_s),
            pairs=tuple(pairs),
            heard=self.host.references(now_s),
            steps_total=sum(self.began_s < at_s <= now_s for at_s, _ in self.host.clock.steps),
            away=self._electorate.away(self.electors),
        )

    def judge(self, members: Members, now_s: float) -> Message:
        """Look and judge; returns the row to tell the others."""
        self.rows.forget(now_s)
        local = self.tell(now_s)
        seen = self.rows.hosts | {self.host.name, *self._measured}
        self.electors = self._electorate.settle(members, seen, self.rows.told(now_s), now_s)
        self.known = self._electorate.known
        self.judgement = self.solver.judge(local, self.rows, self.electors, now_s)
        self.judged_s = now_s
        self.pace.note(self.solver.suspects, now_s)
        return row(local)

    def has_grace(self, now_s: float) -> bool:
        """Whether it calls nobody wrong yet."""
        return now_s < self.began_s + PATIENCE.grace_s


def members_of(node: Node, reached: Collection[str], uncounted: Collection[str], addresses: int) -> Members:
    """What the router of a host tells it.

    Args:
        node: The host.
        reached: Who is reached now.
        uncounted: Who counts for nobody but the one host that knows it.
        addresses: How many its configuration names, itself included.
    """
    node.heard_of |= {node.host.name, *reached}
    counting = frozenset(node.heard_of.difference(uncounted))
    return Members(
        counting=counting,
        number=max(addresses, len(counting)),
        reached=frozenset({node.host.name, *reached}),
        uncounted=frozenset(uncounted) & node.heard_of,
    )


def _tell_pair(one: Measurement, offset_s: float) -> Peer:
    return Peer(
        peer=one.target,
        offset_seconds=offset_s,
        bound_seconds=one.bound_s,
        rtt_seconds=one.rtt_s,
        age_seconds=one.age_s,
        via=one.via,
        drift_ppm=one.drift_ppm,
    )
