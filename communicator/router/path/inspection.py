"""One line that cannot be passed on unread: read it, ask whether it may be said, then obey it or deliver it."""

import msgspec

from communicator.errors import LocalProtocolError, ProtocolError
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.protocol.line_form import decode, parse_head
from communicator.protocol.long_lines import Reading
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE, WILDCARD_SERVERS
from communicator.router.cores.voice import Voice, repeated_ids
from communicator.router.delivery.acknowledgement import acknowledge
from communicator.router.delivery.belief import is_word_of_leaf, why_not_believed
from communicator.router.delivery.checking import find_fault
from communicator.router.delivery.choosing import TO_VERSION
from communicator.router.delivery.delivery import deliver
from communicator.router.delivery.flooding import hear_sender
from communicator.router.delivery.refusals import refuse_message
from communicator.router.delivery.reports import tell_hop
from communicator.router.mesh.received import Received
from communicator.router.path.table import HANDLERS
from communicator.router.peering.admission import must_wait
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import OF_THE_SUITE, judge
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Continue, Identify, Level
from communicator.router.vocabulary.envelope import BROADCAST_TO, Envelope, open_envelope, own_envelope, read_spread
from communicator.router.vocabulary.events import CloseReason, Instant
from communicator.router.vocabulary.named_counts import OTHER
from communicator.router.vocabulary.registry import Link, Party

STRANGER_LINE_BYTES = 8 * 1024
"""What another host may say in one line before it has shown who it is."""
_LONG_WORD = b"CONNECT "  # it names the services and the neighbors of a whole cluster, and may be as long as any line


def inspect(board: Switchboard, link: Link, line: bytes, now: Instant) -> None:
    """Deal with one line, whatever it is: bad ones are answered, counted and change nothing.

    Args:
        board: The router's state.
        link: Who sent it.
        line: One line with its newline.
        now: The time.
    """
    if line.isspace():
        return  # somebody pressed the return key
    if len(line) > STRANGER_LINE_BYTES + 1 and _is_newcomer(link) and not line.startswith(_LONG_WORD):
        _turn_away(board, link)
        return
    try:
        message = read_line(board, link, line)
    except ProtocolError as error:
        refuse_message(board, link, Message(command_of(line)), str(error), "invalid")
        return
    if message is None or must_wait(board, link, message, line, now):
        return
    if link.is_router:
        _take_from_router(board, link, message, now)
    else:
        _take(board, link, message, line, now)


def read_line(board: Switchboard, link: Link, line: bytes) -> Message | None:
    """Read one line; where that takes several turns it is parked, and comes here again.

    Args:
        board: The router's state.
        link: Who sent it.
        line: One line with its newline.

    Returns:
        The message; None until it was read.

    Raises:
        RemoteProtocolError: It is none.
    """
    if len(line) <= LINE_BYTES_AT_ONCE + 1:
        return decode(line)
    if link.reading is None or link.reading.line != line:
        link.reading = Reading(line)
    outcome = link.reading.outcome
    if isinstance(outcome, ProtocolError):
        raise outcome
    if outcome is None:
        board.park(link, line, Continue(link.id))
    return outcome


def _is_newcomer(link: Link) -> bool:
    """Whether another host has come to us, and has not shown who it is; whom we have dialled is expected to say much."""
    return link.is_stranger and link.dial is None


def _turn_away(board: Switchboard, link: Link) -> None:
    """Close a link whose first words are too long to be read."""
    board.statistics.dropped["too_long"] += 1
    board.notice(Level.WARNING, "line_too_long", link=link.name, limit_bytes=STRANGER_LINE_BYTES)
    board.refuse(
        link,
        "",
        f"a line of a link that has not shown who it is may have {STRANGER_LINE_BYTES} bytes; the link is closed",
    )
    board.close(link, CloseReason.PROTOCOL)


def command_of(line: bytes) -> str:
    """The command of a line whose parameters cannot be read; empty where it cannot be read either."""
    words = line.strip().split(b" ", 2)
    try:
        return parse_head(b" ".join(words[: 2 if line.lstrip().startswith(b"<") else 1]).decode("ascii")).command
    except (ProtocolError, UnicodeDecodeError):
        return ""


def _take(board: Switchboard, link: Link, message: Message, line: bytes, now: Instant) -> None:
    """A message of a service, a tool, or a stranger."""
    ruling = judge(message, link, board.config)
    if ruling.allowed is None or (not link.user_known and _hangs_on_user(board, message)):
        board.park(link, line, Identify(link.id))
    elif not ruling.allowed:
        board.statistics.acl_denied += 1
        refuse_message(board, link, message, ruling.reason, "acl")
    elif fault := find_fault(board, link, message):
        refuse_message(board, link, message, fault, "faulty")
    elif message.service in ("", ROUTER_SERVICE) and board.config.is_here(message.server):
        _obey(board, link, message, now)
    else:
        _deliver(board, own_envelope(link, _signed(board.config, link, _with_actor(board.config, link, message))), now)


