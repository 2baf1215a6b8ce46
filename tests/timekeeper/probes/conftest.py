"""Hosts that probe and answer on loopback."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from communicator.protocol import HostPort
from timekeeper.probes.doors import open_door
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.identity import ProbeIdentity
from timekeeper.probes.packet import Seal, hash_cluster
from timekeeper.probes.prober import Prober
from timekeeper.probes.responder import Responder

ANYWHERE = HostPort("127.0.0.1", 0)
SEAL = Seal(hash_cluster("tests"), b"the key of the tests")
BOOT_ID = "9f1d6ab0-2a0b-4b53-9f3e-b2b6cf0f9a11"


class Loopback:
    """Starts responders and probers; ends them all."""

    seal = SEAL
    boot_id = BOOT_ID

    def __init__(self, stack):
        self._stack = stack

    async def door(self, listen=ANYWHERE, *, kernel=True):
        door = await open_door(listen, kernel_timestamps=kernel)
        self._stack.callback(door.close)
        return door

    async def responder(self, name="beta", *, seal=SEAL, listen=ANYWHERE, kernel=True, epochs=None):
        door = await self.door(listen, kernel=kernel)
        responder = Responder(door, ProbeIdentity(name, seal, BOOT_ID), epochs or EpochWatch())
        self._stack.callback(responder.close)
        return responder

    async def prober(self, on_exchange, *, seal=SEAL, listen=ANYWHERE, kernel=True, epochs=None):
        door = await self.door(listen, kernel=kernel)
        prober = Prober(door, ProbeIdentity("alpha", seal, BOOT_ID), epochs or EpochWatch(), on_exchange, jitter=0.1)
        running = asyncio.get_running_loop().create_task(prober.run())
        self._stack.push_async_callback(ended, running)
        return prober


async def ended(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def loopback():
    async with AsyncExitStack() as stack:
        yield Loopback(stack)
