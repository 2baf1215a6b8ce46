"""What stands at the other ends of a router's links: the comparator, and the router of a shadow in one of its states."""

import asyncio
import json
import socket

import msgspec

from communicator.answers.shadows import Step
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.steps import STEPS_AT_ONCE
from communicator.router.vocabulary.copies import Which, write_said
from communicator.router.vocabulary.records import bucket_of

STATES = ("healthy", "slow", "stuck", "absent", "flooding")
SLOW_S = 10.0
FLOOD = 4
"""Lines that a flooding shadow has its router tell for each copy."""
FAR = "10.0.0.7:4042"
STARTED = 1_700_000_000
READ_BYTES = 256 * 1024
TEXT = "x" * 80
COMMANDS = "HELP,QUITTING,READY,STOP,UNKNOWN,ASK,ANSWER"


class Ends:
    """Sockets by name, as one loop reads and writes them."""

    def __init__(self) -> None:
        self.peers: dict[str, socket.socket] = {}

    async def say(self, name: str, text: str) -> None:
        """Write lines."""
        await asyncio.get_running_loop().sock_sendall(self.peers[name], text.encode() + b"\n")

    async def read(self, name: str) -> bytes:
        """What has been written to it.

        Raises:
            ConnectionError: The router has closed the link.
        """
        data = await asyncio.get_running_loop().sock_recv(self.peers[name], READ_BYTES)
        if not data:
            raise ConnectionError(f"the router has closed the link of {name}")
        return data

    async def await_word(self, name: str, word: bytes) -> None:
        """Read up to a line that holds this."""
        data = b""
        while word not in data:
            data += await asyncio.wait_for(self.read(name), 10)

    async def register(self, name: str) -> None:
        """Become a service of this host."""
        await self.say(name, f"REGISTER service={name};version=1\nCOMMANDS list={COMMANDS}")
        await self.await_word(name, b"READY")


def policy_line(generation: int, share: float) -> str:
    """What the canary says so that a part of the conversations with billing on alpha is copied."""
    shadow = {"service": "billing", "version": "2.0", "server": "far", "primary": "alpha", "share": share}
    policy = {"generation": [1, generation], "lease_s": 100_000, "shadows": [shadow]}
    return encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)})).decode().rstrip()


class Far:
    """The router of the shadow, and the shadow, in one of its states."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self.state = "healthy"
        self._sequence = 1
        self._late: asyncio.Queue[Message] = asyncio.Queue()
        """Copies whose answer is due."""

    async def join(self) -> None:
        """Link with the router, over what is open to it."""
        features = "directory/1,shadows/1"
        await self._ends.say(
            "far", f"CONNECT version=1;my_address={FAR};server_name=far;boot_id=f1;features={features}"
        )
        neighbors = [{"server": "alpha", "cost": 1.0}]
        links = {"address": FAR, "secure": False, "neighbors": neighbors, "features": features.split(",")}
        await self._tell("links", links)
        await self.be("healthy")

    async def be(self, state: str) -> None:
        """Be in a state from now on."""
        self.state = state
        instance = {"server": "far", "service": "billing", "role": "shadow", "state": "up", "version": "2.0"}
        await self._tell(bucket_of("billing"), {"instances": [] if state == "absent" else [instance]})

    async def _tell(self, part: str, state: object) -> None:
        self._sequence += 1
        record = {"server": "far", "boot_id": "f1", "started": STARTED, "part": part, "sequence": self._sequence}
        await self._ends.say("far", f"LINK_STATE records={json.dumps([{**record, 'state': state}])}")

    async def live(self) -> None:
        """Answer until this is cancelled."""
        rest = b""
        while True:
            rest += await self._ends.read("far")
            *lines, rest = rest.split(b"\n")
            await self._answer([decode(line) for line in lines])

    async def _answer(self, messages: list[Message]) -> None:
        copies = [message for message in messages if message.command == "SHADOW_COPY"]
        for message in messages:
            if message.command == "ALIVE":
                await self._ends.say("far", f"ABSOLUTELY serial={message.get('serial')}")
        if self.state == "stuck" or not copies:
            return
        await self._confirm(copies)
        for copy in copies:
            if self.state == "slow":
                asyncio.get_running_loop().call_later(SLOW_S, self._late.put_nowait, copy)
        if self.state != "slow":
            await self._say(copies * (FLOOD if self.state == "flooding" else 1))

    async def _confirm(self, copies: list[Message]) -> None:
        """As a router does, of those that came in one read at once."""
        first, last = (copy.get("ticket") for copy in (copies[0], copies[-1]))
        told = f"service=billing;version=2.0;first={first};messages={len(copies)};ticket={last};load=0.1"
        await self._ends.say("far", f"<far:communicatord alpha:communicatord/SHADOW_TAKEN {told}")

    async def answer_late(self) -> None:
        """Answer what a slow shadow has put off, until this is cancelled."""
        while True:
            late = [await self._late.get()]
            while not self._late.empty():
                late.append(self._late.get_nowait())
            await self._say(late)

    async def _say(self, copies: list[Message]) -> None:
        """As a router does, of as many as it tells together."""
        for first in range(0, len(copies), STEPS_AT_ONCE):
            steps = tuple(_said(copy) for copy in copies[first : first + STEPS_AT_ONCE])
            message = write_said(Which("billing", "2.0", "*", "far"), steps, "alpha")
            signed = msgspec.structs.replace(message, sent_from_server="far", sent_from_service=ROUTER_SERVICE)
            await self._ends.say("far", encode_line(signed).decode().rstrip())


def _said(copy: Message) -> Step:
    line = f"ANSWER n=1;text={TEXT}"
    number = int(copy.get("number"))
    return Step(conversation=copy.get("conversation"), what="shadow", number=number, line=line, after_s=0.001)
