"""SHELL: what the commands about the cluster ask a running router; how things look is told elsewhere."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime

import msgspec

from bellwether import conversation
from bellwether.answers import to_json
from bellwether.cluster import ClusterView
from bellwether.cluster import render as render_cluster
from bellwether.failure import CommandError
from bellwether.hops import Hop, read_hop, to_line
from bellwether.message_text import parse_message
from bellwether.places import find_router
from bellwether.route import destination_of, read_route, with_not_enforced
from bellwether.route import render as render_route
from bellwether.screen import display
from bellwether.screen_text import tell, write
from communicator.answers.clusters import Route
from communicator.client import Client
from communicator.errors import AddressError, MessageRefusedError
from communicator.protocol.addresses import parse_host_port
from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, is_server_name

_USAGE = 2


def cluster(communicator: str | None, *, as_json: bool) -> None:
    """Find out who is in the cluster, and show it."""
    view = asyncio.run(_look(find_router(communicator)))
    display(to_json(view) if as_json else render_cluster(view))


async def _look(address: str) -> ClusterView:
    async with conversation.connected(address) as client:
        await conversation.request_or_none(client, Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
        graph = await conversation.request_or_none(client, Message("CLUSTER_GET_GRAPH"), "CLUSTER_GRAPH")
        return ClusterView(
            cluster=conversation.cluster(client),
            graph=None if graph is None else conversation.read_graph(graph),
        )


def forget_message(member: str) -> Message:
    """The message that has a server, or an address, forgotten.

    Raises:
        CommandError: It is neither.
    """
    if is_server_name(member):
        return Message("FORGET", {"server": member})
    try:
        return Message("FORGET", {"ip": str(parse_host_port(member))})
    except AddressError:
        raise CommandError(f"{member!r} is neither the name of a server nor IP:PORT", _USAGE) from None


def forget(communicator: str | None, member: str, message: Message) -> None:
    """Have a server forgotten.

    Raises:
        ClientError: The router does not take it.
    """
    asyncio.run(_deliver(find_router(communicator), message))
    tell(f"{member} is forgotten")


async def _deliver(address: str, message: Message) -> None:
    async with conversation.connected(address) as client:
        await conversation.deliver(client, message)


def route(communicator: str | None, destination: str, *, as_json: bool) -> None:
    """Find out which way a message would go, and show it.

    Raises:
        CommandError: There is no way, or the router's answer cannot be read.
    """
    question = Message("CLUSTER_GET_ROUTE", {"destination": destination_of(destination)})
    found, blocked = asyncio.run(_route(find_router(communicator), question))
    display(to_json(found) if as_json else render_route(found))
    if found.outcome == "none":
        reason = found.reason or "the router does not say why"
        raise CommandError(f"there is no way to {destination!r}: {reason}{blocked}")


async def _route(address: str, question: Message) -> tuple[Route, str]:
    """The route, and what is blocked of its service, in words."""
    service = question.get("destination").partition("/")[0].rpartition(":")[2]
    async with conversation.connected(address) as client:
        found = read_route(await client.request(question, "CLUSTER_ROUTE", timeout_s=conversation.TIMEOUT_S))
        found = with_not_enforced(found, await conversation.not_enforced(client))
        return found, await conversation.why_missing(client, service)


def trace(communicator: str | None, words: Sequence[str], *, wait_s: float) -> None:
    """Send a message, and print where it passes.

    Raises:
        CommandError: It was delivered nowhere.
        MessageRefusedError: The router does not take it.
    """
    hops, blocked = asyncio.run(_trace(find_router(communicator), parse_message(list(words)), wait_s))
    arrived = any(hop.action == "delivered" for hop in hops)
    failed = [hop for hop in hops if hop.action == "failed"]
    if failed:
        where = " everywhere" if arrived else ""
        raise CommandError(f"not delivered{where}: {failed[0].server} says {failed[0].reason or 'failed'}{blocked}")
    if not arrived:
        kept = any(hop.action == "cached" for hop in hops)
        why = "kept until its service comes" if kept else f"nothing was heard of its delivery within {wait_s:g} s"
        raise CommandError(f"not delivered: {why}{blocked}")


async def _trace(address: str, message: Message, wait_s: float) -> tuple[list[Hop], str]:
    """What the routers tell, and what is blocked of its service, in words."""
    traced = msgspec.structs.replace(message, parameters={"trace": secrets.token_hex(8), **message.parameters})
    spreads = message.service in BROADCAST_SERVICES or message.get("deliver") == "all"
    hops: list[Hop] = []
    async with conversation.connected(address) as client, aclosing(_hops(client, traced)) as heard:
        try:
            async with asyncio.timeout(wait_s):
                async for hop in heard:
                    hops.append(hop)
                    write(to_line(hop, datetime.now().astimezone()))
                    if hop.is_last and not spreads:
                        break
        except TimeoutError:
            pass
        blocked = await conversation.why_missing(client, message.service)
    return hops, blocked


async def _hops(client: Client, message: Message) -> AsyncGenerator[Hop, None]:
    await client.send(message)
    async for heard in client.messages():
        if heard.sent_from_service != ROUTER_SERVICE:
            continue
        hop = read_hop(heard, message.get("trace"))
        if hop is not None:
            yield hop
        elif heard.command in ("INVALID", "UNKNOWN") and heard.get("command") == message.command:
            reason = heard.get("message") or "the router does not know this command"
            raise MessageRefusedError(message.command, reason)
