r"""The line form: bytes of one line to a Message and back; it knows no link, no router and no meaning of a command.

The grammar is the ancestor's::

    line   = [ "<" server ":" service " " ] [ [ server ":" ] service "/" ] COMMAND [ " " params [ ";" ] ]
    params = name "=" value *( ";" name "=" value )
    value  = raw (up to ";")  |  '"' characters '"'

Escapes are ``\\``, ``\n``, ``\r`` and, in quotes, ``\"``. A reader of the ancestor takes the first quotation mark that has no
backslash before it for the closing one; so does ours. Therefore a value that needs quotes and ends in a backslash has no
encoding, and is refused. The ancestor trims each line, so an encoder shields a last value that ends in a blank by a ``;``.
"""

import re
from functools import lru_cache
from typing import NamedTuple, TypeVar

from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.json_form import decode_json
from communicator.protocol.limits import LINE_BYTES_HARD, PARAMETERS
from communicator.protocol.message import Message
from communicator.protocol.names import TOKEN, is_parameter_name

_HEAD = re.compile(
    rf"(?:<((?:{TOKEN})?):((?:{TOKEN})?) )?"  # the sender: either half may be empty, the colon may not
    rf"(?:({TOKEN}):)?(?:({TOKEN})/)?"
    rf"({TOKEN})",
)
_HEAD_CHARACTERS = re.compile(r"[A-Za-z0-9_.*?:/<> -]{0,80}")
BLANKS = b" \t\r\n\v\f"
"""Ignored around a line."""
_HEADS_KEPT = 4096
NOT_IN_A_LINE = "line contains a NUL or a newline"
_Value = TypeVar("_Value")


class Head(NamedTuple):
    """The parts of a line before its parameters."""

    sent_from_server: str
    sent_from_service: str
    server: str
    service: str
    command: str


def _safe_start(text: str) -> str:
    """What may be quoted of a head that cannot be read: as far as it could be one, for behind that a password may stand."""
    start = _HEAD_CHARACTERS.match(text)
    return f"{start[0]}…" if start and start[0] != text else text


@lru_cache(maxsize=_HEADS_KEPT)
def parse_head(text: str) -> Head:
    """Read the part of a line before its parameters.

    Args:
        text: ``[<server:service ][[server:]service/]COMMAND``.

    Returns:
        Its parts, empty where not given.

    Raises:
        RemoteProtocolError: It is not of that form.
    """
    found = _HEAD.fullmatch(text)
    if found is None:
        raise RemoteProtocolError(f"{_safe_start(text)!r} is not [<server:service ][[server:]service/]COMMAND")
    return Head(*(part or "" for part in found.groups()))


def decode(line: bytes) -> Message:
    """Read one line, in the line form or in the JSON form.

    Args:
        line: The bytes of one line, with or without its newline; blanks around it are ignored.

    Returns:
        The message.

    Raises:
        RemoteProtocolError: The bytes are not a message; nothing else is ever raised.
    """
    try:
        text = line.strip(BLANKS).decode()
    except UnicodeDecodeError as error:
        raise RemoteProtocolError(f"line is not UTF-8 at byte {error.start}") from None
    if "\0" in text or "\n" in text:
        raise RemoteProtocolError(NOT_IN_A_LINE)
    if text.startswith("{"):
        return decode_json(text)
    head, _, rest = text.partition(" ")
    if head.startswith("<"):
        to, _, rest = rest.partition(" ")
        head = f"{head} {to}"
    sent_from_server, sent_from_service, server, service, command = parse_head(head)
    if not rest:
        parameters = {}
    elif '"' in rest or "\\" in rest:
        parameters = _read_quoted(rest)
    else:
        parameters = by_name([part.partition("=") for part in rest.removesuffix(";").split(";", PARAMETERS)])
    return Message(command, parameters, service, server, sent_from_server, sent_from_service)


def _read_quoted(text: str) -> dict[str, str]:
    """Read parameters that may hold quotes or escapes."""
    if text.isascii():
        return by_name([(name, sign, unescape(text[at:end])) for name, sign, at, end in split_quoted(blot(text))])
    # Behind one wide character all others are wide too: of its UTF-8 the costliest lines take half the time. Only ASCII is looked
    # for, which is no part of any other character.
    narrow = text.encode().decode("latin-1")
    values = by_name([(name, sign, unescape(narrow[at:end])) for name, sign, at, end in split_quoted(blot(narrow))])
    return {name: value.encode("latin-1").decode() for name, value in values.items()}


def by_name(pairs: list[tuple[str, str, _Value]]) -> dict[str, _Value]:
    """Values by the names of their parameters; the last of two of one name wins, as in the ancestor.

    Args:
        pairs: Name, ``=`` and value of each; without a sign it is none.

    Raises:
        RemoteProtocolError: They are too many, or one is none.
    """
    if len(pairs) > PARAMETERS:
        raise RemoteProtocolError(f"more than {PARAMETERS} parameters")
    parameters = {}
    for number, (name, equal, value) in enumerate(pairs, 1):
        if not (equal and is_parameter_name(name)):  # not quoted: a password may have been mistyped
            raise RemoteProtocolError(f"parameter {number} is not of the form name=value")
        parameters[name] = value
    return parameters


def blot(text: str) -> str:
    """Blot out quotation marks that have a backslash before them and so close nothing.

    All at once: to look at one after the other takes milliseconds where there are thousands.
    """
    return text.replace('\\"', "\0\0")


