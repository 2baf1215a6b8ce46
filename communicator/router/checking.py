"""Holds what is said to its definition, as strictly as the settings say; what a definition means, `protocol` knows."""

from collections.abc import Callable
from io import BytesIO

from communicator.protocol.definitions import Checking
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.effects import Level
from communicator.router.registry import Link
from communicator.router.switchboard import REASON_CHARACTERS, Switchboard


def pass_unread(board: Switchboard, head: bytes, lines: bytes) -> bool:
    """Whether lines with one header need not be looked into: nobody checks them, or they are good for sure.

    Args:
        board: The router's state.
        head: What stands before the parameters, the same in all lines.
        lines: Whole lines, each with its newline.
    """
    checks = board.config.checks
    return checks is None or checks.checker.passes_all(head, lines, board.config.server_name)


def heads_to_read(board: Switchboard, lines: bytes, head_of: Callable[[bytes], bytes]) -> set[bytes]:
    """The headers among lines of one read whose lines have to be looked into one by one.

    Args:
        board: The router's state.
        lines: Whole lines, each with its newline.
        head_of: What stands before the parameters of a line.
    """
    if board.config.checks is None:
        return set()
    by_head: dict[bytes, list[bytes]] = {}
    for line in BytesIO(lines):
        by_head.setdefault(head_of(line), []).append(line)
    return {head for head, each in by_head.items() if not pass_unread(board, head, b"".join(each))}


def find_fault(board: Switchboard, link: Link, message: Message) -> str:
    """Why a message is not to go on; empty when it may.

    A fault is counted whatever becomes of the message. Where messages are only watched, the log names it and nothing is refused.

    Args:
        board: The router's state.
        link: Who sent it.
        message: What was said; of what routers say to each other nothing is known.
    """
    checks = board.config.checks
    if checks is None or _is_of_a_router(link, message):
        return ""
    reason = checks.checker.fault(message, board.config.server_name)
    if not reason:
        return ""
    board.statistics.faulty_messages += 1
    if checks.mode is Checking.ENFORCE:
        return reason
    _tell(board, link, message, reason)
    return ""


def stays_here(board: Switchboard, command: str) -> bool:
    """Whether messages of a command are kept from leaving this host, although they could find a receiver elsewhere."""
    checks = board.config.checks
    return checks is not None and checks.mode is Checking.ENFORCE and checks.checker.is_local(command)


def _is_of_a_router(link: Link, message: Message) -> bool:
    return link.is_router and message.sent_from_service in ("", ROUTER_SERVICE)


def _tell(board: Switchboard, link: Link, message: Message, reason: str) -> None:
    link.faults += 1
    if link.faults.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: what is wrong is wrong again and again
        board.notice(
            Level.WARNING,
            "message_faulty",
            link=link.name,
            command=message.command,
            sender=message.sender or link.name,
            reason=reason[:REASON_CHARACTERS],
            faults=link.faults,
        )
