r"""Expressions that match many lines of one command at once, made of the shapes that its lines turn out to have.

Looking at each line by itself takes some microseconds; the router passes lines on in far less. So the lines of one read that carry
the same header are matched by one expression, ``(?:HEAD(?: a=…;b=…;| b=…;)\n)*``. Its alternatives are shapes: names of parameters
in the order in which somebody writes them, and which stand in quotes although they need not. Shapes are learnt from the lines
themselves. What does not match is not bad: it has to be looked at by itself.

Before that ``;"`` is put behind each line: so a value of any text ends at one byte, which is what the engine is quickest to look
for. Without quotes that is the ``;``; in quotes it is the next quotation mark, and where none closes the value in its own line it
is ours, which no ``;`` follows. It knows no more of a line than `line_form` does, and less: a backslash or a NUL may stand for
something else, and lines that hold one are not matched at all.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from communicator.protocol.definitions.definition import Parameter

HEADS_KEPT = 256
"""Headers with an expression of their own, for each command; beyond it all are made anew."""
SHAPES_KEPT = 8
"""Shapes learnt for one header: a program writes a message in a handful of ways."""
NAMES_MAX = 16
"""Parameters of a shape; longer lines are looked at by themselves."""

MISSES_TOLD = 256
"""Lines not matched, of some, that are told from the others; behind so many all are to be looked at."""

_READ_BY_LINE_FORM = (b"\\", b"\0")
_LINE_END = b';"\n'
_PART = re.compile(rb'([^=;]*+)=(?:(")[^"]*+"|[^;]*+)')
"""A parameter: its name, and the mark if its value stands in quotes."""
_TEXT = b'(?!")[^;]++|"[^"]++"'
"""Any text, which somebody has to write in quotes now and then: both ways are one shape."""
_END = rb"(?:;;|(?<![ \t\r\v\f]);)"
"""Behind the last value: blanks at the end of a line are no part of it, unless a ``;`` stands behind them."""


class LinePatterns:
    """The expressions for one command.

    Args:
        parameters: Whatever may be in its messages; what is left out is looked at by itself where it occurs.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._fields: dict[bytes, tuple[bytes, bytes]] = {}
        """By name: the parameter without quotes, and in quotes."""
        self._required: set[bytes] = set()
        for parameter in parameters:
            name = parameter.name.encode()
            values = _value_patterns(parameter)
            if values is not None:
                self._fields[name] = (re.escape(name) + b"=" + values[0], re.escape(name) + b"=" + values[1])
            if parameter.required:
                self._required.add(name)
        self._by_head: dict[bytes, _HeadPattern] = {}

    def knows(self, head: bytes) -> bool:
        """Whether lines with this header have been matched before."""
        return head in self._by_head

    def misses(self, head: bytes, lines: bytes) -> Iterator[bytes]:
        """The lines that are not good for sure; where those are many, all that follow. What can be learnt of them is.

        Args:
            head: What each line begins with, before its parameters; it is known to be well formed.
            lines: Whole lines, each with its newline.
        """
        if not _is_plain(lines):
            yield from (line for line in BytesIO(lines) if not _is_plain(line))
            lines = b"".join(line for line in BytesIO(lines) if _is_plain(line))
        pattern = self._by_head.get(head) or self._make(head)
        closed = lines.replace(b"\n", _LINE_END)
        at, left = pattern.match(closed, 0), MISSES_TOLD
        while at < len(closed) and left:
            end = closed.index(_LINE_END, at)
            line = closed[at:end]
            shape = self._shape(head, line)
            learnt = shape is not None and pattern.learn(shape)
            following = pattern.match(closed, at) if learnt else at
            if following == at:
                left -= 1
                yield line + b"\n"
                following = pattern.match(closed, end + len(_LINE_END))
            at = following
        yield from BytesIO(closed[at:].replace(_LINE_END, b"\n"))

    def _make(self, head: bytes) -> "_HeadPattern":
        if len(self._by_head) >= HEADS_KEPT:
            self._by_head.clear()
        pattern = self._by_head[head] = _HeadPattern(head)
        return pattern

    def _shape(self, head: bytes, line: bytes) -> bytes | None:
        """What matches lines that look like this one; None where that cannot be said."""
        rest = line.removeprefix(head)
        if not line.startswith(head) or (rest and not rest.startswith(b" ")):
            return None
        parts = _PART.findall(rest, 1)
        names = [name for name, _ in parts]
        if len(set(names)) < len(names) or len(names) > NAMES_MAX or not self._required.issubset(names):
            return None
        if not self._fields.keys() >= set(names):
            return None
        return b" " + b";".join(self._fields[name][bool(mark)] for name, mark in parts) + _END if parts else b";"


class _HeadPattern:
    """The expression for one header, which grows with each shape that is learnt."""

    def __init__(self, head: bytes) -> None:
        self._head = re.escape(head)
        self._shapes: list[bytes] = []
        self._pattern = re.compile(b"")

    def match(self, lines: bytes, at: int) -> int:
        """Where the lines end that match, the first of which begins at `at`."""
        found = self._pattern.match(lines, at)
        return at if found is None else found.end()

    def learn(self, shape: bytes) -> bool:
        """Take a shape in; False when it is known already, or when there are too many."""
        if shape in self._shapes or len(self._shapes) >= SHAPES_KEPT:
            return False
        self._shapes.append(shape)
        self._pattern = re.compile(b'(?:%b(?:%b)"\n)*+' % (self._head, b"|".join(self._shapes)))
        return True


def _value_patterns(parameter: Parameter) -> tuple[bytes, bytes] | None:
    """What matches good values of a parameter only, without quotes and in quotes; None where nothing does."""
    if parameter.forbidden:
        return None
    fragments = [validator.fragment for validator in parameter.validators if validator.fragment is not None]
    if len(fragments) < len(parameter.validators):
        return None
    if not fragments:
        text = b'(?:%b|""|)' % _TEXT if parameter.may_be_empty else b"(?:%b)" % _TEXT
        return text, text
    plain, quoted = _all_of(fragments, b";"), _all_of(fragments, b'"')
    if parameter.may_be_empty:
        return b"(?:%b|)" % plain, b'"(?:%b|)"' % quoted
    return plain, b'"%b"' % quoted


def _all_of(fragments: list[bytes], end: bytes) -> bytes:
    """What matches a value, up to the byte that ends it, that all fragments match and that is not empty."""
    *before, last = fragments
    value = b"".join(b"(?=(?:%b)%b)" % (each, end) for each in before) + b"(?:%b)" % last
    return b"(?!%b)" % end + value if re.fullmatch(last, b"") else value


def _is_plain(lines: bytes) -> bool:
    """Whether each byte stands for itself, and all for characters."""
    return not any(byte in lines for byte in _READ_BY_LINE_FORM) and (lines.isascii() or _is_utf8(lines))


def _is_utf8(lines: bytes) -> bool:
    try:
        lines.decode()
    except UnicodeDecodeError:
        return False
    return True
