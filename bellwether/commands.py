"""SHELL: what the commands do that talk to a running router; how things look is told elsewhere."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TypeVar

from bellwether import conversation
from bellwether.answers import to_json
from bellwether.blocks import sentence
from bellwether.failure import CommandError
from bellwether.message_text import parse_message
from bellwether.places import find_router
from bellwether.screen import display
from bellwether.screen_text import tell, write
from bellwether.services import render as render_services
from bellwether.status import View, render
from bellwether.tap import Filter, to_line
from communicator.answers.clocks import ClockReport
from communicator.answers.reading import read_answer
from communicator.answers.router import Statistics
from communicator.answers.services import Instance
from communicator.client.status import ClockStatus
from communicator.errors import MalformedAnswerError, NoReceiverError, NotConnectedError
from communicator.protocol.line_form import encode
from communicator.protocol.message import Message
from communicator.protocol.names import THIS_SERVER

T = TypeVar("T")


def status(communicator: str | None, *, as_json: bool) -> None:
    """Find out how the cluster and this host's clock are, and show it."""
    view = asyncio.run(_look(find_router(communicator)))
    display(to_json(view) if as_json else render(view, time.time()))


async def _look(address: str) -> View:
    async with conversation.connected(address) as client:
        stats, report, instances = await asyncio.gather(
            conversation.request_or_none(client, Message("ROUTER_GET_STATS"), "ROUTER_STATS"),
            conversation.request_or_none(client, _CLOCK_QUESTION, "CLOCK_CURRENT_REPORT"),
            conversation.services(client, local=True),
        )
        clocks = _known(report, "report", ClockReport)
        return View(
            address=address,
            router=_known(stats, "stats", Statistics),
            cluster=conversation.cluster(client),
            clock=_in_words(client.clock_status),
            claim=None if clocks is None else clocks.local.claim,
            services=instances,
        )


_CLOCK_QUESTION = Message("CLOCK_GET_REPORT", {"cache": "no"}, service="timekeeper", server=THIS_SERVER)
"""Not kept for later: an absent timekeeper is to be known at once."""


def _known(answer: Message | None, parameter: str, shape: type[T]) -> T | None:
    """What was answered; None where nothing was that we understand."""
    with suppress(MalformedAnswerError):
        return read_answer(answer.get(parameter), shape) if answer else None
    return None


def _in_words(clock: ClockStatus | None) -> str:
    if clock is None:
        return "unknown"
    if clock.is_stable:
        return "stable (verified)" if clock.resolution == "verified" else f"stable, not verified ({clock.resolution})"
    return f"unstable ({clock.error})"


def services(communicator: str | None, *, local: bool, as_json: bool) -> None:
    """List the services."""
    instances, not_enforced, blocked = asyncio.run(_services(find_router(communicator), local=local))
    display(to_json(instances) if as_json else render_services(instances, time.time(), not_enforced))
    for one in blocked:
        tell(one)


async def _services(address: str, *, local: bool) -> tuple[list[Instance], tuple[str, ...], list[str]]:
    """They, the servers with a C++ router, and what is kept out, in words."""
    async with conversation.connected(address) as client:
        found = await conversation.services(client, local=local)
        blocked = [sentence(block, client.server_name, time.time()) for block in await conversation.blocks(client)]
        return found, await conversation.not_enforced(client), blocked


def send(communicator: str | None, words: Sequence[str], *, wait: bool, timeout_s: float, as_json: bool) -> None:
    """Send a message, and print what comes back."""
    message = parse_message(list(words))
    reply = asyncio.run(_send(find_router(communicator), message, wait=wait, timeout_s=timeout_s))
    if reply is not None:
        write(to_json(reply, indent=False) if as_json else encode(reply).decode())


async def _send(address: str, message: Message, *, wait: bool, timeout_s: float) -> Message | None:
    async with conversation.connected(address) as client:
        try:
            if wait:
                return await conversation.ask(client, message, timeout_s)
            await conversation.deliver(client, message, timeout_s)
        except NoReceiverError as error:
            raise CommandError(f"{error}{await conversation.why_missing(client, message.service)}") from None
        except NotConnectedError:
            if not conversation.ends_router(message):
                raise
        return None


def tap(communicator: str | None, *, service: str, command: str, count: int | None) -> None:
    """Print what passes the router."""
    asyncio.run(_tap(find_router(communicator), Filter(service, command), count))


async def _tap(address: str, wanted: Filter, count: int | None) -> None:
    left = count
    async with conversation.connected(address) as client, aclosing(conversation.tapped(client)) as tapped:
        await conversation.deliver(client, Message("TAP"))
        tell(f"watching {client.server_name}; Ctrl-C ends")
        async for message in tapped:
            if not wanted.wants(message):
                continue
            write(to_line(message, datetime.now().astimezone()))
            left = None if left is None else left - 1
            if left == 0:
                return
