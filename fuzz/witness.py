"""Two well-behaved clients that talk to each other while others misbehave, and notice anything; they send nothing odd."""

import asyncio
from collections.abc import Awaitable

from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from fuzz.links import Address, Link, connect

PATIENCE_S = 20.0
"""How long an answer may take on a machine whose cores the fuzzer uses up."""
PAUSE_S = 0.002
"""Between rounds: the witness is to look, not to load."""

COMMANDS = "HELP,QUITTING,READY,STOP,UNKNOWN,INVALID,WITNESSED_ASK,WITNESSED_TELL"
"""What the pair understands: two commands that nobody else sends."""


class DisturbedError(AssertionError):
    """A well-behaved client noticed that others misbehave."""


class Witness:
    """The pair, one on each of two addresses."""

    def __init__(self) -> None:
        self.rounds = 0

    async def watch(self, first: Address, second: Address, stop: asyncio.Event) -> None:
        """Exchange messages, once and then until `stop` is set.

        Raises:
            DisturbedError: A message was lost, late, doubled or came from elsewhere, or a link ended.
        """
        async with connect(first) as asking, connect(second) as telling:
            await self._register(asking, "witness_asks")
            await self._register(telling, "witness_tells")
            await self._round(asking, telling)
            while not stop.is_set():
                await asyncio.sleep(PAUSE_S)
                await self._round(asking, telling)

    async def _register(self, link: Link, name: str) -> None:
        await link.write(encode_line(Message("REGISTER", {"service": name, "version": "1"})))
        await self._expect(link, "HELP", "")
        await self._expect(link, "READY", "")
        await link.write(encode_line(Message("COMMANDS", {"list": COMMANDS})))

    async def _round(self, asking: Link, telling: Link) -> None:
        serial = str(self.rounds)
        await asking.write(encode_line(Message("WITNESSED_ASK", {"n": serial}, service="witness_tells")))
        await self._expect(telling, "WITNESSED_ASK", serial)
        await telling.write(encode_line(Message("WITNESSED_TELL", {"n": serial}, service="witness_asks")))
        await self._expect(asking, "WITNESSED_TELL", serial)
        self.rounds += 1

    async def _expect(self, link: Link, command: str, serial: str) -> None:
        line = await self._in_time(link.read_line(), f"no {command} {serial} within {PATIENCE_S} s")
        while line and decode(line).command == "ALIVE":
            await link.write(encode_line(decode(line).reply("ABSOLUTELY", decode(line).parameters)))
            line = await self._in_time(link.read_line(), f"no {command} {serial} within {PATIENCE_S} s")
        if not line:
            raise DisturbedError(f"the link of a well-behaved client ended while it waited for {command} {serial}")
        message = decode(line)
        if (message.command, message.get("n")) != (command, serial):
            raise DisturbedError(f"{message!r} came instead of {command} {serial}")

    async def _in_time(self, line: Awaitable[bytes], complaint: str) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await line
        except TimeoutError:
            raise DisturbedError(complaint) from None
        except ConnectionError as error:
            raise DisturbedError(f"the link of a well-behaved client broke: {error}") from None
