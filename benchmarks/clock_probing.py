"""Asks hosts on this machine for their time, spaced as in use or one question after the other; it concludes nothing."""

import asyncio
import secrets
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

from benchmarks.clock_host import BOOT_ID, PROBE_HOST, SEAL
from benchmarks.errors import BenchmarkError
from communicator.protocol import HostPort
from timekeeper.pairs import Exchange
from timekeeper.probes import EpochWatch, ProbeIdentity, Prober, Target, open_door
from timekeeper.probes.packet import NONCE_BYTES, Reply, Request, decode, encode_request
from timekeeper.probes.prober import BURST
from timekeeper.probes.questions import Arrival, Question, Questions
from timekeeper.probes.responder import ANSWERS_AT_ONCE
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import StampedSocket, read_raw_ns, read_realtime

ASKER = "asker"
ANSWER_TIMEOUT_S = 5.0
_INTERVAL_S = 1.0
_JITTER = 0.1
_HOSTS_A_BYTE = 250


async def probe_spaced(
    hosts: Mapping[str, HostPort], duration_s: float, *, kernel_timestamps: bool
) -> dict[str, list[Exchange]]:
    """Probe as a timekeeper does: bursts of eight, 10 to 20 ms apart; but as often as can be.

    Args:
        hosts: Where they answer.
        duration_s: How long.
        kernel_timestamps: Whether the kernel's receive stamps are used.

    Returns:
        The exchanges with each host, in the order in which they ended.
    """
    exchanges: dict[str, list[Exchange]] = {name: [] for name in hosts}
    door = await open_door(HostPort(PROBE_HOST, 0), kernel_timestamps=kernel_timestamps)
    prober = Prober(
        door,
        ProbeIdentity(ASKER, SEAL, BOOT_ID),
        EpochWatch(),
        lambda peer, exchange: exchanges[peer].append(exchange),
        _JITTER,
    )
    prober.follow({name: Target(address, _INTERVAL_S) for name, address in hosts.items()})
    with suppress(TimeoutError):
        async with asyncio.timeout(duration_s):
            await prober.run()
    return exchanges


def probe_unspaced(
    name: str, address: HostPort, count: int, *, kernel_timestamps: bool, timeout_s: float = ANSWER_TIMEOUT_S
) -> list[Exchange]:
    """Ask one host again and again, each question as soon as the last is answered.

    A host answers so many questions at once to each address and then slows down, so this asks from many addresses.

    Args:
        name: Whom.
        address: Where it answers.
        count: How many questions.
        kernel_timestamps: Whether the kernel's receive stamps are used.
        timeout_s: How long each answer is awaited.

    Returns:
        The exchanges; fewer than questions where an answer took less than no time, and so was refused.

    Raises:
        BenchmarkError: An answer did not come, or was none.
    """
    asker, results = _Asker(name, address, timeout_s), []
    for source, first in zip(_addresses(), range(0, count, ANSWERS_AT_ONCE), strict=False):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((source, 0))
        door = StampedSocket(sock, kernel=kernel_timestamps)
        try:
            results += [asker.ask(door) for _ in range(min(ANSWERS_AT_ONCE, count - first))]
        finally:
            door.close()
    return [result for result in results if isinstance(result, Exchange)]


def _addresses() -> Iterator[str]:
    """Addresses of this host, each once: 127.64.0.1, 127.64.0.2, …"""
    return (f"127.64.{high}.{low}" for high in range(_HOSTS_A_BYTE) for low in range(1, _HOSTS_A_BYTE))


class _Asker:
    """One question at a time, made and read by the parts the prober is made of.

    Args:
        name: Whom it asks.
        address: Where.
        timeout_s: How long it waits for an answer.
    """

    def __init__(self, name: str, address: HostPort, timeout_s: float) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._where = (address.host, address.port)
        self._questions = Questions()
        self._epochs = EpochWatch()
        self._seq = 0

    def ask(self, door: StampedSocket) -> Exchange | ProbeResult:
        """Ask and wait."""
        self._seq += 1
        nonce = secrets.token_bytes(NONCE_BYTES)
        packet = encode_request(Request(ASKER, nonce, self._seq), SEAL)
        epoch = self._epochs.look()
        t1_ns = read_raw_ns()
        door.send(packet, self._where)
        self._questions.ask(Question(self._name, nonce, self._seq, t1_ns, epoch))
        waiting = select.poll()
        waiting.register(door.socket, select.POLLIN)
        datagram = door.receive() if waiting.poll(self._timeout_s * 1e3) else None
        if datagram is None:
            raise BenchmarkError(f"no answer to a probe in {self._timeout_s:g} s")
        reply = decode(datagram.data, SEAL)
        if not isinstance(reply, Reply):
            raise BenchmarkError(f"a probe was answered with {reply!r}")
        arrival = Arrival(datagram.stamp, read_realtime(), self._epochs.look())
        return self._questions.settle(reply, arrival).result


def bursts_of(exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
    """The same in whole bursts."""
    return (exchanges[first : first + BURST] for first in range(0, len(exchanges) - BURST + 1, BURST))
