"""Reads the values that parameters carry: integers, durations, times; as the ancestor writes them."""

import re

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message

_BASES = {"0b": 2, "0d": 10, "0o": 8, "0x": 16}
_INTEGER_CHARACTERS = 67  # sign, prefix and 64 binary digits
_TIMESTAMP = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?", re.ASCII)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]*)", re.ASCII)
_UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
NS_PER_S = 1_000_000_000


def required(message: Message, name: str) -> str:
    """The value of a parameter that must be there.

    Raises:
        RemoteProtocolError: It is missing, or empty, which means the same.
    """
    value = message.get(name)
    if not value:
        raise RemoteProtocolError(f"parameter {name} is missing")
    return value


def parse_integer(text: str) -> int:
    """Read an integer with an optional sign and an optional prefix ``0b``, ``0d``, ``0o`` or ``0x``.

    Raises:
        RemoteProtocolError: It is none, or does not fit into 64 bits.
    """
    digits = text.lower().lstrip("+-")
    base = _BASES.get(digits[:2], 10)
    digits = digits[2:] if digits[:2] in _BASES else digits
    sign = text[: len(text) - len(text.lstrip("+-"))]
    try:
        if len(text) > _INTEGER_CHARACTERS or len(sign) > 1 or not digits.isalnum() or not digits.isascii():
            raise ValueError
        value = int(digits, base)
    except ValueError:
        raise RemoteProtocolError(f"{text[:80]!r} is not an integer") from None
    value = -value if sign == "-" else value
    if not -(2**63) <= value < 2**63:
        raise RemoteProtocolError(f"{text!r} does not fit into 64 bits")
    return value


def parse_duration_s(text: str) -> float:
    """Read a duration such as ``20``, ``1.5h`` or ``2d``.

    Args:
        text: A number and one of the units s, m (minute), h, d, w, y; without a unit, seconds.

    Returns:
        The duration in seconds.

    Raises:
        RemoteProtocolError: It is none.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None or found[2] not in _UNIT_S:
        raise RemoteProtocolError(f"{text[:80]!r} is not a duration such as 20, 90s or 2h")
    return float(found[1]) * _UNIT_S[found[2]]


def format_timestamp(wall_ns: int) -> str:
    """Write a time as the ancestor does.

    Args:
        wall_ns: Nanoseconds since the epoch, as an integer: a float has lost 238 ns by now.

    Returns:
        ``seconds.nanoseconds`` with nine decimals.
    """
    seconds, nanoseconds = divmod(wall_ns, NS_PER_S)
    return f"{seconds}.{nanoseconds:09}"


def parse_timestamp_ns(text: str) -> int:
    """Read a time as `format_timestamp` writes it.

    Args:
        text: Seconds since the epoch, with up to nine decimals.

    Returns:
        Nanoseconds since the epoch.

    Raises:
        RemoteProtocolError: It is none.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise RemoteProtocolError(f"{text[:80]!r} is not a time such as 1795500000.123456789")
    return int(found[1]) * NS_PER_S + int((found[2] or "").ljust(9, "0"))
