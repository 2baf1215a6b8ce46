"""One service registers and dies thousands of times as fast as it can: the canary hears what it can use, and judges the others."""

import asyncio
import socket
import time

from canary.records import RunBegan, RunEnded
from communicator.router.cores.run_budget import BURST, PER_S
from tests.canary.agents.daemon import is_state
from tests.canary.running import crash

RUNS = 2_000
LET_IN = 'services.stormy="dry-run"'
"""However slow the storm is: what is blocked begins no run."""
REGISTER = b"REGISTER service=stormy;version=1;service_version=2.0;role=standby\n"


def blow(path, runs):
    """So many registrations, each when the one before was let in."""
    for _ in range(runs):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(path)
            link.sendall(REGISTER)
            heard = b""
            while b"READY" not in heard:
                heard += link.recv(4096)


async def test_a_storm_keeps_no_other_verdict_back(host, eventually):
    await host.begin(LET_IN)
    began_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(blow, host.router.unix.removeprefix("cd://"), RUNS))
        await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
        await eventually(host.questions.cell, is_state("blocked"))
    log = await eventually(host.daemon.read_log, lambda log: "event=runs_not_told service=stormy" in log)
    assert log.count("event=registered") == 1, "its link was never lost"
    assert host.daemon.stop() == 0
    lasted_s = time.monotonic() - began_s
    for kind in (RunBegan, RunEnded):
        told = [entry for entry in host.daemon.records(kind) if entry.record.service == "stormy"]
        assert BURST <= len(told) <= BURST + lasted_s * PER_S
