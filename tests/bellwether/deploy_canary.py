"""Canaries that tell of deployments, and take commands about them, as a test has written down; on real routers."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
from msgspec.structs import replace

from communicator.answers.deployments import Changes, Deployments, DeploymentTaken, Readiness
from communicator.answers.orders import Orders
from communicator.client import Service
from communicator.protocol import Message


class Story:
    """What the canaries of a cluster tell, and what they were told."""

    def __init__(self, members):
        self.members = members
        self.leader = members[0]
        self.deployments = ()
        self.changes = ()
        self.ready = {server: Readiness(server=server, has="1.9") for server in members}
        self.refusal = ""
        """Why the leader does nothing."""
        self.taken = DeploymentTaken(id="n1", number=1, in_force=True)
        self.becomes = None
        """What is deployed after a command was taken; None: it stays as it is."""
        self.leads_next = ""
        """Who turns out to lead when a command comes."""
        self.commands = []
        """What was given to whom, as (server, parameters)."""
        self.looks = []
        """What is told instead at the next looks: a list of deployments each."""

    def report(self, server, question):
        """The answer to CANARY_GET_REPORT."""
        match question.get("view"):
            case "deployments":
                shown = self.looks.pop(0) if self.looks else self.deployments
                return Deployments(server=server, leader=self.leader, deployments=tuple(shown))
            case "deployment_history":
                return Changes(server=server, changes=tuple(self.changes))
            case "deployment_check":
                return self.ready[server]
            case _:
                return Orders(server=server, members=tuple(self.members))

    def obey(self, server, command):
        """The answer to CANARY_COMMAND."""
        self.commands.append((server, dict(command.parameters)))
        if self.leads_next:
            self.leader, self.leads_next = self.leads_next, ""
        told = {"command": command.get("command"), "status": "done"}
        if server != self.leader:
            return told | {"status": "refused", "message": f"this canary does not lead: {self.leader} does"}
        if self.refusal:
            return told | {"status": "refused", "message": self.refusal}
        if self.becomes is not None:
            self.deployments = (replace(self.becomes, id=self.taken.id, number=self.taken.number),)
        return told | {"result": msgspec.json.encode(self.taken).decode()}


@asynccontextmanager
async def scripted_canary(router, story):
    """A canary on a router until the block ends."""
    service = Service(router.unix, "canary")

    @service.on("CANARY_GET_REPORT")
    async def report(message):
        told = msgspec.json.encode(story.report(router.server_name, message)).decode()
        return Message("CANARY_CURRENT_REPORT", {"report": told})

    @service.on("CANARY_COMMAND")
    async def obey(message):
        return Message("CANARY_RESULT", story.obey(router.server_name, message))

    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        yield
        service.stop()
