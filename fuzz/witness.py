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

UNASKED = ("TRACE_HOP",)
"""What a member can have sent to a service: it says in that name that it traces, as one that passes messages on could in truth."""
COMMANDS = "HELP,QUITTING,READY,STOP,UNKNOWN,INVALID,WITNESSED_ASK,WITNESSED_TELL"
"""What the pair understands: two commands that nobody else sends."""


class DisturbedError(AssertionError):
    """A well-behaved client noticed that others misbehave."""


class Witness:
    """The pair, one on each of two addresses.

    Args:
        burst: How many messages each says at once: they have to arrive in order.
        news_s: How long the routers of the two may take to tell each other of them.
    """

    def __init__(self, burst: int = 1, news_s: float = 0.0) -> None:
        self.rounds = 0
        self._news_s = news_s
        self._burst = burst

    async def watch(self, first: Address, second: Address, stop: asyncio.Event) -> None:
        """Exchange messages, once and then until `stop` is set.

        Raises:
            DisturbedError: A message was lost, late, doubled or came from elsewhere, or a link ended.
        """
        async with connect(first) as asking, connect(second) as telling:
            await self._register(asking, "witness_asks")
            await self._register(telling, "witness_tells")
            await asyncio.sleep(self._news_s)
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
        await self._tell(asking, telling, "WITNESSED_ASK", "witness_tells")
        await self._tell(telling, asking, "WITNESSED_TELL", "witness_asks")
        self.rounds += self._burst

    async def _tell(self, sender: Link, receiver: Link, command: str, service: str) -> None:
        serials = [str(serial) for serial in range(self.rounds, self.rounds + self._burst)]
        await sender.write(b"".join(encode_line(Message(command, {"n": serial}, service)) for serial in serials))
        for serial in serials:
            await self._expect(receiver, command, serial)

    async def _expect(self, link: Link, command: str, serial: str) -> None:
        line = await self._in_time(link.read_line(), f"no {command} {serial} within {PATIENCE_S} s")
        while line and decode(line).command in ("ALIVE", *UNASKED):
            if decode(line).command == "ALIVE":
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
