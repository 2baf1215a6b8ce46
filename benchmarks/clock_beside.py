"""What a plain SNTP question and chronyd itself say of a server whose clock is ours, so that the truth is 0; it judges neither."""

import asyncio
import time
from collections.abc import Iterator

import ntplib

from benchmarks.clock_programs import Chronyd
from benchmarks.clock_spread import Accuracy, Guess, describe
from benchmarks.errors import BenchmarkError
from communicator.protocol import HostPort
from timekeeper.discipline import Discipline
from timekeeper.sources.chrony import read_chrony
from timekeeper.verdict import bound_error_s, find_fault

SNTP, CHRONYD = "ntplib, one question", "chronyd, a question a second"
READ_EVERY_S = 0.25
"""chronyd has a new estimate every second; in between it grows older."""
START_S = 30.0
_SPACING_S = 0.01
_VERSION = 4
_TIMEOUT_S = 5.0


def measure_sntp(server: HostPort, count: int) -> Accuracy:
    """Ask a server through ntplib, each time without a memory of the last.

    Args:
        server: Its clock must be ours.
        count: How often.

    Raises:
        BenchmarkError: It does not answer.
    """
    return describe(SNTP, _ask_sntp(server, count))


def _ask_sntp(server: HostPort, count: int) -> Iterator[Guess]:
    client = ntplib.NTPClient()
    for _ in range(count):
        try:
            answer = client.request(server.host, version=_VERSION, port=server.port, timeout=_TIMEOUT_S)
        except (ntplib.NTPException, OSError) as error:
            raise BenchmarkError(f"the time server at {server} cannot be asked: {error}") from error
        yield Guess(answer.offset, answer.delay / 2 + answer.root_delay / 2 + answer.root_dispersion)
        time.sleep(_SPACING_S)


def measure_chronyd(client: Chronyd, duration_s: float) -> Accuracy:
    """Ask a chronyd that follows such a server how far off our clock is, and by how much at most.

    Args:
        client: It must have followed the server for a while.
        duration_s: How long.

    Raises:
        BenchmarkError: It says nothing.
    """
    return describe(CHRONYD, asyncio.run(_read_chronyd(client, duration_s)))


async def _read_chronyd(client: Chronyd, duration_s: float) -> list[Guess]:
    guesses, end_s = [], time.monotonic() + duration_s
    while time.monotonic() < end_s:
        guesses.append(_guess(await read_chrony(client.commands), client))
        await asyncio.sleep(READ_EVERY_S)
    return guesses


def _guess(word: object, client: Chronyd) -> Guess:
    if not isinstance(word, Discipline) or word.offset_s is None:
        raise BenchmarkError(f"chronyd at {client.commands} has no estimate: {word}")
    return Guess(word.offset_s, bound_error_s(word, 0.0))


def await_synchronised(client: Chronyd, timeout_s: float = START_S) -> None:
    """Wait until a chronyd follows its server.

    Args:
        client: Which.
        timeout_s: How long.

    Raises:
        BenchmarkError: It has none in time.
    """
    end_s = time.monotonic() + timeout_s
    while True:
        word = asyncio.run(read_chrony(client.commands))
        if isinstance(word, Discipline) and not find_fault(word):
            return
        if time.monotonic() > end_s:
            raise BenchmarkError(f"chronyd at {client.commands} is not synchronised in {timeout_s:g} s: {word}")
        time.sleep(READ_EVERY_S)
