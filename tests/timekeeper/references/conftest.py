"""Answers to judge, and a server on a real socket that answers what a test wants."""

import asyncio
import struct
from dataclasses import replace

import pytest

from communicator.protocol import HostPort
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Answer

WALL_NS = 1_800_000_000_000_000_000
RAW_NS = 5_000_000_000
S = 1_000_000_000
MS = 1_000_000

_HEAD = struct.Struct("!BBbbII4s4Q")


def a_good_answer():
    """Of a server whose clock is 3 ms ahead of ours; 4 ms there, 2 ms held, 4 ms back."""
    difference_ns = WALL_NS - RAW_NS
    return Answer(
        server="ntp1.example:123",
        identities=frozenset({"ntp1.example", "192.0.2.1"}),
        leap=0,
        mode=4,
        stratum=2,
        precision=-20,
        root_delay_s=0.010,
        root_dispersion_s=0.001,
        reference_id=0x0A00_0001,
        updated_ns=WALL_NS - 30 * S,
        t1_ns=WALL_NS,
        t2_ns=WALL_NS + 7 * MS,
        t3_ns=WALL_NS + 9 * MS,
        t4_ns=WALL_NS + 10 * MS,
        asked=RealtimeReading(difference_ns, RAW_NS, 100),
        answered=RealtimeReading(difference_ns, RAW_NS + 10 * MS, 100),
    )


@pytest.fixture
def make_answer():
    return lambda **changes: replace(a_good_answer(), **changes)


class FakeServer(asyncio.DatagramProtocol):
    """Answers like a good server whose clock is ahead of the asker's, but for what a test changes."""

    def __init__(self, ahead_s, changes):
        self.ahead_s = ahead_s
        self.changes = changes
        self.asked = 0

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        self.asked += 1
        if self.changes is None:
            return
        question = _HEAD.unpack(data[: _HEAD.size])
        origin = question[-1]
        now = origin + round(self.ahead_s * 2**32)
        fields = {
            "leap": 0,
            "mode": 4,
            "stratum": 1,
            "reference_id": b"GPS\0",
            "origin": origin,
            "received": now,
            "sent": now,
            "updated": now - (30 << 32),
        } | self.changes
        self._transport.sendto(
            _HEAD.pack(
                fields["leap"] << 6 | 4 << 3 | fields["mode"],
                fields["stratum"],
                6,
                -20,
                0,
                0,
                fields["reference_id"],
                fields["updated"],
                fields["origin"],
                fields["received"],
                fields["sent"],
            )[: fields.get("bytes", _HEAD.size)],
            address,
        )


@pytest.fixture
async def fake_server():
    """Starts one; `changes` of None keeps it silent."""
    transports = []

    async def start(ahead_s=0.0, **changes):
        loop = asyncio.get_running_loop()
        server = FakeServer(ahead_s, None if changes.get("silent") else changes)
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        transports.append(transport)
        server.address = HostPort(*transport.get_extra_info("sockname"))
        return server

    yield start
    for transport in transports:
        transport.close()
