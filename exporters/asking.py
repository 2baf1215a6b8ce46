"""SHELL: asks the daemons of this host, and them alone; it does not know what becomes of what they answer."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from communicator.answers.services import Instance
from communicator.client import Service
from communicator.client.instances import gather_instances
from communicator.errors import MalformedAnswerError
from communicator.protocol import Message
from communicator.protocol.names import THIS_SERVER
from exporters.questions import Question

DEADLINE_S = 4.0
"""When a daemon that has not answered is down: well within the 10 s after which Prometheus gives up on the whole page."""


async def ask(
    service: Service, question: Question, parameters: Mapping[str, str] | None = None, timeout_s: float = DEADLINE_S
) -> str:
    """Ask a daemon of this host.

    Args:
        service: The link to the router.
        question: What.
        parameters: More of the question.
        timeout_s: How long to wait, in seconds.

    Returns:
        JSON.

    Raises:
        ClientError: The router is away, knows no such service, or no answer came in time.
        MalformedAnswerError: The answer carries no report.
    """
    # not kept for later: a daemon that is away is to be known at once
    told = {"cache": "no", **(parameters or {})}
    message = Message(question.command, told, service=question.service, server=THIS_SERVER)
    reply = await service.request(message, question.reply, timeout_s=timeout_s)
    report = reply.get(question.parameter)
    if not report:
        raise MalformedAnswerError(f"{question.reply} of {question.service} has no {question.parameter!r}")
    return report


async def await_link(service: Service) -> None:
    """Give the link to the router its time; without one every daemon that is asked says why it does not answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            await service.wait_ready()


async def ask_for_instances(service: Service, timeout_s: float = DEADLINE_S, *, local: bool = False) -> list[Instance]:
    """All instances of all services of the cluster, as the router of this host knows them.

    Args:
        service: The link to the router.
        timeout_s: How long to wait for each page, in seconds.
        local: Only those of this host.

    Raises:
        ClientError: The router is away, or no answer came in time.
        RemoteProtocolError: An answer is no list.
    """

    async def asked(question: Message) -> Message:
        return await service.request(question, "SERVICES", timeout_s=timeout_s)

    return await gather_instances(asked, local=local)
