"""What the values of a parameter may be: types and validators as a definition writes them, and what they accept."""

import math
import re
from collections.abc import Callable

import msgspec

from communicator.errors import AddressError
from communicator.protocol.addresses import parse_host_port, read_ip
from communicator.protocol.definitions import fragment
from communicator.protocol.definitions.pattern import Pattern, PatternError
from communicator.protocol.names import is_service_name
from communicator.protocol.values import parse_duration_s, parse_integer

_USUAL_INTEGER = 10**18 - 1
_CALL = re.compile(r"([a-z]+)\s*(?:\((.*)\))?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_TIMESPEC = re.compile(r"[+-]?\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_ENUM_WORD = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_SHOWN = 80


class ValidatorError(ValueError):
    """What was to be a validator is none; the text says why."""


class Validator(msgspec.Struct, frozen=True):
    """Tells good values from bad ones."""

    text: str
    """As a definition writes it."""
    expects: str
    """For people, behind "is not": ``an integer from 0 to 100``."""
    accepts: Callable[[str], bool]
    fragment: bytes | None = None
    """Matches surely good values in the bytes of whole reads; see `definitions.fragment`. None where nothing can be said so."""

    @property
    def kind(self) -> str:
        """Its name, without what stands in brackets."""
        return self.text.partition("(")[0].strip()


def parse_validator(text: str) -> Validator:
    """Read a validator.

    Args:
        text: ``integer(0...100)``, ``number(0...1)``, ``duration(1s...1d)``, ``address(ip|ip:port)``, ``enum(a|b)``,
            ``regex("…")``, ``name`` or ``json``. Of a range either end may be missing, and ranges may be left out.

    Raises:
        ValidatorError: It is none of them, or its arguments are wrong.
    """
    found = _CALL.fullmatch(text.strip())
    make = _MAKERS.get(found[1]) if found else None
    if found is None or make is None:
        raise ValidatorError(f"{text[:_SHOWN]!r} is no validator: {', '.join(_MAKERS)}")
    arguments = found[2]
    if arguments is not None and not arguments.strip():
        raise ValidatorError(f"{text[:_SHOWN]!r} has nothing between its brackets")
    return make(text.strip(), (arguments or "").strip())


def type_validator(name: str) -> Validator | None:
    """What a type of the ancestor asks of a value; None where that is nothing.

    Raises:
        ValidatorError: There is no such type.
    """
    if name not in _TYPES:
        raise ValidatorError(f"{name[:_SHOWN]!r} is no type: {', '.join(_TYPES)}")
    return _TYPES[name]


def _range(text: str, arguments: str, read: Callable[[str], float]) -> tuple[float, float, str]:
    """Both ends of a range, one value being a range by itself, and what is said of it behind the noun."""
    low, dots, high = (part.strip() for part in arguments.replace("…", "...").partition("..."))
    try:
        first = read(low) if low else -math.inf
        last = first if low and not dots else read(high) if high else math.inf
    except ValueError as error:
        raise ValidatorError(f"{text[:_SHOWN]!r}: {error}") from None
    if first > last:
        raise ValidatorError(f"{text[:_SHOWN]!r}: the range ends before it begins")
    if low and high:
        return first, last, f" from {low} to {high}"
    if low:
        return first, last, f" of at least {low}" if dots else f" equal to {low}"
    return first, last, f" of at most {high}" if high else ""


def _is_within(read: Callable[[str], float], low: float, high: float) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        try:
            return low <= read(value) <= high
        except ValueError:
            return False

    return accepts


def _integer(text: str, arguments: str) -> Validator:
    low, high, within = _range(text, arguments, parse_integer)
    steps = int(max(low, -_USUAL_INTEGER)), int(min(high, _USUAL_INTEGER))
    surely = fragment.decimal_range(*steps) if steps[0] <= steps[1] else None
    return Validator(text, f"an integer{within}", _is_within(parse_integer, low, high), surely)


def read_number(text: str) -> float:
    """Read a number such as ``-3``, ``0.25`` or ``1e-9``; it is never infinite.

    Raises:
        ValueError: It is none.
    """
    if _NUMBER.fullmatch(text) is None or math.isinf(value := float(text)):
        raise ValueError(f"{text[:_SHOWN]!r} is not a number")
    return value


def _whole_steps(low: float, high: float, largest: int) -> bytes | None:
    """A fragment for whole numbers that may be followed by a fraction without leaving the range; None when there are none."""
    first, last = math.ceil(max(low, 0)), math.floor(min(high, largest + 1)) - 1
    return fragment.decimal_range(first, last) if first <= last else None


def _fraction(
    what: str, read: Callable[[str], float], largest: int, unit: bytes = b"", such_as: str = ""
) -> Callable[[str, str], Validator]:
    """Makes validators of what may have a fraction: whole numbers up to `largest` are matched in whole reads, too."""

    def make(text: str, arguments: str) -> Validator:
        low, high, within = _range(text, arguments, read)
        steps = _whole_steps(low, high, largest)
        surely = None if steps is None else steps + rb"(?:\.[0-9]{1,9}+)?+" + unit
        return Validator(text, f"{what}{within}{such_as}", _is_within(read, low, high), surely)

    return make


def _is_ip(text: str) -> bool:
    return read_ip(text) is not None


def _has_ip_and_port(text: str) -> bool:
    try:
        return _is_ip(parse_host_port(text).host)
    except AddressError:
        return False


_ADDRESSES: dict[str, tuple[Callable[[str], bool], bytes]] = {
    "ip": (_is_ip, fragment.IPV4),
    "ip:port": (_has_ip_and_port, fragment.IPV4 + b":" + fragment.decimal_range(0, 65_535)),
}


def _address(text: str, arguments: str) -> Validator:
    kinds = [kind.strip() for kind in arguments.split("|")] if arguments else list(_ADDRESSES)
    unknown = [kind for kind in kinds if kind not in _ADDRESSES]
    if unknown:
        raise ValidatorError(f"{text[:_SHOWN]!r}: {unknown[0]!r} is no kind of address: {', '.join(_ADDRESSES)}")
    checks = [_ADDRESSES[kind][0] for kind in kinds]
    surely = b"(?:%b)" % b"|".join(_ADDRESSES[kind][1] for kind in kinds)
    expects = f"an address of the form {' or '.join(kinds)}"
    return Validator(text, expects, lambda value: any(check(value) for check in checks), surely)


def _enum(text: str, arguments: str) -> Validator:
    words = [word.strip() for word in arguments.split("|")]
    unfit = [word for word in words if _ENUM_WORD.fullmatch(word) is None]
    if unfit or len(set(words)) < len(words):
        raise ValidatorError(f"{text[:_SHOWN]!r}: wants words of printable ASCII with '|' between them, each once")
    expects = f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    return Validator(text, expects, frozenset(words).__contains__, fragment.any_of(words))


def _regex(text: str, arguments: str) -> Validator:
    found = _QUOTED.fullmatch(arguments)
    if found is None:
        raise ValidatorError(f'{text[:_SHOWN]!r}: wants an expression in double quotes, as in regex("[a-z]+")')
    try:
        pattern = Pattern(found[1])
    except PatternError as error:
        raise ValidatorError(str(error)) from None
    return Validator(text, f"of the form {found[1]}", pattern.matches, fragment.from_pattern(pattern.node))


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return True


def _whole(validator: Validator) -> Callable[[str, str], Validator]:
    """Gives the validator where nothing stands in brackets."""

    def make(text: str, arguments: str) -> Validator:
        if arguments:
            raise ValidatorError(f"{text[:_SHOWN]!r}: takes nothing in brackets")
        return validator

    return make


_NAME = Validator("name", "a name: letters, digits and '_', not starting with a digit", is_service_name, fragment.NAME)
_MAKERS: dict[str, Callable[[str, str], Validator]] = {
    "integer": _integer,
    "number": _fraction("a number", read_number, 10**15),
    "duration": _fraction("a duration", parse_duration_s, 10**9, b"s?+", ", such as 20, 90s or 2h"),
    "address": _address,
    "enum": _enum,
    "regex": _regex,
    "name": _whole(_NAME),
    "json": _whole(Validator("json", "JSON", _is_json)),
}

_TYPES: dict[str, Validator | None] = {
    "string": None,
    "integer": _integer("integer", ""),
    "address": _address("address", ""),
    "timespec": Validator(
        "timespec",
        "a time in seconds, as in 1795500000.5",
        lambda value: _TIMESPEC.fullmatch(value) is not None,
        rb"[0-9]{1,12}+(?:\.[0-9]{1,9}+)?+",
    ),
    "default": None,
}
"""Type of the ancestor to what it asks."""
