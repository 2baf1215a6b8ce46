"""PURE: the service instances of the cluster, as the router tells them page by page; how it is asked is told to it."""

from collections.abc import Awaitable, Callable

import msgspec

from communicator.answers.services import Instance
from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message

PAGE = 500
"""Instances asked for at a time."""


async def gather_instances(ask: Callable[[Message], Awaitable[Message]], *, local: bool = False) -> list[Instance]:
    """All instances the router knows.

    Args:
        ask: Sends LIST_SERVICES and gives the SERVICES that answers it; what it raises goes through.
        local: Only those of this host.

    Raises:
        RemoteProtocolError: An answer is no list.
    """
    instances: list[Instance] = []
    where = {"scope": "local"} if local else {}
    while True:
        page = await ask(Message("LIST_SERVICES", {"offset": str(len(instances)), "limit": str(PAGE), **where}))
        told = read_page(page)
        instances += told
        if not told or len(instances) >= total(page):
            return instances


def read_page(message: Message) -> list[Instance]:
    """The instances one SERVICES message tells.

    Raises:
        RemoteProtocolError: It tells none in a way we understand.
    """
    try:
        return msgspec.json.decode(message.get("services", "[]"), type=list[Instance])
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RemoteProtocolError(f"the router's list of services cannot be read: {error}") from None


def total(message: Message) -> int:
    """How many instances there are in all; a router that does not say has told all of them."""
    text = message.get("total", "0")
    return int(text) if text.isascii() and text.isdigit() else 0
