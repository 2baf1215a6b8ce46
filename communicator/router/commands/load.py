"""LOADAVG and its registrations: a message a second to those who asked, when the load has moved."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.values import format_timestamp
from communicator.router.effects import SampleLoad
from communicator.router.events import Instant
from communicator.router.registry import Link
from communicator.router.switchboard import Switchboard

MOVED_BY = 0.1
"""A smaller change of the load average is not news."""


def register_for_load(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """REGISTER_FOR_LOADAVG: from now on this link hears of the load."""
    if not board.load_listeners:
        board.ask(SampleLoad(enabled=True))
    board.load_listeners[link] = None


def unregister_from_load(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """UNREGISTER_FROM_LOADAVG: no longer; no harm when it never asked."""
    forget_load(board, link)


def listen_to_load(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LISTEN_LOADAVG: the load of the hosts named in ``ips``; a router of one host knows its own only."""
    own = board.config.my_address.rpartition(":")[0].strip("[]")
    named = [ip.strip().strip("[]") for ip in message.get("ips").split(",")]
    foreign = [ip for ip in named if ip != own]
    if foreign:
        raise RemoteProtocolError(f"parameter ips: {foreign[0][:80]!r} is not a host of this cluster")
    register_for_load(board, link, message, now)


def forget_load(board: Switchboard, link: Link) -> None:
    """This link hears of the load no more."""
    if link in board.load_listeners:
        del board.load_listeners[link]
        if not board.load_listeners:
            board.ask(SampleLoad(enabled=False))


def tell_load(board: Switchboard, average: float, now: Instant) -> None:
    """Tell everyone to whom the load average has moved by `MOVED_BY` since they last heard of it."""
    for link, told in board.load_listeners.items():
        if told is not None and abs(average - told) < MOVED_BY:
            continue
        board.load_listeners[link] = average
        board.answer(
            link,
            "LOADAVG",
            avg=f"{average:.2f}",
            my_address=board.config.my_address,
            timestamp=format_timestamp(now.wall_ns),
        )
