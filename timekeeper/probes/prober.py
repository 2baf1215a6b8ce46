"""SHELL: asks peers what time they have, in bursts, on the loop's monotonic timer; what follows from it is concluded elsewhere."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from communicator.protocol import HostPort
from timekeeper.pairs import Exchange
from timekeeper.probes.doors import find_peer
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.identity import ProbeIdentity
from timekeeper.probes.packet import NONCE_BYTES, Reply, Request, decode, encode_request
from timekeeper.probes.questions import Answer, Arrival, Question, Questions
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import Address, Datagram, StampedSocket, read_raw_ns, read_realtime

BURST = 8
"""Questions at a time: of so many, one passes without waiting in a queue; over a longer time the clocks would drift."""
SPACING_S = (0.010, 0.020)
"""Between two questions of a burst: far enough that one queue does not hold both up."""
PATIENCE_S = 1.0
"""How long the answers to a burst are awaited after its last question."""
STRANGER = ""
"""Under this name counts what came from no peer's address."""

_STAGGER_S = 1.0
"""The first bursts to peers that are named at once begin within this."""
_DATAGRAMS_A_TURN = 16


@dataclass(frozen=True, slots=True)
class Target:
    """A peer to be probed."""

    address: HostPort
    interval_s: float
    """From the start of one burst to that of the next; shorter for a peer under suspicion."""


@dataclass(slots=True)
class _Rounds:
    """The probing of one peer."""

    target: Target
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    where: Address | None = None
    """Where it was found last."""
    task: asyncio.Task[None] | None = None


class Prober:
    """Probes its targets while it runs.

    Args:
        door: A bound socket, from which is asked; closed when this ends.
        identity: Who asks.
        epochs: Knows when our raw clock broke.
        on_exchange: Gets each exchange, with the name of the peer.
        jitter: By which part of itself an interval varies, up and down, so that hosts do not fall into step.
    """

    def __init__(
        self,
        door: StampedSocket,
        identity: ProbeIdentity,
        epochs: EpochWatch,
        on_exchange: Callable[[str, Exchange], None],
        jitter: float,
    ) -> None:
        self.results: dict[str, Counter[ProbeResult]] = {STRANGER: Counter()}
        """What became of questions and datagrams, by peer; a peer that is no target any more is forgotten."""
        self._door = door
        self._identity = identity
        self._epochs = epochs
        self._on_exchange = on_exchange
        self._jitter = jitter
        self._questions = Questions()
        self._rounds: dict[str, _Rounds] = {}
        self._peer_at: dict[Address, str] = {}
        self._seq = 0
        self._group: asyncio.TaskGroup | None = None

    def follow(self, targets: Mapping[str, Target]) -> None:
        """Probe these from now on, and no others; may be called at any time.

        Args:
            targets: By name of the peer.
        """
        for peer in self._rounds.keys() - targets.keys():
            self._drop(peer)
        for peer, target in targets.items():
            rounds = self._rounds.get(peer)
            if rounds is None:
                self.results[peer] = Counter()
                self._rounds[peer] = _Rounds(target)
                self._start(peer)
            elif rounds.target != target:
                rounds.target = target
                rounds.changed.set()

    async def run(self) -> None:
        """Probe until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._door.socket, self._take_turn)
        try:
            async with asyncio.TaskGroup() as self._group:
                for peer in self._rounds:
                    self._start(peer)
                await loop.create_future()  # nobody ever answers it
        finally:
            self._group = None
            loop.remove_reader(self._door.socket)
            self._door.close()

    def _start(self, peer: str) -> None:
        if self._group is not None:
            rounds = self._rounds[peer]
            rounds.task = self._group.create_task(self._probe(peer, rounds))

    def _drop(self, peer: str) -> None:
        rounds = self._rounds.pop(peer)
        if rounds.task is not None:
            rounds.task.cancel()
        self._move(peer, rounds, None)
        self._questions.forget(peer)
        del self.results[peer]

    async def _probe(self, peer: str, rounds: _Rounds) -> None:
        stagger_s = min(self._jitter * rounds.target.interval_s, _STAGGER_S)
        await asyncio.sleep(random.uniform(0, stagger_s))  # noqa: S311 - no secret
        while True:
            started_s = asyncio.get_running_loop().time()
            await self._ask_burst(peer, rounds)
            await self._rest(rounds, started_s)

    async def _rest(self, rounds: _Rounds, started_s: float) -> None:
        """Wait until the next burst is due; the target may change meanwhile."""
        share = 1 + random.uniform(-self._jitter, self._jitter)  # noqa: S311 - no secret
        while True:
            rounds.changed.clear()
            try:
                async with asyncio.timeout_at(started_s + share * rounds.target.interval_s):
                    await rounds.changed.wait()
            except TimeoutError:
                return

    async def _ask_burst(self, peer: str, rounds: _Rounds) -> None:
        where = await find_peer(rounds.target.address, self._door)
        self._move(peer, rounds, where)
        if where is None:
            self.results[peer][ProbeResult.UNRESOLVED] += 1
            return
        self._ask(peer, where)
        for _ in range(BURST - 1):
            await asyncio.sleep(random.uniform(*SPACING_S))  # noqa: S311 - no secret
            self._ask(peer, where)
        await asyncio.sleep(PATIENCE_S)
        self.results[peer][ProbeResult.LOST] += self._questions.give_up(peer)

    def _move(self, peer: str, rounds: _Rounds, where: Address | None) -> None:
        if rounds.where is not None:
            self._peer_at.pop(rounds.where[:2], None)
        rounds.where = where
        if where is not None:
            self._peer_at[where[:2]] = peer

    def _ask(self, peer: str, where: Address) -> None:
        self._seq += 1
        nonce = secrets.token_bytes(NONCE_BYTES)
        packet = encode_request(Request(self._identity.name, nonce, self._seq), self._identity.seal)
        epoch = self._epochs.look()
        t1_ns = read_raw_ns()
        if self._door.send(packet, where):
            self._questions.ask(Question(peer, nonce, self._seq, t1_ns, epoch))
        else:
            self.results[peer][ProbeResult.UNSENT] += 1

    def _take_turn(self) -> None:
        for _ in range(_DATAGRAMS_A_TURN):
            datagram = self._door.receive()
            if datagram is None:
                return
            self._take(datagram)

    def _take(self, datagram: Datagram) -> None:
        answer = self._read(datagram)
        peer = answer.peer or self._peer_at.get(datagram.address[:2], STRANGER)
        if isinstance(answer.result, Exchange):
            self.results[peer][ProbeResult.OK] += 1
            self._on_exchange(peer, answer.result)
        else:
            self.results[peer][answer.result] += 1

    def _read(self, datagram: Datagram) -> Answer:
        packet = decode(datagram.data, self._identity.seal)
        match packet:
            case Reply():
                return self._questions.settle(packet, Arrival(datagram.stamp, read_realtime(), self._epochs.look()))
            case Request():
                return Answer(STRANGER, ProbeResult.UNEXPECTED)
            case _:
                return Answer(STRANGER, packet)
