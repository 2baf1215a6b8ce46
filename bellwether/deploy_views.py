"""SHELL: shows where deployments stand, once or again and again, and waits for one; how it looks is told elsewhere."""

import asyncio
import time
from functools import partial
from typing import NamedTuple

import msgspec

from bellwether import conversation, deploy_history, deploy_questions, deploy_tree, watching
from bellwether.answers import to_json
from bellwether.canary_scope import USAGE
from bellwether.deploy_wait import EXIT_CODES, Outcome, Until, outcome_of, outcome_of_past
from bellwether.failure import CommandError
from bellwether.places import find_router
from bellwether.screen import Screen, display
from bellwether.screen_text import tell
from bellwether.watching import POLL_S, View
from communicator.answers.deployments import Changes, Deployments
from communicator.client import Client
from communicator.errors import BellwetherError


def status(communicator: str | None, about: str, *, watch: bool, as_json: bool) -> None:
    """Show where deployments stand, once or until interrupted.

    Args:
        communicator: What ``--communicator`` said.
        about: Of this service or deployment alone; empty: of all.
        watch: Whether it is shown again and again.
        as_json: Whether it is printed as JSON.

    Raises:
        CommandError: No canary answers, or nothing is known of it.
    """
    view = View(partial(_look, about=about), deploy_tree.render, deploy_tree.gist)
    watching.show(communicator, view, watch=watch, as_json=as_json)


def list_all(communicator: str | None, *, as_json: bool) -> None:
    """Show the newest deployment of each service, one line each.

    Raises:
        CommandError: No canary answers.
    """
    view = View(deploy_questions.deployments, deploy_tree.render_list, deploy_tree.gist)
    watching.show(communicator, view, watch=False, as_json=as_json)


def history(communicator: str | None, service: str, *, as_json: bool) -> None:
    """Show the changes of deployments.

    Raises:
        CommandError: No canary answers, or none we understand.
    """
    told = asyncio.run(_changes(find_router(communicator), service))
    if as_json:
        display(to_json(told))
        return
    Screen().print(deploy_history.render(told, None), soft_wrap=True)  # one line each, also where a program reads it


async def _changes(address: str, service: str) -> Changes:
    async with conversation.connected(address) as client:
        return await deploy_questions.changes(client, service)


async def _look(client: Client, about: str) -> Deployments:
    told = await deploy_questions.deployments(client)
    if not about:
        return told
    return msgspec.structs.replace(told, deployments=(deploy_questions.find(told, about),), omitted=0)


class Patience(NamedTuple):
    """How long to wait, and for what."""

    until: Until
    timeout_s: float
    wait_paused: bool = False
    """Whether a pause that needs a person is waited for as well."""
    poll_s: float = POLL_S
    """How often to ask, in seconds."""


def wait(communicator: str | None, about: str, patience: Patience, *, as_json: bool) -> int:
    """Wait for what becomes of a deployment; returns the exit code that tells it.

    Args:
        communicator: What ``--communicator`` said.
        about: A service, whose newest deployment is waited for, or the identifier of one.
        patience: How long, and for what.
        as_json: Whether the outcome is printed as JSON.

    Raises:
        CommandError: Nothing is known of it.
    """
    outcome = asyncio.run(_settle(communicator, about, patience, quiet=as_json))
    display(to_json(outcome) if as_json else f"{outcome.verdict}: {outcome.why}")
    return EXIT_CODES[outcome.verdict]


async def _settle(communicator: str | None, about: str, patience: Patience, *, quiet: bool) -> Outcome:
    give_up_s = time.monotonic() + patience.timeout_s
    identifier, told = "", None
    while True:
        outcome = await _outcome(communicator, about, identifier, patience)
        one = outcome.deployment
        identifier = one.id if one is not None else identifier
        news = (outcome.verdict, one and one.number)
        if news != told and not outcome.is_final and not quiet:
            tell(f"waiting: {outcome.why}")
        told = news
        if outcome.is_final or time.monotonic() >= give_up_s:
            return outcome
        await asyncio.sleep(min(patience.poll_s, max(0.0, give_up_s - time.monotonic())))


async def _outcome(communicator: str | None, about: str, identifier: str, patience: Patience) -> Outcome:
    """What is known now; when nobody can be asked, that is no verdict either."""
    try:
        async with conversation.connected(find_router(communicator)) as client:
            told = await deploy_questions.deployments(client)
            one = next((one for one in told.deployments if one.id == identifier), None)
            if one is None and identifier:
                return outcome_of_past(identifier, (await deploy_questions.changes(client)).changes)
            one = one or deploy_questions.find(told, about)
            return outcome_of(one, patience.until, told.leader, wait_paused=patience.wait_paused)
    except CommandError as error:
        if error.exit_code == USAGE:
            raise
        return Outcome("unreachable", str(error), is_final=False)
    except BellwetherError as error:
        return Outcome("unreachable", str(error), is_final=False)
