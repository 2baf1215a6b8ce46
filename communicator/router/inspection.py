"""One line that cannot be passed on unread: read it, ask whether it may be said, then obey it or deliver it."""

import msgspec

from communicator.errors import LocalProtocolError, ProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.authority import Speaker, judge
from communicator.router.checking import find_fault
from communicator.router.commands.table import HANDLERS
from communicator.router.delivery import deliver
from communicator.router.effects import Identify, Level
from communicator.router.envelope import Envelope, open_envelope, own_envelope
from communicator.router.events import Instant
from communicator.router.forwarding import is_here
from communicator.router.mesh.admission import must_wait
from communicator.router.mesh.belief import why_not_believed
from communicator.router.registry import Link, Party
from communicator.router.reports import tell_hop
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
    if must_wait(board, link, message, line + b"\n", now):
        return
    if link.is_router:
        _take_from_router(board, link, message, now)
    else:
        _take(board, link, message, line, now)


def _take(board: Switchboard, link: Link, message: Message, line: bytes, now: Instant) -> None:
    """A message of a service, a tool, or a stranger."""
    ruling = judge(message, _speaker(link), board.config)
    if ruling.allowed is None:
        board.park(link, line + b"\n", Identify(link.id))
    elif not ruling.allowed:
        board.statistics.acl_denied += 1
        _refuse(board, link, message.command, ruling.reason, "acl")
    elif fault := find_fault(board, link, message):
        _refuse(board, link, message.command, fault, "faulty")
    elif message.service in ("", ROUTER_SERVICE) and is_here(board, message.server):
        _obey(board, link, message, now)
    else:
        _deliver(board, own_envelope(link, _signed(board, link, _with_actor(board, link, message))), now)


def _take_from_router(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """A message that another router brings: its own, or one of a service over there, for us or for somebody beyond."""
    reason = why_not_believed(board, link, message, now)
    if reason:
        board.statistics.acl_denied += 1
        _refuse(board, link, message.command, reason, "acl")
        return
    try:
        envelope = open_envelope(link, message)
    except ValueError as error:
        _refuse(board, link, message.command, str(error), "invalid")
        return
    if message.server and not is_here(board, message.server):
        _deliver(board, envelope, now)
        return
    asker = _asker(link, message)
    ruling = judge(message, _speaker(link), board.config)
    if not ruling.allowed:
        board.statistics.acl_denied += 1
        _refuse(board, asker, message.command, ruling.reason, "acl")
    elif fault := find_fault(board, link, envelope.message):
        _refuse(board, asker, message.command, fault, "faulty")
    elif message.service in ("", ROUTER_SERVICE):
        _obey(board, asker, message, now)
    else:
        _deliver(board, envelope, now)


def _asker(link: Link, message: Message) -> Link:
    """Whom to answer: the router itself, or over it the service that asks."""
    if (
        message.sent_from_service in ("", ROUTER_SERVICE)
        and link.peer
        and message.sent_from_server in ("", link.peer.server)
    ):
        return link
    if not message.sent_from_service:
        return link
    asker = Party(message.sent_from_server, message.sent_from_service)
    return Link(link.id, link.kind, link.address, user_known=True, is_bus=link.is_bus, answers_to=asker)


def _deliver(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    try:
        deliver(board, envelope, now)
    except LocalProtocolError as error:  # a JSON message may hold what no line can
        _refuse(board, envelope.link, envelope.message.command, str(error), "invalid")


def _speaker(link: Link) -> Speaker:
    return Speaker(
        kind=link.kind,
        user=link.user,
        user_known=link.user_known,
        registration=link.registration,
        accepted=link.is_router or link.registration is not None,
        is_router=link.is_router,
        is_bus=link.is_bus,
    )


def _signed(board: Switchboard, link: Link, message: Message) -> Message:
    """Put the true sender in place of any that was claimed: a name for a registered link, none for another."""
    registration = link.registration
    return msgspec.structs.replace(
        message,
        sent_from_server=board.config.server_name if registration else "",
        sent_from_service=registration.service if registration else "",
    )


def _obey(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    handler = HANDLERS.get(message.command)
    if message.get("trace"):
        _trace(board, link, message, now)
    board.statistics.routed["self"] += 1
    board.statistics.commands[OTHER if handler is None else message.command] += 1
    if handler is None:
        board.answer(link, "UNKNOWN", command=message.command)
        return
    try:
        handler(board, link, message, now)
    except ValueError as error:  # a ProtocolError or an AddressError: a parameter is wrong, or has no answer
        _refuse(board, link, message.command, str(error), "invalid")


def _trace(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """Its sender follows a message that has arrived: it was for us."""
    envelope = own_envelope(link, message) if link.answers_to is None else open_envelope(link, message)
    tell_hop(board, envelope, now, "delivered", ROUTER_SERVICE)


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
    if link.answers_to or not link.is_bus:  # where everyone would hear it
        board.refuse(link, command, reason)
