"""PURE: the values a script computes with, their types and their text; it knows no instruction and no wire."""

import ipaddress
import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import msgspec

from communicator.errors import AddressError
from communicator.protocol.addresses import HostPort, parse_host_port, parse_router_address
from communicator.protocol.values import NS_PER_S, format_timestamp, parse_duration_s

INTEGER_BITS = 128
"""Integers have a sign and this many bits in all."""


class Type(StrEnum):
    """The type of a value, as `has_type` and `type` name it."""

    ADDRESS = "address"
    ARRAY = "array"
    FLOATING_POINT = "floating_point"
    IDENTIFIER = "identifier"
    INTEGER = "integer"
    LIST = "list"
    REGEX = "regex"
    STRING = "string"
    TIMESTAMP = "timestamp"
    VOID = "void"


class ValueTypeError(ValueError):
    """A value is of the wrong type, or a text does not stand for one of the right type."""


class Word(str):
    """A text that stood in the script without quotation marks; in everything but its type it is a string."""

    __slots__ = ()


class Timestamp(msgspec.Struct, frozen=True, order=True):
    """A time since the epoch."""

    nanoseconds: int

    def __str__(self) -> str:
        """``seconds.nanoseconds``, as messages carry it."""
        sign = "-" if self.nanoseconds < 0 else ""
        return sign + format_timestamp(abs(self.nanoseconds))


class Regex(msgspec.Struct, frozen=True):
    """A regular expression, which a text has to match as a whole."""

    source: str


class Address(msgspec.Struct, frozen=True):
    """Where to listen or connect: `path` for a Unix socket, else `host`; the port is 0 when none was given."""

    host: str = ""
    port: int = 0
    mask: str = ""
    path: str = ""
    scheme: str = ""
    """``cd`` or ``cdu`` where the address was written as a URL."""

    def __str__(self) -> str:
        """As it may stand between ``<`` and ``>``."""
        where = self.path
        if not where:
            host = f"[{self.host}]" if ":" in self.host else self.host
            where = f"{host}:{self.port}" if self.port else host
        mask = f"/{self.mask}" if self.mask else ""
        return f"{self.scheme}://{where}" if self.scheme else f"{where}{mask}"


class Items(msgspec.Struct, frozen=True):
    """A list: names, and the values of those that have one."""

    pairs: tuple[tuple[str, "Value"], ...]


Value: TypeAlias = "int | float | str | Timestamp | Regex | Address | Items | tuple[Value, ...] | None"


_TYPES: dict[type, Type] = {
    type(None): Type.VOID,
    int: Type.INTEGER,
    float: Type.FLOATING_POINT,
    Word: Type.IDENTIFIER,
    str: Type.STRING,
    Timestamp: Type.TIMESTAMP,
    Regex: Type.REGEX,
    Address: Type.ADDRESS,
    Items: Type.LIST,
    tuple: Type.ARRAY,
}


def type_of(value: Value) -> Type:
    """The type of a value."""
    return _TYPES[type(value)]


def text_of(value: Value) -> str:
    """How a value is written inside a string, and as a parameter of a message."""
    match value:
        case None:
            return ""
        case Regex():
            return value.source
        case Items():
            return "{" + ", ".join(f"{name}: {text_of(item)}" for name, item in value.pairs) + "}"
        case tuple():
            return "[" + ", ".join(text_of(item) for item in value) + "]"
        case _:
            return str(value)


def bounded(number: int) -> int:
    """The number itself, once it is known to fit.

    Raises:
        ValueTypeError: It does not fit into `INTEGER_BITS`.
    """
    if not -(1 << INTEGER_BITS - 1) <= number < 1 << INTEGER_BITS - 1:
        raise ValueTypeError(f"{number!r} does not fit into {INTEGER_BITS} bits")
    return number


_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_TIMESTAMP = re.compile(r"(-?)([0-9]+)(?:\.([0-9]*))?s?")
_NANOSECOND_DIGITS = 9
_INTEGER_CHARACTERS = 80


