"""SHELL: what canaries are asked and told of deployments; how their answers look is told elsewhere."""

import asyncio
import time
from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from bellwether import conversation
from bellwether.answers import read_told
from bellwether.canary_orders import REFUSED, obeyed
from bellwether.canary_questions import canaries, orders, view
from bellwether.canary_scope import USAGE
from bellwether.deploy_check import Around
from bellwether.failure import NOT_YET, CommandError
from canary.deployment.spec import Spec
from communicator.answers.deployments import Changes, Deployment, Deployments, DeploymentTaken, Readiness
from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol.message import Message
from communicator.wording.deployments import NOBODY_LEADS

ANSWER = "what the canary tells of deployments"
"""How people know it."""
WAIT_S = 10.0
"""How long it may take until a majority holds what the leader has decided: twice as long as it takes."""
LOOK_S = 0.1
"""How long to wait before it is looked at again."""


async def deployments(client: Client, service: str = "") -> Deployments:
    """Where deployments stand: as the leader tells it, who alone sees all, or else a canary that is up.

    Args:
        client: Who asks.
        service: Of this service alone; empty: of all.

    Raises:
        CommandError: No canary answers, or none we understand.
    """
    told = await _deployments(client, "", service)
    if told.leader in ("", told.server):
        return told
    try:
        return await _deployments(client, told.leader, service)
    except (ClientError, CommandError):
        return told


async def _deployments(client: Client, server: str, service: str) -> Deployments:
    answer = await view(client, server, {"view": "deployments", "service": service})
    told = read_told(answer, "report", Deployments, ANSWER)
    chosen = tuple(one for one in told.deployments if service in ("", one.service))
    return msgspec.structs.replace(told, deployments=chosen)


async def changes(client: Client, service: str = "") -> Changes:
    """The changes of deployments, as the ledger of the leader has them, or else of a canary that is up.

    Args:
        client: Who asks.
        service: Of this service alone; empty: of all.

    Raises:
        CommandError: No canary answers, or none we understand.
    """
    leader = (await deployments(client, service)).leader
    told = read_told(
        await view(client, leader, {"view": "deployment_history", "service": service}), "report", Changes, ANSWER
    )
    chosen = tuple(one for one in told.changes if service in ("", one.service))
    return msgspec.structs.replace(told, changes=chosen)


def find(told: Deployments, about: str) -> Deployment:
    """The deployment that a person means, by its identifier, its service or its name.

    Raises:
        CommandError: None is known; the text names the nearest that is.
    """
    for names in ("id", "service", "name"):
        found = next((one for one in told.deployments if getattr(one, names) == about), None)
        if found is not None:
            return found
    known = sorted({name for one in told.deployments for name in (one.service, one.id)})
    close = get_close_matches(about, known, n=1)
    services = ", ".join(sorted({one.service for one in told.deployments})) or "none"
    nearest = f"do you mean {close[0]!r}?" if close else f"there are deployments of: {services}"
    raise CommandError(f"nothing is known of a deployment of {about!r}; {nearest}", USAGE)


async def around(client: Client, spec: Spec) -> Around:
    """What all hosts say of whether they can do it.

    Raises:
        CommandError: No canary answers.
    """
    up = await canaries(client)
    text = msgspec.json.encode(spec).decode()
    told = await asyncio.gather(*(_readiness(client, server, text) for server in up))
    return Around(
        told=dict(zip(up, told, strict=True)),
        members=(await orders(client)).members,
        instances=tuple(await conversation.services(client)),
        not_enforced=await conversation.not_enforced(client),
    )


async def _readiness(client: Client, server: str, spec: str) -> Readiness | str:
    try:
        answer = await view(client, server, {"view": "deployment_check", "spec": spec})
        return read_told(answer, "report", Readiness, ANSWER)
    except (ClientError, CommandError) as error:
        return str(error)


async def command(client: Client, name: str, parameters: Mapping[str, str]) -> DeploymentTaken:
    """Have the leader do something about a deployment.

    Args:
        client: Who commands.
        name: What, such as ``deploy-pause``.
        parameters: Of CANARY_COMMAND.

    Raises:
        CommandError: Nobody leads, or the leader refuses.
    """
    leader = await _leader(client, "")
    try:
        return await _obey(client, leader, name, parameters)
    except CommandError as error:
        if error.exit_code != REFUSED or (later := await _leader(client, leader)) == leader:
            raise
    return await _obey(client, later, name, parameters)  # another one leads by now, and nothing was done yet


async def _obey(client: Client, leader: str, name: str, parameters: Mapping[str, str]) -> DeploymentTaken:
    told = {key: value for key, value in parameters.items() if value}
    message = Message("CANARY_COMMAND", {"command": name, **told, "cache": "no"}, service="canary", server=leader)
    return read_told(await obeyed(client, message), "result", DeploymentTaken, ANSWER)


async def _leader(client: Client, server: str) -> str:
    """Who leads, as the canary of a server knows it.

    Raises:
        CommandError: Nobody does.
    """
    leader = (await _deployments(client, server, "")).leader
    if not leader:
        raise CommandError(f"{NOBODY_LEADS}; 'bellwether cluster' tells who is away", NOT_YET)
    return leader


async def follow(client: Client, taken: DeploymentTaken) -> Deployment | None:
    """Look until the canaries show what the leader has decided; None: they do not within WAIT_S.

    Args:
        client: Who looks.
        taken: What the leader answered.

    Raises:
        CommandError: No canary answers.
    """
    give_up_s = time.monotonic() + WAIT_S
    while True:
        shown = next((one for one in (await deployments(client)).deployments if one.id == taken.id), None)
        if shown is not None and shown.number >= taken.number:
            return shown
        if time.monotonic() >= give_up_s:
            return None
        await asyncio.sleep(LOOK_S)
