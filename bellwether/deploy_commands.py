"""SHELL: begins deployments and steers them; how things look is told elsewhere, and what they mean is the canaries' business."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from bellwether import conversation, deploy_check, deploy_questions
from bellwether.answers import to_json
from bellwether.canary_orders import require_short
from bellwether.deploy_spec import read_spec
from bellwether.failure import UNDECIDED, CommandError
from bellwether.places import find_router
from bellwether.screen import display
from bellwether.screen_text import tell, write
from canary.deployment.spec import Spec
from communicator.answers.deployments import Deployment, DeploymentTaken
from communicator.client import Client
from communicator.wording.deployments import phase_mark, phase_text, what_text


class Wanted(NamedTuple):
    """What is to be deployed, as a person says it."""

    what: str
    version: str
    directory: Path
    said: Mapping[str, str]
    """What options say; it goes before what the file says."""

    def read(self) -> Spec:
        """It, in full.

        Raises:
            CommandError: It makes no sense.
        """
        return read_spec(self.what, self.version, self.directory, self.said)


def check(communicator: str | None, wanted: Wanted, *, as_json: bool) -> None:
    """Ask all hosts whether they can do it, and show what they say.

    Raises:
        CommandError: One cannot, the file is wrong, or nobody answers.
    """
    spec = wanted.read()
    rows = asyncio.run(_checked(find_router(communicator), spec))
    display(to_json(deploy_check.document(rows)) if as_json else deploy_check.render(rows))
    fault = deploy_check.refused(rows) or deploy_check.lacking(rows)
    if fault:
        raise CommandError(fault)


async def _checked(address: str, spec: Spec) -> list[deploy_check.Row]:
    async with conversation.connected(address) as client:
        return await _rows(client, spec)


async def _rows(client: Client, spec: Spec) -> list[deploy_check.Row]:
    around = await deploy_questions.around(client, spec)
    rows = deploy_check.rows_of(spec, around)
    deploy_check.require_known(spec, rows, around.instances)
    return rows


def start(communicator: str | None, wanted: Wanted, reason: str, *, anyway: bool, as_json: bool) -> None:
    """Begin a deployment, once all hosts say that they can do it.

    Args:
        communicator: What ``--communicator`` said.
        wanted: What is to be deployed.
        reason: Why, for the ledger.
        anyway: Whether it begins although a host cannot do it.
        as_json: Whether what came of it is printed as JSON.

    Raises:
        CommandError: The file is wrong, a host cannot do it, or the leader refuses.
    """
    require_short(reason)
    spec = wanted.read()
    _show(asyncio.run(_start(find_router(communicator), spec, reason, anyway=anyway)), as_json=as_json)


def rehearse(communicator: str | None, wanted: Wanted, *, as_json: bool) -> None:
    """Show what a deployment would do, and ask all hosts whether they can do it.

    Raises:
        CommandError: One cannot, the file is wrong, or nobody answers.
    """
    if not as_json:
        write(f"{deploy_check.plan(wanted.read())}\n")
    check(communicator, wanted, as_json=as_json)


async def _start(address: str, spec: Spec, reason: str, *, anyway: bool) -> "_Done":
    async with conversation.connected(address) as client:
        rows = await _rows(client, spec)
        fault = deploy_check.lacking(rows)
        if fault and not anyway:
            display(deploy_check.render(rows))
            raise CommandError(f"{fault}; nothing was begun (--anyway begins it all the same)")
        for text in (*deploy_check.warnings(rows), *([fault] if fault else [])):
            tell(f"warning: {text}")
        parameters = {"service": spec.service, "spec": msgspec.json.encode(spec).decode(), "reason": reason}
        return await _told(client, "deploy-start", parameters)


def steer(communicator: str | None, name: str, about: str, reason: str, *, full: bool, as_json: bool) -> None:
    """Tell the leader what is to become of a deployment.

    Args:
        communicator: What ``--communicator`` said.
        name: The command, such as ``pause``.
        about: A service, or the identifier of a deployment.
        reason: Why, for the ledger.
        full: Of promote: past all steps; of undo: with all steps.
        as_json: Whether what came of it is printed as JSON.

    Raises:
        CommandError: Nothing is known of it, nobody leads, or the leader refuses.
    """
    require_short(reason)
    _show(asyncio.run(_steer(find_router(communicator), name, about, reason, full=full)), as_json=as_json)


async def _steer(address: str, name: str, about: str, reason: str, *, full: bool) -> "_Done":
    async with conversation.connected(address) as client:
        one = deploy_questions.find(await deploy_questions.deployments(client), about)
        parameters = {
            "service": one.service,
            "deployment": one.id,  # the one that was seen, should another one begin meanwhile
            "full": "true" if full else "",
            "reason": reason,
        }
        return await _told(client, f"deploy-{name}", parameters)


class _Done(NamedTuple):
    """What came of a command."""

    taken: DeploymentTaken
    shown: Deployment | None
    """As the canaries show it afterwards; None: they do not yet."""


async def _told(client: Client, command: str, parameters: Mapping[str, str]) -> _Done:
    taken = await deploy_questions.command(client, command, parameters)
    return _Done(taken, await deploy_questions.follow(client, taken))


def _show(done: _Done, *, as_json: bool) -> None:
    """Show what came of a command.

    Raises:
        CommandError: No majority holds it yet.
    """
    for text in done.taken.warnings:
        tell(f"warning: {text}")
    if as_json:
        in_force = done.taken.in_force or done.shown is not None
        write(to_json(msgspec.structs.replace(done.taken, in_force=in_force)))
    elif done.shown is not None:
        shown = done.shown
        write(f"{phase_mark(shown.phase).sign} {what_text(shown)} ({shown.id}): {phase_text(shown)}")
    if done.shown is None and not done.taken.in_force:
        text = f"proposed as {done.taken.id}, and not in force yet: fewer than half of the canaries hold it"
        raise CommandError(f"{text}; look again with 'bellwether deploy status'", UNDECIDED)
