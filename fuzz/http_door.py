"""Misbehaves at an HTTP door: one case is a visit on one connection; the cases follow from the seed alone."""

from random import Random

from fuzz.doors import converse, leaving
from fuzz.http_corpus import AUTHORIZATION, BODIES, FLAG_PATHS, HEADERS, HOSTS, METHODS, PATHS, SHARDS
from fuzz.links import Address
from fuzz.mutation import mutate, random_bytes, split

HUGE = (1 << 14, 1 << 16, 1 << 20)
"""Around what the head of a request may take, and far beyond."""


def request(random: Random) -> bytes:
    """A request that is nearly good."""
    headers = b"".join(random.sample(HEADERS, random.randint(0, 4)))
    known = AUTHORIZATION if random.random() < 0.9 else b""
    if random.random() < 0.4:
        body = random.choice(BODIES)
        length = b"Content-Length: %d\r\n" % (len(body) if random.random() < 0.9 else random.choice(HUGE))
        line = b"POST %b HTTP/1.1\r\n" % random.choice(FLAG_PATHS)
        return line + random.choice(HOSTS) + known + length + headers + b"\r\n" + body
    version = b"HTTP/1.1" if random.random() < 0.9 else b"HTTP/1.0"
    line = b" ".join((random.choice(METHODS), random.choice(PATHS), version)) + b"\r\n"
    return line + random.choice(HOSTS) + known + headers + b"\r\n"


def http_data(random: Random) -> bytes:
    """What one visitor writes: requests one behind the other, more or less."""
    kind = random.random()
    if kind < 0.1:
        return random_bytes(random, 4000)
    if kind < 0.12:
        filler = random.choice((b"x", b"a: b\r\n", b"\0", b"\r\n", b"%00"))
        return request(random)[: random.randint(0, 60)] + filler * (random.choice(HUGE) // len(filler))
    requests = [request(random) for _ in range(random.choice((1, 1, 2, 5)))]
    return b"".join(mutate(random, one, SHARDS) if random.random() < 0.6 else one for one in requests)


async def http_case(random: Random, address: Address) -> None:
    """One visit: write in pieces, perhaps read, leave in one of several ways.

    Raises:
        TimeoutError: The server did not accept, or did not end the connection after we did.
    """
    await converse(address, split(random, http_data(random), random.choice((1, 1, 2, 8))), leaving(random))
