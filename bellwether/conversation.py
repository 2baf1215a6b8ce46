"""SHELL: talks to the router as a passing service; what is asked, and how the answer looks, is told elsewhere."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from bellwether.answers import read_told
from bellwether.blocks import sentence
from bellwether.failure import CommandError
from communicator.answers.clusters import Graph
from communicator.answers.services import Block, Instance
from communicator.client import Client
from communicator.client.instances import gather_instances
from communicator.definitions import load_catalogue
from communicator.errors import MessageRefusedError, NoReceiverError, RemoteProtocolError, ReplyTimeoutError
from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, tool_name
from communicator.version import __version__

T = TypeVar("T")

TIMEOUT_S = 5.0
_LOOK_S = 0.05


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Client]:
    """A client registered as ``bellwether_PID``, that has heard of cluster and clock already.

    Args:
        address: The router's URL.

    Raises:
        BellwetherError: There is no router, or it refuses us.
    """
    async with Client(address, own_name(), service_version=__version__) as client:
        await fence(client)
        yield client


def own_name() -> str:
    """The name under which this process registers."""
    return tool_name(os.getpid())


async def fence(client: Client, timeout_s: float = TIMEOUT_S) -> None:
    """Wait until the router has dealt with all that was sent before: it answers in order."""
    await client.request(Message("ALIVE", {"serial": "1"}), "ABSOLUTELY", timeout_s=timeout_s)


async def deliver(client: Client, message: Message, timeout_s: float = TIMEOUT_S) -> None:
    """Send a message and learn whether the router passed it on.

    Raises:
        NoReceiverError: There is nobody to take it.
        MessageRefusedError: It may not be said, or makes no sense.
        ReplyTimeoutError: The router does not answer.
    """
    await first_of(_refusal_of(client, message, timeout_s), fence(client, timeout_s))


async def ask(client: Client, message: Message, timeout_s: float = TIMEOUT_S) -> Message:
    """Send a message and wait for its answer, as its definition names it; without one, for whatever its receiver says first.

    Raises:
        NoReceiverError: There is nobody to take it.
        MessageRefusedError: The receiver or the router does not take it.
        ReplyTimeoutError: Nothing came in time.
    """
    definition = load_catalogue([])[0].definitions.get(message.command)
    if definition is not None and definition.replies:
        return await client.request(message, *definition.replies, timeout_s=timeout_s)
    reply = await first_of(_refusal_of(client, message, timeout_s), _heard_from(client, message))
    if reply is None:
        raise ReplyTimeoutError(message.command, timeout_s)
    return reply


async def tapped(client: Client) -> AsyncGenerator[Message, None]:
    """Every line that passes the router, as TAPPED messages, once TAP was delivered.

    Raises:
        NotConnectedError: The router is gone.
    """
    async for message in client.messages():
        if message.command == "TAPPED" and message.sent_from_service == ROUTER_SERVICE:
            yield message


async def request_or_none(client: Client, message: Message, reply: str) -> Message | None:
    """Ask for something that may not be there: None when nobody takes the question, or no answer comes."""
    try:
        return await client.request(message, reply, timeout_s=TIMEOUT_S)
    except (NoReceiverError, MessageRefusedError, ReplyTimeoutError):
        return None


def cluster(client: Client) -> dict[str, object] | None:
    """What the router last said of the cluster, field by field."""
    return None if client.cluster_status is None else msgspec.to_builtins(client.cluster_status)


async def not_enforced(client: Client) -> tuple[str, ...]:
    """The servers with a C++ router, as the router of this host tells; none where it tells nothing of the cluster.

    Raises:
        CommandError: What it tells cannot be read.
    """
    answer = await request_or_none(client, Message("CLUSTER_GET_GRAPH"), "CLUSTER_GRAPH")
    return () if answer is None else read_graph(answer).not_enforced


async def blocks(client: Client, service: str = "") -> list[Block]:
    """The versions that the policy of this host's router keeps out; none where it tells of none.

    Args:
        client: Who asks.
        service: Of this one alone; empty: of all.

    Raises:
        CommandError: What it tells cannot be read.
    """
    answer = await request_or_none(client, Message("LIST_SERVICES", {"limit": "0", "scope": "local"}), "SERVICES")
    if answer is None or not answer.get("blocked"):
        return []
    told = read_told(answer, "blocked", list[Block], "the router's list of blocked versions")
    return [block for block in told if service in ("", block.service)]


async def why_missing(client: Client, service: str) -> str:
    """What is blocked of a service, to be put behind a failure; empty when nothing is."""
    told = await blocks(client, service) if service else []
    return "".join(f"; {sentence(block, client.server_name, time.time())}" for block in told)


def read_graph(answer: Message) -> Graph:
    """CLUSTER_GRAPH, read.

    Raises:
        CommandError: It cannot be.
    """
    return read_told(answer, "graph", Graph, "the router's picture of the cluster")


async def services(client: Client, *, local: bool = False) -> list[Instance]:
    """All service instances the router knows but this one, fetched page by page.

    Args:
        client: Who asks.
        local: Only those of this host.

    Raises:
        ClientError: The router does not answer, or does not know the question.
        CommandError: It answers something else.
    """

    async def asked(question: Message) -> Message:
        return await client.request(question, "SERVICES", timeout_s=TIMEOUT_S)

    try:
        instances = await gather_instances(asked, local=local)
    except RemoteProtocolError as error:
        raise CommandError(str(error)) from None
    return [instance for instance in instances if not _is_ours(instance, client)]


def _is_ours(instance: Instance, client: Client) -> bool:
    return instance.service == own_name() and instance.server in ("", client.server_name)


async def missing(client: Client, wanted: frozenset[str], timeout_s: float) -> frozenset[str]:
    """Wait until services of this host are up; returns those that are not within `timeout_s`."""
    absent = wanted
    try:
        async with asyncio.timeout(timeout_s):
            while absent:
                here = {instance.service for instance in await services(client, local=True) if instance.state == "up"}
                absent = wanted - here
                await asyncio.sleep(_LOOK_S if absent else 0)
    except TimeoutError:
        pass
    return absent


def ends_router(message: Message) -> bool:
    """Whether a router that obeys this message goes away, so that a lost link is the answer one hopes for."""
    return message.service in ("", ROUTER_SERVICE) and message.command in ("STOP", "SHUTDOWN", "RESTART")


def may_answer(question: Message, candidate: Message) -> bool:
    """Whether a message can be the answer to another, by who sent it."""
    if question.service in BROADCAST_SERVICES:
        return candidate.sent_from_service != ROUTER_SERVICE
    return candidate.sent_from_service == (question.service or ROUTER_SERVICE)


async def first_of(*works: Coroutine[Any, Any, T]) -> T:
    """The outcome of whatever ends first, of those that end together the first named; the rest is given up."""
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(task for task in tasks if not task.cancelled()).result()


async def _refusal_of(client: Client, message: Message, timeout_s: float) -> Message | None:
    """Waits for a refusal: what it is said to wait for answers ALIVE alone, of which the answer is known."""
    return await client.request(message, "ABSOLUTELY", timeout_s=timeout_s)


async def _heard_from(client: Client, question: Message) -> Message | None:
    async for message in client.messages():
        if may_answer(question, message):
            return message
    return None
