"""PURE: what is not taken, and how its sender is told so; it knows no message."""

from collections.abc import Iterator
from contextlib import contextmanager

from communicator.errors import MessageRefusedError, RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import ROUTER_SERVICE


@contextmanager
def refusing(message: Message) -> Iterator[None]:
    """Whoever says what makes no sense is told so."""
    try:
        yield
    except RemoteProtocolError as error:
        raise MessageRefusedError(message.command, str(error)) from None


def require_router(message: Message) -> None:
    """Only the router tells of runs; a C++ router does not see to that itself.

    Raises:
        MessageRefusedError: Somebody else says it.
    """
    if message.sent_from_service != ROUTER_SERVICE:
        raise MessageRefusedError(message.command, "only the router tells of runs")
