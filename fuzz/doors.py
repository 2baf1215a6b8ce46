"""Misbehaves at each door of a live router: one case is a visit on one link or a few; the cases follow from the seed alone."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

from fuzz.corpus import CONVERSATIONS, ENDING, LINES, SHARDS
from fuzz.links import Address, Link, connect
from fuzz.mutation import mutate, random_bytes, split

PATIENCE_S = 20.0
"""How long a router may take to accept a link or to say good-bye."""
SEND_S = 0.3
"""How long a sender waits when the router reads no more from it."""
DATAGRAM_LONGEST = 65_000
HUGE = (1 << 16, (1 << 16) + 1, 1 << 20, 3 << 20)
"""Lines around the limits of the router, and far beyond."""


def stream_data(random: Random) -> bytes:
    """What one visitor writes on a stream: a conversation, more or less."""
    kind = random.random()
    if kind < 0.15:
        data = random_bytes(random, 4000)
    elif kind < 0.5:
        data = b"\n".join(random.choice(CONVERSATIONS)) + b"\n"
        data = mutate(random, data, SHARDS)
    else:
        lines = [*random.choice(CONVERSATIONS), *random.choices(LINES, k=random.randint(1, 8))]
        random.shuffle(lines)
        data = b"\n".join(mutate(random, line, SHARDS) if random.random() < 0.5 else line for line in lines) + b"\n"
    return harmless(data)


def harmless(data: bytes) -> bytes:
    """The same without the words that end a router: those who fuzz may well be allowed to say them."""
    for word in ENDING:
        data = data.replace(word, word.lower())
    return data


async def visit(random: Random, address: Address) -> None:
    """One link: write in pieces, perhaps read, leave in one of several ways.

    Raises:
        TimeoutError: The router did not accept, or did not end the link after we did.
    """
    data = stream_data(random)
    pieces = split(random, data, random.choice((1, 1, 2, 8)))
    await converse(address, pieces, leaving(random))


async def visit_split(random: Random, address: Address) -> None:
    """A valid conversation, cut in two at some offset; each offset has its turn."""
    data = b"\n".join(random.choice(CONVERSATIONS)) + b"\n"
    offset = random.randrange(len(data))
    await converse(address, [data[:offset], data[offset:]], Link.half_close)


async def visit_huge(random: Random, address: Address) -> None:
    """A line around or beyond the limit, with or without its end, after good lines."""
    start = b"ALIVE\n" if random.random() < 0.5 else b""
    body = random.choice((b"PAYLOAD a=", b'PAYLOAD a="', b'{"command":"', b"[" * 100, b"", b"\0"))
    filler = random.choice((b"x", b" ", b"\xff", b";", b"[", b"\\", b'"'))
    data = start + body + filler * random.choice(HUGE) + random.choice((b"", b"\n", b"\nALIVE\n"))
    await converse(address, split(random, data, 4), leaving(random))


async def visit_interleaved(random: Random, address: Address) -> None:
    """Several links at once, each in small pieces by turns."""
    async with contextlib.AsyncExitStack() as stack:
        links = [await stack.enter_async_context(_connect(address)) for _ in range(random.randint(2, 5))]
        writings = [split(random, stream_data(random), random.randint(5, 30)) for _ in links]
        for turn in range(max(map(len, writings))):
            for link, pieces in zip(links, writings, strict=True):
                if turn < len(pieces):
                    await _write(link, pieces[turn])


VISITS: tuple[tuple[Callable[[Random, Address], Awaitable[None]], int], ...] = (
    (visit, 80),
    (visit_split, 15),
    (visit_interleaved, 4),
    (visit_huge, 1),
)
"""Which kinds of visit there are, and how often each comes."""


async def stream_case(random: Random, address: Address) -> None:
    """One case at a stream door."""
    kinds, weights = zip(*VISITS, strict=True)
    await random.choices(kinds, weights)[0](random, address)


def datagram(random: Random) -> bytes:
    """What one datagram carries."""
    kind = random.random()
    if kind < 0.2:
        return random_bytes(random, 300)
    if kind < 0.25:
        return harmless(random_bytes(random, 2) * random.randint(1, DATAGRAM_LONGEST // 2))
    line = random.choice(LINES)
    return harmless(line if kind < 0.4 else mutate(random, line, SHARDS))[:DATAGRAM_LONGEST]


async def datagram_case(random: Random, address: Address) -> None:
    """A few datagrams; a router that never answers them lets nothing be waited for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(random.randint(1, 20)):
            sender.sendto(datagram(random), address)
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _connect(address: Address) -> AsyncIterator[Link]:
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(PATIENCE_S):
            link = await stack.enter_async_context(connect(address))
        yield link


async def converse(address: Address, pieces: list[bytes], leave: Callable[[Link], None]) -> None:
    async with _connect(address) as link:
        for piece in pieces:
            await _write(link, piece)
            await asyncio.sleep(0)  # others write meanwhile, and the router may read this piece by itself
        leave(link)
        if leave is Link.half_close:
            with contextlib.suppress(ConnectionError):  # cut for what was written: a router may
                async with asyncio.timeout(PATIENCE_S):
                    await link.read_to_end()


async def _write(link: Link, data: bytes) -> None:
    # The router may have cut the link, or may read no more until what it answers is read: both are its right.
    with contextlib.suppress(ConnectionError, TimeoutError):
        rest = link.write_at_once(data)
        if rest:
            async with asyncio.timeout(SEND_S):
                await link.write(rest)


def leaving(random: Random) -> Callable[[Link], None]:
    return random.choice((Link.half_close, Link.half_close, Link.reset, _just_close))


def _just_close(_link: Link) -> None:
    """Leave nothing but the close that follows."""
