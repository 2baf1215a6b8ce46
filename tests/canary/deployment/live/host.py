"""One host on which deployments are carried out: a real router, a real canaryd, and services that are processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from canary.deployment.spec import read_table
from communicator.answers.deployments import Deployments, DeploymentTaken
from communicator.protocol import Message
from tests.canary.book.live import host as books
from tests.canary.running import QUICK

ROLL = Path(__file__).parents[1] / "roll.py"
FOLDER = "rolled"
DONE = "done"
"""The file in which each call of the executor is noted before it does anything."""
SLOW = "slow"
"""While this file is there a call of the executor waits."""
NOTED = 'echo "$*" >>"$0/done"; while [ -e "$0/slow" ]; do sleep 0.05; done; shift 3; exec "$@"'
SERVICE = "billing"
SPEC = {"name": "web", "service": SERVICE, "executor": "roll", "deadline": "60s", "bake": "1s"}


class Host(books.Host):
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
        self.daemon.stop()

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
            words = [str(ROLL), str(self.folder), self.router.unix, "start", *file.name.split("@")]
            subprocess.run([sys.executable, *words], check=True, timeout=60)

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

    async def deployments(self):
        """What its canary knows of them; None when it does not answer."""
        question = Message("CANARY_GET_REPORT", {"view": "deployments", "cache": "no"}, service="canary", server=".")
        reply = await self.ask(lambda client: client.request(question, "CANARY_CURRENT_REPORT"))
        return None if reply is None else msgspec.json.decode(reply.get("report"), type=Deployments)

    async def tell(self, command, **parameters):
        """Say something to a deployment: what came of it, or why it was refused; None when nobody answers."""
        told = {"command": f"deploy-{command}", **parameters}
        message = Message("CANARY_COMMAND", told, service="canary", server=".")
        reply = await self.ask(lambda client: client.request(message, "CANARY_RESULT"))
        if reply is None:
            return None
        taken = reply.get("status") == "done"
        return msgspec.json.decode(reply.get("result"), type=DeploymentTaken) if taken else reply.get("message")

    async def which(self):
        """The version that gets what is said there; None when there is none."""
        question = Message("WHICH", service=SERVICE)
        reply = await self.ask(lambda client: client.request(question, "VERSION"))
        return None if reply is None else reply.get("version")

    async def deploy(self, version, **spec):
        text = msgspec.json.encode(read_table(SPEC | {"version": version} | spec)).decode()
        taken = await self.tell("start", spec=text)
        assert isinstance(taken, DeploymentTaken), taken
        return taken


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
