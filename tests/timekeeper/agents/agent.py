"""One real timekeeper for a test: started, asked, killed; what is true of its clock, the test knows."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from communicator.errors import NoReceiverError, ReplyTimeoutError
from communicator.protocol import Message

ROOT = Path(__file__).parents[3]
TRUE = {}
"""The clock of a host that is not shifted, as an environment of libfaketime."""
QUICK = ("interval_s=1", "thresholds.grace_s=2")
QUIET = tuple(f"sources.{name}=false" for name in ("chrony", "ntpd", "timesyncd", "clockbound"))
RUNS = "runs since "
RUN = f"""
import runpy, time
print({RUNS!r}, time.monotonic(), sep="", flush=True)
runpy.run_module("timekeeper", run_name="__main__")
"""
"""A timekeeper that says first when it ran."""
ON_LOOPBACK = "probe_listen=127.0.0.1:0"


def set_clock(file, ahead_s):
    """Set a clock that libfaketime reads from a file; at once, for a file that is half written would be a clock of its own."""
    new = file.with_suffix(".new")
    new.write_text(f"{ahead_s:+.6f}")
    new.replace(file)


class Agent:
    """A timekeeperd beside a router.

    Args:
        router: Its router, which runs.
        asker: A client of that router.
        home: A directory of its own.
        clock: Its clock, as an environment of libfaketime.
        command: What it is started with, such as a command that enters a network namespace.
    """

    def __init__(self, router, asker, home, clock, command=()):
        self.name = router.server_name
        self.router = router
        self.flags = home / "flags"
        self.flags.mkdir()
        self._asker = asker
        self._home = home
        self.environment = os.environ | {"PYTHONPATH": str(ROOT)} | clock
        self.command = command
        self._process = None
        self.started_s = 0.0
        """When its start began, on the monotonic clock of this machine."""

    @property
    def log(self):
        """What it said, over all its starts."""
        path = self._home / "log"
        return path.read_text() if path.exists() else ""

    @property
    def running_s(self):
        """When it ran, at the latest; later than a libfaketime in it began to count. None before it does."""
        told = [line.removeprefix(RUNS) for line in self.log.splitlines() if line.startswith(RUNS)]
        return float(told[-1]) if told else None

    def start(self, *assignments):
        options = [*QUICK, *QUIET, f"data_path={self._home}/data", f"flags_path={self.flags}", *assignments]
        command = [*self.command, sys.executable, "-c", RUN, "--communicator", self.router.unix]
        command += [f"--set={option}" for option in options]
        with (self._home / "log").open("ab") as log:
            self.started_s = time.monotonic()
            self._process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    async def report(self):
        """What it tells; None while it does not answer."""
        assert self._process is None or self._process.poll() is None, self.log
        question = Message("CLOCK_GET_REPORT", {"cache": "no"}, service="timekeeper", server=".")
        try:
            return json.loads((await self._asker.request(question, "CLOCK_CURRENT_REPORT", timeout_s=5)).get("report"))
        except (NoReceiverError, ReplyTimeoutError):  # libfaketime may hold one up while it reads its file
            return None

    def standing(self):
        """Its flags that speak of other clocks; whether a time daemon runs on this machine is not what tests are about."""
        raised = {path.name.removeprefix("timekeeper_").removesuffix(".flag") for path in self.flags.glob("*.flag")}
        return raised - {"clock_unsynchronized"}

    def command_line(self, *arguments):
        """What the command line says on its host."""
        command = [sys.executable, "-m", "bellwether", *arguments, "--communicator", self.router.unix]
        environment = os.environ | {"COLUMNS": "500"}
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self):
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
