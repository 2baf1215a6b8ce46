"""Reads a long line a step at a time, so that no line takes long at once; the grammar is that of line_form."""

import codecs
from collections.abc import Iterator

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.json_form import check_size
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.protocol.line_form import BLANKS, blot, decode, read_text, unescape
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

    def go_on(self) -> bool:
        """Do one more step; whether there is an outcome."""
        if self.outcome is None:
            try:
                self.outcome = next(self._steps)
            except RemoteProtocolError as error:
                self.outcome = error.with_traceback(None)  # or all that was read would be kept with it
        return self.outcome is not None


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
    narrow = line.decode("latin-1")
    if "\\" not in narrow:
        step_bytes *= _PLAIN_STEPS
    utf8 = codecs.getincrementaldecoder("utf-8")()
    blotted: list[str] = []
    at = 0
    try:
        for piece in _pieces(narrow, step_bytes):
            utf8.decode(piece.encode("latin-1"))
            blotted.append(blot(piece))
            at += len(piece)
            yield None
        utf8.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise RemoteProtocolError(f"line is not UTF-8 at byte {at - len(utf8.getstate()[0]) + error.start}") from None
    whole = "".join(blotted)
    yield None
    message = read_text(narrow, whole)
    parameters, done = {}, step_bytes
    for name, value in message.parameters.items():
        texts = []
        for piece in _pieces(value, step_bytes):
            if done + len(piece) > step_bytes:
                yield None
                done = 0
            done += len(piece)
            texts.append(utf8.decode(unescape(piece).encode("latin-1")))
        parameters[name] = "".join(texts)
    yield msgspec.structs.replace(message, parameters=parameters)


def _pieces(text: str, step_bytes: int) -> Iterator[str]:
    r"""Cut a text so that no escape is cut in two, nor ``\"``: before backslashes or, where there are many, among them."""
    at = 0
    while at < len(text):
        piece = text[at : at + step_bytes]
        if at + len(piece) < len(text):
            piece = piece.rstrip("\\") or piece[:-2]
        yield piece
        at += len(piece)
