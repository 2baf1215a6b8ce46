"""Switches a service of five linked routers back and forth while all speak to it: how fast, and what becomes of messages."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks.errors import BenchmarkError
from communicator.errors import ClientError
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.testing import RouterCluster, RouterProcess, RouterProcessError

ROUTERS = 5
PLACES = 3
"""Routers with both versions; from the others every message crosses a link."""
VERSIONS = ("1.0", "2.0")
SERVICE = "coloured"
TICK_S = 0.01
ANSWER_S = 20.0
DRAINED_S = 2.0
"""So long after the last message nothing has come: what is missing is lost."""
LISTED = "HELP,QUITTING,READY,STOP,UNKNOWN,ALIVE,NUMBER"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchingPlan:
    """What is done."""

    switches: int = 20
    every_s: float = 0.5
    per_s: int = 5_000
    """Messages a second, of all senders together."""


@dataclass(slots=True)
class Switching:
    """What was found."""

    sent: int = 0
    elapsed_s: float = 0.0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    """Came to one instance after a later one of the same sender."""
    by_version: Counter[str] = field(default_factory=Counter)
    acknowledged_s: list[float] = field(default_factory=list)
    """Of each switch: from the first word to a router until the last of them has acknowledged."""

    @property
    def per_s(self) -> float:
        """Messages a second that were sent."""
        return self.sent / self.elapsed_s if self.elapsed_s else 0.0


class Line:
    """A process at a router, as far as the load needs it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, stack: AsyncExitStack, router: RouterProcess, register: str) -> "Line":
        """Connect, register and say what is understood."""
        reader, writer = await asyncio.open_unix_connection(router.unix.removeprefix("cd://"), limit=2**21)
        stack.callback(writer.close)
        writer.write(f"REGISTER version=1;{register}\nCOMMANDS list={LISTED}\n".encode())
        line = cls(reader, writer)
        await line.await_answer("READY")
        return line

    async def await_answer(self, command: str) -> Message:
        """The next message with a command; what comes before it is not looked at."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                text = await self.reader.readline()
                if not text:
                    raise BenchmarkError("a router has closed a link")
                message = decode(text.rstrip(b"\n"))
                if message.command in (command, "INVALID"):
                    if message.command != command:
                        raise BenchmarkError(f"a router refuses: {message.get('message')}")
                    return message


def measure_switching(plan: SwitchingPlan) -> Switching:
    """Run it on routers of its own.

    Args:
        plan: What to do.

    Raises:
        BenchmarkError: The routers do not start, or do not answer.
    """
    try:
        with RouterCluster(ROUTERS) as routers:
            return asyncio.run(_measure(routers, plan))
    except (RouterProcessError, ClientError, TimeoutError, OSError) as error:
        raise BenchmarkError(f"colours: {error}") from error


async def _measure(routers: RouterCluster, plan: SwitchingPlan) -> Switching:
    found = Switching()
    received: Counter[tuple[str, int]] = Counter()
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        canaries = [await Line.open(stack, router, "service=canary") for router in routers]
        await _switch(canaries, 1)
        tasks: list[asyncio.Task[None]] = []
        for router in routers[:PLACES]:
            for version, role in zip(VERSIONS, ("live", "standby"), strict=True):
                line = await Line.open(stack, router, f"service={SERVICE};service_version={version};role={role}")
                tasks.append(loop.create_task(receive(line, version, received, found)))
        senders = [await Line.open(stack, router, f"service=sender_{router.server_name}") for router in routers]
        await asyncio.to_thread(routers.wait_offered, SERVICE)
        speaking = loop.create_task(speak(senders, plan, found))
        for number in range(plan.switches):
            await asyncio.sleep(plan.every_s)
            found.acknowledged_s.append(await _switch(canaries, number + 2))
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        await await_all(received, found)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    found.lost = found.sent - len(received)
    found.doubled = sum(count - 1 for count in received.values())
    return found


async def _switch(canaries: Sequence[Line], generation: int) -> float:
    """Make the other version active on all routers; how long it took until all had said that it is."""
    active = VERSIONS[(generation - 1) % 2]
    colour = {"service": SERVICE, "generation": generation, "active": active}
    policy = {"generation": [1, generation], "lease_s": 1000, "colours": [colour]}
    line = encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)}))
    start_s = time.monotonic()
    for canary in canaries:
        canary.writer.write(line)
    for answer in await asyncio.gather(*(canary.await_answer("POLICY_CURRENT") for canary in canaries)):
        [told] = json.loads(answer.get("colours"))
        if (told["generation"], told["active"]) != (generation, active):
            raise BenchmarkError(f"a router obeys {told} in place of generation {generation}")
    return time.monotonic() - start_s


async def speak(senders: Sequence[Line], plan: SwitchingPlan, found: Switching) -> None:
    """Number messages through from each sender until this is cancelled."""
    start_s, each = time.monotonic(), 0
    try:
        while True:
            await asyncio.sleep(TICK_S)
            due = int((time.monotonic() - start_s) * plan.per_s / len(senders))
            lines = b"".join(b"%s/NUMBER n=%d\n" % (SERVICE.encode(), number) for number in range(each, due))
            for sender in senders:
                sender.writer.write(lines)
            found.sent += (due - each) * len(senders)
            each = due
    finally:
        found.elapsed_s = time.monotonic() - start_s


async def receive(line: Line, version: str, received: Counter[tuple[str, int]], found: Switching) -> None:
    """Count what comes to one instance."""
    latest: dict[str, int] = {}
    while text := await line.reader.readline():
        message = decode(text.rstrip(b"\n"))
        if message.command == "NUMBER":
            number = int(message.get("n"))
            received[message.sender, number] += 1
            found.by_version[version] += 1
            found.disordered += latest.get(message.sender, -1) > number
            latest[message.sender] = number


async def await_all(received: Counter[tuple[str, int]], found: Switching) -> None:
    """Wait until all has come, or nothing comes any more."""
    waited_s, before = 0.0, -1
    while len(received) < found.sent and waited_s < DRAINED_S:
        waited_s = 0.0 if len(received) != before else waited_s + TICK_S
        before = len(received)
        await asyncio.sleep(TICK_S)
