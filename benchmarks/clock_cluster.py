"""Three hosts with real routers, timekeepers and chronyds on this machine; one timekeeper can be shown another clock."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.clock_programs import Chronyd, ChronyHost, provide_faketime, run_chrony_host
from benchmarks.errors import BenchmarkError
from communicator.client import BlockingClient
from communicator.errors import ClientError
from communicator.protocol import Message
from communicator.testing import RouterProcess, run_cluster
from timekeeper.solution.measurement import PROBE

HOSTS = 3
INTERVAL_S = 10.0
"""How often a timekeeper looks, unless its settings say otherwise."""
POLL_S = 0.1
_MAIN = "from timekeeper.main import main; main()"
RIGHT = "+0"
"""How libfaketime is told that a clock is not shifted."""


@dataclass(frozen=True, slots=True)
class WatchedCluster:
    """The hosts, once their timekeepers run."""

    asker: BlockingClient
    """At the router of the first host."""
    log: Path
    """Of the first host's timekeeper, which probes the last one."""
    shifted: str
    """The host whose clock can be set: the last one."""
    setting: Path
    started_s: float
    """On the monotonic clock, when the last timekeeper was started."""

    def set_clock(self, ahead: str) -> float:
        """Set the clock of the last host.

        Args:
            ahead: By how many seconds it is to be ahead, as libfaketime has it: ``+0.010``.

        Returns:
            When that was, on the monotonic clock.
        """
        beside = self.setting.with_suffix(".new")
        beside.write_text(ahead)
        now_s = time.monotonic()
        beside.replace(self.setting)  # in one go: nobody reads half of it
        return now_s

    def ask(self) -> dict[str, Any]:
        """What the first host says of the last one; empty while it says nothing.

        With ``looked_seconds``, how long ago it looked, and ``is_probed``, whether its probes are answered by then.
        """
        question = Message("CLOCK_GET_REPORT", service="timekeeper", server=".")
        try:
            answer = self.asker.request(question, "CLOCK_CURRENT_REPORT")
        except ClientError:
            return {}
        report = json.loads(answer.get("report"))
        found = next((host for host in report.get("hosts", []) if host["host"] == self.shifted), None)
        if found is None:
            return {}
        way = (report["local"]["server"], self.shifted, PROBE)
        is_probed = any((pair["from"], pair["to"], pair["via"]) == way for pair in report["pairs"])
        return {**found, "looked_seconds": report["age_seconds"], "is_probed": is_probed}

    def count_steps(self) -> int:
        """How often the first host has seen the clock of the last one step."""
        return sum(
            "peer_clock_stepped" in line and f"peer={self.shifted}" in line
            for line in self.log.read_text(errors="replace").splitlines()
        )

    def wait(self, is_done: Callable[[dict[str, Any]], bool], deadline_s: float, what: str) -> None:
        """Ask until it is so.

        Args:
            is_done: Given what the first host says of the last one.
            deadline_s: How long to wait.
            what: It is that does not happen.

        Raises:
            BenchmarkError: It was not so in time.
        """
        end_s = time.monotonic() + deadline_s
        while not is_done(told := self.ask()):
            if time.monotonic() > end_s:
                raise BenchmarkError(f"{what}: not in {deadline_s:g} s; the last word was {told}")
            time.sleep(POLL_S)


@contextmanager
def run_watched_cluster(interval_s: float = INTERVAL_S) -> Iterator[WatchedCluster]:
    """Run the hosts with the settings that are usual, for as long as the block lasts.

    Each has a chronyd of its own, which follows a server of its own, and all of them see the true clock: so each claim is a
    vote, and once the clock of the last host is set, its claim is false.

    Args:
        interval_s: How often each looks at the clocks.

    Raises:
        ServerStartError: chronyd or libfaketime cannot be had.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        chrony = stack.enter_context(run_chrony_host())
        routers = list(stack.enter_context(run_cluster(HOSTS)))
        setting = folder / "faketime"
        setting.write_text(RIGHT)
        for router in routers:
            shift = _shift_by(setting) if router is routers[-1] else {}
            settings = {"interval_s": interval_s, "sources.chrony": _start_claim(chrony).commands}
            _start_timekeeper(router, settings, folder / router.server_name, shift, stack)
        started_s = time.monotonic()
        asker = stack.enter_context(BlockingClient(routers[0].unix, "bench"))
        log = folder / routers[0].server_name / "log"
        yield WatchedCluster(asker, log, routers[-1].server_name, setting, started_s)


def _start_claim(chrony: ChronyHost) -> Chronyd:
    return chrony.start_client(chrony.start_server())


def _shift_by(setting: Path) -> dict[str, str]:
    """The environment in which a process sees a clock that is off by what a file says."""
    return {
        "LD_PRELOAD": str(provide_faketime()),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _start_timekeeper(
    router: RouterProcess, further: Mapping[str, object], home: Path, shift: dict[str, str], stack: ExitStack
) -> None:
    (home / "flags").mkdir(parents=True)
    settings = {
        "data_path": home,
        "flags_path": home / "flags",
        "probe_listen": "127.0.0.1:0",
        "sources.ntpd": "false",
        "sources.timesyncd": "false",
        "sources.clockbound": "false",
        **further,
    }
    command = [sys.executable, "-c", _MAIN, "--communicator", router.unix, "--log-format", "logfmt"]
    command += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    log = stack.enter_context((home / "log").open("wb"))
    process = stack.enter_context(
        subprocess.Popen(command, env={**os.environ, **shift}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    )
    stack.callback(process.send_signal, signal.SIGKILL)
