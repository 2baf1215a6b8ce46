"""SHELL: answers the probes of other hosts on one UDP socket; it asks nothing and remembers nobody but to limit him."""

import asyncio
from collections import Counter

from communicator.protocol import HostPort
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.identity import ProbeIdentity
from timekeeper.probes.packet import Reply, Request, decode, encode_reply
from timekeeper.probes.rate_limit import RateLimit
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import Datagram, StampedSocket, read_raw_ns, read_realtime

DATAGRAMS_A_TURN = 16
"""Then the event loop has its turn, however many are waiting; what does not fit into the socket's buffer is lost."""
ANSWERS_A_SECOND = 100.0
"""For each address: a peer that suspects us asks 8 times in 2 s, but many hosts may share an address."""
ANSWERS_AT_ONCE = 200
ADDRESSES = 4096
"""Above any cluster; 100 bytes each."""


class Responder:
    """Answers while it is open.

    It takes its turn on the event loop: the kernel stamps what waits meanwhile, so a thread of its own measures no better.

    Args:
        door: The bound socket; closed with this.
        identity: Who answers; a request that does not bear its seal gets no answer.
        epochs: Knows when our raw clock broke.
    """

    def __init__(self, door: StampedSocket, identity: ProbeIdentity, epochs: EpochWatch) -> None:
        self.results: Counter[ProbeResult] = Counter()
        """Datagrams, by what became of them."""
        self._door = door
        self._identity = identity
        self._epochs = epochs
        self._limit = RateLimit(rate_per_s=ANSWERS_A_SECOND, burst=ANSWERS_AT_ONCE, sources=ADDRESSES)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(door.socket, self._take_turn)

    @property
    def address(self) -> HostPort:
        """Where it answers."""
        host, port = self._door.socket.getsockname()[:2]
        return HostPort(host, port)

    def close(self) -> None:
        """Answer no more; may be called twice."""
        if self._door.socket.fileno() < 0:
            return
        self._loop.remove_reader(self._door.socket)
        self._door.close()

    def _take_turn(self) -> None:
        for _ in range(DATAGRAMS_A_TURN):
            datagram = self._door.receive()
            if datagram is None:
                return
            self.results[self._handle(datagram)] += 1

    def _handle(self, datagram: Datagram) -> ProbeResult:
        packet = decode(datagram.data, self._identity.seal)
        match packet:
            case Request():
                return self._answer(packet, datagram)
            case Reply():
                return ProbeResult.UNEXPECTED
            case _:
                return packet

    def _answer(self, request: Request, datagram: Datagram) -> ProbeResult:
        # Only what bears our seal draws on an address's allowance: a stranger cannot use it up under a false address.
        if not self._limit.allow(datagram.address[0], datagram.stamp.raw_ns):
            return ProbeResult.LIMITED
        reply = Reply(
            sender=self._identity.name,
            nonce=request.nonce,
            seq=request.seq,
            t2_ns=datagram.stamp.raw_ns,
            t2_error_ns=datagram.stamp.error_ns,
            reading=read_realtime(),
            epoch=self._epochs.look(),
            boot_id=self._identity.boot_id,
            t3_ns=read_raw_ns(),
        )
        packet = encode_reply(reply, self._identity.seal)
        return ProbeResult.OK if self._door.send(packet, datagram.address, datagram.return_path) else ProbeResult.UNSENT
