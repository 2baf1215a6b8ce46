"""SHELL: shows something once, or again and again: in place on a terminal, elsewhere whenever it has changed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from rich.console import RenderableType
from rich.live import Live

from bellwether import conversation
from bellwether.answers import to_json
from bellwether.canary_scope import USAGE
from bellwether.failure import CommandError
from bellwether.places import find_router
from bellwether.screen import Screen, display
from communicator.client import Client

T = TypeVar("T")
POLL_S = 1.0
"""How often a watching or waiting command asks again, in seconds."""


class View(NamedTuple, Generic[T]):
    """What is shown."""

    look: Callable[[Client], Awaitable[T]]
    """Asks how it is now."""
    render: Callable[[T], RenderableType]
    """How that looks."""
    gist: Callable[[T], object]
    """What of it a person wants to hear of when it changes."""


def show(communicator: str | None, view: View[T], *, watch: bool, as_json: bool) -> T:
    """Show it, once or until interrupted.

    Args:
        communicator: What ``--communicator`` said.
        view: What is shown.
        watch: Whether it is shown again and again.
        as_json: Whether it is printed as JSON.

    Returns:
        How it is.

    Raises:
        CommandError: Nobody tells, or it cannot be shown so.
    """
    if watch and as_json:
        raise CommandError("--watch is for people: ask for --json as often as you like", USAGE)
    address = find_router(communicator)
    if watch:
        asyncio.run(_watch(looks(address, view.look), view))
    told = asyncio.run(_once(address, view))
    display(to_json(told) if as_json else view.render(told))
    return told


async def _once(address: str, view: View[T]) -> T:
    async with conversation.connected(address) as client:
        return await view.look(client)


async def looks(
    address: str, look: Callable[[Client], Awaitable[T]], poll_s: float = POLL_S
) -> AsyncGenerator[T, None]:
    """How something is, again and again, until whoever asks has seen enough.

    Args:
        address: The router's URL.
        look: Asks how it is now.
        poll_s: How often to look, in seconds.

    Raises:
        CommandError: Nobody tells.
    """
    async with conversation.connected(address) as client:
        while True:
            yield await look(client)
            await asyncio.sleep(poll_s)


async def _watch(told: AsyncIterable[T], view: View[T]) -> None:
    console = Screen()
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, screen=False) as live:
            async for one in told:
                live.update(view.render(one), refresh=True)
        return
    last: object = None
    async for one in told:
        if view.gist(one) != last:
            console.print(view.render(one), "")
            console.file.flush()
        last = view.gist(one)
