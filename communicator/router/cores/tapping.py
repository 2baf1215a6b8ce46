"""One line as a watcher may see it: readable, within bounds, and without secrets; it knows no link."""

import re

import msgspec

from communicator.errors import ProtocolError
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.protocol.line_form import decode, encode, representable

SHOWN_CHARACTERS = 16 * 1024
"""What is shown of a line: a watcher reads heads and small values, and a copy must fit into a line itself."""
BLANKED = "***"
SECRETS = frozenset(("password", "secret_code"))
_MAY_HOLD_A_SECRET = (*(name.encode() for name in sorted(SECRETS)), b"CONNECT", b"GOSSIP", b"REGISTER")
"""A line with one of these words is read before it is shown: the names of secrets, and the commands that go with one."""
_HEAD = re.compile(r"(?:<[A-Za-z0-9_.:*?-]+ )?[A-Za-z0-9_.:/*?-]+(?= )")


def shown(line: bytes) -> str:
    """What a watcher sees of a line.

    Args:
        line: One line without its newline, whatever it holds.

    Returns:
        Its text. Secrets are blanked, and so is all but the head of a line that may hold one and cannot be read, or is long. A
        JSON message that may hold one is shown in the line form.
    """
    begin = line[: 4 * SHOWN_CHARACTERS + 4].decode(errors="replace")  # enough: what is cut in two is not shown
    if not any(word in line for word in _MAY_HOLD_A_SECRET):
        return representable(begin, SHOWN_CHARACTERS)
    return representable(_without_secrets(line) if len(line) <= LINE_BYTES_AT_ONCE else _head(begin), SHOWN_CHARACTERS)


def _without_secrets(line: bytes) -> str:
    try:
        message = decode(line)
        if SECRETS.isdisjoint(message.parameters):
            return line.decode()
        blanked = {name: BLANKED if name in SECRETS else value for name, value in message.parameters.items()}
        return encode(msgspec.structs.replace(message, parameters=blanked)).decode()
    except ProtocolError:
        return _head(line.decode(errors="replace"))


def _head(text: str) -> str:
    head = _HEAD.match(text)
    return f"{head[0]} {BLANKED}" if head else BLANKED
