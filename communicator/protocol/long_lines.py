"""Reads a long line a step at a time, so that no line takes long at once; the grammar is that of line_form."""

import codecs
from collections.abc import Iterator

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.json_form import check_size
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.protocol.line_form import (
    BLANKS,
    NOT_IN_A_LINE,
    blot,
    by_name,
    decode,
    split_quoted,
    unescape,
)
from communicator.protocol.message import Message

_PLAIN_STEPS = 4
"""What holds no backslash is read so many times as fast, and more."""


class Reading:
    """A long line that is being read.

    Args:
        line: One line.
    """

    def __init__(self, line: bytes) -> None:
        self.line = line
        self.outcome: Message | RemoteProtocolError | None = None
        """What was read, or why it cannot be; None: there is more to do."""
        self._steps = read_in_steps(line)

    def go_on(self) -> None:
        """Do one more step, as long as there is no outcome."""
        try:
            self.outcome = next(self._steps)
        except RemoteProtocolError as error:
            self.outcome = error.with_traceback(None)  # or all that was read would be kept with it


def read_in_steps(line: bytes, step_bytes: int = LINE_BYTES_AT_ONCE) -> Iterator[Message | None]:
    r"""Read one line as `decode` does, in steps of about half a millisecond.

    Args:
        line: One line, with or without its newline.
        step_bytes: How much of a line full of escapes is read in one step; even, and at least 4.

    Yields:
        None after each step but the last, then the message.

    Raises:
        RemoteProtocolError: The bytes are not a message; nothing else is ever raised.
    """
    line = line.strip(BLANKS)
    if line.startswith(b"{"):
        check_size(len(line))
        yield decode(line)
        return
    if b"\\" not in line:
        step_bytes *= _PLAIN_STEPS
    utf8 = codecs.getincrementaldecoder("utf-8")()
    pieces: list[str] = []
    at = 0
    try:
        for piece in _pieces(line, 0, len(line), step_bytes):
            utf8.decode(piece)
            pieces.append(blot(piece.decode("latin-1")))
            at += len(piece)
            yield None
        utf8.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise RemoteProtocolError(f"line is not UTF-8 at byte {at - len(utf8.getstate()[0]) + error.start}") from None
    if b"\0" in line or b"\n" in line:
        raise RemoteProtocolError(NOT_IN_A_LINE)
    blotted = "".join(pieces)
    yield None
    blank = blotted.find(" ", blotted.find(" ") + 1 if line.startswith(b"<") else 0)
    message = decode(line if blank < 0 else line[:blank] + b" a=")  # its head alone, as that of a short line
    pairs = split_quoted(blotted, blank + 1) if blank >= 0 else []
    values = by_name([(name, sign, (at, end)) for name, sign, at, end in pairs])
    parameters, done = {}, step_bytes
    for name, (at, end) in values.items():
        texts = []
        for piece in _pieces(line, at, end, step_bytes):
            if done + len(piece) > step_bytes:
                yield None
                done = 0
            done += len(piece)
            texts.append(utf8.decode(unescape(piece.decode("latin-1")).encode("latin-1")))
        parameters[name] = "".join(texts)
    yield msgspec.structs.replace(message, parameters=parameters)


def _pieces(line: bytes, at: int, end: int, step_bytes: int) -> Iterator[bytes]:
    r"""Cut a part of a line, no escape in two, nor ``\"``: before backslashes or, where there are many, among them."""
    while at < end:
        piece = line[at : min(at + step_bytes, end)]
        if at + len(piece) < end:
            piece = piece.rstrip(b"\\") or piece[:-2]
        yield piece
        at += len(piece)