def parse_integer(text: str) -> int:
    """Read a decimal or ``0x`` integer with an optional sign; blanks and letters are no part of one.

    Raises:
        ValueTypeError: It is none, or does not fit.
    """
    if len(text) > _INTEGER_CHARACTERS or not _INTEGER.fullmatch(text):
        raise ValueTypeError(f"{text[:80]!r} is not an integer")
    return bounded(int(text, 16 if "x" in text.lower() else 10))


def parse_float(text: str) -> float:
    """Read a number.

    Raises:
        ValueTypeError: It is none, or not finite.
    """
    try:
        number = float(text)
    except ValueError:
        raise ValueTypeError(f"{text[:80]!r} is not a number") from None
    if number in (float("inf"), float("-inf")):
        raise ValueTypeError(f"{text[:80]!r} is too large for a number")
    return number


def parse_timestamp(text: str) -> Timestamp:
    """Read ``seconds`` or ``seconds.fraction``, exactly to the nanosecond; more digits are cut.

    Raises:
        ValueTypeError: It is none.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None or len(text) > _INTEGER_CHARACTERS:
        raise ValueTypeError(f"{text[:80]!r} is not a time such as 1764892800.25")
    fraction = (found[3] or "")[:_NANOSECOND_DIGITS].ljust(_NANOSECOND_DIGITS, "0")
    nanoseconds = int(found[2]) * NS_PER_S + int(fraction)
    return Timestamp(-nanoseconds if found[1] else nanoseconds)


def parse_date(text: str) -> Timestamp:
    """Read ``month/day/year hour:minute:second``, which is UTC.

    Raises:
        ValueTypeError: It is none.
    """
    try:
        when = datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueTypeError(f'{text[:80]!r} is not a date such as "12/31/2025 23:59:59"') from None
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return Timestamp((since.days * 86_400 + since.seconds) * NS_PER_S)


def parse_seconds(value: Value) -> float:
    """Read a span of time: a number of seconds, or a text such as ``2s``.

    Raises:
        ValueTypeError: It is none, or negative.
    """
    try:
        seconds = parse_duration_s(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueTypeError(str(error)) from None
    if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
        raise ValueTypeError(f"{text_of(value)!r} is not a span of time such as 2.5 or '2s'")
    return float(seconds)


def parse_address(text: str) -> Address:
    """Read ``host``, ``host:port``, ``[v6]:port``, ``host/mask``, the path of a Unix socket, or a cd:// or cdu:// URL.

    Raises:
        ValueTypeError: It is none of these.
    """
    try:
        if "://" in text:
            return _parse_url(text)
        if text.startswith("/"):
            return Address(path=text)
        where, slash, mask = text.partition("/")
        if slash:
            ipaddress.ip_network(f"{_parse_host(where).host}/{mask}", strict=False)
        found = _parse_host(where)
    except ValueError as error:
        raise ValueTypeError(f"{text!r} is not an address: {error}") from None
    return Address(host=found.host, port=found.port, mask=mask)


def read_address(value: Value) -> Address:
    """Take an address, or read a text as one.

    Raises:
        ValueTypeError: It is none.
    """
    return value if isinstance(value, Address) else parse_address(text_of(value))


def _parse_host(text: str) -> HostPort:
    is_bare_v6 = text.count(":") > 1 and not text.startswith("[")
    return parse_host_port(f"[{text}]" if is_bare_v6 else text, default_port=0)


def _parse_url(text: str) -> Address:
    url = parse_router_address(text)
    if url.scheme == "cds":
        raise AddressError("scripts do not speak TLS")
    if url.host_port is None:
        return Address(path=url.path, scheme=url.scheme)
    return Address(host=url.host_port.host, port=url.host_port.port, scheme=url.scheme)


_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_POSIX_CLASS = re.compile(r"\[:([a-z]+):\]")


@lru_cache(maxsize=1024)
def compile_regex(source: str) -> re.Pattern[str]:
    """Make a regular expression ready; the classes of POSIX, such as ``[[:digit:]]``, are understood.

    Raises:
        ValueTypeError: It is none.
    """
    translated = _POSIX_CLASS.sub(lambda found: _POSIX_CLASSES.get(found[1], found[0]), source)
    try:
        return re.compile(translated)
    except (re.error, FutureWarning) as error:
        raise ValueTypeError(f"{source!r} is not a regular expression: {error}") from None
