"""What people say to deployments on one host, and hear of them."""

from types import MappingProxyType

import msgspec

from canary.deployment.spec import read_table
from communicator.answers.deployments import Deployments, DeploymentTaken
from communicator.protocol import Message

SERVICE = "billing"


class Talk:
    """Needs a method `ask` that takes a question to a client of the host, and gives its answer, or None when there is none."""

    spec = MappingProxyType({"name": "web", "service": SERVICE, "executor": "roll", "deadline": "60s", "bake": "1s"})
    """Of each deployment, as far as it says nothing else."""

    async def deployments(self):
        """What its canary knows of them; None when it does not answer."""
        question = Message("CANARY_GET_REPORT", {"view": "deployments", "cache": "no"}, service="canary", server=".")
        reply = await self.ask(lambda client: client.request(question, "CANARY_CURRENT_REPORT"))
        return None if reply is None else msgspec.json.decode(reply.get("report"), type=Deployments)

    async def members(self):
        """The hosts that its canary knows to have one."""
        question = Message("CANARY_GET_REPORT", {"view": "orders", "cache": "no"}, service="canary", server=".")
        reply = await self.ask(lambda client: client.request(question, "CANARY_CURRENT_REPORT"))
        return None if reply is None else msgspec.json.decode(reply.get("report"))["members"]

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
        text = msgspec.json.encode(read_table(self.spec | {"version": version} | spec)).decode()
        taken = await self.tell("start", spec=text)
        assert isinstance(taken, DeploymentTaken), taken
        return taken
