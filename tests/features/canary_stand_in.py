"""A canary that only knows flags, written down: it pages as the real one does, and what it says can be spoilt."""

import asyncio
import contextlib

import msgspec

from communicator.answers.features import Counts, FlagsPage
from communicator.client import Service
from communicator.protocol.message import Message


class StandIn:
    """Flags of a canary, and what it was asked and told."""

    def __init__(self, page=2) -> None:
        self.flags = {}
        self.revision = 0
        self.nonce = "n"
        self.page = page
        """How many flags a page holds."""
        self.asked = []
        self.told = []
        self.spoil = None
        """What takes the place of the next answer's parameters."""
        self.service = None

    @property
    def generation(self):
        return f"{self.nonce}.{self.revision}"

    def put(self, **flags):
        """Define flags; None: defined no more."""
        for name, text in flags.items():
            self.revision += 1
            self.flags[name] = (self.revision, text)

    async def say_changed(self):
        await self.service.send(Message("FEATURE_FLAGS_CHANGED", {"generation": self.generation}, service="."))

    def answer(self, question):
        nonce, _, revision = question.get("since").partition(".")
        is_whole = nonce != self.nonce
        held = 0 if is_whole else int(revision)
        names = [
            name
            for name, (changed, text) in sorted(self.flags.items())
            if changed > held and name > question.get("after") and not (is_whole and text is None)
        ]
        flags = {name: self.flags[name][1] for name in names[: self.page]}
        raw = {name: msgspec.Raw(b"null" if text is None else text.encode()) for name, text in flags.items()}
        after = names[self.page - 1] if len(names) > self.page else ""
        return {"flags": msgspec.json.encode(FlagsPage(self.generation, raw, is_whole, after)).decode()}

    @contextlib.asynccontextmanager
    async def serve(self, address):
        """Be there until the block ends."""
        self.service = Service(address, "canary")

        @self.service.on("FEATURE_GET_FLAGS")
        async def get_flags(message):
            self.asked.append((message.get("since"), message.get("after")))
            answer = {"serial": message.get("serial")} | self.answer(message)
            if self.spoil is not None:
                answer, self.spoil = answer | self.spoil(), None
            return Message("FEATURE_CURRENT_FLAGS", answer)

        @self.service.on("FEATURE_EVALUATIONS")
        async def evaluations(message):
            self.told += msgspec.json.decode(message.get("counts"), type=Counts).evaluations

        async with asyncio.TaskGroup() as group:
            group.create_task(self.service.run())
            await self.service.wait_ready()
            try:
                yield self
            finally:
                self.service.stop()
