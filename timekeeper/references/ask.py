"""SHELL: asks one NTP server through ntplib, in a thread and within a deadline; it judges nothing."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Executor

import ntplib

from communicator.protocol import HostPort
from timekeeper.discipline import NoAnswer
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Answer

TIMEOUT_S = 2.0
"""For one question: a round trip around the world takes a third of a second."""

NTP_PORT = 123

_VERSION = 4
_EPOCH_S: int = ntplib.NTP.NTP_DELTA
_S = 1_000_000_000


class Asker:
    """Asks one server, one question at a time.

    Looking up a name may take much longer than any deadline, and a thread cannot be ended. So a question that is
    given up goes on in its thread, and until it ends no other is asked: a broken resolver holds one thread, not more.

    Args:
        server: Whom to ask.
        executor: Runs the thread.
        read_realtime: Reads our REALTIME against the raw clock.
    """

    def __init__(self, server: HostPort, executor: Executor, read_realtime: Callable[[], RealtimeReading]) -> None:
        self._server = server
        self._executor = executor
        self._read_realtime = read_realtime
        self._open: asyncio.Future[Answer | NoAnswer] | None = None

    async def ask(self, timeout_s: float = TIMEOUT_S) -> Answer | NoAnswer:
        """Ask once.

        Args:
            timeout_s: How long to wait, in seconds.

        Returns:
            The answer, or why there is none.
        """
        if self._open is not None and not self._open.done():
            return NoAnswer(f"the last question to {self._server} is still open")
        self._open = asyncio.get_running_loop().run_in_executor(self._executor, self._converse, timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._open)
        except TimeoutError:
            return NoAnswer(f"{self._server} did not answer in {timeout_s:g} s")

    def _converse(self, timeout_s: float) -> Answer | NoAnswer:
        server = self._server
        try:
            addresses = _look_up(server)
            asked = self._read_realtime()
            stats = ntplib.NTPClient().request(addresses[0], version=_VERSION, port=server.port, timeout=timeout_s)
        except ntplib.NTPException as error:
            return NoAnswer(f"{server}: {str(error).rstrip('.')}")
        except UnicodeError:
            return NoAnswer(f"{server} cannot be asked: that cannot be the name of a host")
        except OSError as error:
            return NoAnswer(f"{server} cannot be asked: {error.strerror or error}")
        identities = frozenset(_identity(host, server.port) for host in (server.host, *addresses))
        return _translate(stats, str(server), identities, asked, self._read_realtime())


def _look_up(server: HostPort) -> list[str]:
    """The addresses of a server; the first one is asked."""
    found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)
    return [str(where[0]) for _, _, _, _, where in found]


def _identity(host: str, port: int) -> str:
    """As time daemons name their servers; another port may be another server."""
    return host if port == NTP_PORT else str(HostPort(host, port))


def _translate(
    stats: ntplib.NTPStats,
    server: str,
    identities: frozenset[str],
    asked: RealtimeReading,
    answered: RealtimeReading,
) -> Answer:
    return Answer(
        server=server,
        identities=identities,
        leap=stats.leap,
        mode=stats.mode,
        stratum=stats.stratum,
        precision=stats.precision,
        root_delay_s=stats.root_delay,
        root_dispersion_s=stats.root_dispersion,
        reference_id=stats.ref_id,
        updated_ns=_unless_zero(stats.ref_timestamp),
        t1_ns=_unix_ns(stats.orig_timestamp),
        t2_ns=_unless_zero(stats.recv_timestamp),
        t3_ns=_unless_zero(stats.tx_timestamp),
        t4_ns=_unix_ns(stats.dest_timestamp),
        asked=asked,
        answered=answered,
    )


def _unix_ns(ntp_s: float) -> int:
    """Nanoseconds since 1970 of seconds since 1900; floating point keeps half a microsecond of them."""
    return round((ntp_s - _EPOCH_S) * _S)


def _unless_zero(ntp_s: float) -> int | None:
    return _unix_ns(ntp_s) if ntp_s else None
