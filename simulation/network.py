"""Roads between machines and the TCP connections over them: latency, loss, cuts, resets; it does not read what it carries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Protocol

from simulation.agenda import Stage

DIAL_TIMEOUT_S = 2.0
"""When a dial that nobody answers is given up."""
RETRANSMISSION_S = 1.5
"""A lost packet is sent again within this time."""
FIN = b""
"""The end of what one side writes: never a line."""


class Machine(Protocol):
    """What the network needs to know of a machine, and what it tells it."""

    name: str
    address: str
    powered: bool
    """Whether anything answers at all: without power packets vanish."""
    listening: bool
    """Whether its router takes connections: else they are refused."""

    def link_opened(self, end: "End", dial: int | None) -> None: ...
    def dial_failed(self, life: int, dial: int, reason: str) -> None: ...
    def received(self, end: "End", lines: bytes) -> None: ...
    def ended(self, end: "End") -> None: ...
    def closed(self, end: "End") -> None: ...


@dataclass(slots=True, eq=False)
class Road:
    """What lies between two machines."""

    delays_s: dict[str, float]
    """One way, by the name of the machine it leads away from."""
    loss: float = 0.0
    """Share of packets that have to be sent again."""
    slowness: float = 1.0
    cut_since_s: float | None = None
    waiting: list["End"] = field(default_factory=list)
    """Ends of connections that sent what was lost while it was cut."""


@dataclass(slots=True, eq=False)
class End:
    """One side of a connection."""

    machine: Machine
    life: int
    """Of the machine's router: what comes for an earlier one is for nobody."""
    road: Road
    peer: "End" = field(init=False, repr=False)
    peer_address: str = ""
    link: int = 0
    """The number its machine gave it."""
    is_open: bool = False
    was_reset: bool = False
    sent: int = 0
    arrives_s: float = 0.0
    """When the last thing sent arrives: nothing overtakes."""
    expected: int = 0
    early: dict[int, bytes] = field(default_factory=dict)
    """What came before something that was sent earlier."""
    held: dict[int, bytes] = field(default_factory=dict)
    """What was sent and lost, to be sent again."""


