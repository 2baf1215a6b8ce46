"""The laboratory itself: its links carry, lose, delay and end as it says, and nothing of it is left."""

import errno
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

DATAGRAMS = 200


def ear(host, kind=socket.SOCK_STREAM):
    opened = host.socket(kind)
    opened.settimeout(20)
    opened.bind((host.address, 9))
    if kind is socket.SOCK_STREAM:
        opened.listen()
    return opened


def reach(host, other):
    """Connect; how long it took, in seconds."""
    with host.socket() as mouth:
        mouth.settimeout(20)
        started_s = time.monotonic()
        mouth.connect((other.address, 9))
        return time.monotonic() - started_s


async def test_only_neighbours_reach_each_other(lab):
    a, b, c = lab.line("abc")
    with ear(b), ear(c):
        reach(a, b)
        reach(b, c)
        with pytest.raises(OSError, match="unreachable") as unreachable:
            reach(a, c)
        assert unreachable.value.errno == errno.ENETUNREACH


async def test_a_link_is_cut_and_healed(lab):
    a, b = lab.line("ab")
    with ear(b):
        lab.cut(a, b)
        with pytest.raises(OSError, match="unreachable"):
            reach(a, b)
        lab.heal(a, b)
        reach(a, b)


async def test_a_wire_is_as_slow_as_it_says_in_each_direction(lab):
    a, b = lab.line("ab", delays_s=(0.05, 0.2))
    with ear(b):
        assert reach(a, b) >= 0.25
    with ear(a, socket.SOCK_DGRAM) as left, ear(b, socket.SOCK_DGRAM) as right:
        started_s = time.monotonic()
        left.sendto(b"x", (b.address, 9))
        assert right.recv(10) == b"x"
        arrived_s = time.monotonic()
        assert arrived_s - started_s >= 0.05
        right.sendto(b"y", (a.address, 9))
        assert left.recv(10) == b"y"
        assert time.monotonic() - arrived_s >= 0.2


async def test_a_wire_loses_the_share_it_says(lab, eventually):
    a, b = lab.line("ab", loss=0.25, seed=7)
    wire = lab.wires[0]

    async def dealt_with():
        return wire.lost + wire.carried

    with ear(b, socket.SOCK_DGRAM) as ears, a.socket(socket.SOCK_DGRAM) as mouth:
        mouth.connect((b.address, 9))
        for _ in range(DATAGRAMS):
            mouth.send(b"x")
        await eventually(dealt_with, lambda packets: packets >= DATAGRAMS)
        ears.settimeout(0)
        heard = 0
        with suppress(BlockingIOError):
            while ears.recv(10) == b"x":
                heard += 1
    assert DATAGRAMS * 0.6 < heard < DATAGRAMS * 0.9


async def test_a_wire_is_cut_and_healed(lab):
    a, b = lab.line("ab", delays_s=(0.01, 0.01))
    with ear(b):
        lab.cut(a, b)
        with pytest.raises(OSError, match="unreachable"):
            reach(a, b)
        lab.heal(a, b)
        reach(a, b)


def namespaces():
    return {entry.name for entry in Path("/run/netns").iterdir()}


async def test_nothing_is_left(lab):
    a, b = lab.line("ab")
    names = {host.namespace for host in (a, b)}
    assert names <= namespaces()
    await lab.close()
    assert not names & namespaces()
