"""SHELL: what the commands about feature flags ask canaries, and read from files; how things look is told elsewhere."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether import canary_history, conversation, feature_questions, feature_scan, feature_view
from bellwether.answers import to_json
from bellwether.colours import coloured
from bellwether.failure import CommandError
from bellwether.feature_definitions import WRONG, Checked, check_files
from bellwether.feature_files import scan as scan_directories
from bellwether.feature_picture import Feature, Picture
from bellwether.places import find_router
from bellwether.screen import Screen
from bellwether.screen_text import write
from communicator.answers.history import History
from communicator.wording.counts import count
from communicator.wording.marks import BAD, GOOD

_INDENT = (0, 0, 0, 4)
_ENDLESS_COLUMNS = 100_000


def list_(communicator: str | None, *, stale: bool, as_json: bool) -> bool:
    """Show all flags, or those that are stale.

    Returns:
        Whether one is stale.

    Raises:
        CommandError: No canary answers.
    """
    picture = asyncio.run(_picture(find_router(communicator)))
    is_stale = any(one.stale for one in picture.features)
    if stale:
        picture = msgspec.structs.replace(picture, features=tuple(one for one in picture.features if one.stale))
    _show(picture, lambda width: feature_view.table(picture, width, stale=stale), as_json=as_json)
    return is_stale


def show(communicator: str | None, name: str, *, as_json: bool) -> None:
    """Show all of one flag.

    Raises:
        CommandError: No canary answers, or none knows it.
    """
    feature = asyncio.run(_feature(find_router(communicator), name))
    _show(feature, lambda _: feature_view.page(feature), as_json=as_json)


def history(communicator: str | None, name: str, *, as_json: bool) -> None:
    """Show who has done what to a flag.

    Raises:
        CommandError: No canary answers, or none we understand.
    """
    told = asyncio.run(_history(find_router(communicator), name))
    _show(told, lambda _: canary_history.render(told, None), as_json=as_json)


def check(files: Iterable[Path], *, as_json: bool) -> None:
    """Show what is wrong in files of flags.

    Raises:
        CommandError: Something is.
    """
    checks = check_files(files)
    _show(checks.files, lambda _: Group(*_checked(checks.files)), as_json=as_json)
    if checks.faults:
        raise CommandError(f"{count(len(checks.faults), 'fault')} in {count(len(checks.files), 'file')}", WRONG)


def _checked(files: Iterable[Checked]) -> Iterator[RenderableType]:
    for one in files:
        mark = coloured(BAD if one.faults else GOOD)
        yield Text.assemble(mark, f" {one.file}: {count(one.flags, 'sound flag')}")
        yield from (Padding(Text(fault), _INDENT, expand=False) for fault in one.faults)


def scan(communicator: str | None, directories: list[Path], files: list[Path], *, as_json: bool) -> bool:
    """Show which flags no code names, and which names in code are no flags.

    Args:
        communicator: What ``--communicator`` said.
        directories: Of code.
        files: That define the flags; none: those that the cluster holds.
        as_json: Whether it is printed as JSON.

    Returns:
        Whether there is none of either.

    Raises:
        CommandError: Nobody tells which flags there are, or a directory cannot be looked through.
    """
    found = scan_directories(directories, _names(communicator, files))
    _show(found, lambda _: feature_scan.render(found), as_json=as_json)
    return found.is_clean


def _names(communicator: str | None, files: list[Path]) -> frozenset[str]:
    if files:
        checks = check_files(files)
        if checks.faults:
            raise CommandError(checks.faults[0], WRONG)
        return checks.names
    picture = asyncio.run(_picture(find_router(communicator)))
    return frozenset(one.feature for one in picture.features if one.is_defined)


async def _picture(address: str) -> Picture:
    async with conversation.connected(address) as client:
        return await feature_questions.picture(client)


async def _feature(address: str, name: str) -> Feature:
    async with conversation.connected(address) as client:
        return await feature_questions.known(client, name)


async def _history(address: str, name: str) -> History:
    async with conversation.connected(address) as client:
        return await feature_questions.history(client, name)


def _show(what: object, render: Callable[[int], RenderableType], *, as_json: bool) -> None:
    """Print for a program, or for a person: where no terminal ends them, lines are as long as they are."""
    if as_json:
        write(to_json(what))
        return
    screen = Screen(highlight=False)
    if not screen.is_terminal:
        screen.width = _ENDLESS_COLUMNS
    screen.print(render(screen.width))