class Network:
    """Every road and connection.

    Args:
        stage: Time, chance and journal.
        reset_after_s: A connection that lost bytes over a road cut for longer is reset when the road is open again.
        off_road: What a dial without a road comes to: ``no route to host`` at once, or ``timed out``.
    """

    def __init__(self, stage: Stage, reset_after_s: float = 15.0, *, off_road: str = "no route to host") -> None:
        self._stage = stage
        self.reset_after_s = reset_after_s
        self._off_road = off_road
        self.machines: dict[str, Machine] = {}
        """By address."""
        self.roads: dict[frozenset[str], Road] = {}
        """By the names of both machines."""
        self._ports = count(32_768)
        self._local_roads: dict[str, Road] = {}

    def build_road(self, one: str, other: str, delays_s: tuple[float, float], loss: float = 0.0) -> None:
        """Connect two machines by name; the delays are from the first to the second and back."""
        delays = {one: delays_s[0], other: delays_s[1]}
        self.roads[frozenset((one, other))] = Road(delays, loss)

    def road(self, one: str, other: str) -> Road | None:
        """The road between two machines."""
        if one == other:
            return self._local_roads.setdefault(one, Road({one: 0.0001}))
        return self.roads.get(frozenset((one, other)))

    def dial(self, machine: Machine, life: int, dial: int, address: str) -> None:
        """Connect a machine to an address; the machine is told what came of it."""
        target = self.machines.get(address)
        road = self.road(machine.name, target.name) if target else None
        fail = partial(machine.dial_failed, life, dial)
        if target is None or road is None:
            delay_s = DIAL_TIMEOUT_S if self._off_road == "timed out" else 0.01
            self._stage.agenda.after(delay_s, partial(fail, self._off_road))
            return
        near, far = End(machine, life, road), End(target, 0, road)
        near.peer, far.peer = far, near
        near.peer_address = address
        far.peer_address = f"{machine.address.rpartition(':')[0]}:{next(self._ports)}"
        self._stage.agenda.after(self._delay_s(near), partial(self._knock, near, dial, fail))

    def _knock(self, near: End, dial: int, fail: Callable[[str], None]) -> None:
        """The dial has come to the other machine."""
        far, agenda = near.peer, self._stage.agenda
        if not far.machine.powered or near.road.cut_since_s is not None:
            agenda.after(DIAL_TIMEOUT_S, partial(fail, "timed out"))
        elif not far.machine.listening:
            agenda.after(self._delay_s(far), partial(fail, "connection refused"))
        else:
            far.is_open = True
            far.arrives_s = agenda.now_s + self._delay_s(far)
            agenda.at(far.arrives_s, partial(self._welcome, near, dial, fail))
            far.machine.link_opened(far, None)

    def _welcome(self, near: End, dial: int, fail: Callable[[str], None]) -> None:
        """The answer to a dial has come back."""
        if near.was_reset or near.road.cut_since_s is not None:
            self._stage.agenda.after(DIAL_TIMEOUT_S, partial(fail, "timed out"))
        else:
            near.is_open = True
            near.machine.link_opened(near, dial)

    def send(self, end: End, lines: bytes) -> None:
        """Write lines to a connection."""
        if end.is_open:
            self._carry(end, end.sent, lines)
            end.sent += 1

    def close(self, end: End) -> None:
        """Write no more; what was written before still arrives."""
        if end.is_open:
            self.send(end, FIN)
            end.is_open = False

    def reset(self, end: End) -> None:
        """Tear a connection down; both sides are told."""
        for side in (end, end.peer):
            side.was_reset = True
            if side.is_open:
                side.is_open = False
                side.machine.closed(side)

    def abandon(self, end: End, *, silently: bool) -> None:
        """The router of this end is gone: its machine says so to the peer, unless it went with it."""
        if not silently:
            self.close(end)
        end.is_open = False

    def cut(self, road: Road) -> None:
        """From now on everything on it is lost, silently."""
        if road.cut_since_s is None:
            road.cut_since_s = self._stage.agenda.now_s

    def heal(self, road: Road) -> None:
        """Open a road again: what was lost is sent anew, or the connection is reset when that took too long."""
        if road.cut_since_s is None:
            return
        lasted_s = self._stage.agenda.now_s - road.cut_since_s
        road.cut_since_s = None
        waiting, road.waiting = road.waiting, []
        for end in waiting:
            if lasted_s > self.reset_after_s:
                self._reset_soon(end)
            else:
                held, end.held = end.held, {}
                late_s = self._stage.random.uniform(0, min(RETRANSMISSION_S, lasted_s))
                for number, lines in sorted(held.items()):
                    self._carry(end, number, lines, late_s)

    def power_up(self, ends: Iterable[End]) -> None:
        """A machine is on again: peers of its former connections that have sent to it hear that those are gone."""
        for end in ends:
            if end.peer.held:
                self._reset_soon(end.peer)

    def _reset_soon(self, end: End) -> None:
        delay_s = self._stage.random.uniform(0, RETRANSMISSION_S)
        self._stage.agenda.after(delay_s, partial(self._reset_over, end))

    def _reset_over(self, end: End) -> None:
        """The word that a connection is gone, to one end; lost like everything else when the road is cut again."""
        end.held.clear()
        if end.road.cut_since_s is None and end.machine.powered:
            self.reset(end)
        elif end.is_open:
            self._hold(end, end.sent, FIN)

    def _delay_s(self, end: End) -> float:
        """How long something sent now from this end takes."""
        random, road = self._stage.random, end.road
        delay_s = road.delays_s[end.machine.name] * random.uniform(1, 1.5) * road.slowness
        if road.loss and random.random() < road.loss:
            delay_s += random.uniform(0.2, RETRANSMISSION_S)
        return delay_s

    def _carry(self, end: End, number: int, lines: bytes, late_s: float = 0.0) -> None:
        if end.road.cut_since_s is not None:
            self._hold(end, number, lines)
            return
        end.arrives_s = max(end.arrives_s, self._stage.agenda.now_s + late_s + self._delay_s(end))
        self._stage.agenda.at(end.arrives_s, partial(self._arrive, end, number, lines))

    def _hold(self, end: End, number: int, lines: bytes) -> None:
        if not end.held:
            end.road.waiting.append(end)
        end.held[number] = lines

    def _arrive(self, sender: End, number: int, lines: bytes) -> None:
        receiver = sender.peer
        if sender.road.cut_since_s is not None or not receiver.machine.powered:
            self._hold(sender, number, lines)
            return
        receiver.early[number] = lines
        while receiver.expected in receiver.early:
            lines = receiver.early.pop(receiver.expected)
            receiver.expected += 1
            self._hand_over(sender, receiver, lines)

    def _hand_over(self, sender: End, receiver: End, lines: bytes) -> None:
        if not receiver.is_open:
            if sender.is_open:
                self._reset_soon(sender)
        elif lines == FIN:
            receiver.machine.ended(receiver)
        else:
            receiver.machine.received(receiver, lines)
