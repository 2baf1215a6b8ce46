"""SHELL: the questions about shadows that routers and canaries are asked."""

import asyncio
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import msgspec

from bellwether import conversation
from bellwether.answers import read_told
from bellwether.canary_questions import canaries, view
from bellwether.canary_scope import USAGE
from bellwether.failure import UNREACHABLE, CommandError
from bellwether.shadow_picture import Picture
from communicator.answers.policy import Policy, Shadow
from communicator.answers.router import Statistics
from communicator.answers.shadows import Comparisons, DiscardedLines
from communicator.client import Client
from communicator.errors import ClientError, MessageRefusedError
from communicator.protocol.message import Message
from communicator.wording.counts import listed
from communicator.wording.shadow_picture import Seen, Silence, put_together

ANSWER = "what the canary tells of shadows"
"""How people know it."""
_NAMED = 12


async def picture(client: Client, service: str = "") -> Picture:
    """All shadows of the cluster, or of one service.

    Args:
        client: Who asks.
        service: Of this service alone; empty: of all.

    Raises:
        CommandError: The router does not answer, or the service has no shadow.
    """
    stats, entries, told = await asyncio.gather(_statistics(client), _entries(client), _comparisons(client))
    answered = {server: one for server, one in told.items() if isinstance(one, Comparisons)}
    silent = {server: one for server, one in told.items() if isinstance(one, str)}
    here = answered.get(client.server_name, Comparisons(server=client.server_name))
    # what the router says itself goes before what the canary heard of it
    own = msgspec.structs.replace(here, mirrors=stats.mirrors, fences=stats.fences)
    whys = {server: Silence(why) for server, why in silent.items()}
    seen = put_together(entries, {**answered, client.server_name: own}, whys)
    if service and not any(one.service == service for one in seen):
        raise await _no_shadow_of(client, service, seen)
    return Picture(
        server=client.server_name,
        shadows=tuple(one for one in seen if service in ("", one.service)),
        told_by=tuple(sorted(answered)),
        silent=silent,
        too_old="" if stats.shadow_lines_discarded_total is not None else stats.version or "?",
    )


async def discarded(client: Client) -> DiscardedLines:
    """What shadows of the host of the router have said to somebody who is not to hear it.

    Raises:
        CommandError: The router does not tell.
    """
    try:
        answer = await client.request(
            Message("SHADOW_GET_DISCARDED"), "SHADOW_DISCARDED", timeout_s=conversation.TIMEOUT_S
        )
    except MessageRefusedError as error:
        text = f"the router of {client.server_name or 'this host'} does not tell: {error.reason}"
        raise CommandError(f"{text}; one of an earlier release knows no shadows: update it", UNREACHABLE) from None
    return read_told(answer, "lines", DiscardedLines, "what the router tells of discarded lines")


async def _statistics(client: Client) -> Statistics:
    answer = await conversation.request_or_none(client, Message("ROUTER_GET_STATS"), "ROUTER_STATS")
    return Statistics() if answer is None else read_told(answer, "stats", Statistics, "what the router tells of itself")


async def _entries(client: Client) -> tuple[Shadow, ...]:
    answer = await conversation.request_or_none(client, Message("POLICY_GET"), "POLICY_CURRENT")
    if answer is None:
        return ()
    return read_told(answer, "policy", Policy, "the policy of the router").shadows


async def _comparisons(client: Client) -> Mapping[str, Comparisons | str]:
    """By server, what its canary tells, or why it does not; of no server where no canary runs."""
    try:
        up = await canaries(client)
    except CommandError:
        return {}
    told = await asyncio.gather(*(_told(client, server) for server in up))
    return dict(zip(up, told, strict=True))


async def _told(client: Client, server: str) -> Comparisons | str:
    try:
        return read_told(await view(client, server, {"view": "shadows"}), "report", Comparisons, ANSWER)
    except CommandError as error:
        return str(error)
    except ClientError as error:
        return str(error)


async def _no_shadow_of(client: Client, service: str, seen: Iterable[Seen]) -> CommandError:
    """What a person is told who names a service without a shadow."""
    shadowed = sorted({one.service for one in seen})
    known = {one.service for one in await conversation.services(client)}
    has = f"there are shadows of: {listed(shadowed, _NAMED)}" if shadowed else "no service has one"
    if service in known:
        start = "'bellwether deploy start' with a file that has a table [shadow] starts one"
        return CommandError(f"{service!r} has no shadow; {has}; {start}", USAGE)
    close = get_close_matches(service, shadowed, n=1) or get_close_matches(service, sorted(known), n=1)
    nearest = f"do you mean {close[0]!r}?" if close else has
    return CommandError(f"nothing is known of a service {service!r}; {nearest}", USAGE)
