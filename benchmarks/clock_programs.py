"""chronyd and libfaketime out of Debian's packages, unpacked into the cache folder; neither touches the clock of this machine."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import ServerStartError
from benchmarks.packages import library_environment
from benchmarks.servers import free_port
from communicator.protocol import HostPort

_ROOT = Path(__file__).resolve().parent.parent
_UNPACKED = _ROOT / ".cache" / "debian" / "root"
_STRATUM = 2
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Chronyd:
    """A running chronyd that watches the clock and leaves it alone."""

    ntp: HostPort
    commands: HostPort


class ChronyHost:
    """Starts chronyds for as long as its block lasts.

    Args:
        folder: For their files.
        stack: Ends them.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._program = _provide("chrony", "usr/sbin/chronyd")
        self._environment = library_environment()

    def start_server(self) -> Chronyd:
        """One that serves the clock of this machine as it is."""
        return self._start(f"local stratum {_STRATUM}")

    def start_client(self, server: Chronyd) -> Chronyd:
        """One that follows a server, with a question a second."""
        return self._start(f"server {server.ntp.host} port {server.ntp.port} iburst minpoll 0 maxpoll 0")

    def _start(self, directive: str) -> Chronyd:
        home = Path(tempfile.mkdtemp(dir=self._folder))
        ntp, commands = (HostPort(_LOOPBACK, port) for port in _free_ports(2))
        configuration = home / "chrony.conf"
        lines = (
            f"port {ntp.port}",
            f"bindaddress {ntp.host}",
            "allow 127.0.0.0/8",
            f"cmdport {commands.port}",
            f"bindcmdaddress {commands.host}",
            "bindcmdaddress /",
            f"pidfile {home}/pid",
            directive,
        )
        configuration.write_text("\n".join(lines) + "\n")
        command = [*_without_clock_privilege(), str(self._program), "-x", "-U", "-u", getpass.getuser(), "-d"]
        log = self._stack.enter_context((home / "log").open("wb"))
        process = self._stack.enter_context(
            subprocess.Popen([*command, "-f", str(configuration)], env=self._environment, stdout=log, stderr=log)
        )
        self._stack.callback(process.kill)
        return Chronyd(ntp, commands)


@contextmanager
def run_chrony_host() -> Iterator[ChronyHost]:
    """A host for chronyds.

    Raises:
        ServerStartError: There is no chronyd.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        yield ChronyHost(Path(folder), stack)


def provide_faketime() -> Path:
    """The library that shifts the clock one process sees.

    Raises:
        ServerStartError: There is none.
    """
    return _provide("libfaketime", "usr/lib/*/faketime/libfaketime.so.1")


def _provide(package: str, pattern: str) -> Path:
    """A file of a package, which is fetched first where it is missing."""
    done = subprocess.run([_ROOT / "tools" / "debian-cache", package], check=False)
    found = sorted(_UNPACKED.glob(pattern))
    if done.returncode or not found:
        raise ServerStartError(f"the Debian package {package} cannot be fetched")
    return found[0]


def _without_clock_privilege() -> list[str]:
    """A guard besides `-x`: where this runs as root, no chronyd could set the clock."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    return ["setpriv", "--bounding-set=-sys_time"]


def _free_ports(count: int) -> list[int]:
    """UDP ports that nobody has at present."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port(_LOOPBACK, socket.SOCK_DGRAM))
    return list(ports)
