"""Has a worker run again and again, as an init system would, and tells the canary how each of its processes ended."""

import asyncio
import signal
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path

from communicator.protocol import Message
from tests.conftest import ROOT

FASTER = 40
"""Time runs so much faster here: rules, restarts and runs are divided by it."""
CURVE_S = (1, 2, 4, 8, 16, 32, 60)
"""How long after an end the next start is, as the systemd drop-in of the suite has it; undivided."""
RULES = (
    "merge_s=0.25",
    f"rules.a.span_s={60 / FASTER}",
    "rules.a.ok_after_s=3",  # twice that: what ends at once is no success, however long a busy machine takes to tell of it
    f"rules.a.first_block_s={600 / FASTER}",
    f"rules.b.base_s={30 / FASTER}",
    f"rules.b.bake_s={600 / FASTER}",
    "caps.min_routable=0",
    "caps.routable_share=0.0",
    "caps.block_gap_s=0",
    "ambient.boot_s=0",
)
"""The rules of the canary, so much faster too."""
BUILD = "b1"
WORKER = Path(__file__).with_name("worker.py")


class Supervisor:
    """Of one version of one service on one host.

    Args:
        client: Registered at the router of the host; what is seen is told through it.
        home: A directory, where the plan is.
        name: Of the service.
        version: Of the service.
        plan: What each start is to do: the same for all, or a function of its number, from 1.
        start_s: How long a start may take; None: as long as it likes.
        watchdog_s: How long it may show no life once it is ready; None: as long as it likes.
    """

    def __init__(self, client, home, name, plan, version="2.0", *, start_s=None, watchdog_s=None):
        self.starts = 0
        self.process = None
        self._client = client
        self._name, self._version = name, version
        self._file = home / f"{name}-{version}.plan"
        self._plan_of = plan if callable(plan) else lambda _: plan
        self._start_s, self._watchdog_s = start_s, watchdog_s
        self._log = home / f"{name}-{version}.log"

    @property
    def log(self):
        """What the worker said of itself, over all its starts."""
        return self._log.read_text() if self._log.exists() else ""

    def mend(self):
        """The worker runs well from its next start on, and one that waits to be let in will."""
        self._plan_of = lambda _: "run"
        self._file.write_text("run")

    async def lose_patience(self):
        """End the process that is there, as one that takes too long to start."""
        await self._tell(self.process.pid, "START_TIMEOUT")
        self.process.kill()

    async def run(self):
        """Until cancelled."""
        for self.starts in count(1):
            self._file.write_text(self._plan_of(self.starts))
            await self._run_once()
            await asyncio.sleep(CURVE_S[min(self.starts, len(CURVE_S)) - 1] / FASTER)

    async def _run_once(self):
        words = (self._client.address, self._name, self._version, BUILD, self._file)
        with self._log.open("ab") as log:
            self.process = process = await asyncio.create_subprocess_exec(
                sys.executable, WORKER, *words, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=ROOT
            )
        try:
            kind = await self._watch(process.stdout)
            if kind != "EXIT":
                await self._tell(process.pid, kind)
                process.kill()
            await self._tell_end(process.pid, await process.wait())
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _watch(self, said):
        """Until it has ended, or it is time to end it."""
        patience_s, kind = self._start_s, "START_TIMEOUT"
        while True:
            try:
                async with asyncio.timeout(patience_s):
                    if not await said.readline():
                        return "EXIT"
            except TimeoutError:
                return kind
            patience_s, kind = self._watchdog_s, "WATCHDOG_TIMEOUT"

    async def _tell_end(self, pid, code):
        if code == -signal.SIGTERM:
            await self._tell(pid, "OPERATOR_STOP")
        else:
            how = {"exit_code": str(code)} if code >= 0 else {"signal": str(-code)}
            await self._tell(pid, "EXIT", **how)

    async def _tell(self, pid, kind, **more):
        words = {"service": self._name, "service_version": self._version, "build": BUILD, "pid": str(pid)}
        await self._client.send(Message("RUN_REPORT", {**words, "kind": kind, **more, "cache": "no"}, "canary", "."))
