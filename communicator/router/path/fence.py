"""Lines of whoever is behind the fence: a short table is obeyed, answers go to whoever compares them, all others are discarded.

A line is discarded by its head alone, so that a flood costs little; each counts as work, so that others have their turn.
"""

from io import BytesIO

from communicator.errors import LocalProtocolError, ProtocolError
from communicator.protocol.line_form import Head, encode_line, parse_head
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.discarded import Word
from communicator.router.cores.fence import WAITING
from communicator.router.delivery.shadowing import tell_said
from communicator.router.path.forwarding import count_lines, forward
from communicator.router.path.inspection import command_of, inspect, read_line
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import CANARY
from communicator.router.vocabulary.effects import Continue, Level
from communicator.router.vocabulary.events import DatagramReceived, Instant
from communicator.router.vocabulary.registry import Behind, Link

HEALTH = "ABSOLUTELY"
"""Whether it lives and is well: to its own router, and to the canary of this host."""
HEALTH_PARAMETERS = ("serial", "timestamp", "reply_timestamp", "health")
"""All that the canary is told of it: nothing that a router would act on."""
OBEYED = frozenset(
    (
        *("REGISTER", "UNREGISTER", "COMMANDS", HEALTH),
        *("ALIVE", "CLOCK_STATUS", "CLUSTER_GET_STATUS", "CLUSTER_STATUS", "HELP", "LIST_SERVICES", "SERVICE_STATUS"),
    )
)
"""What a shadow may tell its own router, and the questions that are answered to itself alone and change nothing."""
_TO_BE_READ = b"<{ \t\r\v\f"
"""What a line begins with whose head does not stand in its first word."""
MALFORMED, UNSENDABLE = "malformed", "unsendable"


def hear_fenced(board: Switchboard, link: Link, lines: bytes, now: Instant) -> int:
    """Deal with the lines of one read of a link that is behind the fence, or of which it is yet to be told whether it is.

    Args:
        board: The router's state.
        link: Who sent them.
        lines: Whole lines, each with its newline.
        now: The time.

    Returns:
        How many lines they were.
    """
    if link.fence is WAITING:
        board.hold(link, lines)
    elif link.fence is not None:
        _Fenced(board, link, link.fence, now).hear(lines)
    return count_lines(lines)


def hear_datagram(board: Switchboard, signal: Link, event: DatagramReceived, line: bytes, now: Instant) -> int:
    """The same for one datagram: of a shadow it reaches nobody.

    Args:
        board: The router's state.
        signal: What all datagrams come over.
        event: It.
        line: Its one line, with its newline.
        now: The time.
    """
    behind = board.fence.find_process(event.process) if board.fence.is_told and not event.is_from_afar else None
    if behind is None:
        return forward(board, signal, line, now)
    word = Word(behind, signal.kind, line[:-1], command_of(line) or MALFORMED, behind.reason, now.monotonic_s)
    discard(board, word)
    return 1


def discard(board: Switchboard, word: Word) -> None:
    """Let a line reach nobody: it is counted, the newest are kept, and the log hears of the 1st, 2nd, 4th, 8th … one."""
    count = board.discarded.add(word)
    if count.bit_count() == 1:
        board.notice(
            Level.INFO,
            "shadow_line_discarded",
            service=word.behind.service,
            version=word.behind.version,
            door=word.door,
            command=word.command,
            reason=word.reason,
            lines=count,
        )


def _head_of(line: bytes) -> Head | None:
    """What a line says of itself before its parameters; None where that does not stand in its first word, or is malformed."""
    if not line or line[0] in _TO_BE_READ:
        return None
    try:
        return parse_head(line.partition(b" ")[0].removesuffix(b"\n").decode("ascii"))
    except (ProtocolError, UnicodeDecodeError):
        return None


class _Fenced:
    """One read of a link that is behind the fence."""

    def __init__(self, board: Switchboard, link: Link, behind: Behind, now: Instant) -> None:
        self._board = board
        self._link = link
        self._behind = behind
        self._now = now

    def hear(self, lines: bytes) -> None:
        """Deal with all lines, or park the rest until others have had their turn."""
        board, link = self._board, self._link
        rest = BytesIO(lines)
        for line in rest:
            head = _head_of(line)
            is_read = self._has_to_be_read(line, head)
            if not (board.may_look(line) if is_read else board.may_discard()):
                board.park(link, line + rest.read(), Continue(link.id))
                return
            if is_read:
                self._read(line[:-1])
            elif line != b"\n":  # somebody pressed the return key
                self._discard(line[:-1], self._behind.reason, MALFORMED if head is None else head.command)
            if link.closing:
                return
            if link.is_parked:
                link.parked += rest.read()
                return

    def _has_to_be_read(self, line: bytes, head: Head | None) -> bool:
        """Whether its head does not decide that it is discarded."""
        if head is None:
            return line[0] in _TO_BE_READ
        if head.command in OBEYED and head.service in ("", ROUTER_SERVICE, CANARY):
            return True
        return self._board.copies.may_concern(self._link.id, head.service)

    def _read(self, line: bytes) -> None:
        board, link, now = self._board, self._link, self._now
        try:
            message = read_line(board, link, line + b"\n")
        except ProtocolError:
            if line.strip():
                self._discard(line, MALFORMED, MALFORMED)
            return
        if message is None:
            return
        is_here = board.config.is_here(message.server)
        if is_here and message.service in ("", ROUTER_SERVICE) and message.command in OBEYED:
            inspect(board, link, line + b"\n", now)
        elif is_here and message.service == CANARY and message.command == HEALTH:
            self._tell_canary(line, message)
        elif not board.copies.may_concern(link.id, message.service):
            self._discard(line, self._behind.reason, message.command)
        elif reason := tell_said(board, link, message, now):
            self._discard(line, reason, message.command)

    def _tell_canary(self, line: bytes, message: Message) -> None:
        """Health, and nothing else, once for each time that the canary has asked for it: it is not to be flooded."""
        board, link = self._board, self._link
        canary, registration = board.registry.live(CANARY), link.registration
        if canary is None or registration is None or not link.asked or message.get("serial") != link.asked:
            self._discard(line, self._behind.reason, HEALTH)
            return
        link.asked = ""
        told = {name: message.get(name) for name in HEALTH_PARAMETERS if message.get(name)}
        word = Message(HEALTH, told, CANARY, message.server, board.config.server_name, registration.service)
        try:
            board.transmit(canary, encode_line(word), 1)
        except LocalProtocolError:
            self._discard(line, UNSENDABLE, HEALTH)

    def _discard(self, line: bytes, reason: str, command: str) -> None:
        discard(self._board, Word(self._behind, self._link.kind, line, command, reason, self._now.monotonic_s))
