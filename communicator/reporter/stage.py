"""SHELL: plays a script together with what is tested by it, and says which of the two is at fault; it starts neither by name."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

import msgspec

from communicator.errors import ScriptFailedError
from communicator.reporter.player import Player
from communicator.reporter.resolver import Program
from communicator.reporter.values import Value

PARTNER_S = 10.0
"""How long what is tested may go on once the script has ended well, in seconds."""

_HEADER = re.compile(r"^[ \t]*//[ \t]*stage:[ \t]*(\S+)[ \t]*$", re.MULTILINE)


class Scene(msgspec.Struct, frozen=True):
    """What a script finds when it starts."""

    variables: Mapping[str, Value] = {}
    """Set before it starts, such as the address of a router."""
    partner: Callable[[str], Awaitable[None]] | None = None
    """What is tested, when the script listens: called with the address once it does, and runs beside it."""
    process_id: int | None = None
    """The tested process, for ``kill``."""


Stage: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Scene]]
"""Makes a scene, for one script, in a directory of its own; what it starts, it stops."""


def stage_name(text: str) -> str:
    """The stage a script names in a comment, ``// stage: NAME``; empty when it needs none."""
    found = _HEADER.search(text)
    return found[1] if found else ""


async def perform(program: Program, scene: Scene, *, show: Callable[[str], None] = print) -> None:
    """Play a script in a scene.

    Args:
        program: The script.
        scene: What it finds.
        show: What is told each text the script prints; what ``random`` gives is the same each time.

    Raises:
        ScriptFailedError: The script is not content; that comes first.
        TimeoutError: The partner did not end within `PARTNER_S` after the script.
        Exception: Whatever the partner has raised.
    """
    player = Player(program, scene.variables, show=show, process_id=scene.process_id, seed=0)
    failure: ScriptFailedError | None = None
    try:
        async with asyncio.TaskGroup() as group:
            partner = group.create_task(_partner(scene, player))
            try:
                await player.play()
            except ScriptFailedError as error:
                failure = error
            if failure is not None or not player.listening.is_set():
                partner.cancel()
            async with asyncio.timeout(PARTNER_S):
                await asyncio.wait([partner])
    except BaseExceptionGroup as errors:
        raise failure or errors.exceptions[0] from None
    if failure is not None:
        raise failure


async def _partner(scene: Scene, player: Player) -> None:
    if scene.partner is not None:
        await player.listening.wait()
        await scene.partner(player.address)
