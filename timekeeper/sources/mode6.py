"""PURE: the control messages of NTP (mode 6, RFC 9327) as bytes; it knows no socket and judges nothing.

A question is one datagram. Its answer may come in several fragments, each with its offset; the last one has the more
bit clear. What lies behind the counted bytes of a fragment is padding. All numbers are big-endian.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from communicator.errors import RemoteProtocolError

ANSWER_BYTES = 32_768
"""A longer answer is refused; all variables of ntpd together take about one kilobyte."""

_HEAD = struct.Struct("!BBHHHHH")
_ASSOCIATION = struct.Struct("!HH")
_VERSION, _MODE = 2, 6
_MODE_MASK = 0x07
_RESPONSE, _ERROR, _MORE, _OPCODE_MASK = 0x80, 0x40, 0x20, 0x1F
_REACHABLE, _SELECTION_SHIFT, _SELECTION_MASK = 0x1000, 8, 0x07
_WORD_BYTES = 4

_ERRORS = {
    1: "not authenticated",
    2: "invalid message",
    3: "unknown request",
    4: "no such association",
    5: "unknown variable",
    6: "invalid value",
    7: "forbidden",
}
_GONE = 4


class ControlError(RemoteProtocolError):
    """What came back is not the answer to our question."""


class StaleControlError(ControlError):
    """An answer to another question than ours: one that came late, or a forgery. Ours may still come."""


class GoneError(ControlError):
    """The association that was asked about does not exist any more."""


class Request(IntEnum):
    """The questions."""

    READ_STATUS = 1
    READ_VARIABLES = 2


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    request: Request
    sequence: int
    """16 bits that the answer repeats."""
    association: int = 0
    """Which server; 0 for the daemon itself."""
    names: str = ""
    """The variables wanted, with commas; all of them when empty."""

    def encode(self) -> bytes:
        """The datagram."""
        data = self.names.encode("ascii")
        head = _HEAD.pack(_VERSION << 3 | _MODE, self.request, self.sequence, 0, self.association, 0, len(data))
        return head + data + bytes(-len(data) % _WORD_BYTES)


class Assembly:
    """Puts the fragments of one answer together, in whatever order and however often they come.

    Args:
        question: To which the answer is awaited.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._pieces: dict[int, bytes] = {}
        self._end: int | None = None

    def add(self, datagram: bytes) -> bytes | None:
        """Take the next datagram.

        Args:
            datagram: What came.

        Returns:
            The whole answer; None while parts of it are missing.

        Raises:
            StaleControlError: It answers another question.
            GoneError: There is no such association.
            ControlError: It is no answer, or a refusal.
        """
        offset, piece, is_last = self._read(datagram)
        if piece:
            self._pieces[offset] = piece
        if is_last:
            self._end = offset + len(piece)
        if sum(map(len, self._pieces.values())) > ANSWER_BYTES:
            raise ControlError(f"an answer of more than {ANSWER_BYTES} bytes")
        return self._join()

    def _read(self, datagram: bytes) -> tuple[int, bytes, bool]:
        if len(datagram) < _HEAD.size:
            raise ControlError(f"{len(datagram)} bytes are no answer")
        mode, bits, sequence, _status, association, offset, count = _HEAD.unpack_from(datagram)
        if mode & _MODE_MASK != _MODE or not bits & _RESPONSE:
            raise ControlError(f"mode {mode & _MODE_MASK}, opcode {bits:#x}: no answer of mode {_MODE}")
        question, opcode = self._question, bits & _OPCODE_MASK
        if (opcode, sequence, association) != (question.request, question.sequence, question.association):
            raise StaleControlError(f"answer to question {opcode} number {sequence}, not to ours")
        if bits & _ERROR:
            raise self._refusal(datagram[4])
        piece = datagram[_HEAD.size : _HEAD.size + count]
        if len(piece) < count:
            raise ControlError(f"{len(piece)} bytes of {count} in an answer to {question.request.name}")
        return offset, piece, not bits & _MORE

    def _refusal(self, code: int) -> ControlError:
        text = f"ntpd refused {self._question.request.name}: {_ERRORS.get(code, f'error {code}')}"
        return GoneError(text) if code == _GONE else ControlError(text)

    def _join(self) -> bytes | None:
        """The answer, once the pieces reach from 0 to the end without a gap."""
        answer = b""
        while self._end is not None and len(answer) < self._end:
            piece = self._pieces.get(len(answer), b"")
            if not piece:
                return None
            answer += piece
        return answer if self._end is not None else None


class Selection(IntEnum):
    """What ntpd thinks of a server; in ntpq, a blank and ``x . - + # * o``."""

    REJECTED = 0
    FALSETICKER = 1
    EXCESS = 2
    OUTLIER = 3
    CANDIDATE = 4
    BACKUP = 5
    SYSTEM_PEER = 6
    PPS_PEER = 7


@dataclass(frozen=True, slots=True)
class Association:
    """A server or reference clock, as the list of them has it."""

    number: int
    selection: Selection
    reachable: bool


def parse_associations(answer: bytes) -> list[Association]:
    """Read the answer to `Request.READ_STATUS` about the daemon itself; a rest that is no whole entry is ignored."""
    whole = len(answer) - len(answer) % _ASSOCIATION.size
    return [
        Association(number, Selection(status >> _SELECTION_SHIFT & _SELECTION_MASK), bool(status & _REACHABLE))
        for number, status in _ASSOCIATION.iter_unpack(answer[:whole])
    ]


def parse_variables(answer: bytes) -> dict[str, str]:
    """Read the answer to `Request.READ_VARIABLES`: ``name=value`` with commas between; a value may be in quotes.

    Returns:
        Each variable. What has no ``=`` is passed over, for what a version adds must not spoil the rest.
    """
    pairs = (item.split("=", 1) for item in _split(answer.decode("ascii", "backslashreplace")) if "=" in item)
    return {name.strip(): value.strip().strip('"') for name, value in pairs}


def _split(text: str) -> Sequence[str]:
    """At commas outside of quotes."""
    parts = text.split('"')
    for inside in range(1, len(parts), 2):
        parts[inside] = parts[inside].replace(",", "\0")
    return [item.replace("\0", ",") for item in '"'.join(parts).split(",")]
