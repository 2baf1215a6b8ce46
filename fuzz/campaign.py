"""Runs each fuzzer for its time and says what it found; it knows the fuzzers by name and the router by its addresses."""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from communicator.protocol.addresses import parse_router_address
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from fuzz.doors import datagram_case, stream_case
from fuzz.links import Address, connect
from fuzz.mutation import case_random
from fuzz.readers import json_reader_case, line_reader_case
from fuzz.witness import Witness

VISITORS = 6
"""Links that misbehave at the same time."""
GROWTH_BYTES = 160 * 1024 * 1024
"""How much a router may grow: its full cache (64 MiB) with what Python needs to hold it."""
PATIENCE_S = 20.0

READERS: dict[str, Callable[[Random], None]] = {"line": line_reader_case, "json": json_reader_case}
DOORS: dict[str, Callable[[Random, Address], Awaitable[None]]] = {
    "tcp": stream_case,
    "unix": stream_case,
    "udp": datagram_case,
}


class FoundError(AssertionError):
    """The fuzzer found something; says how to see it again."""


@dataclass(frozen=True, slots=True)
class Router:
    """Where a live router listens, as ``cd://`` and ``cdu://`` addresses, and what it logged."""

    unix: str
    local: str
    signal: str
    read_log: Callable[[], str]

    def door(self, name: str) -> Address:
        """The door a fuzzer is for."""
        found = parse_router_address({"unix": self.unix, "tcp": self.local, "udp": self.signal}[name])
        return (found.host_port.host, found.host_port.port) if found.host_port else found.path


def fuzz_reader(name: str, seed: int, seconds: float, first_case: int = 0) -> int:
    """Run one of the pure fuzzers.

    Returns:
        How many cases it ran.

    Raises:
        FoundError: A case broke a promise.
    """
    until, case = time.monotonic() + seconds, first_case
    while case == first_case or time.monotonic() < until:
        try:
            READERS[name](case_random(seed, case))
        except Exception as error:
            raise FoundError(f"{name}: {error!r}; repeat with --only {name} --seed {seed} --case {case}") from error
        case += 1
    return case - first_case


async def fuzz_door(name: str, router: Router, seed: int, seconds: float, first_case: int = 0) -> int:
    """Misbehave at one door of a live router while a well-behaved pair of clients talks through it.

    Returns:
        How many cases it ran.

    Raises:
        FoundError: The pair noticed, the router grew too much, caught an exception of its own, or is gone.
    """
    visiting = _Visiting(name, router.door(name), seed, first_case)
    stop = asyncio.Event()
    try:
        before = await statistics(router)
        visiting.until_s = time.monotonic() + seconds
        async with asyncio.TaskGroup() as pair:
            pair.create_task(Witness().watch(router.door("tcp"), router.door("unix"), stop))
            async with asyncio.TaskGroup() as visitors:
                for _ in range(VISITORS):
                    visitors.create_task(visiting.visit())
            stop.set()
        judge(before, await _quiet(router), router.read_log())
    except* Exception as group:
        causes = "; ".join(map(repr, leaves_of(group)))
        raise FoundError(
            f"{name}: {causes}; repeat with --only {name} --seed {seed} --case {first_case} (cases up to {visiting.case})"
        ) from group
    return visiting.case - first_case


class _Visiting:
    """Hands out the cases, one after the other, to visitors who work at the same time."""

    def __init__(self, name: str, door: Address, seed: int, case: int) -> None:
        self.name, self.door, self.seed, self.case, self.until_s = name, door, seed, case, math.inf

    async def visit(self) -> None:
        while time.monotonic() < self.until_s:
            random = case_random(self.seed, self.case)
            self.case += 1
            await DOORS[self.name](random, self.door)


async def statistics(router: Router) -> dict[str, Any]:
    """What the router says of itself, asked on a link of its own: the proof that it lives."""
    async with asyncio.timeout(PATIENCE_S), connect(router.door("tcp")) as link:
        await link.write(encode_line(Message("ROUTER_GET_STATS")))
        while line := await link.read_line():
            message = decode(line)
            if message.command == "ROUTER_STATS":
                return json.loads(message.get("stats"))
    raise ConnectionError("the router closed the link instead of telling its statistics")


async def _quiet(router: Router) -> dict[str, Any]:
    """The statistics once the links of all who left are gone.

    Raises:
        FoundError: Some never go.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        told = await statistics(router)
        held = {kind: count for kind, count in told["connections"].items() if kind in ("unix", "local")}
        if sum(held.values()) <= 1:  # the one that asks
            return told
        if time.monotonic() > until:
            raise FoundError(f"the router still holds links whose clients left: {held}")
        await asyncio.sleep(0.05)


def judge(before: dict[str, Any], after: dict[str, Any], log: str) -> None:
    if after["boot_id"] != before["boot_id"]:
        raise FoundError("another router answers: the first one is gone")
    failed = {stage: count for stage, count in after["handler_exceptions_total"].items() if count}
    if failed:
        raise FoundError(f"the router caught exceptions of its own: {failed}")
    complaints = [line for line in log.splitlines() if "level=error" in line or "Traceback" in line]
    if complaints:
        raise FoundError(f"the router logged {len(complaints)} errors, the first one: {complaints[0][:2000]}")
    growth_bytes = after["resident_bytes"] - before["resident_bytes"]
    if growth_bytes > GROWTH_BYTES:
        raise FoundError(f"the router grew by {growth_bytes} bytes, more than {GROWTH_BYTES}")


def leaves_of(group: BaseExceptionGroup) -> list[BaseException]:
    """All exceptions of a group, and of the groups in it."""
    return [
        leaf
        for error in group.exceptions
        for leaf in (leaves_of(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
