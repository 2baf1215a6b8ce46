"""A shadow is a process of its own here, in a control group of its own: what it says through any door reaches nobody.

Its control group is a directory with the name of a unit; the kernel tells the router of it as it would on a host with systemd.
"""

import asyncio
import json
import os
import secrets
import socket
import sys
from contextlib import asynccontextmanager

import pytest

from communicator.daemon import server
from communicator.daemon.control_groups import find_root

SPEAKER = """
import json, os, socket, sys
if sys.argv[1]:
    with open(sys.argv[1], "w") as processes:
        processes.write(str(os.getpid()))
open_ones = {}
print(flush=True)
for line in sys.stdin:
    order = json.loads(line)
    if order["as_child"] and os.fork():
        os.wait()
        continue
    name, family, address = order["name"], order["family"], order["address"]
    address = address if isinstance(address, str) else tuple(address)
    if name not in open_ones:
        kind = socket.SOCK_DGRAM if order["datagram"] else socket.SOCK_STREAM
        open_ones[name] = socket.socket(getattr(socket, family), kind)
        open_ones[name].connect(address)
    link = open_ones[name]
    link.sendall(order["lines"].encode())
    heard = b""
    while order["until"] and order["until"].encode() not in heard:
        try:
            said = link.recv(65536)
        except ConnectionResetError:
            said = b""
        heard += said or b"(closed)"
        if not said:
            break
    print(json.dumps(heard.decode()), flush=True)
    if order["as_child"]:
        os._exit(0)
"""


def _writable_root():
    root = find_root()
    return root if root is not None and os.geteuid() == 0 and os.access(root / "cgroup.procs", os.W_OK) else None


pytestmark = pytest.mark.skipif(
    _writable_root() is None, reason="only root may make control groups, where there are any"
)


