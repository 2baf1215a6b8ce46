"""Fuzzes the pure readers: the line buffer with the codec behind it, and the JSON form; it opens no socket."""

from collections.abc import Callable
from random import Random

from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.json_form import decode_json
from communicator.protocol.line_buffer import LineBuffer
from communicator.protocol.line_form import decode, encode
from communicator.protocol.long_lines import read_in_steps
from communicator.protocol.message import Message
from fuzz.corpus import LINES, SHARDS
from fuzz.mutation import mutate, random_bytes, split


class BrokenPromiseError(AssertionError):
    """A reader did what it promises never to do."""


def line_reader_case(random: Random) -> None:
    """Lines through a line buffer in pieces, each then decoded, at once and in steps.

    Raises:
        BrokenPromiseError: The pieces or the steps made a difference, or a message was not read back as it was.
    """
    stream = b"\n".join(_line(random) for _ in range(random.randint(1, 5))) + random.choice((b"", b"\n"))
    limit = random.choice((8, 64, 4096))
    whole, pieces = LineBuffer(limit), LineBuffer(limit)
    expected = whole.feed(stream)
    lines = b"".join(pieces.feed(piece) for piece in split(random, stream, random.randint(1, 12)))
    if (lines, pieces.too_long, pieces.finish()) != (expected, whole.too_long, whole.finish()):
        raise BrokenPromiseError(f"the pieces of {stream!r} made a difference")
    if pieces.pending_bytes > limit:
        raise BrokenPromiseError(f"{pieces.pending_bytes} bytes held, more than {limit}")
    for line in stream.split(b"\n"):
        _decode_and_back(line, random.choice((4, 6, 16, 64)))


def json_reader_case(random: Random) -> None:
    """One text as JSON.

    Raises:
        BrokenPromiseError: A message was not read back as it was.
    """
    start = random.choice([line for line in LINES if line[:1] in (b"{", b"[")])
    text = mutate(random, start, SHARDS).decode("utf-8", random.choice(("replace", "surrogateescape", "ignore")))
    if random.random() < 0.05:
        text = text.replace(":", ":" + random.choice("[{") * random.choice((10, 1000, 200_000)), 1)
    try:
        message = decode_json(text)
    except RemoteProtocolError:
        return
    _and_back(message)


def _line(random: Random) -> bytes:
    if random.random() < 0.2:
        return random_bytes(random, 200)
    line = random.choice(LINES)
    return line if random.random() < 0.1 else mutate(random, line, SHARDS)


def _decode_and_back(line: bytes, step_bytes: int) -> None:
    message = _read(lambda: decode(line))
    in_steps = _read(lambda: [*read_in_steps(line, step_bytes)][-1])
    if in_steps != message:
        raise BrokenPromiseError(f"{line!r} is read as {message!r}, and in steps of {step_bytes} as {in_steps!r}")
    if message is not None:
        _and_back(message)


def _read(read: Callable[[], Message | None]) -> Message | None:
    try:
        return read()
    except RemoteProtocolError:  # of several reasons either may be told
        return None


def _and_back(message: Message) -> None:
    if not all(type(value) is str for value in message.parameters.values()):
        raise BrokenPromiseError(f"{message!r} carries something that is no text")
    try:
        line = encode(message)
    except LocalProtocolError:
        return  # the JSON form can say what the line form cannot
    if decode(line) != message:
        raise BrokenPromiseError(f"{message!r} is read back from {line!r} as {decode(line)!r}")
