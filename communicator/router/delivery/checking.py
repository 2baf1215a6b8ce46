"""Holds what is said to its definition, as strictly as the settings say; what a definition means, `protocol` knows."""

from collections.abc import Callable
from io import BytesIO

from communicator.errors import ProtocolError
from communicator.protocol.definitions import Checker, Checking
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.voice import REASON_CHARACTERS
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.registry import Link


def pass_unread(config: RouterConfig, head: bytes, lines: bytes) -> bool:
    """Whether lines with one header need not be looked into: nobody checks them, or they are good for sure.

    Args:
        config: Who we are, and the rules of this host.
        head: What stands before the parameters, the same in all lines.
        lines: Whole lines, each with its newline.
    """
    checks = config.checks
    return checks is None or checks.checker.passes_all(head, lines, config.server_name)


def lines_to_check(config: RouterConfig, lines: bytes, head_of: Callable[[bytes], bytes]) -> dict[bytes, set[bytes]]:
    """By header, those lines of one read that have to be checked one by one; headers without any are left out.

    Args:
        config: Who we are, and the rules of this host.
        lines: Whole lines, each with its newline.
        head_of: What stands before the parameters of a line.
    """
    checks = config.checks
    if checks is None:
        return {}
    by_head: dict[bytes, list[bytes]] = {}
    for line in BytesIO(lines):
        by_head.setdefault(head_of(line), []).append(line)
    missed = {
        head: set(checks.checker.misses(head, b"".join(each), config.server_name)) for head, each in by_head.items()
    }
    return {head: found for head, found in missed.items() if found}


def passes(config: RouterConfig, line: bytes) -> bool:
    """Whether one line, which was not found good together with others, is good all the same; a long one has to be read.

    Args:
        config: Who we are, and the rules of this host.
        line: The line, which has a way to go on unread.
    """
    checks = config.checks
    try:
        return checks is None or (
            len(line) <= LINE_BYTES_AT_ONCE and not checks.checker.fault(decode(line), config.server_name)
        )
    except ProtocolError:
        return False


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
    reason = _fault(checks.checker, message, board.config.server_name, is_foreign=link.is_router)
    return _held_against(board, link, message, reason) if reason else ""


def find_leaving(board: Switchboard, link: Link, message: Message) -> str:
    """Why a message that no service of this host takes is not to look for one elsewhere; empty when it may, see `find_fault`.

    Args:
        board: The router's state.
        link: Who sent it: a process of this host.
        message: What was said.
    """
    if not is_local(board.config, message.command):
        return ""
    reason = f"{message.command} stays on its host, and there is no {message.service!r} here"
    return _held_against(board, link, message, reason)


def find_fault_kept(board: Switchboard, message: Message) -> str:
    """Why a message that was kept is not to be delivered: rules may be others than those when it came.

    A fault is counted only where it is refused: where messages are only watched, that was done when it came.

    Args:
        board: The router's state.
        message: What was kept, under the true name of its sender.
    """
    checks, own = board.config.checks, board.config.server_name
    is_held = holds_to_definitions(board.config, message.command)
    if checks is None or not is_held or message.sent_from_service == ROUTER_SERVICE:
        return ""
    reason = _fault(checks.checker, message, own, is_foreign=message.sent_from_server not in ("", own))
    board.statistics.faulty_messages += bool(reason)
    return reason


def is_local(config: RouterConfig, command: str) -> bool:
    """Whether messages of a command are not to leave this host, and somebody watches that."""
    checks = config.checks
    return checks is not None and checks.checker.is_local(command)


def holds_to_definitions(config: RouterConfig, command: str) -> bool:
    """Whether a message that is not as it was defined is refused.

    Args:
        config: Who we are, and the rules of this host.
        command: Of the message.
    """
    checks = config.checks
    return checks is not None and checks.mode is Checking.ENFORCE and not checks.checker.watches(command)


def _fault(checker: Checker, message: Message, server: str, *, is_foreign: bool) -> str:
    reason = checker.fault(message, server)
    if not reason and is_foreign and checker.is_local(message.command):
        return f"{message.command} stays on its host: it may not come from another one"
    return reason


def _is_of_a_router(link: Link, message: Message) -> bool:
    """Whether a router speaks for itself: it signs, or talks to this one; who says something to others unsigned has no name."""
    if not link.is_router:
        return False
    unsigned = not message.sent_from_service
    return message.sent_from_service == ROUTER_SERVICE or (unsigned and message.service in ("", ROUTER_SERVICE))


def _held_against(board: Switchboard, link: Link, message: Message, reason: str) -> str:
    """Count a fault; the reason where it is to be refused, else it is told and nothing more."""
    board.statistics.faulty_messages += 1
    if holds_to_definitions(board.config, message.command):
        return reason
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
    return ""
