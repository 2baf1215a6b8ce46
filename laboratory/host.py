"""One host: namespaces, a boot id, a clock of its own, and the real daemons that run on it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from laboratory.native import Clock, clock_library
from laboratory.network import Network

ROOT = Path(__file__).parents[1]
PORT = 4042
STANDS_STILL_PPM = -1e6
BOOT = """
hostname "$1" && mount --bind "$2" /proc/sys/kernel/random/boot_id && echo ready && exec sleep infinity
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a host is to be."""

    sources: Sequence[str] = ()
    """Names of servers that its chronyd follows, or addresses at which nobody is; without any it is a server itself."""
    ahead_s: float = 0.0
    """How far its clock is ahead of true time at the beginning."""
    ppm: float = 0.0
    """How much too fast its oscillator is; chronyd knows about it, as it does after a day."""
    neighbors: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of its timekeeper, by dotted path."""


class Host:
    """A host that runs, or is down.

    Args:
        name: What it is called.
        plan: What it is.
        network: Where it has its address.
        home: A folder of its own.
        epoch_ns: True time minus the raw clock of this machine.
    """

    def __init__(self, name: str, plan: Plan, network: Network, home: Path, epoch_ns: int) -> None:
        self.name = name
        self.plan = plan
        self.address = network.address(name)
        self.home = home
        self.unix = f"cd://{home}/router.sock"
        (home / "flags").mkdir(parents=True)
        self.clock = Clock(home / "clock", epoch_ns, plan.ahead_s, plan.ppm)
        self._namespace = network.namespace(name)
        self._sources = [network.address(source) for source in plan.sources]
        self._neighbors = [f"{network.address(other)}:{PORT}" for other in plan.neighbors]
        self._boot: subprocess.Popen[str] | None = None
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def is_server(self) -> bool:
        """Whether it serves time, and takes no part in the cluster."""
        return not self.plan.sources

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._boot is not None

    def boot(self) -> None:
        """Start it with a new boot id, and all its daemons."""
        (self.home / "boot_id").write_text(f"{uuid.uuid4()}\n")
        namespaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        boot = ["sh", "-c", BOOT, "sh", self.name, f"{self.home}/boot_id"]
        command = ["ip", "netns", "exec", self._namespace, "setpriv", "--pdeathsig=KILL", *namespaces, *boot]
        self._boot = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._boot.stdout is not None
        assert self._boot.stdout.readline() == "ready\n", f"{self.name} does not boot"
        for daemon in ("chronyd",) if self.is_server else ("chronyd", "communicatord", "timekeeperd"):
            self.start(daemon)

    def halt(self) -> None:
        """End all that runs on it, as a power cut would."""
        for daemon in list(self._daemons):
            self.kill(daemon)
        if self._boot is not None:
            self._boot.kill()
            self._boot.communicate()
            self._boot = None

    def start(self, daemon: str) -> None:
        """Start a daemon, by the name of its program."""
        with (self.home / f"{daemon}.log").open("ab") as log:
            self._daemons[daemon] = subprocess.Popen(
                [*self._inside(), *getattr(self, f"_{daemon}")()], stdout=log, stderr=log, cwd=ROOT
            )

    def kill(self, daemon: str) -> None:
        """End a daemon as a crash would."""
        process = self._daemons.pop(daemon)
        process.kill()  # nsenter: the daemon dies with it
        process.wait()

    def freeze(self) -> None:
        """Stop all that runs on it, and its clock, as a hypervisor does."""
        self._signal(signal.SIGSTOP)
        self.clock.drift(STANDS_STILL_PPM)

    def thaw(self) -> None:
        """Let it go on."""
        self.clock.drift(self.plan.ppm)
        self._signal(signal.SIGCONT)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What ``bellwether`` says on this host."""
        command = [*self._inside(), sys.executable, "-m", "bellwether", *arguments, "--communicator", self.unix]
        environment = os.environ | {"COLUMNS": "500"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=60
        )

    def flags(self) -> frozenset[str]:
        """The flags that stand."""
        files = (self.home / "flags").glob("*.flag")
        return frozenset(file.name.removeprefix("timekeeper_").removesuffix(".flag") for file in files)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._daemons.values():
            for daemon in psutil.Process(process.pid).children():
                daemon.send_signal(number)

    def _inside(self) -> list[str]:
        """Runs a program in here, with this clock, and without the right to touch the machine's; it dies with its starter."""
        assert self._boot is not None, f"{self.name} is down"
        init = psutil.Process(self._boot.pid).children()[0].pid
        enter = ["nsenter", f"--target={init}", "--mount", "--uts", "--pid", "--net", f"--wd={ROOT}"]
        guard = ["setpriv", "--pdeathsig=KILL", "--bounding-set=-sys_time"]
        return [*enter, *guard, "env", f"LD_PRELOAD={clock_library()}", f"LABORATORY_CLOCK={self.clock.path}"]

    def _chronyd(self) -> list[str]:
        root = ROOT / ".cache/debian/root"
        libraries = subprocess.run(
            [ROOT / "tools/debian-cache", "--library-path"], capture_output=True, text=True, check=True
        )
        if self.is_server:
            lines = ["local stratum 1", "allow"]
        else:  # its servers are asked every second, for a scenario has no hours; what it learnt of its crystal it knows
            (self.home / "drift").write_text(f"{self.plan.ppm:.3f} 0.1\n")
            lines = [f"server {source} iburst minpoll 0 maxpoll 0" for source in self._sources]
            lines += ["makestep 0.001 2", "rtcsync", f"driftfile {self.home}/drift"]
        lines += ["bindcmdaddress 127.0.0.1", "bindcmdaddress /", f"pidfile {self.home}/chronyd.pid"]
        configuration = self.home / "chrony.conf"
        configuration.write_text("\n".join([*lines, ""]))
        chronyd = [str(root / "usr/sbin/chronyd"), "-d", "-U", "-u", "root", "-f", str(configuration)]
        return [f"LD_LIBRARY_PATH={libraries.stdout.strip()}", *chronyd]

    def _communicatord(self) -> list[str]:
        settings = {
            "server_name": self.name,
            "data_path": f"{self.home}/router",
            "flags_path": f"{self.home}/flags",
            "listen.unix": f"{self.home}/router.sock",
            "listen.remote": f"{self.address}:{PORT}",
            "cluster.my_address": f"{self.address}:{PORT}",
            "cluster.neighbors": self._neighbors,
            "auth.mode": "none",
            "auth.open_to_private_network": True,
        }
        return [sys.executable, "-c", "from communicator.daemon.main import main; main()", *_options(settings)]

    def _timekeeperd(self) -> list[str]:
        paths = {"data_path": f"{self.home}/timekeeper", "flags_path": f"{self.home}/flags"}
        settings = paths | {"communicator": self.unix, "auth.mode": "none"} | dict(self.plan.settings)
        return [sys.executable, "-m", "timekeeper", *_options(settings)]


def _options(settings: Mapping[str, object]) -> list[str]:
    return [f"--set={key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
