"""SHELL: what the commands about versions ask canaries, and read from files; how things look is told elsewhere."""

import asyncio
import os
import time
from contextlib import aclosing
from functools import partial
from pathlib import Path

from bellwether import (
    canary_explain,
    canary_history,
    canary_questions,
    canary_replay,
    canary_tree,
    conversation,
    watching,
)
from bellwether.answers import as_told, read_told, to_json
from bellwether.canary_events import render_verification
from bellwether.canary_outcome import EXIT_CODES, Outcome, outcome_of
from bellwether.canary_picture import Picture, narrowed
from bellwether.canary_scope import Scope, find_cell, parse_scope, require_service
from bellwether.failure import CommandError
from bellwether.places import find_router
from bellwether.screen import display
from bellwether.screen_text import tell, write
from bellwether.watching import POLL_S, View
from canary.judge.replay import replay as judge_again
from canary.rules import Rules
from canary.settings import CanarySettings
from communicator.answers.explanations import Explanation, LedgerCheck
from communicator.answers.history import History
from communicator.client import Client
from communicator.errors import BellwetherError, ConfigError
from communicator.protocol.message import Message
from communicator.runtime.settings import configuration_files, load_settings
from communicator.wording.characters import printable_json
from communicator.wording.releases import NO_VERSION


def show(communicator: str | None, service: str | None, *, watch: bool, as_json: bool) -> None:
    """Show services, versions and servers once, or until interrupted.

    Raises:
        CommandError: No canary answers, or the service is not known.
    """
    view = View(partial(_look, service=service), canary_tree.render, canary_tree.gist)
    watching.show(communicator, view, watch=watch, as_json=as_json)


def history(communicator: str | None, service: str | None, *, as_json: bool) -> None:
    """Show who ordered what and what was decided.

    Raises:
        CommandError: No canary answers, or none we understand.
    """
    told = asyncio.run(_history(find_router(communicator), service or ""))
    display(to_json(told) if as_json else canary_history.render(told, None))


async def _history(address: str, service: str) -> History:
    async with conversation.connected(address) as client:
        answer = await canary_questions.view(client, "", {"view": "history", "service": service})
        return read_told(answer, "report", History, canary_questions.ANSWER)


async def _look(client: Client, service: str | None) -> Picture:
    picture = await canary_questions.picture(client)
    if service is None:
        return picture
    require_service(picture.cells, service)
    return narrowed(picture, service)


def explain(communicator: str | None, text: str, *, as_json: bool) -> None:
    """Show why a version on a server is where it is.

    Raises:
        CommandError: It is not known, or nobody answers who does.
    """
    scope = parse_scope(text)
    message, not_enforced = asyncio.run(_explain(find_router(communicator), scope))
    if as_json:
        display(as_told(message, "report", canary_questions.ANSWER, not_enforced=not_enforced))
    else:
        told = read_told(message, "report", Explanation, canary_questions.ANSWER)
        display(canary_explain.render(told, None, not_enforced))


async def _explain(address: str, scope: Scope) -> tuple[Message, list[str]]:
    """The answer, and its server if that has a C++ router."""
    async with conversation.connected(address) as client:
        picture = await canary_questions.picture(client)
        cell = find_cell(picture.cells, scope)
        if cell.server in picture.unheard:
            tell(f"no canary answers on {cell.server}: this is what that of {picture.server} heard")
        parameters = {
            "view": "explain",
            "server": cell.server,
            "service": cell.service,
            "version": cell.version or NO_VERSION,
            "build": cell.build,
        }
        told_by = picture.server if cell.server in picture.unheard else cell.server
        message = await canary_questions.view(client, told_by, parameters)
        return message, [server for server in picture.not_enforced if server == cell.server]


def events(communicator: str | None, *, server: str | None, after: int, limit: int | None) -> None:
    """Print the entries of a canary's ledger, one in each line.

    Raises:
        CommandError: The canary does not answer.
    """
    asyncio.run(_events(find_router(communicator), server or "", after, limit))


