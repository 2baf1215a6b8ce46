"""One line as a watcher may see it: readable, within bounds, and without secrets; it knows no link."""

import re

import msgspec

from communicator.errors import ProtocolError
from communicator.protocol.line_form import decode, encode, representable

SHOWN_CHARACTERS = 16 * 1024
"""What is shown of a line: a watcher reads heads and small values, and a copy must fit into a line itself."""
BLANKED = "***"
SECRETS = frozenset(("password", "secret_code"))
_SECRET = re.compile(r"\b(?:password|secret_code)\b.*", re.DOTALL)


def shown(line: bytes) -> str:
    """What a watcher sees of a line.

    Args:
        line: One line without its newline, whatever it holds.

    Returns:
        Its text. Secrets are blanked; in a line that cannot be read, everything from the first that looks like one. A JSON
        message that has one is shown in the line form.
    """
    if any(secret.encode() in line for secret in SECRETS):
        return representable(_without_secrets(line), SHOWN_CHARACTERS)
    return representable(line.decode(errors="replace"), SHOWN_CHARACTERS)


def _without_secrets(line: bytes) -> str:
    try:
        message = decode(line)
        blanked = {name: BLANKED if name in SECRETS else value for name, value in message.parameters.items()}
        return encode(msgspec.structs.replace(message, parameters=blanked)).decode()
    except ProtocolError:
        return _SECRET.sub(BLANKED, line.decode(errors="replace"))
