"""SHELL: what canaries are asked, and how it is told when none answers; how their answers look is told elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping

from bellwether import conversation
from bellwether.answers import read_told
from bellwether.canary_events import EventsPage, read_events
from bellwether.canary_picture import Picture, put_together
from bellwether.failure import NOT_YET, UNREACHABLE, CommandError
from communicator.answers.orders import Orders
from communicator.answers.releases import CanaryReport, join_pages
from communicator.client import Client
from communicator.errors import ClientError, MessageRefusedError, NoReceiverError, ReplyTimeoutError
from communicator.protocol.message import Message

CANARY = "canary"
ANSWER = "the canary's report"
"""How people know it."""
TIMEOUT_S = conversation.TIMEOUT_S
_NONE_RUNS = "no canary runs in this cluster: start canaryd"


async def view(
    client: Client,
    server: str = "",
    parameters: Mapping[str, str] | None = None,
    work_s: float | None = None,
) -> Message:
    """What the canary of a server tells; without one, that of this host, or the nearest.

    Args:
        client: Who asks.
        server: Whose canary.
        parameters: Of CANARY_GET_REPORT; without them the report.
        work_s: How long the answer may take it, in seconds, where that is work; None: it is to answer at once.

    Raises:
        CommandError: It does not answer, or will not.
    """
    where = f"on {server!r}" if server else "in this cluster"
    told = {name: value for name, value in (parameters or {}).items() if value}
    # Not kept for later: an absent canary is to be known at once.
    question = Message("CANARY_GET_REPORT", {"cache": "no", **told}, service=CANARY, server=server)
    try:
        return await client.request(
            question, "CANARY_CURRENT_REPORT", timeout_s=TIMEOUT_S if work_s is None else work_s
        )
    except NoReceiverError:
        if server:
            raise nobody_on(server, await canaries(client)) from None
        raise CommandError(_NONE_RUNS, UNREACHABLE) from None
    except MessageRefusedError as error:
        raise CommandError(f"the canary does not tell: {error.reason}") from None
    except ReplyTimeoutError as error:
        text = f"the canary {where} does not answer within {error.timeout_s:g} s"
        raise CommandError(text, UNREACHABLE if work_s is None else NOT_YET) from None


async def report(client: Client, server: str = "", about: str = "") -> CanaryReport:
    """All pages of a canary's report.

    Args:
        client: Who asks.
        server: Whose canary; without one, that of this host, or the nearest.
        about: Only versions on this server.

    Raises:
        CommandError: It does not answer, or none we understand.
    """
    pages: list[CanaryReport] = []
    while True:
        offset = sum(len(page.cells) for page in pages)
        parameters = {"server": about, "offset": str(offset)}
        page = read_told(await view(client, server, parameters), "report", CanaryReport, ANSWER)
        pages.append(page)
        if not page.cells or offset + len(page.cells) >= page.total:
            return join_pages(pages)
        server = page.server  # the next page is to come from the same canary


async def orders(client: Client, server: str = "", wanted: Iterable[str] = ()) -> Orders:
    """How far some orders are on a server.

    Args:
        client: Who asks.
        server: Whose canary; without one, that of this host, or the nearest.
        wanted: The identifiers of the orders.

    Raises:
        CommandError: It does not answer, or none we understand.
    """
    answer = await view(client, server, {"view": "orders", "orders": ",".join(wanted)})
    return read_told(answer, "report", Orders, ANSWER)


async def picture(client: Client) -> Picture:
    """What all canaries tell together.

    Raises:
        CommandError: None answers, or none we understand.
    """
    base = await report(client)
    leader = base.canary.leader
    if leader not in ("", base.server):
        base = await _report_or_none(client, leader) or base
    others = sorted(set(await canaries(client)) - {base.server})
    told = await asyncio.gather(*(_report_or_none(client, server, server) for server in others))
    own = {server: one for server, one in zip(others, told, strict=True) if one is not None}
    return put_together(base, own, await conversation.not_enforced(client))


async def canaries(client: Client) -> list[str]:
    """The servers on which a canary is up, as the router knows them.

    Raises:
        CommandError: There is none.
    """
    instances = await conversation.services(client)
    up = sorted({one.server for one in instances if (one.service, one.role, one.state) == (CANARY, "live", "up")})
    if not up:
        raise CommandError(_NONE_RUNS, UNREACHABLE)
    return up


def nobody_on(server: str, up: Iterable[str]) -> CommandError:
    """What a person is told who names a server without a canary.

    Args:
        server: Which one.
        up: Where canaries are.
    """
    return CommandError(f"no canary is up on {server!r}; there is one on {', '.join(sorted(up))}", UNREACHABLE)


async def events(client: Client, server: str, after: int, limit: int | None) -> AsyncGenerator[EventsPage, None]:
    """The ledger of a canary, page by page.

    Args:
        client: Who asks.
        server: Whose canary; without one, that of this host, or the nearest.
        after: Behind which entry.
        limit: How many at most; None: all.

    Raises:
        CommandError: It does not answer, or none we understand.
    """
    left = limit
    while left is None or left > 0:
        parameters = {"view": "events", "after": str(after), "limit": "" if left is None else str(left)}
        message = await view(client, server, parameters)
        page = read_events(message)
        yield page
        after = page.last
        left = None if left is None else left - len(page.lines)
        if not page.lines or after >= page.newest:
            return
        server = message.sent_from_server  # the next page is to come from the same canary


async def _report_or_none(client: Client, server: str, about: str = "") -> CanaryReport | None:
    try:
        return await report(client, server, about)
    except (ClientError, CommandError):
        return None
