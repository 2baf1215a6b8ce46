"""Hosts for tests of the mesh: network namespaces with a real router each, joined by links that can be cut, delayed and lossy."""

import asyncio
import ctypes
import errno
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from communicator import Client, Message
from communicator.client.status import ClusterStatus
from communicator.errors import ClientError
from communicator.testing import RouterProcess
from tests.conftest import EVENTUALLY_S

NETWORK = "10.77.0"
PORT = 4042
PACKET_BYTES = 65536
LOG_CHARACTERS = 8000

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x1001


class Wire:
    """Two TUN devices in two namespaces and a thread that carries packets between them, late or not at all; seeded.

    For kernels without netem, and with a seed that tells which packets were lost.
    """

    def __init__(self, ends: tuple[int, int], delays_s: tuple[float, float], loss: float, seed: int) -> None:
        self.lost = 0
        self.carried = 0
        self._delays_s = dict(zip(ends, delays_s, strict=True))
        self._loss = loss
        self._other = {ends[0]: ends[1], ends[1]: ends[0]}
        self._random = random.Random(seed)
        self._due: list[tuple[float, int, int, bytes]] = []
        self._order = count()
        self._wake, self._wake_end = os.pipe()
        self._thread = threading.Thread(target=self._run, name="wire")
        self._thread.start()

    def close(self) -> None:
        """End the thread; the devices go with their descriptors."""
        os.close(self._wake_end)
        self._thread.join()
        for descriptor in (*self._other, self._wake):
            os.close(descriptor)

    def _run(self) -> None:
        poll = select.poll()
        for descriptor in (*self._other, self._wake):
            poll.register(descriptor, select.POLLIN)
        while True:
            wait_s = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for descriptor, _ in poll.poll(None if wait_s is None else wait_s * 1000):
                if descriptor == self._wake:
                    return
                self._take(descriptor)
            self._deliver()

    def _take(self, descriptor: int) -> None:
        with suppress(BlockingIOError):
            packet = os.read(descriptor, PACKET_BYTES)
            if self._random.random() < self._loss:
                self.lost += 1
                return
            due_s = time.monotonic() + self._delays_s[descriptor]
            heapq.heappush(self._due, (due_s, next(self._order), self._other[descriptor], packet))

    def _deliver(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, descriptor, packet = heapq.heappop(self._due)
            try:
                os.write(descriptor, packet)
                self.carried += 1
            except OSError as error:
                if error.errno != errno.EIO:  # the device is down: the link is cut
                    raise


class HostRouter(RouterProcess):
    """A router inside the network namespace of its host; it logs all it can, for those who search its log for secrets."""

    def __init__(self, namespace: str, server_name: str, settings: Mapping[str, object]) -> None:
        super().__init__(server_name, settings, log_level="debug")
        self._namespace = namespace

    def _command(self, ports_file):
        return ["ip", "netns", "exec", self._namespace, *super()._command(ports_file)]


@dataclass(eq=False)
class Host:
    """A network namespace with one address, which only its direct neighbours have a route to."""

    name: str
    number: int
    namespace: str
    neighbors: dict["Host", str] = field(default_factory=dict)
    """The device that leads to each."""
    settings: dict[str, object] = field(default_factory=dict)
    """Of its router, in place of those every router has."""
    router: HostRouter | None = None

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number}"

    @property
    def is_running(self) -> bool:
        return self.router is not None and self.router.is_running

    def ip(self, *arguments: str) -> None:
        run_ip("-n", self.namespace, *arguments)

    def socket(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """A socket that belongs to this host, whoever uses it."""
        return inside(self.namespace, lambda: socket.socket(socket.AF_INET, kind))


class Lab:
    """Hosts and links of one test, and what their routers see of each other."""

    def __init__(self, eventually) -> None:
        self._eventually = eventually
        self.hosts: dict[str, Host] = {}
        self.wires: list[Wire] = []
        self._resources = ExitStack()
        self._watchers: dict[str, tuple[Client, AsyncExitStack]] = {}
        self._numbers = count(1)

    # Hosts and links

    def add_host(self, name: str) -> Host:
        """A host of a new address; one of a name that was there before takes its place."""
        number = next(self._numbers)
        namespace = f"bw{os.getpid()}-{number}"
        run_ip("netns", "add", namespace)
        self._resources.callback(run_ip, "netns", "delete", namespace)
        host = self.hosts[name] = Host(name, number, namespace)
        host.ip("link", "set", "lo", "up")
        host.ip("address", "add", f"{host.address}/32", "dev", "lo")
        return host

    def link(
        self, left: Host, right: Host, delays_s: tuple[float, float] = (0, 0), loss: float = 0, seed: int = 0
    ) -> None:
        """Join two hosts.

        Args:
            left: The one end.
            right: The other one.
            delays_s: How late what goes to the right arrives, and what goes to the left.
            loss: The share of packets that is lost, 0 to 1, in both directions.
            seed: Which.
        """
        left.neighbors[right] = f"to_{right.number}"
        right.neighbors[left] = f"to_{left.number}"
        if any(delays_s) or loss:
            devices = (left.namespace, left.neighbors[right]), (right.namespace, right.neighbors[left])
            wire = Wire(tuple(open_tun(*device) for device in devices), delays_s, loss, seed)
            self.wires.append(wire)
            self._resources.callback(wire.close)
        else:
            peer = ("peer", "name", right.neighbors[left], "netns", right.namespace)
            run_ip("link", "add", left.neighbors[right], "netns", left.namespace, "type", "veth", *peer)
        self.heal(left, right)

    def cut(self, left: Host, right: Host) -> None:
        """Take the link down, at its left end, as a pulled cable would: the right one just hears nothing any more."""
        left.ip("link", "set", left.neighbors[right], "down")

    def heal(self, left: Host, right: Host) -> None:
        """Bring the link up, with the routes that went with it."""
        for host, other in ((left, right), (right, left)):
            host.ip("link", "set", host.neighbors[other], "up")
            host.ip(*("route", "replace", f"{other.address}/32", "dev", host.neighbors[other]), *("src", host.address))

    def line(self, names: str, **link) -> list[Host]:
        """Hosts in a row, each linked to the next as `link` says."""
        hosts = [self.add_host(name) for name in names]
        for left, right in pairwise(hosts):
            self.link(left, right, **link)
        return hosts

    def name_all(self) -> None:
        """Every host names all others in its configuration, so that each counts everywhere, also over hosts in between."""
        for host in self.hosts.values():
            named = [f"{other.address}:{PORT}" for other in self.hosts.values() if other is not host]
            host.settings["cluster.neighbors"] = named

    # Routers

    async def start(self, *hosts: Host) -> None:
        """Start their routers, all at once; without any, those of all hosts."""
        await asyncio.gather(*(asyncio.to_thread(self._start, host) for host in hosts or self.hosts.values()))

    def _start(self, host: Host) -> None:
        if host.router is not None:
            host.router.start()
            return
        host.router = HostRouter(host.namespace, host.name, {**self._plain(host), **host.settings})
        self._resources.callback(host.router._remove)
        host.router.start()

    def _plain(self, host: Host) -> dict[str, object]:
        return {
            "listen.remote": f"{host.address}:{PORT}",
            "cluster.my_address": f"{host.address}:{PORT}",
            "cluster.neighbors": [f"{other.address}:{PORT}" for other in host.neighbors],
            "cluster.discover": False,
            "auth.mode": "none",
            "auth.open_to_private_network": True,
        }

    def logs(self) -> dict[str, str]:
        """What each router logged."""
        return {host.name: host.router.log for host in self.hosts.values() if host.router is not None}

    # What they see

    async def statuses(self) -> dict[str, ClusterStatus | None]:
        """What the router of each host that runs says of the cluster; None where it does not answer."""
        running = [host for host in self.hosts.values() if host.is_running]
        answers = await asyncio.gather(*(self._status(host) for host in running))
        return {host.name: answer for host, answer in zip(running, answers, strict=True)}

    async def until_they_see(self, *groups: str, deadline_s: float = EVENTUALLY_S) -> float:
        """Wait until the routers of each group, such as "ab", tell of exactly this group.

        Returns:
            How long it took, in seconds.
        """
        started_s = time.monotonic()
        expected = {name: "".join(sorted(group)) for group in groups for name in group}
        await self._eventually(self.sees, lambda seen: seen == expected, deadline_s)
        return time.monotonic() - started_s

    async def sees(self) -> dict[str, str]:
        """The servers each running router tells of, sorted, as one word."""
        statuses = await self.statuses()
        return {name: "".join(sorted(status.servers)) if status else "" for name, status in statuses.items()}

    async def _status(self, host: Host) -> ClusterStatus | None:
        try:
            client = await self._watcher(host)
            await client.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS", timeout_s=5)
        except ClientError:
            await self._forget_watcher(host.name)
            return None
        return client.cluster_status

    async def _watcher(self, host: Host) -> Client:
        if host.name not in self._watchers:
            stack = AsyncExitStack()
            client = await stack.enter_async_context(Client(host.router.unix, f"bellwether_{os.getpid()}"))
            self._watchers[host.name] = (client, stack)
        return self._watchers[host.name][0]

    async def _forget_watcher(self, name: str) -> None:
        if name in self._watchers:
            _, stack = self._watchers.pop(name)
            await stack.aclose()

    async def close(self) -> None:
        """Remove all of it, in whatever state it is."""
        for name in list(self._watchers):
            await self._forget_watcher(name)
        await asyncio.to_thread(self._resources.close)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """One of several routers may not get its turn for seconds."""
    monkeypatch.setitem(Client.request.__kwdefaults__, "timeout_s", EVENTUALLY_S)


@pytest.fixture
async def lab(require_root, require_program, eventually):  # noqa: ARG001 - its presence is the demand
    """Namespaces, links and routers, removed in any case."""
    require_program("ip")
    made = Lab(eventually)
    try:
        yield made
    finally:
        await made.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001 - the signature of the hook
    """A test that fails shows the end of the log of each router of its laboratory."""
    report = yield
    made = item.funcargs.get("lab")
    if report.when == "call" and report.failed and made is not None:
        report.sections += [(f"log of {name}", log[-LOG_CHARACTERS:]) for name, log in made.logs().items()]
    return report


@pytest.fixture
def hear():
    """Gives the parameters of the next message of a command; what comes before it is dropped."""

    async def listen(client, command):
        async with asyncio.timeout(EVENTUALLY_S):
            async for message in client.messages():
                if message.command == command:
                    return message.parameters
        raise AssertionError(f"told to stop before {command} came")

    return listen


def run_ip(*arguments: str) -> None:
    """Run ip(8).

    Raises:
        AssertionError: It refused; its words are the message.
    """
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr.strip()}"


def inside(namespace, function):
    """The result of a function that is called within a network namespace."""

    def enter_and_call():
        entry = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
            if libc.setns(entry, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        finally:
            os.close(entry)
        return function()

    with ThreadPoolExecutor(1) as thread:  # it ends here, and with it its stay in there
        return thread.submit(enter_and_call).result()


def open_tun(namespace: str, device: str) -> int:
    """Make a TUN device in a namespace; it lives as long as the descriptor is open."""

    def make() -> int:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN_NO_PI))
        return tun

    return inside(namespace, make)
