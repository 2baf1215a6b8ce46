"""One line that cannot be passed on unread: read it, ask whether it may be said, then obey it or deliver it."""

import msgspec

from communicator.errors import ProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.authority import Speaker, judge
from communicator.router.commands.table import HANDLERS
from communicator.router.delivery import deliver, report
from communicator.router.effects import Identify, Level
from communicator.router.events import Instant
from communicator.router.forwarding import is_here
from communicator.router.registry import Link
from communicator.router.statistics import OTHER
from communicator.router.switchboard import REASON_CHARACTERS, Switchboard


def inspect(board: Switchboard, link: Link, line: bytes, now: Instant) -> None:
    """Deal with one line, whatever it is: bad ones are answered, counted and change nothing.

    Args:
        board: The router's state.
        link: Who sent it.
        line: One line without its newline.
        now: The time.
    """
    if not line.strip():
        return  # somebody pressed the return key
    try:
        message = decode(line)
    except ProtocolError as error:
        _refuse(board, link, "", str(error), "invalid")
        return
    ruling = judge(message, _speaker(link), board.config)
    if ruling.allowed is None:
        board.park(link, line + b"\n", Identify(link.id))
    elif not ruling.allowed:
        board.statistics.acl_denied += 1
        _refuse(board, link, message.command, ruling.reason, "acl")
    elif message.service not in ("", ROUTER_SERVICE):
        deliver(board, link, _with_actor(board, link, message), now)
    elif is_here(board, message.server):
        _obey(board, link, message, now)
    else:
        board.statistics.dropped["unroutable"] += 1
        report(board, link, message, "failed")


def _speaker(link: Link) -> Speaker:
    return Speaker(kind=link.kind, user=link.user, user_known=link.user_known, registration=link.registration)


def _obey(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    handler = HANDLERS.get(message.command)
    board.statistics.routed["self"] += 1
    board.statistics.commands[OTHER if handler is None else message.command] += 1
    if handler is None:
        board.answer(link, "UNKNOWN", command=message.command)
        return
    try:
        handler(board, link, message, now)
    except ValueError as error:  # a ProtocolError or an AddressError: a parameter is wrong, or has no answer
        _refuse(board, link, message.command, str(error), "invalid")


def _with_actor(board: Switchboard, link: Link, message: Message) -> Message:
    """CANARY_COMMAND is audited: who gives it is written here, not believed."""
    if message.command != "CANARY_COMMAND":
        return message
    user = link.user.name if link.user else ""
    actor = {"actor_user": user, "actor_server": board.config.server_name}
    return msgspec.structs.replace(message, parameters={**message.parameters, **actor})


def _refuse(board: Switchboard, link: Link, command: str, reason: str, drop: str) -> None:
    board.statistics.dropped[drop] += 1
    link.refusals += 1
    if link.refusals.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: a flood of bad lines is no flood of the log
        board.notice(
            Level.INFO,
            "message_refused",
            link=link.name,
            command=command,
            reason=reason[:REASON_CHARACTERS],
            refusals=link.refusals,
        )
    board.refuse(link, command, reason)
