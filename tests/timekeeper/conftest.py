"""Real chronyds that never touch the clock."""

import getpass
import itertools
import os
import random
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager

import psutil
import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.discipline import Discipline
from timekeeper.sources.chrony import read_chrony

QUICK = "iburst minpoll -6 maxpoll -2"
_CHANCE = random.SystemRandom()  # whatever seed the tests beside this one have


class Chronyd:
    """One running chronyd with `-x`, so that it watches the clock and leaves it alone."""

    def __init__(self, process, ntp, commands):
        self._process = process
        self.ntp = ntp
        self.commands = commands

    def as_source(self, options=""):
        return f"server {self.ntp.host} port {self.ntp.port} {QUICK} {options}"

    def kill(self):
        for child in psutil.Process(self._process.pid).children(recursive=True):  # it may have been started by another
            child.kill()
        self._process.kill()
        self._process.wait()

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    async def read(self):
        return await read_chrony(self.commands, timeout_s=EVENTUALLY_S)


class ChronyHost:
    """Starts chronyds on loopback addresses and ports of their own; ends them all."""

    def __init__(self, program, directory, stack):
        self._program = program
        self._directory = directory
        self._stack = stack
        self._numbers = itertools.count(2)
        # Tests run side by side: each has a network of its own, and ports no kernel hands out.
        self._network = draw_network()
        self._port = _CHANCE.randint(20_000, 30_000)

    def start(self, *directives, within=()):
        """One with this configuration; `within` is a command that starts it elsewhere, as in a namespace."""
        number = next(self._numbers)
        host = f"{self._network}.{number}"
        home = self._directory / str(number)
        home.mkdir(mode=0o700)
        configuration = home / "chrony.conf"
        configuration.write_text(
            "\n".join(
                [
                    f"port {self._port}",
                    f"bindaddress {host}",
                    "allow 127.0.0.0/8",
                    f"cmdport {self._port + 1}",
                    f"bindcmdaddress {host}",
                    "bindcmdaddress /",
                    "cmdallow 127.0.0.0/8",
                    f"pidfile {home}/pid",
                    *directives,
                    "",
                ]
            )
        )
        command = [*within, *without_clock_privilege(), self._program.path]
        command += ["-x", "-U", "-u", getpass.getuser(), "-d", "-f", configuration]
        process = self._stack.enter_context(run_process(command, self._program.environment, home / "log"))
        return Chronyd(process, HostPort(host, self._port), HostPort(host, self._port + 1))

    def start_server(self, stratum=2):
        return self.start(f"local stratum {stratum}")

    def start_client(self, *sources):
        return self.start(*sources)


def draw_network():
    """The first three bytes of addresses of this host that no other test has."""
    return f"127.{_CHANCE.randint(128, 250)}.{_CHANCE.randint(0, 250)}"


def without_clock_privilege():
    """A guard besides `-x`: where the tests run as root, no test daemon could set the clock."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    return ["setpriv", "--bounding-set=-sys_time"]


@pytest.fixture
def running():
    """A context with a process, which is gone at its end."""
    return run_process


@contextmanager
def run_process(command, environment, log):
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def chrony_host(debian_program, tmp_path):
    program = debian_program("chrony", "usr/sbin/chronyd")
    with ExitStack() as stack:
        yield ChronyHost(program, tmp_path, stack)


@pytest.fixture
def answered():
    """Whether a chronyd that just started gives answers by now."""
    return lambda answer: isinstance(answer, Discipline)
