"""SHELL: what the commands about clocks ask the timekeeper of this host; how things look is told elsewhere."""

import asyncio
import math
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from rich.console import Console, RenderableType

from bellwether import clock_explain, clock_history, clock_matrix, clock_table, conversation
from bellwether.answers import as_told, read_told, to_json
from bellwether.clock_wait import gist, shortfall
from bellwether.failure import CommandError
from bellwether.places import find_router
from communicator.answers.clocks import ClockReport
from communicator.client import Client
from communicator.errors import ClientError, MessageRefusedError, NoReceiverError, ReplyTimeoutError
from communicator.protocol.message import Message
from communicator.protocol.names import THIS_SERVER

POLL_S = 1.0
"""How often a waiting command asks again, in seconds: a host that boots has other things to do."""

_USAGE = 2
_ANSWER = "the timekeeper's report"
_QUESTION = Message("CLOCK_GET_REPORT", {"cache": "no"}, service="timekeeper", server=THIS_SERVER)
"""Not kept for later: an absent timekeeper is to be known at once."""
_QUESTION_OF_HISTORY = Message(
    _QUESTION.command,
    {**_QUESTION.parameters, clock_history.PARAMETER: "true"},
    service=_QUESTION.service,
    server=_QUESTION.server,
)


def clock(communicator: str | None, *, as_json: bool) -> None:
    """Show all clocks, or what was told of them.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message, not_enforced = asyncio.run(_look_around(find_router(communicator)))
    console = Console()
    if as_json:
        _show(console, as_told(message, "report", _ANSWER, not_enforced=not_enforced))
    else:
        _show(console, clock_table.render(_read(message), console.width, not_enforced))


def matrix(communicator: str | None) -> None:
    """Show which clocks agree with which.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message = asyncio.run(_look(find_router(communicator)))
    console = Console()
    _show(console, clock_matrix.render(_read(message), console.width))


def explain(communicator: str | None, name: str) -> None:
    """Show all that is known of one host's clock.

    Raises:
        CommandError: Nothing is known of it, no timekeeper answers, or none we understand.
    """
    message, not_enforced = asyncio.run(_look_around(find_router(communicator)))
    report = _read(message)
    _show(Console(), clock_explain.render(report, clock_explain.find_host(report, name), not_enforced))


def history(communicator: str | None, *, limit: int, as_json: bool) -> None:
    """Show how this host's clock did in the last day.

    Args:
        communicator: What ``--communicator`` said.
        limit: How many points at most, the newest.
        as_json: As they were told.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message = asyncio.run(_look(find_router(communicator), _QUESTION_OF_HISTORY))
    if as_json:
        _show(Console(), to_json(clock_history.documents(message, limit)))
    else:
        _show(Console(), clock_history.render(clock_history.read_points(message, limit)))


def _read(message: Message) -> ClockReport:
    return read_told(message, "report", ClockReport, _ANSWER)


async def _look(address: str, question: Message = _QUESTION) -> Message:
    async with conversation.connected(address) as client:
        return await _ask(client, question)


async def _look_around(address: str) -> tuple[Message, tuple[str, ...]]:
    """The same, and the servers with a C++ router."""
    async with conversation.connected(address) as client:
        return await _ask(client), await conversation.not_enforced(client)


async def _ask(client: Client, question: Message = _QUESTION) -> Message:
    """What the timekeeper of this host tells.

    Raises:
        CommandError: It does not answer, or will not.
    """
    try:
        return await client.request(question, "CLOCK_CURRENT_REPORT", timeout_s=conversation.TIMEOUT_S)
    except NoReceiverError:
        raise CommandError("no timekeeper runs on this host: start timekeeperd") from None
    except MessageRefusedError as error:
        raise CommandError(f"the timekeeper tells nothing of the clocks: {error.reason}") from None
    except ReplyTimeoutError as error:
        raise CommandError(f"the timekeeper does not answer within {error.timeout_s:g} s") from None


def wait_synced(
    communicator: str | None, *, timeout_s: float, bound_s: float | None = None, poll_s: float = POLL_S
) -> None:
    """Wait until this host's clock is synchronized, also for the router and the timekeeper to come up.

    Args:
        communicator: What ``--communicator`` said.
        timeout_s: How long, in seconds; may be infinite.
        bound_s: The clock must be off by no more than this, in seconds; None for no such limit.
        poll_s: How often to ask, in seconds.

    Raises:
        CommandError: It is not synchronized in time, or that is no time.
        AddressError: The router's address is none.
    """
    for option, value in (("--timeout", timeout_s), ("--bound", bound_s)):
        if value is not None and math.isnan(value):
            raise CommandError(f"{option} nan is not a number of seconds", _USAGE)
    asyncio.run(_wait_synced(communicator, timeout_s, bound_s, poll_s))
    _say("the clock is synchronized")


async def _wait_synced(communicator: str | None, timeout_s: float, bound_s: float | None, poll_s: float) -> None:
    last = "nothing was heard yet"
    try:
        async with asyncio.timeout(timeout_s), aclosing(_shortfalls(communicator, bound_s)) as heard:
            async for reason in heard:
                if not reason:
                    return
                if gist(reason) != gist(last):
                    _say(f"waiting: {reason}")
                last = reason
                await asyncio.sleep(poll_s)
    except TimeoutError:
        raise CommandError(f"not synchronized within {timeout_s:g} s: {last}") from None


async def _shortfalls(communicator: str | None, bound_s: float | None) -> AsyncGenerator[str, None]:
    """What is missing, each time somebody wants to know; the link to the router is kept, and made anew when it is lost."""
    while True:
        try:
            async with conversation.connected(find_router(communicator)) as client:
                while True:
                    yield await _shortfall(client, bound_s)
        except (ClientError, CommandError) as error:
            yield str(error)


async def _shortfall(client: Client, bound_s: float | None) -> str:
    try:
        report = _read(await _ask(client))
    except CommandError as error:
        return str(error)
    cluster = client.cluster_status
    return shortfall(report, bound_s, (cluster and cluster.neighbors_count) or 1)


def _show(console: Console, what: str | RenderableType) -> None:
    if isinstance(what, str):
        print(what)  # noqa: T201 - the result
    else:
        console.print(what)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
