"""A service that goes by feature flags, and a flag for it."""

import asyncio
import contextlib
import json

from communicator.client import Service
from communicator.errors import ClientError
from communicator.protocol import Message
from tests.conftest import EVENTUALLY_S

FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "on",
    "metadata": {"owner": "shop", "type": "kill-switch"},
}


def canary_message(command, **parameters):
    return Message(command, parameters, service="canary", server=".")


class Shop:
    """A service of the host that goes by flags."""

    def __init__(self, router):
        self.service = Service(router.unix, "shop")
        self.heard = asyncio.Queue()
        self.service.on("FEATURE_FLAGS_CHANGED")(self._hear)
        self.flags, self.generation = {}, ""

    async def _hear(self, message):
        self.heard.put_nowait(message.get("generation"))

    async def fetch(self):
        """Fetch what there is to fetch; returns what came."""
        came, after, generation = {}, "", ""
        while True:
            wanted = {"since": self.generation, "after": after}
            question = canary_message("FEATURE_GET_FLAGS", **{name: text for name, text in wanted.items() if text})
            page = json.loads((await self.service.request(question, "FEATURE_CURRENT_FLAGS")).get("flags"))
            if not after:
                generation = page["generation"]
                self.flags = {} if page["is_whole"] else self.flags
            came |= page["flags"]
            after = page["after"]
            if not after:
                self.generation = generation
                self.flags |= came
                return came

    async def wait_for(self, is_wanted):
        """Fetch after each change, until flags are as wanted."""
        async with asyncio.timeout(EVENTUALLY_S):
            while True:
                with contextlib.suppress(ClientError):  # whoever is not there yet tells when it is
                    await self.fetch()
                if is_wanted(self.flags):
                    return
                await self.heard.get()


@contextlib.asynccontextmanager
async def running_shop(router):
    made = Shop(router)
    async with asyncio.TaskGroup() as group:
        group.create_task(made.service.run())
        await made.service.wait_ready()
        yield made
        made.service.stop()


def set_flag(desk, feature="new-checkout", **changes):
    return desk.order("feature-set", feature=feature, definition=json.dumps({**FLAG, **changes}))


def is_off(flag):
    return flag is not None and flag.get("metadata", {}).get("switched_off") is True