async def _events(address: str, server: str, after: int, limit: int | None) -> None:
    async with (
        conversation.connected(address) as client,
        aclosing(canary_questions.events(client, server, after, limit)) as pages,
    ):
        async for page in pages:
            if page.lines:
                write(printable_json("\n".join(page.lines)))


def verify(communicator: str | None, *, server: str | None, timeout_s: float, as_json: bool) -> None:
    """Have a canary check its ledger, and show what it finds.

    Args:
        communicator: What ``--communicator`` said.
        server: Whose canary; None: that of this host, or the nearest.
        timeout_s: How long that may take, in seconds.
        as_json: Whether it is printed as JSON.

    Raises:
        CommandError: The ledger does not hold, or the canary does not answer.
    """
    message = asyncio.run(_verification(find_router(communicator), server or "", timeout_s))
    found = read_told(message, "report", LedgerCheck, canary_questions.ANSWER)
    display(to_json(found) if as_json else render_verification(found))
    if not found.ok:
        raise CommandError(f"the ledger on {message.sent_from_server or 'this host'} does not hold")


async def _verification(address: str, server: str, timeout_s: float) -> Message:
    async with conversation.connected(address) as client:
        return await canary_questions.view(client, server, {"view": "verify"}, timeout_s)


def replay(file: Path, policy: Path, *, as_json: bool) -> None:
    """Judge exported entries by other rules, and show what differs.

    Raises:
        CommandError: A file cannot be read, or holds something else.
    """
    rules = _rules_of(policy)
    try:
        with file.open("rb") as lines:
            entries = canary_replay.read_entries(lines)
    except OSError as error:
        raise CommandError(f"cannot read {str(file)!r}: {error.strerror}") from None
    try:
        found = judge_again(entries, rules)
    except ValueError as error:
        raise CommandError(f"{str(file)!r} cannot be replayed: {error}") from None
    display(to_json(canary_replay.document(found)) if as_json else canary_replay.render(found, entries[0].seq))


def _rules_of(file: Path) -> Rules:
    try:
        files = configuration_files(file)
        return load_settings(CanarySettings, files if file in files else [file, *files]).in_force
    except ConfigError as error:
        raise CommandError(str(error), os.EX_CONFIG) from None


def status(  # noqa: PLR0913 - each says something else
    communicator: str | None,
    service: str,
    version: str,
    *,
    build: str | None,
    timeout_s: float,
    as_json: bool,
    poll_s: float = POLL_S,
) -> int:
    """Wait for a verdict on a version; returns the exit code that tells it.

    Args:
        communicator: What ``--communicator`` said.
        service: Of which service.
        version: Which version.
        build: Which build; None: any.
        timeout_s: How long to wait, in seconds.
        as_json: Whether the outcome is printed as JSON.
        poll_s: How often to ask, in seconds.
    """
    outcome = asyncio.run(_settle(communicator, (service, version, build), timeout_s, poll_s, quiet=as_json))
    display(to_json(outcome) if as_json else f"{outcome.verdict}: {outcome.why}")
    return EXIT_CODES[outcome.verdict]


async def _settle(
    communicator: str | None, what: tuple[str, str, str | None], timeout_s: float, poll_s: float, *, quiet: bool
) -> Outcome:
    last = Outcome("unreachable", "nothing was heard yet")
    give_up_s = time.monotonic() + timeout_s
    while True:
        outcome = await _outcome(communicator, what)
        if outcome.verdict != last.verdict and not outcome.is_final and not quiet:
            tell(f"waiting: {outcome.why}")
        last = outcome
        if outcome.is_final or time.monotonic() >= give_up_s:
            return outcome
        await asyncio.sleep(min(poll_s, max(0.0, give_up_s - time.monotonic())))


async def _outcome(communicator: str | None, what: tuple[str, str, str | None]) -> Outcome:
    """What is known now; when nobody can be asked, that is no verdict either."""
    try:
        async with conversation.connected(find_router(communicator)) as client:
            return outcome_of(await canary_questions.picture(client), *what)
    except (BellwetherError, CommandError) as error:
        return Outcome("unreachable", str(error))
