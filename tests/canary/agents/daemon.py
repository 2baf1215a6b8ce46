"""A real ``canaryd`` for a test: started, asked, stopped and killed."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys

import psutil

from canary.ledger.store import Ledger
from canary.recollection import recollect
from canary.records import CellMoved, RunEnded
from communicator.errors import ClientError
from communicator.flags.flag_directory import FlagDirectory
from communicator.protocol import Message
from tests.canary.agents.supervisor import RULES
from tests.conftest import ROOT

END_S = 20.0
HASTY = "from canary.judge import denylist; denylist.HANDOVER_S = {}; from canary.main import main; main()"


class CanaryDaemon:
    """One canary beside a router.

    Args:
        router: Its router.
        home: A directory of its own.
    """

    def __init__(self, router, home):
        self.router = router
        self.home = home
        self.flags = home / "flags"
        self.flags.mkdir(parents=True)
        self.config = home / "canaryd.toml"
        self.config.touch()
        self._process = None

    @property
    def log(self):
        """What it said, over all its starts."""
        path = self.home / "log"
        return path.read_text() if path.exists() else ""

    async def read_log(self):
        return self.log

    @property
    def pid(self):
        """Its process, or that of who traces it."""
        return self._process.pid

    @property
    def has_ended(self):
        return self._process is None or self._process.poll() is not None

    def start(self, *assignments, command=(), environment=None, rules=RULES, handover_s=None):
        """Start it, by another command such as a tracer where one is given; without waiting for it.

        Its handover is the one time that no setting compresses.
        """
        options = [*rules, f"data_path={self.home}/data", f"flags_path={self.flags}", *assignments]
        program = ["-m", "canary"] if handover_s is None else ["-c", HASTY.format(handover_s)]
        words = [*command, sys.executable, *program, "--config", self.config]
        words += ["--communicator", self.router.unix, *(f"--set={option}" for option in options)]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words, env=os.environ | (environment or {}), stdout=log, stderr=log, cwd=ROOT
            )

    def stop(self):
        """End it in good order; gives its exit code."""
        children = psutil.Process(self._process.pid).children()  # of a tracer: itself
        (children[0] if children else self._process).terminate()
        return self.wait()

    def stop_alone(self):
        """End it in good order, while it has children of its own; gives its exit code."""
        self._process.terminate()
        return self.wait()

    def wait(self):
        return self._process.wait(END_S)

    def kill(self):
        """End it as a crash would, and whoever traces it."""
        if self._process is None or self.has_ended:
            return
        for child in psutil.Process(self._process.pid).children():
            child.kill()
        self.kill_alone()

    def kill_alone(self):
        """End it as a crash would; what it has started goes on."""
        self._process.kill()
        self._process.wait()

    def hang_up(self):
        """Have it read its settings again."""
        self._process.send_signal(signal.SIGHUP)

    def limit_files(self, size):
        """It may not make a file longer than this; None: as long as it likes."""
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    async def standing(self):
        """The names of its flags, with what each tells."""
        found = await asyncio.to_thread(FlagDirectory(self.flags).read_all)
        return {str(flag.name): flag.message for flag in found.flags}

    def ledger(self):
        """What it has kept; it must have ended."""
        return Ledger.open(self.home / "data/canary.db")

    def records(self, *kinds):
        """The entries of these kinds; it must have ended, and its ledger must hold."""
        with self.ledger() as ledger:
            assert ledger.verify().fault is None
            return [entry for entry in ledger.entries() if isinstance(entry.record, kinds)]

    def failed(self, service="billing"):
        """How many failures its ledger comes to for the versions of a service; it must have ended."""
        with self.ledger() as ledger:
            cells = recollect(ledger).state.cells
        return sum(cell.failed for key, cell in cells.items() if key.service == service)

    def first_block(self, service="billing"):
        """What first blocked a version of a service, and how many of its runs had ended before; it must have ended."""
        entries = [entry.record for entry in self.records(RunEnded, CellMoved) if entry.record.service == service]
        at = next(at for at, record in enumerate(entries) if isinstance(record, CellMoved) and record.new == "blocked")
        return entries[at], sum(isinstance(record, RunEnded) for record in entries[:at])


class Questions:
    """What a client learns from the canary of its host, which may be away.

    Args:
        client: Registered there.
    """

    def __init__(self, client):
        self._client = client

    async def report(self):
        """The whole report; None while there is none."""
        question = Message("CANARY_GET_REPORT", {"cache": "no"}, service="canary", server=".")
        try:
            reply = await self._client.request(question, "CANARY_CURRENT_REPORT", timeout_s=5)
        except ClientError:
            return None
        report = json.loads(reply.get("report"))
        return report if report["server"] else None

    async def cells(self, service="billing", version="2.0"):
        """What is known of a version, by server; nothing while the canary is away."""
        rows = (await self.report() or {"cells": []})["cells"]
        return {row["server"]: row for row in rows if (row["service"], row["version"]) == (service, version)}

    async def cell(self, service="billing", version="2.0"):
        """What is known of a version on the first of its servers; None while nothing is."""
        return next(iter((await self.cells(service, version)).values()), None)


def is_state(*states):
    """Whether a cell is known, and in one of these states."""
    return lambda cell: cell is not None and cell["state"] in states