class Speaker:
    """Another process, which says what it is told to."""

    def __init__(self, process, router):
        self._process = process
        self._router = router

    async def say(self, lines, until="serial=sync", *, name="first", door="unix", as_child=False):
        """Let it write lines over a connection, and read until it has heard a word; what it heard."""
        is_datagram = door == "signal"
        order = {
            "name": name,
            "family": "AF_UNIX" if door == "unix" else "AF_INET",
            "address": self._router.ports["unix"] if door == "unix" else self._router.address(door),
            "datagram": is_datagram,
            "lines": lines if is_datagram else f"{lines}\nALIVE serial=sync\n",
            "until": "" if is_datagram else until,
            "as_child": as_child,
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return json.loads(await asyncio.wait_for(self._process.stdout.readline(), 20))


@asynccontextmanager
async def speaking(router, group=None):
    """A process that speaks, in a control group if need be."""
    command = (sys.executable, "-c", SPEAKER, "" if group is None else str(group / "cgroup.procs"))
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    await process.stdout.readline()
    try:
        yield Speaker(process, router)
    finally:
        process.stdin.close()
        await process.wait()


@pytest.fixture
def unit():
    group = _writable_root() / f"bw-{secrets.token_hex(4)}.service"
    group.mkdir()
    yield group
    group.rmdir()


async def begin(router, unit, *, with_policy=True):
    """A canary, which sets the policy, and a service that hears broadcasts."""
    canary, listener = await router.connect(), await router.connect()
    await canary.register("canary")
    await listener.register("listener", "NOTIFY")
    if with_policy:
        await set_policy(canary, 1, unit)
    return canary, listener


async def set_policy(canary, number, *units):
    entry = {"service": "billing", "version": "2", "server": "alpha", "primary": "alpha"}
    policy = {"generation": [1, number], "lease_s": 60, "shadows": [{**entry, "unit": unit.name} for unit in units]}
    canary.say(f"POLICY_SET policy={json.dumps(policy)}")
    await canary.hear_until("POLICY_CURRENT")


async def heard_by(listener):
    """What it has heard until now."""
    listener.say("ALIVE serial=now")
    heard = []
    while "serial=now" not in (line := await listener.hear()):
        heard.append(line)
    return heard


async def discarded(canary):
    canary.say("SHADOW_GET_DISCARDED")
    line = await canary.hear_until("SHADOW_DISCARDED")
    return json.loads(
        line.partition("lines=")[2].removesuffix(";").strip('"').replace('\\"', '"').replace("\\\\", "\\")
    )


REGISTER = "REGISTER service=billing;version=1;service_version=2"
SAID = "listener/NOTIFY a=1\n./NOTIFY a=2\n<alpha:canary listener/NOTIFY a=3"


async def test_no_door_lets_it_out(run_router, unit):
    async with run_router() as router:
        canary, listener = await begin(router, unit)
        async with speaking(router, unit) as shadow:
            await shadow.say(SAID, name="before it registers")
            assert "role=shadow" in await shadow.say(REGISTER)
            await shadow.say(SAID)
            await shadow.say(SAID, name="second")
            assert "role=shadow" in await shadow.say("REGISTER service=another;version=1", name="third")
            await shadow.say(SAID, name="third")
            await shadow.say(SAID, name="fourth", door="local")
            assert "role=shadow" in await shadow.say("REGISTER service=more;version=1", name="fourth", door="local")
            await shadow.say(SAID, name="child", as_child=True)
            await shadow.say("listener/NOTIFY a=4", name="fifth", door="signal")
            await shadow.say(SAID)
            assert await heard_by(listener) == []
            told = await discarded(canary)
        assert (told["total"], told["by_command"]) == (22, {"NOTIFY": 22})
        assert {one["door"] for one in told["newest"]} == {"unix", "local", "signal"}
        [fence] = (await listener.statistics())["fences"]
        assert (fence["service"], fence["by_unit"], fence["discarded_total"]) == ("billing", True, 22)


@pytest.mark.parametrize("door", ["unix", "local", "signal"])
async def test_others_are_heard_meanwhile(run_router, unit, door):
    async with run_router() as router:
        _, listener = await begin(router, unit)
        async with speaking(router) as other:
            await other.say("listener/NOTIFY a=1", door=door)
            assert "NOTIFY a=1" in await listener.hear_until("NOTIFY")


async def test_connections_that_were_there_before_the_policy_came_are_behind_it(run_router, unit):
    async with run_router() as router:
        canary, listener = await begin(router, unit, with_policy=False)
        async with speaking(router, unit) as shadow:
            for door in ("unix", "local"):
                await shadow.say("listener/NOTIFY a=1", name=door, door=door)
            await shadow.say(REGISTER, name="as live")
            assert len([line for line in await heard_by(listener) if "NOTIFY" in line]) == 2
            await set_policy(canary, 1, unit)
            for door in ("unix", "local"):
                await shadow.say("listener/NOTIFY a=2", name=door, door=door)
            assert [line for line in await heard_by(listener) if "NOTIFY" in line] == []
            assert router.events("link_fenced")


async def test_without_a_unit_its_process_is_known(run_router):
    """So are its second connection and the one over TCP, of which it alone is seen to have it open."""
    async with run_router() as router:
        canary, listener = await begin(router, None, with_policy=False)
        async with speaking(router) as shadow, speaking(router) as other:
            await shadow.say(f"{REGISTER};role=shadow")
            await shadow.say(SAID)
            await shadow.say(SAID, name="second")
            await shadow.say(SAID, name="third", door="local")
            await other.say("listener/NOTIFY a=5")
            heard = await heard_by(listener)
            assert [line.partition("NOTIFY ")[2] for line in heard if "NOTIFY" in line] == ["a=5"]
            assert (await discarded(canary))["by_reason"] == {"role": 3, "process": 6}


async def test_its_routers_door_for_other_hosts_closes(run_router, unit):
    settings = ("listen.remote=127.0.0.1:0", "auth.mode=none")
    async with run_router(*settings) as router:
        _, listener = await begin(router, unit)
        async with speaking(router, unit) as shadow:
            assert await shadow.say(f"{REGISTER}\n{SAID}", door="remote") == "(closed)"
            assert await heard_by(listener) == []


async def test_a_sender_that_is_gone_cannot_be_told(run_router, unit):
    async with run_router() as router:
        canary, listener = await begin(router, unit)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"listener/NOTIFY a=1", router.address("signal"))
        await listener.sync()  # the router has had no turn before
        assert await heard_by(listener) == []
        assert (await discarded(canary))["by_reason"] == {"untold": 1}


async def test_a_process_that_cannot_be_asked_for_is_behind_the_fence(run_router, unit, monkeypatch):
    def fail(*_):
        raise OSError(24, "too many open files")

    async with run_router() as router:
        canary, listener = await begin(router, unit)
        monkeypatch.setattr(server, "find_process", fail)
        peer = await router.connect()
        peer.say("listener/NOTIFY a=1")
        await peer.sync()
        assert await heard_by(listener) == []
        assert (await discarded(canary))["by_reason"] == {"untold": 1}
        assert router.events("process_not_found")
