"""SHADOW_TAKEN and SHADOW_SAID: what the router of a shadow tells the router whose messages it copies."""

from communicator.protocol.message import Message
from communicator.router.delivery.mirroring import go_on
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.copies import read_said, read_taken
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def shadow_taken(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """SHADOW_TAKEN: what became of a copy; more may set out."""
    if board.mirrors.take(read_taken(message), now.monotonic_s):
        go_on(board, now)


def shadow_said(board: Switchboard, _link: Link, message: Message, _now: Instant) -> None:
    """SHADOW_SAID: it goes to the comparator."""
    if board.mirrors.hear(*read_said(message)):
        board.look_later()
