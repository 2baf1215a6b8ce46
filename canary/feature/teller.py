"""SHELL: tells the services of this host which feature flags are in force, and evaluates one for who cannot; it decides nothing."""

import asyncio
import importlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from canary.book.book import Book
from canary.feature.in_force import InForce
from communicator.answers.features import Evaluated, Evaluations
from communicator.client import Service
from communicator.errors import RemoteProtocolError
from communicator.features.complaints import quieten
from communicator.features.document import NAME
from communicator.protocol import Message

if TYPE_CHECKING:
    from communicator.features.evaluation import Evaluator

GAP_S = 0.05
"""A change is told at once, unless one was told that short a time before: then those that come meanwhile are told together."""


class Teller:
    """What services are told.

    Args:
        service: The link to the router.
        book: What is known of flags.
    """

    def __init__(self, service: Service, book: Book) -> None:
        self.told_revision = -1
        """Of the book: what it said of flags then was told."""
        self._service = service
        self._book = book
        self._in_force = InForce(secrets.token_hex(8))
        self._told_at_s = 0.0
        self._is_untold = asyncio.Event()
        self._evaluator: Evaluator | None = None
        """None: nobody has asked for a value yet."""
        self._loading = asyncio.Lock()

    @property
    def generation(self) -> str:
        """Of the flags in force."""
        return self._in_force.generation

    async def follow(self) -> None:
        """Tell at once of what has changed in the book."""
        revision = self._book.revision
        changed = self._in_force.follow(self._book)
        if not changed and not self._is_untold.is_set():
            self.told_revision = revision
            return
        if self._evaluator is not None:
            self._evaluator.replace(changed)
        if asyncio.get_running_loop().time() < self._told_at_s + GAP_S:
            self._is_untold.set()
        else:
            await self.tell()

    async def tell(self) -> None:
        """Tell that flags have changed, or may have."""
        self._is_untold.clear()
        self._told_at_s, revision = asyncio.get_running_loop().time(), self._book.revision
        await self._service.send(Message("FEATURE_FLAGS_CHANGED", {"generation": self.generation}, service="."))
        self.told_revision = revision

    async def run(self) -> None:
        """Tell what was put off, until cancelled."""
        while True:
            await self._is_untold.wait()
            await asyncio.sleep(self._told_at_s + GAP_S - asyncio.get_running_loop().time())
            if self._is_untold.is_set():
                await self.tell()

    def page(self, message: Message) -> Message:
        """FEATURE_GET_FLAGS: a page of the flags in force."""
        page = self._in_force.page(message.get("since"), message.get("after"))
        answer = {"flags": msgspec.json.encode(page).decode(), "serial": message.get("serial")}
        return Message("FEATURE_CURRENT_FLAGS", {name: value for name, value in answer.items() if value})

    async def evaluate(self, message: Message) -> tuple[Message, Evaluations]:
        """FEATURE_EVALUATE: the value of a flag, and what is to be counted.

        Raises:
            RemoteProtocolError: It names no flag, or its context is none.
        """
        feature, context = message.get("feature"), _read_context(message.get("context"))
        if not NAME.fullmatch(feature):
            raise RemoteProtocolError(f"parameter feature: {feature[:140]!r} is not the name of a flag")
        found: Evaluated = (await self._loaded()).evaluated(feature, context)
        result = msgspec.json.encode(found).decode()
        answer = Message("FEATURE_EVALUATED", {"feature": feature, "result": result})
        return answer, Evaluations(feature, found.variant, found.reason, 1)

    async def _loaded(self) -> "Evaluator":
        """The evaluator; what it takes to load it is loaded in a thread, once somebody needs it."""
        async with self._loading:
            if self._evaluator is None:
                module = await asyncio.to_thread(importlib.import_module, "communicator.features.evaluation")
                quieten()
                evaluator: Evaluator = module.Evaluator()
                evaluator.replace(self._in_force.all())
                self._evaluator = evaluator
            return self._evaluator


def _read_context(text: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise RemoteProtocolError(f"parameter context: {error}") from None
