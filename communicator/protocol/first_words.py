"""PURE: knows clients of other protocols by what they say first, so that a web page cannot speak to a router through a browser."""

import re
from enum import StrEnum

_HTTP_REQUEST = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ (?:/|\*|[^ =:\n]*+:)[^ \n]*+ HTTP/[0-9]")
"""RFC 9112, 3: ``method target HTTP/version``. A target begins with a slash or has a colon before any equals sign, and the name of
a parameter can do neither: no line of ours looks like that, not even ``CONNECT`` of another router. No byte is looked at twice:
for a first line of 64 KiB of colons, each tried as the one that ends the scheme, that took twelve seconds."""
_TLS_HANDSHAKE = b"\x16"
"""RFC 8446, 5.1: the type of the first record; no line of ours begins with it."""


class OtherProtocol(StrEnum):
    """What a client takes us for."""

    HTTP = "HTTP"
    TLS = "TLS"


def other_protocol_of_bytes(data: bytes) -> OtherProtocol | None:
    """The other protocol that the very first bytes on a link, one or more, belong to; HTTP is known by its first line only."""
    return OtherProtocol.TLS if data.startswith(_TLS_HANDSHAKE) else None


def other_protocol_of_line(line: bytes) -> OtherProtocol | None:
    """The other protocol that the first line on a link belongs to; what stands behind that line does not matter."""
    return OtherProtocol.HTTP if _HTTP_REQUEST.match(line) else None
