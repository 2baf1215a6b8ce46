import socket

import pytest

from communicator.errors import ListenError
from communicator.protocol import HostPort
from timekeeper.probes.doors import find_peer, open_door


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "::"])
async def test_a_door_opens(host, kernel):
    door = await open_door(HostPort(host, 0), kernel_timestamps=kernel)
    assert door.socket.getsockname()[1] > 0
    assert not door.socket.getblocking()
    door.close()
    assert door.socket.fileno() == -1


async def test_an_address_in_use(loopback):
    door = await loopback.door()
    taken = HostPort(*door.socket.getsockname())
    with pytest.raises(ListenError, match=r"probe_listen: cannot listen on '127.0.0.1:\d+': Address already in use"):
        await open_door(taken, kernel_timestamps=True)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a..b", "x" * 64])
async def test_an_address_that_is_not_ours(host):
    with pytest.raises(ListenError) as refusal:
        await open_door(HostPort(host, 0), kernel_timestamps=True)
    assert refusal.value.address == f"{host}:0"


@pytest.mark.parametrize(
    ("own", "peer", "where"),
    [
        ("127.0.0.1", "127.0.0.2", ("127.0.0.2", 4044)),
        ("127.0.0.1", "localhost", ("127.0.0.1", 4044)),
        ("127.0.0.1", "::1", None),
        ("127.0.0.1", "no.such.host.invalid", None),
        ("127.0.0.1", "a..b", None),
        ("::", "::1", ("::1", 4044, 0, 0)),
        ("::", "127.0.0.2", ("::ffff:127.0.0.2", 4044, 0, 0)),
    ],
)
async def test_a_peer_is_found_as_the_door_can_reach_it(loopback, own, peer, where):
    door = await loopback.door(HostPort(own, 0))
    assert await find_peer(HostPort(peer, 4044), door) == where
    assert door.socket.type is socket.SOCK_DGRAM
