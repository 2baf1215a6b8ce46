"""One host on which deployments are carried out: a real router, a real canaryd, and services that are processes."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from communicator.answers.router import Statistics
from communicator.client import Service
from communicator.protocol import Message
from tests.canary.book.live import host as books
from tests.canary.deployment.talk import SERVICE, Talk
from tests.canary.running import QUICK

ROLL = Path(__file__).parents[1] / "roll.py"
FOLDER = "rolled"
DONE = "done"
"""The file in which each call of the executor is noted before it does anything."""
SLOW = "slow"
"""While this file is there a call of the executor waits."""
NOTED = 'echo "$*" >>"$0/done"; while [ -e "$0/slow" ]; do sleep 0.05; done; shift 3; exec "$@"'


class Host(Talk, books.Host):
    """A host."""

    def __init__(self, router, home, library, stack):
        super().__init__(router, home, library, stack)
        self.folder = self.daemon.home / FOLDER
        self.folder.mkdir()
        stack.callback(self.end_services)

    @property
    def _executor(self):
        noted = ["/bin/sh", "-c", NOTED, str(self.folder), "{deployment}", "{step}", "{attempt}"]
        roll = [
            sys.executable,
            str(ROLL),
            str(self.folder),
            self.router.unix,
            "{verb}",
            "{service}",
            "{version}",
            "{previous}",
        ]
        command = json.dumps(noted + roll)
        return f'deploy.executors.roll={{kind = "command", command = {command}, timeout = "60s"}}'

    def start(self):
        self.make_room()
        self.daemon.start(environment=self._environment, rules=(*QUICK, self._executor))

    def crash(self):
        """Its canary dies; what its executor has begun goes on."""
        self.daemon.kill_alone()

    def stop(self):
        """Its canary is stopped in good order."""
        self.daemon.stop_alone()

    def lose_power(self):
        """Both daemons end at once, and its services."""
        self.crash()
        self.router.kill()
        self.end_services()

    def restore_power(self):
        """What boots starts what had been put there, as systemd would."""
        self.router.start()
        self.start()
        for file in self.folder.glob(f"{SERVICE}@*[!g]"):
            file.unlink()
            self.put(file.name.partition("@")[2])

    def put(self, version):
        """Start a version by hand."""
        words = [str(ROLL), str(self.folder), self.router.unix, "start", SERVICE, version]
        subprocess.run([sys.executable, *words], check=True, timeout=60)

    async def forget(self, server):
        """As `bellwether cluster forget` does."""
        await self.ask(lambda client: client.send(Message("FORGET", {"server": server})))

    async def lie(self, *decisions):
        """Its canary is none: it tells all others of decisions."""
        self.crash()
        told = {"what": "entries", "entries": [msgspec.to_builtins(one.tell(0.0)) for one in decisions]}
        book = Message("CANARY_BOOK", {"book": json.dumps(told), "deliver": "all"}, service="canary")
        service = Service(self.router.unix, "canary")
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            await service.send(book)
            service.stop()

    async def statistics(self):
        """What its router tells of itself; None when it does not answer."""
        reply = await self.ask(lambda client: client.request(Message("ROUTER_GET_STATS"), "ROUTER_STATS"))
        return None if reply is None else msgspec.json.decode(reply.get("stats"), type=Statistics)

    @contextlib.asynccontextmanager
    async def hears(self, command):
        """A service there that everybody can tell something; what it has heard."""
        service, heard = Service(self.router.unix, "listener"), []

        @service.on(command)
        async def hear(message):
            heard.append(message)

        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            yield heard
            service.stop()

    @property
    def calls(self):
        """What its executor was called for: deployment, step, attempt, verb, version."""
        file = self.folder / DONE
        words = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [(*line[:3], line[7], line[9]) for line in words]

    def processes(self):
        """By version, the process of the service."""
        found = {file.name.partition("@")[2]: int(file.read_text()) for file in self.folder.glob(f"{SERVICE}@*[!g]")}
        return {version: process for version, process in found.items() if _runs(process)}

    def hold(self):
        """What the executor is called for from now on waits until it is let go."""
        (self.folder / SLOW).touch()

    def let_go(self):
        (self.folder / SLOW).unlink(missing_ok=True)

    def end_services(self):
        self.let_go()
        for process in self.processes().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
