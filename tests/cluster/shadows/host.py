"""One host of these cases: a real router, a real canaryd whose executor starts a primary and shadows, and what they tell."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil

from communicator.answers.router import Statistics
from communicator.answers.shadows import Comparisons
from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol import Message
from tests.canary.agents.daemon import CanaryDaemon
from tests.canary.deployment.talk import SERVICE, Talk
from tests.canary.running import QUICK

ROLL = Path(__file__).parents[2] / "canary/deployment/roll.py"
PROGRAM = Path(__file__).with_name("billing.py")
ANSWER_S = 20.0


class Host(Talk):
    """A host.

    Args:
        router: Its router, which runs.
        home: Where its directory is to be made.
        stack: What ends it.
    """

    def __init__(self, router, home, stack):
        self.router = router
        self.name = router.server_name
        self.daemon = CanaryDaemon(router, home / self.name)
        stack.callback(self.daemon.kill)
        self._folder = self.daemon.home / "rolled"
        self._folder.mkdir()
        stack.callback(self.end_services)

    def start(self):
        words = "{verb}", "{service}", "{version}", "{previous}", str(PROGRAM)
        command = json.dumps([sys.executable, str(ROLL), str(self._folder), self.router.unix, *words])
        self.daemon.start(
            rules=(*QUICK, f'deploy.executors.roll={{kind = "command", command = {command}, timeout = "60s"}}')
        )

    def put(self, version):
        """Start a version by hand."""
        words = [ROLL, self._folder, self.router.unix, "start", SERVICE, version, "", PROGRAM]
        subprocess.run([sys.executable, *words], check=True, timeout=60)

    def end_services(self):
        """Each has a process group of its own."""
        for file in self._folder.glob(f"{SERVICE}@*[!g]"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(file.read_text()), signal.SIGKILL)

    async def ask(self, question):
        """What a client of its router hears; None when there is no answer."""
        try:
            async with Client(self.router.unix, "watcher") as client, asyncio.timeout(ANSWER_S):
                return await question(client)
        except (ClientError, OSError):
            return None

    async def statistics(self):
        """What its router tells of itself; None when it does not answer."""
        reply = await self.ask(lambda client: client.request(Message("ROUTER_GET_STATS"), "ROUTER_STATS"))
        return None if reply is None else msgspec.json.decode(reply.get("stats"), type=Statistics)

    async def version(self):
        """Who answers as the primary."""
        question = Message("ASK", {"n": "0"}, service=SERVICE, server=".")
        reply = await self.ask(lambda client: client.request(question, "ANSWER"))
        return None if reply is None else reply.get("by")

    async def mirror(self, version):
        """How copies for a version go; None: there are none."""
        told = await self.statistics()
        return next((one for one in told.mirrors if one.version == version), None) if told else None

    async def comparison(self, version):
        """What came of comparing a version; None: nothing yet."""
        question = Message("CANARY_GET_REPORT", {"view": "shadows", "cache": "no"}, service="canary", server=".")
        reply = await self.ask(lambda client: client.request(question, "CANARY_CURRENT_REPORT"))
        told = msgspec.json.decode(reply.get("report"), type=Comparisons) if reply else Comparisons()
        return next((one for one in told.comparisons if one.version == version), None)

    @property
    def resident_bytes(self):
        return psutil.Process(self.router.pid).memory_info().rss

    @property
    def cpu_s(self):
        spent = psutil.Process(self.router.pid).cpu_times()
        return spent.user + spent.system
