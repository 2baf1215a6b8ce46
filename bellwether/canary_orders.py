"""SHELL: gives an operator's order to a canary, and asks each member how far it is there; what it means is their business."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable

from bellwether import conversation
from bellwether.answers import read_told, to_json
from bellwether.canary_answers import Answer, Order, answer_of, not_enforced_of, note_alone, render, require_all
from bellwether.canary_questions import TIMEOUT_S, canaries, nobody_on, orders, picture
from bellwether.canary_scope import USAGE, read_span_s, require_service, require_version
from bellwether.failure import NOT_ALLOWED, UNREACHABLE, CommandError
from bellwether.places import find_router
from bellwether.screen import Screen
from bellwether.screen_text import tell, write
from canary.book.order import LONGEST_S, REASON_CHARACTERS
from communicator.answers.orders import Orders, Taken
from communicator.client import Client
from communicator.errors import ClientError, MessageRefusedError, NoReceiverError, ReplyTimeoutError
from communicator.protocol.message import Message
from communicator.protocol.names import is_server_name, is_service_name
from communicator.wording.releases import read_version

ANSWER = "what became of the order"
"""How people know it."""
WAIT_S = 10.0
"""How long it may take until an order is in force wherever a canary is up: twice as long as it takes."""
LOOK_S = 0.1
"""How long to wait before the members are asked again."""
REFUSED = 1
"""The exit code of a command that a canary will not obey."""
_DONE = {
    "block": "blocked",
    "allow": "allowed",
    "pin": "pinned",
    "withdraw": "withdrawn",
    "pardon": "pardoned",
    "freeze": "frozen",
    "unfreeze": "unfrozen",
    "feature-off": "switched off",
    "feature-on": "switched on",
}
Look = Callable[[Client, Order], Awaitable[None]]
_NOT_ALLOWED = ("may not: it takes", "cannot be told, and it takes", "only from a local link, by")
"""How a router says that somebody else may give orders; it says who."""


def read_order(  # noqa: PLR0913 - each is one option
    command: str,
    *,
    service: str = "",
    version: str = "",
    build: str = "",
    server: str = "",
    reason: str = "",
    span: str | None = None,
) -> Order:
    """Make an order of what a person said.

    Args:
        command: Which one.
        service: About which service; empty: all.
        version: About which version.
        build: About which build; empty: each.
        server: On which server; empty: on each.
        reason: Why.
        span: For how long; None where the order needs none.

    Raises:
        CommandError: Something is missing, or makes no sense.
    """
    require_reason(command, reason)
    if span == "":
        raise CommandError("say for how long with --for, such as --for 24h: no order lasts for ever", USAGE)
    duration_s = None if span is None else read_duration_s(span)
    if service and not is_service_name(service):
        raise CommandError(f"{service!r} is not the name of a service", USAGE)
    if server and not is_server_name(server):
        raise CommandError(f"{server!r} is not the name of a server", USAGE)
    return Order(
        command=command,
        service=service,
        version=version,
        build=build,
        server=server,
        duration_s=duration_s,
        reason=reason,
    )


def require_reason(command: str, reason: str) -> None:
    """See to it that an order says why.

    Raises:
        CommandError: It does not.
    """
    require_short(reason)
    if not reason.strip():
        raise CommandError(f"say why with --reason '…': the ledger keeps who has {_DONE[command]} what, and why", USAGE)


def require_short(reason: str) -> None:
    """Refuse a reason that is too long to be kept.

    Raises:
        CommandError: It is.
    """
    if len(reason) > REASON_CHARACTERS:
        text = f"--reason: {len(reason):,} characters are more than {REASON_CHARACTERS}"
        raise CommandError(f"{text}: say it shortly, and name the ticket that has more", USAGE)


def read_duration_s(span: str) -> float:
    """For how long an order holds, in seconds.

    Raises:
        CommandError: That is no span of time, or longer than any order holds.
    """
    duration_s = read_span_s("--for", span)
    if not 0 < duration_s <= LONGEST_S:
        raise CommandError(f"--for {span} is not between 0 and {LONGEST_S / 86_400:g} days", USAGE)
    return duration_s


async def seen(client: Client, order: Order) -> None:
    """See to it that what an order is about has been seen: its service, or the version of it.

    Raises:
        CommandError: It has not; the text names what is near to it.
    """
    if not order.service:
        return
    cells = (await picture(client)).cells
    try:
        if order.version:
            require_version(cells, order.service, read_version(order.version))
        else:
            require_service(cells, order.service)
    except CommandError as error:
        raise not_seen(str(error)) from None


def not_seen(text: str) -> CommandError:
    """What a person is told who gives an order about what nobody has seen.

    Args:
        text: What it is, and what is near to it.
    """
    return CommandError(f"{text} (--unseen gives the order all the same)", USAGE)


def give(
    communicator: str | None,
    order: Order,
    *,
    unseen: bool,
    strict: bool,
    as_json: bool,
    look: Look = seen,
) -> None:
    """Give an order, and show how far it is on each member of the cluster.

    Args:
        communicator: What ``--communicator`` said.
        order: To be given to one canary, which tells the others.
        unseen: Whether it may be about what nobody has seen.
        strict: Whether it is to be in force also on members that are away.
        as_json: Whether the answers are printed as JSON.
        look: Raises CommandError where nobody has seen what the order is about.

    Raises:
        CommandError: It is refused, or not in force everywhere.
    """
    answers = asyncio.run(_give(find_router(communicator), order, None if unseen else look))
    if as_json:
        write(to_json(answers))
    else:
        Screen().print(render(answers), soft_wrap=True)
    require_all(answers, strict=strict)


async def _give(address: str, order: Order, look: Look | None) -> list[Answer]:
    async with conversation.connected(address) as client:
        not_enforced = await conversation.not_enforced(client)
        up = await canaries(client)
        taker = await orders(client)
        concerned = _concerned(order.server, {taker.server, *taker.members, *up} - {*not_enforced}, not_enforced)
        if look is not None:
            await look(client, order)
        taken = await _order(client, order, taker.server)
        answers = await _follow(client, taken, taker.server, concerned, up)
        return [*answers, *not_enforced_of(order, not_enforced)]


def _concerned(server: str, members: Collection[str], not_enforced: Collection[str]) -> list[str]:
    """The members that an order is about.

    Raises:
        CommandError: It names a server that does not exist and never had a canary.
    """
    if server in ("", "*"):
        return sorted(members)
    if server in members:
        return [server]
    if server in not_enforced:
        return []
    raise nobody_on(server, members)


async def _follow(
    client: Client, taken: Taken, taker: str, concerned: Iterable[str], up: Collection[str]
) -> list[Answer]:
    """Ask until it is in force wherever a canary is up, or that takes too long."""
    give_up = time.monotonic() + WAIT_S
    wanted = await orders(client, taker, taken.orders)
    while True:
        told = await asyncio.gather(*(_how_far(client, wanted, server, up) for server in concerned))
        if all(one.status in ("in_force", "away") for one in told) or time.monotonic() >= give_up:
            return note_alone(told)
        await asyncio.sleep(LOOK_S)
        wanted = await orders(client, taker, taken.orders)


async def _how_far(client: Client, wanted: Orders, server: str, up: Collection[str]) -> Answer:
    if server not in up:
        return Answer(server, "away")
    try:
        told = await orders(client, server, [one.order for one in wanted.orders])
    except (ClientError, CommandError):
        told = None
    return answer_of(wanted, told, server)


async def _order(client: Client, order: Order, server: str) -> Taken:
    return read_told(await obeyed(client, order.to_message(server)), "result", Taken, ANSWER)


async def obeyed(client: Client, command: Message) -> Message:
    """What a canary answers that has done what CANARY_COMMAND says.

    Args:
        client: Who gives it.
        command: CANARY_COMMAND to the canary of one server.

    Raises:
        CommandError: It has not, which is `REFUSED` where it would not, or does not answer.
    """
    server = command.server
    try:
        reply = await client.request(command, "CANARY_RESULT", timeout_s=TIMEOUT_S)
    except MessageRefusedError as error:
        if any(words in error.reason for words in _NOT_ALLOWED):
            raise CommandError(f"you may not give orders to canaries: {error.reason}", NOT_ALLOWED) from None
        raise CommandError(f"the canary of {server!r} refuses it: {error.reason}", REFUSED) from None
    except NoReceiverError:
        raise CommandError(f"the canary of {server!r} is gone", UNREACHABLE) from None
    except ReplyTimeoutError as error:
        text = f"the canary of {server!r} does not answer within {error.timeout_s:g} s"
        raise CommandError(text, UNREACHABLE) from None
    if reply.get("status") != "done":
        raise CommandError(f"the canary of {server!r} refuses it: {reply.get('message')}", REFUSED)
    if reply.get("message"):
        tell(reply.get("message"))
    return reply
