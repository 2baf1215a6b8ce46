"""PURE: what an Authorization header says; whether it is right is not known here."""

import base64
import binascii
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password (RFC 7617)."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token (RFC 6750)."""

    token: str = field(repr=False)


def read_authorization(header: str) -> Basic | Bearer | None:
    """What a client shows; None when it is nothing that we know."""
    scheme, _, said = header.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return _read_basic(said.strip())
        case "bearer":
            return Bearer(said.strip())
    return None


def _read_basic(text: str) -> Basic | None:
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return Basic(user, password) if colon else None
