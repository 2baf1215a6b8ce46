"""Where probes are answered: at the address of the settings, or at the router's; and what is told when that cannot be."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from communicator.errors import ListenError
from communicator.protocol import HostPort
from timekeeper.cluster.door import PORT, Door
from timekeeper.cluster.neighbors import Neighbors
from timekeeper.probes import EpochWatch

KEY = b"the key of the tests"
SOON_S = 0.02


class Told(list):
    """What a door complains of."""

    def warn(self, event, **details):
        self.append((event, details["reason"]))


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def neighbors():
    async def nobody(_):
        return None

    return Neighbors(nobody, 3600.0, EpochWatch(), lambda *_, **__: None)


def new_door(listen=None, key=b"", mode="key"):
    return Door(listen, key, mode, "boot", kernel_timestamps=False, retry_s=SOON_S)


@asynccontextmanager
async def serving(door, neighbors, told):
    task = asyncio.get_running_loop().create_task(door.serve(neighbors, told.warn))
    try:
        await asyncio.sleep(0)
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def probe_address_of(neighbors):
    async def ask():
        return neighbors.probe_address

    return ask


async def test_at_an_address_of_the_settings_it_is_there_at_once(neighbors, told, eventually):
    door = new_door(HostPort("127.0.0.1", 0))
    assert (door.address, door.port) == (None, PORT)
    await door.bind()
    address = door.address
    assert address.port == door.port != 0
    async with serving(door, neighbors, told):
        assert neighbors.probe_address is None, "nobody answers under a name that is not known"
        door.learn("alpha", "127.83.1.1:4042")
        assert await eventually(probe_address_of(neighbors), bool) == address
    assert told == []


@pytest.mark.parametrize(
    ("listen", "router", "knows"),
    [
        ("127.0.0.1", "10.0.0.1:4042", "at 10.0.0.1"),
        ("127.0.0.1", "[fd00::1]:4042", "at fd00::1"),
        ("127.0.0.1", "nonsense", "at no address"),
        ("0.0.0.0", "10.0.0.1:4042", ""),
        ("0.0.0.0", "[fd00::1]:4042", "at fd00::1"),
        ("::", "[fd00::1]:4042", ""),
        ("::", "10.0.0.1:4042", ""),
        ("::1", "[::1]:4042", ""),
        ("127.0.0.1", "[::ffff:127.0.0.1]:4042", ""),
    ],
)
async def test_an_address_that_others_will_not_probe_is_told(neighbors, told, eventually, listen, router, knows):
    door = new_door(HostPort(listen, 0))
    await door.bind()
    async with serving(door, neighbors, told):
        door.learn("alpha", router)
        await eventually(probe_address_of(neighbors), bool)
    assert [event for event, _ in told] == ["probe_listen_elsewhere"] * bool(knows)
    assert all(f"its router, {knows}: make probe_listen the address of cluster.my_address" in why for _, why in told)


async def test_an_address_of_the_settings_that_cannot_be_had():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ListenError, match="Address already in use"):
            await new_door(HostPort(*taken.getsockname())).bind()


async def test_without_one_it_is_beside_the_router(neighbors, told, eventually, own_address):
    door = new_door()
    await door.bind()
    assert door.address is None
    async with serving(door, neighbors, told):
        door.learn("alpha", f"{own_address}:4042")
        assert await eventually(probe_address_of(neighbors), bool) == HostPort(own_address, PORT)
    assert told == []


CANNOT_BE = {
    "open to others without a key": ("192.0.2.1:4042", (b"", "key"), "cluster_key_file: "),
    "of another host": ("192.0.2.1:4042", (KEY, "key"), "Cannot assign requested address"),
    "of another host, open to everybody": ("10.255.255.1:4042", (b"", "none"), "Cannot assign requested address"),
    "open to everybody on a public address": ("192.0.2.1:4042", (b"", "none"), "is not a private address"),
    "no address": ("nonsense", (KEY, "key"), "the router tells no address"),
    "none": ("", (b"", "none"), "the router tells no address"),
}


@pytest.mark.parametrize("case", CANNOT_BE.values(), ids=CANNOT_BE)
async def test_what_cannot_be_is_told_once_and_tried_again(neighbors, told, eventually, own_address, case):
    router, (key, mode), reason = case
    door = new_door(key=key, mode=mode)
    async with serving(door, neighbors, told):
        door.learn("alpha", router)

        async def complaints():
            return list(told)

        [(event, why)] = await eventually(complaints, bool)
        assert event == "probes_not_answered"
        assert reason in why
        again_s = asyncio.get_running_loop().time() + 5 * SOON_S

        async def now_s():
            return asyncio.get_running_loop().time()

        await eventually(now_s, lambda now: now > again_s)
        assert len(told) == 1
        door.learn("alpha", f"{own_address}:4042")
        assert await eventually(probe_address_of(neighbors), bool) == HostPort(own_address, PORT)


async def test_another_reason_is_told_too(neighbors, told, eventually):
    door = new_door()
    async with serving(door, neighbors, told):
        for number, router in enumerate(("192.0.2.1:4042", "nonsense"), 1):
            door.learn("alpha", router)

            async def complaints():
                return len(told)

            await eventually(complaints, lambda count, number=number: count == number)


@pytest.mark.parametrize("is_known", [False, True])
async def test_it_is_closed_at_the_end(neighbors, told, eventually, own_address, is_known):
    door = new_door(HostPort(own_address, 0))
    await door.bind()
    address = door.address
    async with serving(door, neighbors, told):
        if is_known:
            door.learn("alpha", f"{own_address}:4042")
            await eventually(probe_address_of(neighbors), bool)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind((address.host, address.port))


async def test_without_a_door_nothing_is_closed(neighbors, told):
    async with serving(new_door(), neighbors, told) as task:
        pass
    assert task.cancelled()


@pytest.mark.parametrize(
    ("bound", "router", "told_as"),
    [
        ("127.0.0.1", "10.0.0.1:4042", "127.0.0.1:5"),
        ("0.0.0.0", "10.0.0.1:4042", "10.0.0.1:5"),
        ("::", "[fd00::1]:4042", "[fd00::1]:5"),
        ("::", "10.0.0.1:4042", "10.0.0.1:5"),
        ("fd00::1", "[fd00::1]:4042", "[fd00::1]:5"),
        ("0.0.0.0", "[fd00::1]:4042", "0.0.0.0:5"),
        ("0.0.0.0", "[::ffff:10.0.0.1]:4042", "[::ffff:10.0.0.1]:5"),
        ("0.0.0.0", "nonsense", "0.0.0.0:5"),
    ],
)
def test_what_others_are_told(bound, router, told_as):
    door = new_door()
    door.learn("alpha", router)
    assert str(door.told_as(HostPort(bound, 5))) == told_as
