"""SHELL: gives an operator's orders to canaries and collects what each makes of it; what an order means is their business."""

import asyncio
import sys

from rich.console import Console

from bellwether import conversation
from bellwether.answers import to_json
from bellwether.canary_answers import Answer, Order, not_enforced_of, render, require_all
from bellwether.canary_questions import TIMEOUT_S, canaries, nobody_on, picture
from bellwether.canary_scope import USAGE, read_span_s, require_service, require_version
from bellwether.failure import CommandError
from bellwether.places import find_router
from canary.orders import LONGEST_S
from communicator.client import Client
from communicator.errors import MessageRefusedError, NoReceiverError, ReplyTimeoutError
from communicator.protocol.names import is_server_name, is_service_name

_DONE = {
    "block": "blocked",
    "allow": "allowed",
    "pin": "pinned",
    "withdraw": "withdrawn",
    "pardon": "pardoned",
    "freeze": "frozen",
    "unfreeze": "unfrozen",
}
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
    if not reason.strip():
        raise CommandError(f"say why with --reason '…': the ledger keeps who has {_DONE[command]} what, and why", USAGE)
    if span == "":
        raise CommandError("say for how long with --for, such as --for 24h: no order lasts for ever", USAGE)
    duration_s = None if span is None else read_span_s("--for", span)
    if duration_s is not None and not 0 < duration_s <= LONGEST_S:
        raise CommandError(f"--for {span} is not between 0 and {LONGEST_S / 86_400:g} days", USAGE)
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


def give(communicator: str | None, order: Order, *, unseen: bool, as_json: bool) -> None:
    """Give an order, and show what each canary made of it.

    Args:
        communicator: What ``--communicator`` said.
        order: To be given to every canary, or to that of the server it names.
        unseen: Whether it may be about a version that never ran.
        as_json: Whether the answers are printed as JSON.

    Raises:
        CommandError: It is not done everywhere.
    """
    answers = asyncio.run(_give(find_router(communicator), order, unseen=unseen))
    if as_json:
        sys.stdout.write(f"{to_json(answers)}\n")
    else:
        Console().print(render(answers), soft_wrap=True)
    require_all(answers)


async def _give(address: str, order: Order, *, unseen: bool) -> list[Answer]:
    async with conversation.connected(address) as client:
        asides = not_enforced_of(order, await conversation.not_enforced(client))
        servers = _chosen(await canaries(client), order.server, asides)
        if order.service and not unseen:
            await _require_known(client, order)
        return [*await asyncio.gather(*(_order(client, order, server) for server in servers)), *asides]


def _chosen(servers: list[str], wanted: str, asides: list[Answer]) -> list[str]:
    if wanted in ("", "*"):
        return servers
    if wanted not in servers:
        told = [str(nobody_on(wanted, servers)), *(one.message for one in asides)]
        raise CommandError("; ".join(told))
    return [wanted]


async def _require_known(client: Client, order: Order) -> None:
    cells = (await picture(client)).cells
    try:
        if order.version:
            require_version(cells, order.service, order.version)
        else:
            require_service(cells, order.service)
    except CommandError as error:
        raise CommandError(f"{error} (--unseen gives the order all the same)", USAGE) from None


async def _order(client: Client, order: Order, server: str) -> Answer:
    try:
        reply = await client.request(order.to_message(server), "CANARY_RESULT", timeout_s=TIMEOUT_S)
    except MessageRefusedError as error:
        if any(words in error.reason for words in _NOT_ALLOWED):
            raise CommandError(f"you may not give orders to canaries: {error.reason}") from None
        return Answer(server, "refused", error.reason)
    except NoReceiverError:
        return Answer(server, "silent", "it is gone")
    except ReplyTimeoutError as error:
        return Answer(server, "silent", f"no answer within {error.timeout_s:g} s")
    return Answer(server, "done" if reply.get("status") == "done" else "refused", reply.get("message"))
