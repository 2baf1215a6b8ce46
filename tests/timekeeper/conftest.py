"""Real chronyds that never touch the clock."""

import getpass
import itertools
import os
import random
import shutil
import signal
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from communicator.protocol import HostPort
from timekeeper.discipline import Discipline
from timekeeper.sources.chrony import read_chrony

QUICK = "iburst minpoll -6 maxpoll -2"


class Chronyd:
    """One running chronyd with `-x`, so that it watches the clock and leaves it alone."""

    def __init__(self, process, ntp, commands):
        self._process = process
        self.ntp = ntp
        self.commands = commands

    def as_source(self, options=""):
        return f"server {self.ntp.host} port {self.ntp.port} {QUICK} {options}"

    def kill(self):
        self._process.kill()
        self._process.wait()

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    async def read(self):
        return await read_chrony(self.commands)


class ChronyHost:
    """Starts chronyds on loopback addresses and ports of their own; ends them all."""

    def __init__(self, program, directory, stack):
        self._program = program
        self._directory = directory
        self._stack = stack
        self._numbers = itertools.count(2)
        # Tests run side by side: each has a network of its own in 127/8, and ports no kernel hands out.
        self._network = f"127.{random.randint(16, 250)}.{random.randint(0, 250)}"
        self._port = random.randint(20_000, 30_000)

    def start(self, *directives):
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
        command = [*without_clock_privilege(), self._program.path]
        command += ["-x", "-U", "-u", getpass.getuser(), "-d", "-f", configuration]
        process = self._stack.enter_context(run_process(command, self._program.environment, home / "log"))
        return Chronyd(process, HostPort(host, self._port), HostPort(host, self._port + 1))

    def start_server(self, stratum=2):
        return self.start(f"local stratum {stratum}")

    def start_client(self, *sources):
        return self.start(*sources)


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
