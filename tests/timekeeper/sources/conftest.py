"""What real time daemons said, and real ones in a network of their own."""

import asyncio
import json
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from communicator.protocol import HostPort
from tests.timekeeper.sources.networks import enter, inside, make_network
from tests.timekeeper.sources.ptp_pair import PtpPair
from timekeeper.sources.ntpd import read_ntpd

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def recorded():
    """The bytes of a file."""
    return lambda name: (RECORDED / name).read_bytes()


@pytest.fixture
def recorded_ntpd():
    """What an ntpsec 1.2.3 answered to each question, as datagrams."""

    def read(state):
        rows = json.loads((RECORDED / f"ntpsec-1.2.3-{state}.json").read_text())
        return {
            (row["request"], row["association"], row["names"]): [bytes.fromhex(text) for text in row["datagrams"]]
            for row in rows
        }

    return read


@pytest.fixture
def recorded_ptp4l():
    """What a ptp4l 4.2 answered for each data set, by name."""

    def read(state):
        answers = json.loads((RECORDED / f"ptp4l-4.2-{state}.json").read_text())
        return {name: bytes.fromhex(text) for name, text in answers.items()}

    return read


class Impostor(asyncio.DatagramProtocol):
    """Answers each request with what `answer` makes of it."""

    def __init__(self, answer):
        self._answer = answer

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        for reply in self._answer(data):
            self._transport.sendto(reply, addr)


@pytest.fixture
async def impostor():
    """Sits at a port and answers as it is told to."""
    transports = []

    async def start(answer):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Impostor(answer), local_addr=("127.0.0.1", 0))
        transports.append(transport)
        return HostPort(*transport.get_extra_info("sockname"))

    yield start
    for transport in transports:
        transport.close()


# A real ntpd, which has no port but 123 and asks no server on loopback: it gets a network of its own.

_OURS, _SERVERS = "10.77.0.1", ("10.77.0.2", "10.77.0.3", "10.77.0.4")


class NtpdHost:
    """A network with an ntpd on 127.0.0.1 and chronyds that serve it; each keeps its hands off the clock."""

    address = HostPort("127.0.0.1", 123)

    def __init__(self, programs, running, eventually, directory, stack):
        self._chronyd, self._ntpd = programs
        self._running, self._eventually = running, eventually
        self._directory = directory
        self._stack = stack
        self._network = self._make_network()

    def _make_network(self):
        """On one interface: from the address of the ntpd to those of the servers, which are local too."""
        routes = [
            f"ip addr add {server}/32 dev lo && ip route change table local local {server} dev lo src {_OURS}"
            for server in _SERVERS
        ]
        return make_network(self._stack, f"ip addr add {_OURS}/32 dev lo", *routes)

    def _start(self, program, *arguments, name):
        command = [*enter(self._network), program.path, *arguments]
        return self._stack.enter_context(self._running(command, program.environment, self._directory / f"{name}.log"))

    async def start_server(self, number, offset_s=0.0):
        """A chronyd that serves its clock, `offset_s` ahead of the real one as it says."""
        directives = [
            "port 123",
            f"bindaddress {_SERVERS[number]}",
            "allow",
            f"local stratum {number + 2}",
            "cmdport 0",
        ]
        home = self._directory / f"server{number}"
        home.mkdir(mode=0o700)
        configuration = home / "chrony.conf"
        configuration.write_text("\n".join([*directives, f"bindcmdaddress {home}/sock", f"pidfile {home}/pid", ""]))
        process = self._start(
            self._chronyd, "-x", "-U", "-u", "root", "-d", "-f", configuration, name=f"server{number}"
        )
        if offset_s:

            async def takes_commands():
                return (home / "sock").exists()

            await self._eventually(takes_commands, bool)
            self._shift(home / "sock", offset_s)
        return process

    def _shift(self, commands, offset_s):
        chronyc = self._chronyd.path.parent.parent / "bin/chronyc"
        command = [chronyc, "-h", commands, "doffset", str(-offset_s)]
        subprocess.run(command, env=self._chronyd.environment, check=True, capture_output=True, timeout=20)

    def start_ntpd(self, *directives):
        """An ntpd that listens to all three addresses, started or not."""
        servers = [f"server {server} iburst minpoll 0 maxpoll 0" for server in _SERVERS]
        listen = ["interface ignore wildcard", "interface listen 127.0.0.1", f"interface listen {_OURS}"]
        configuration = self._directory / "ntp.conf"
        drift = f"driftfile {self._directory}/drift"
        configuration.write_text("\n".join([*directives, *listen, *servers, drift, ""]))
        return self._start(self._ntpd, "-n", "-c", configuration, name="ntpd")

    async def read(self, timeout_s=1.0):
        """Ask the ntpd."""
        return await asyncio.to_thread(
            inside, self._network, lambda: asyncio.run(read_ntpd(self.address, timeout_s=timeout_s))
        )


@pytest.fixture
def ntpd_host(debian_program, require_root, require_program, running, eventually, tmp_path):  # noqa: ARG001 - root has to be there
    """A network for one ntpd and its servers."""
    for name in ("unshare", "nsenter", "setpriv", "ip"):
        require_program(name)
    programs = debian_program("chrony", "usr/sbin/chronyd"), debian_program("ntpsec", "usr/sbin/ntpd")
    with ExitStack() as stack:
        yield NtpdHost(programs, running, eventually, tmp_path, stack)


@pytest.fixture
def ptp_pair(debian_program, require_root, require_program, running, tmp_path):  # noqa: ARG001 - root has to be there
    """Two networks, joined by a cable, for a ptp4l in each."""
    for name in ("unshare", "nsenter", "setpriv", "ip", "gcc"):
        require_program(name)
    with ExitStack() as stack:
        yield PtpPair(debian_program("linuxptp", "usr/sbin/ptp4l"), running, tmp_path, stack)
