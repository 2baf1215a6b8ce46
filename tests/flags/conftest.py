"""A second reader of flag files, after the rules of the ancestor's: byte by byte, and sharing nothing with ours."""

import pytest

BLANKS = frozenset(b" \t\n\r\v\f")
MANDATORY = (b"unit", b"section", b"name", b"message")
NUMBERS = (b"line", b"priority", b"date", b"modified", b"count")
UNDONE = {ord("\\"): ord("\\"), ord("r"): 13, ord("n"): 10, ord("t"): 9}


class AncestorError(Exception):
    """The ancestor throws, and with that the sitter's whole round of flags ends."""


def _lines(content):
    """A newline ends a line, unless a backslash stands before it: then both are dropped."""
    line, position = bytearray(), 0
    while position < len(content):
        byte = content[position]
        position += 1
        if byte not in b"\r\n":
            line.append(byte)
            continue
        if byte == 13 and content[position : position + 1] == b"\n":
            position += 1
        if line[-1:] == b"\\":
            line.pop()
        else:
            yield bytes(line)
            line.clear()
    if line:
        yield bytes(line)


def _trim(line):
    first, last = 0, len(line)
    while first < last and line[first] in BLANKS:
        first += 1
    while last > first and line[last - 1] in BLANKS:
        last -= 1
    return line[first:last]


def _undo(value):
    undone, position = bytearray(), 0
    while position < len(value):
        following = value[position + 1] if position + 1 < len(value) else None
        if value[position] == ord("\\") and following in UNDONE:
            undone.append(UNDONE[following])
            position += 2
        else:
            undone.append(value[position])
            position += 1
    return bytes(undone)


def _unquote(value):
    for quote in (b'"', b"'"):
        if len(value) >= 2 and value[:1] == quote and value[-1:] == quote:
            return value[1:-1]
    return value


def _stol(value):
    digits = _trim(value + b".")[:-1]
    sign = digits[:1] if digits[:1] in (b"+", b"-") else b""
    end = len(sign)
    while digits[end : end + 1].isdigit():
        end += 1
    if end == len(sign):
        raise AncestorError(f"stol({value!r})")
    number = sum((digit - 48) * 10**power for power, digit in enumerate(reversed(digits[len(sign) : end])))
    number = -number if sign == b"-" else number
    if not -(2**63) <= number < 2**63:
        raise AncestorError(f"stol({value!r}): out of range")
    return number


def _read(content):
    found = {}
    for line in _lines(content):
        text = _trim(line)
        if not text or text[:1] in (b"#", b";"):
            continue
        key, separator, value = text.partition(b"=")
        if separator and _trim(key):
            found[_trim(key).replace(b"-", b"_")] = _unquote(_undo(_trim(value)))
    for key in MANDATORY:
        if key not in found:
            raise AncestorError(f"no {key!r}")
    return found | {key: _stol(found[key]) for key in NUMBERS if key in found}


@pytest.fixture(scope="session")
def ancestor():
    """Reads a flag file as the sitter does: key to value as bytes, numbers as numbers."""
    return _read


@pytest.fixture(scope="session")
def ancestor_error():
    return AncestorError