def split_quoted(text: str, at: int = 0) -> list[tuple[str, str, int, int]]:
    """Split parameters that may hold quotes or escapes; what follows one too many is not looked at.

    Args:
        text: What has them, `blot` done.
        at: Where they begin.

    Returns:
        Of each its name, ``=``, and where its value begins and ends as it is written; without a sign it has none.

    Raises:
        RemoteProtocolError: A quoted value does not end.
    """
    pairs: list[tuple[str, str, int, int]] = []
    end = len(text)
    while at < end and len(pairs) <= PARAMETERS:
        equal = text.find("=", at)
        if equal < 0:
            pairs.append(("", "", 0, 0))
            break
        start = equal + 1
        if text.startswith('"', start):
            start += 1
            stop = _closing_quote(text, start)
            after = stop + 1
        else:
            stop = text.find(";", start)
            stop = after = end if stop < 0 else stop
        pairs.append((text[at:equal], "=", start, stop))
        at = after + 1
    return pairs


def _closing_quote(text: str, start: int) -> int:
    """Where the quoted value that starts at `start` ends; in `text` no other quotation mark is left within it."""
    stop = text.find('"', start)
    if stop < 0:
        raise RemoteProtocolError("a quoted value is not closed")
    if stop + 1 < len(text) and text[stop + 1] != ";":
        raise RemoteProtocolError("a closing quotation mark must be followed by ';' or the end")
    return stop


def unescape(text: str) -> str:
    """Undo all escapes, a kind at a time; meanwhile a NUL, which no line holds, stands for an escaped backslash."""
    if "\\" not in text:
        return text
    text = text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\r", "\r")
    return text.replace('\\"', '"').replace("\0", "\\")


def encode(message: Message, first: tuple[str, ...] = ()) -> bytes:
    """Write a message in the line form.

    Args:
        message: What to write; its parameters come out sorted by name.
        first: Parameters that stand before all others, in this order, where there are any.

    Returns:
        One line without its newline, which `decode` reads back as an equal message.

    Raises:
        LocalProtocolError: It has no encoding: a bad name, a NUL, a value that needs quotes and ends in a backslash, a lone
            surrogate, or a line beyond `LINE_BYTES_HARD`.
    """
    head = encode_head(message)
    line = f"{head} {_encode_parameters(message.parameters, first)}" if message.parameters else head
    try:
        encoded = line.encode()
    except UnicodeEncodeError as error:
        raise LocalProtocolError(f"{line[error.start]!r} cannot be written as UTF-8") from None
    if len(encoded) > LINE_BYTES_HARD:
        raise LocalProtocolError(f"{message.command} would take {len(encoded)} bytes, more than {LINE_BYTES_HARD}")
    return encoded


def encode_line(message: Message) -> bytes:
    """`encode`, with the newline that ends a line on a stream."""
    return encode(message) + b"\n"


def encode_head(message: Message) -> str:
    """Write the part of a line before its parameters.

    Raises:
        LocalProtocolError: A name cannot stand on the wire.
    """
    head = message.command
    if message.service:
        head = f"{message.service}/{head}"
    if message.server:
        head = f"{message.server}:{head}"
    if message.sent_from_server or message.sent_from_service:
        head = f"<{message.sent_from_server}:{message.sent_from_service} {head}"
    expected = (
        message.sent_from_server,
        message.sent_from_service,
        message.server,
        message.service,
        message.command,
    )
    try:
        parsed = parse_head(head)
    except RemoteProtocolError as error:
        raise LocalProtocolError(str(error)) from None
    if parsed != expected:
        raise LocalProtocolError(f"{expected!r} would be read as {tuple(parsed)!r}")
    return head


def _encode_parameters(parameters: dict[str, str], first: tuple[str, ...]) -> str:
    names = sorted(parameters)
    if first:
        names = [*filter(parameters.__contains__, first), *(name for name in names if name not in first)]
    if len(names) > PARAMETERS:
        raise LocalProtocolError(f"{len(names)} parameters, more than {PARAMETERS}")
    for name in names:
        if not is_parameter_name(name):
            raise LocalProtocolError(f"{name[:80]!r} is not a parameter name")
    text = ";".join([f"{name}={parameters[name]}" for name in names])
    has_control = "\n" in text or "\r" in text or "\0" in text
    if has_control or "\\" in text or '"' in text or text.count(";") >= len(names):
        text = ";".join([f"{name}={encode_value(name, parameters[name])}" for name in names])
    # The reader trims the line: shield a last value that does not end in a plain character.
    return text if "!" <= text[-1] <= "~" and text[-1] != ";" else f"{text};"


def encode_value(name: str, value: str) -> str:
    """Write a value as it stands behind ``name=``, before another parameter.

    Raises:
        LocalProtocolError: It has no encoding.
    """
    if "\0" in value:
        raise LocalProtocolError(f"parameter {name}: a NUL would end the message")
    quoted = ";" in value or value.startswith('"')
    if quoted and value.endswith("\\"):
        raise LocalProtocolError(f"parameter {name}: a value that needs quotes may not end in a backslash")
    text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return '"' + text.replace('"', '\\"') + '"' if quoted else text


def representable(text: str, characters_max: int) -> str:
    """Any text as the value of a parameter, for showing to people what a peer has written.

    Args:
        text: Whatever it is.
        characters_max: Where it is cut; an ellipsis stands for the rest.

    Returns:
        A text that has an encoding: NULs and lone surrogates are replaced, a blank stands behind a final backslash.
    """
    text = text.encode(errors="replace").decode().replace("\0", "\ufffd")
    if len(text) > characters_max:
        text = f"{text[:characters_max]}…"
    return f"{text} " if text.endswith("\\") else text
