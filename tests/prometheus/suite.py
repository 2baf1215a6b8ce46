"""The whole suite on three hosts of loopback: routers, timekeepers, canaries and exporters as real processes."""

import os
import subprocess
import sys
import urllib.request
from contextlib import suppress

from communicator.testing.router_cluster import _reserved_address
from tests.canary.running import QUICK as QUICK_CANARY
from tests.conftest import ROOT
from tests.timekeeper.agents.agent import QUICK as QUICK_TIMEKEEPER
from tests.timekeeper.agents.agent import QUIET, TRUE
from tests.timekeeper.agents.conftest import ShiftedCluster
from tests.timekeeper.conftest import run_process

STARTED_S = 90.0
"""Until all are there and tell of each other, on a machine that is busy with other tests too; a tenth of it is usual."""
END_S = 10.0
WRONG = "gamma"
"""The host whose clock can be set."""
CALM = {"PYTHON_CPU_COUNT": "10000"}
"""By so many processors no load is high: nothing is copied for a shadow on a host that is busy, as one that runs tests is."""
ABSENT = "archive"
"""A service that every host knows and that runs nowhere."""


class Routers(ShiftedCluster):
    """Routers on hosts with these clocks, in order, which know some services."""

    def __init__(self, clocks, services):
        super().__init__(clocks)
        self._further = {"services_path": str(services)}


class Host:
    """A router that runs, and the daemons beside it.

    Args:
        router: Its router.
        number: From 1: its address is 127.0.0.NUMBER.
        home: A directory of its own.
        clock: Its clock, as an environment of libfaketime.
        stack: Ends the daemons.
    """

    def __init__(self, router, number, home, clock, stack):
        self.name = router.server_name
        self.router = router
        self.address = f"127.0.0.{number}"
        self.exporter = stack.enter_context(_reserved_address(number))
        """HOST:PORT where the exporter listens."""
        self.flags = router.directory / "flags"
        self._home = home
        self._clock = clock
        self._stack = stack
        self._commands = {}
        self.processes = {}
        """The daemons that run, by module."""
        self._home.mkdir()
        self.flags.mkdir(exist_ok=True)

    def start(self, timekeeper=(), canary=(), exporter=()):
        """Start the three daemons with further settings, without waiting for them."""
        paths = (f"data_path={self._home}/data", f"flags_path={self.flags}")
        probes = f"probe_listen={self.address}:0"
        self._start("timekeeper", *QUICK_TIMEKEEPER, *QUIET, *paths, probes, *timekeeper)
        self._start("canary", *QUICK_CANARY, *paths, *canary)
        self._start("exporters", f'listen="{self.exporter}"', f'ofrep.listen="{self.address}:0"', *paths, *exporter)

    def _start(self, module, *assignments):
        command = [sys.executable, "-m", module, "--config", "/dev/null", "--communicator", self.router.unix]
        self._commands[module] = [*command, *(f"--set={assignment}" for assignment in assignments)]
        self.start_again(module)

    def start_again(self, module):
        """Start a daemon as before."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | self._clock
        log = self._home / f"{module}.log"
        running = run_process(self._commands[module], environment, log)
        self.processes[module] = self._stack.enter_context(running)

    def kill(self, module):
        """End a daemon as a crash would."""
        self.processes[module].kill()
        self.processes[module].wait()

    def log(self, module):
        """What a daemon said since it was started."""
        return (self._home / f"{module}.log").read_text()

    def page(self):
        """What the exporter serves now."""
        with urllib.request.urlopen(f"http://{self.exporter}/metrics", timeout=END_S) as answer:
            return answer.read().decode()


class Suite:
    """Three hosts; the clock of the last, `WRONG`, is off by what `set_clock` says.

    Args:
        directory: Of the test.
        faketime: The library, as a path.
        stack: Ends all.
        rate: How fast that clock runs.
        environment: Further variables of all processes.
    """

    def __init__(self, directory, faketime, stack, rate=1.0, environment=TRUE):
        self._setting = directory / "clock"
        self.set_clock(0.0, rate)
        shifted = {
            "LD_PRELOAD": str(faketime),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._setting),
            "FAKETIME_CACHE_DURATION": "1",
        }
        services = directory / "services"
        services.mkdir()
        (services / f"{ABSENT}.service").touch()
        clocks = tuple(clock | environment for clock in (TRUE, TRUE, shifted))
        cluster = stack.enter_context(Routers(clocks, services))
        self.hosts = [
            Host(router, number, directory / router.server_name, clock, stack)
            for number, (router, clock) in enumerate(zip(cluster, clocks, strict=True), 1)
        ]

    def __getitem__(self, name):
        return next(host for host in self.hosts if host.name == name)

    def set_clock(self, ahead_s, rate=1.0):
        """Set the clock of `WRONG`; it sees that within a second or two."""
        new = self._setting.with_suffix(".new")  # one that is half written would be a clock of its own
        new.write_text(f"{ahead_s:+.6f} x{rate:.6f}")
        new.replace(self._setting)

    def logs(self):
        """What each daemon said."""
        return {f"{host.name} {module}": host.log(module) for host in self.hosts for module in host.processes}

    def end(self):
        """End all daemons in good order, while there is time for that."""
        end(*(process for host in self.hosts for process in host.processes.values()))


def end(*processes):
    """End processes in good order, all at once, while there is time for that."""
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)


def run_suite(directory, faketime, stack, rate=1.0, environment=TRUE, **settings):
    """Start all three hosts with further settings of `Host.start`; its processes end with the stack."""
    suite = Suite(directory, faketime, stack, rate, environment)
    for host in suite.hosts:
        host.start(**settings)
    stack.callback(suite.end)
    return suite