def _hangs_on_user(board: Switchboard, message: Message) -> bool:
    """Whether it may wait here for its service or its acknowledgement, in the share of its user, or names a version."""
    is_away = message.service in board.config.known_services and board.registry.live(message.service) is None
    return is_away or message.get("ack") == "required" or bool(message.get(TO_VERSION))


def _take_from_router(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """A message that another router brings: its own, or one of a service over there, for us or for somebody beyond."""
    if _is_echo(board.received, link, message, now):
        board.statistics.dropped["duplicate"] += 1
        return
    reason = why_not_believed(board, link, message, now)
    if reason:
        board.statistics.acl_denied += 1
        refuse_message(board, link, message, reason, "acl")
        return
    try:
        envelope = open_envelope(link, message)
    except ValueError as error:
        refuse_message(board, link, message, str(error), "invalid")
        return
    is_leaf = is_word_of_leaf(board.carrier, link, message, now)
    if is_leaf:
        hear_sender(board, message, now)
    if (
        message.server
        and not board.config.is_here(message.server)
        and not (is_leaf and message.command in OF_THE_SUITE)
    ):
        _deliver(board, envelope, now)
        return
    asker = _asker(link, message)
    ruling = judge(message, link, board.config, is_of_leaf=is_leaf)
    if not ruling.allowed:
        board.statistics.acl_denied += 1
        refuse_message(board, asker, message, ruling.reason, "acl")
        _end_repeats(board, envelope, "not_allowed", now)
    elif _is_for_us(board.config, envelope) and (fault := find_fault(board, link, envelope.message)):
        refuse_message(board, asker, message, fault, "faulty")
        _end_repeats(board, envelope, "faulty", now)
    elif message.service in ("", ROUTER_SERVICE):
        _obey(board, asker, message, now)
    else:
        _deliver(board, envelope, now)


def _is_echo(received: Received, link: Link, message: Message, now: Instant) -> bool:
    """Whether a copy of what C++ routers spread has been here before: it is nobody's fault, and says nothing new."""
    spread = read_spread(message)
    if (
        spread is None
        or (message.get(BROADCAST_TO) and not link.is_leaf)
        or message.server not in ("", *WILDCARD_SERVERS)
    ):
        return False
    return received.holds(spread.key(message.sent_from_server), now.monotonic_s)


def _is_for_us(config: RouterConfig, envelope: Envelope) -> bool:
    """Whether it ends here, at least one copy of it; what only passes is the business of the hosts it is for."""
    return envelope.serves is None or config.server_name in envelope.serves


def _end_repeats(board: Switchboard, envelope: Envelope, reason: str, now: Instant) -> None:
    """A message that has to arrive never will: its router need not send it again, and its sender hears no second refusal."""
    if _is_for_us(board.config, envelope):
        acknowledge(board, envelope, "failed", now, reason)


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
        refuse_message(board, envelope.link, envelope.message, str(error), "invalid")


def _signed(config: RouterConfig, link: Link, message: Message) -> Message:
    """Put the true sender in place of any that was claimed: a name for a registered link, none for another."""
    registration = link.registration
    return msgspec.structs.replace(
        message,
        sent_from_server=config.server_name if registration else "",
        sent_from_service=registration.service if registration else "",
    )


def _obey(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    handler = HANDLERS.get(message.command)
    if message.get("trace"):
        _trace(board, link, message, now)
    board.statistics.routed["self"] += 1
    board.statistics.commands[OTHER if handler is None else message.command] += 1
    if handler is None:
        board.answer(link, "UNKNOWN", command=message.command, **repeated_ids(message))
        return
    try:
        handler(board, link, message, now)
    except ValueError as error:  # a ProtocolError or an AddressError: a parameter is wrong, or has no answer
        refuse_message(board, link, message, str(error), "invalid")


def _trace(voice: Voice, link: Link, message: Message, now: Instant) -> None:
    """Its sender follows a message that has arrived: it was for us."""
    envelope = own_envelope(link, message) if link.answers_to is None else open_envelope(link, message)
    tell_hop(voice, envelope, now, "delivered", ROUTER_SERVICE)


def _with_actor(config: RouterConfig, link: Link, message: Message) -> Message:
    """CANARY_COMMAND is audited: who gives it is written here, not believed."""
    if message.command != "CANARY_COMMAND":
        return message
    user = link.user.name if link.user else ""
    actor = {"actor_user": user, "actor_server": config.server_name}
    return msgspec.structs.replace(message, parameters={**message.parameters, **actor})
