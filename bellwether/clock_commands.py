"""SHELL: what the commands about clocks ask the timekeeper of this host; how things look is told elsewhere."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from bellwether import clock_explain, clock_history, clock_matrix, clock_references, clock_table, conversation
from bellwether.answers import as_told, read_told, to_json
from bellwether.clock_wait import NOT_YET, Shortfall, find_shortfall, gist
from bellwether.failure import CommandError
from bellwether.places import find_router
from bellwether.screen import Screen, display
from bellwether.screen_text import tell
from communicator.answers.clocks import ClockReport
from communicator.client import Client
from communicator.errors import AddressError, ClientError, MessageRefusedError, NoReceiverError, ReplyTimeoutError
from communicator.protocol.message import Message
from communicator.protocol.names import THIS_SERVER

POLL_S = 1.0
"""How often a waiting command asks again, in seconds: a host that boots has other things to do."""

_USAGE = 2
_UNREACHABLE = os.EX_UNAVAILABLE
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
    message, not_enforced = asyncio.run(_look_around(communicator))
    console = Screen()
    if as_json:
        display(as_told(message, "report", _ANSWER, not_enforced=not_enforced))
    else:
        display(clock_table.render(_read(message), console.width, not_enforced))


def matrix(communicator: str | None) -> None:
    """Show which clocks agree with which.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message = asyncio.run(_look(communicator))
    console = Screen()
    display(clock_matrix.render(_read(message), console.width))


def references(communicator: str | None) -> None:
    """Show what external servers say, and to whom.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message = asyncio.run(_look(communicator))
    display(clock_references.render(_read(message)))


def explain(communicator: str | None, name: str) -> None:
    """Show all that is known of one host's clock.

    Raises:
        CommandError: Nothing is known of it, no timekeeper answers, or none we understand.
    """
    message, not_enforced = asyncio.run(_look_around(communicator))
    report = _read(message)
    display(clock_explain.render(report, clock_explain.find_host(report, name), not_enforced))


def history(communicator: str | None, *, limit: int, as_json: bool) -> None:
    """Show how this host's clock did in the last day.

    Args:
        communicator: What ``--communicator`` said.
        limit: How many points at most, the newest.
        as_json: As they were told.

    Raises:
        CommandError: No timekeeper answers, or none we understand.
    """
    message = asyncio.run(_look(communicator, _QUESTION_OF_HISTORY))
    if as_json:
        display(to_json(clock_history.documents(message, limit)))
    else:
        display(clock_history.render(clock_history.read_points(message, limit)))


def _read(message: Message) -> ClockReport:
    return read_told(message, "report", ClockReport, _ANSWER)


@asynccontextmanager
async def _connected(communicator: str | None) -> AsyncIterator[Client]:
    """A link to the router. Without one the command ends with the exit code for an unreachable router."""
    try:
        address = find_router(communicator)
    except CommandError as error:
        raise CommandError(str(error), _UNREACHABLE) from None
    try:
        async with conversation.connected(address) as client:
            yield client
    except ClientError as error:
        raise CommandError(str(error), _UNREACHABLE) from None


async def _look(communicator: str | None, question: Message = _QUESTION) -> Message:
    async with _connected(communicator) as client:
        return await _ask(client, question)


async def _look_around(communicator: str | None) -> tuple[Message, tuple[str, ...]]:
    """The same, and the servers with a C++ router."""
    async with _connected(communicator) as client:
        return await _ask(client), await conversation.not_enforced(client)


async def _ask(client: Client, question: Message = _QUESTION) -> Message:
    """What the timekeeper of this host tells.

    Raises:
        CommandError: It does not answer, or will not.
    """
    try:
        return await client.request(question, "CLOCK_CURRENT_REPORT", timeout_s=conversation.TIMEOUT_S)
    except NoReceiverError:
        raise CommandError("no timekeeper runs on this host: start timekeeperd", _UNREACHABLE) from None
    except MessageRefusedError as error:
        raise CommandError(f"the timekeeper tells nothing of the clocks: {error.reason}") from None
    except ReplyTimeoutError as error:
        raise CommandError(f"the timekeeper does not answer within {error.timeout_s:g} s", _UNREACHABLE) from None


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
        CommandError: The clock was not synchronized in time, or the router has no valid address; the exit code says which.
    """
    try:
        asyncio.run(_wait_synced(communicator, timeout_s, bound_s, poll_s))
    except AddressError as error:
        raise CommandError(str(error), _USAGE) from None
    tell("the clock is synchronized")


async def _wait_synced(communicator: str | None, timeout_s: float, bound_s: float | None, poll_s: float) -> None:
    last = Shortfall("nothing was heard yet", NOT_YET)
    try:
        async with asyncio.timeout(timeout_s), aclosing(_shortfalls(communicator, bound_s)) as heard:
            async for found in heard:
                if found is None:
                    return
                if gist(found.reason) != gist(last.reason):
                    tell(f"waiting: {found.reason}")
                last = found
                await asyncio.sleep(poll_s)
    except TimeoutError:
        raise CommandError(f"not synchronized within {timeout_s:g} s: {last.reason}", last.exit_code) from None


async def _shortfalls(communicator: str | None, bound_s: float | None) -> AsyncGenerator[Shortfall | None, None]:
    """What is missing, each time somebody wants to know; the link to the router is kept, and made anew when it is lost."""
    while True:
        try:
            async with _connected(communicator) as client:
                while True:
                    yield await _look_for_shortfall(client, bound_s)
        except CommandError as error:
            yield Shortfall(str(error), error.exit_code)


async def _look_for_shortfall(client: Client, bound_s: float | None) -> Shortfall | None:
    try:
        report = _read(await _ask(client))
    except CommandError as error:
        return Shortfall(str(error), _UNREACHABLE if error.exit_code == _UNREACHABLE else NOT_YET)
    cluster = client.cluster_status
    return find_shortfall(report, bound_s, (cluster and cluster.neighbors_count) or 1)
