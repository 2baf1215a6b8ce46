"""One message is not taken: counted, told in the log and answered with INVALID; what is wrong with it is found elsewhere."""

from communicator.protocol.line_form import representable
from communicator.protocol.message import Message
from communicator.router.cores.voice import REASON_CHARACTERS, repeated_ids
from communicator.router.delivery.checking import find_fault_kept
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.registry import Link, Party


def refuse_message(board: Switchboard, link: Link, message: Message, reason: str, drop: str) -> None:
    """Refuse a message: its sender hears why.

    Args:
        board: The router's state.
        link: Whom to answer; whatever is refused over one link counts together, whoever asked over it.
        message: What was said, as far as that could be read.
        reason: Why it is not taken.
        drop: The same in one of the words of `statistics.DROP_REASONS`.
    """
    board.statistics.dropped[drop] += 1
    over = board.registry.links.get(link.id, link)
    over.refusals += 1
    if over.refusals.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: a flood of bad lines is no flood of the log
        board.notice(
            Level.INFO,
            "message_refused",
            link=over.name,
            command=message.command,
            sender=":".join(link.answers_to) if link.answers_to else over.name,
            reason=reason[:REASON_CHARACTERS],
            refusals=over.refusals,
        )
    if link.answers_to or not link.is_bus:  # where everyone would hear it
        board.refuse(link, message.command, reason, **repeated_ids(message))


def refuse_kept(board: Switchboard, message: Message) -> bool:
    """Refuse a message that was kept for a service, if it is not as it is to be by now.

    Args:
        board: The router's state.
        message: What was kept.

    Returns:
        Whether it was refused; its sender hears why where that can be told.
    """
    reason = find_fault_kept(board, message)
    if not reason:
        return False
    board.statistics.dropped["faulty"] += 1
    if message.sent_from_service:
        told = {"command": message.command, "message": representable(reason, REASON_CHARACTERS)} | repeated_ids(message)
        sender = Party(message.sent_from_server, message.sent_from_service)
        board.tell_party(sender, Message("INVALID", told))
    return True
