"""ABSOLUTELY: whoever was asked whether it lives, does: a router of a link, the holder of a server's name, or of a service's."""

from communicator.protocol.message import Message
from communicator.router.features.registration import elder_answered
from communicator.router.peering.handshake import elder_lives
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def absolutely(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """ABSOLUTELY: count it where it was asked for; one nobody asked for changes nothing."""
    serial = message.get("serial")
    if not link.kind.is_remote:
        elder_answered(board, link, message, now)
    elif link.answers_to is None and serial.isdecimal() and len(serial) < 20:  # noqa: PLR2004 - digits of a 64-bit number
        board.mesh.heartbeat.answered(link.id, int(serial), now.monotonic_s)
    elif link.peer is not None or link.answers_to is not None:
        elder_lives(board, serial, message.get("boot_id"), now)
    else:
        elder_answered(board, link, message, now)
