"""Names become addresses, each looked up once at a time, and nobody waits for a name service that hangs."""

import asyncio
import socket
import threading

import pytest

from communicator.daemon import dialler as resolver_module
from communicator.daemon.dialler import Resolver
from communicator.protocol.addresses import HostPort


@pytest.mark.parametrize(
    ("host", "family"), [("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6), ("::1", socket.AF_INET6)]
)
async def test_a_number_is_an_address(host, family):
    (target,) = await Resolver().find(HostPort(host, 5))
    assert (target.family, target.ip, target.address[:2]) == (family, host, (host, 5))


async def test_a_name_is_looked_up():
    targets = await Resolver().find(HostPort("localhost", 5))
    assert {target.address[1] for target in targets} == {5}
    assert {target.ip for target in targets} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a..b", "x" * 70])
async def test_a_name_that_is_none_is_an_error(name):
    with pytest.raises(socket.gaierror):
        await Resolver().find(HostPort(name, 5))


@pytest.fixture
def slow_names(monkeypatch):
    """A name service that answers when it is told to."""
    go_on, asked = threading.Event(), []

    def look_up(host_port):
        asked.append(host_port.host)
        go_on.wait(20)
        return []

    monkeypatch.setattr(resolver_module, "_look_up", look_up)
    yield go_on, asked
    go_on.set()


async def test_a_name_is_asked_for_once_at_a_time_and_again_later(slow_names):
    go_on, asked = slow_names
    resolver = Resolver()
    name = HostPort("beta", 5)
    for _ in range(3):  # who gives up does not take the question along
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolver.find(name), 0.05)
    waiting = [asyncio.get_running_loop().create_task(resolver.find(name)) for _ in range(3)]
    other = asyncio.get_running_loop().create_task(resolver.find(HostPort("gamma", 5)))
    await asyncio.wait(waiting, timeout=0.05)
    go_on.set()
    assert await asyncio.gather(*waiting, other) == [[]] * 4
    assert sorted(asked) == ["beta", "gamma"]
    await resolver.find(name)
    assert len(asked) == 3


def test_a_loop_ends_while_a_name_is_looked_up(slow_names):
    go_on, asked = slow_names

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Resolver().find(HostPort("beta", 5)), 0.05)

    asyncio.run(give_up())
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "resolver":
            thread.join(20)  # an error in it would fail this test
    assert asked == ["beta"]
