r"""Expressions that match many lines of one command at once, made of the shapes that its lines turn out to have.

Looking at each line by itself takes some microseconds; the router passes lines on in far less. So the lines of one read that carry
the same header are matched by one expression, ``(?:HEAD(?: a=…;b=…;| b=…;)\n)*``. Its alternatives are shapes: names of parameters
in the order in which somebody writes them. Shapes are learnt from the lines themselves. What does not match is not bad: it has to
be looked at by itself.

Before that a ``;`` is put behind each line, so that a value of any text ends at one byte, which is what the engine is quickest to
look for. It knows no more of a line than `line_form` does, and less: a read that holds a quotation mark, a backslash or a NUL is
not matched at all.
"""

import re
from collections.abc import Iterable

from communicator.protocol.definitions.definition import Parameter

HEADS_KEPT = 256
"""Headers with an expression of their own, for each command; beyond it all are made anew."""
SHAPES_KEPT = 8
"""Shapes learnt for one header: a program writes a message in a handful of ways."""
NAMES_MAX = 16
"""Parameters of a shape; longer lines are looked at by themselves."""

_READ_BY_LINE_FORM = (b'"', b"\\", b"\0")
"""What may stand for something else."""
_TEXT = b"[^;]++"
_END = rb"(?:;;|(?<![ \t\r\v\f]);)"
"""Behind the last value: blanks at the end of a line are no part of it, unless a ``;`` stands behind them."""


class LinePatterns:
    """The expressions for one command.

    Args:
        parameters: Whatever may be in its messages; what is left out is looked at by itself where it occurs.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._fields: dict[bytes, bytes] = {}
        self._required: set[bytes] = set()
        for parameter in parameters:
            name = parameter.name.encode()
            value = _value_pattern(parameter)
            if value is not None:
                self._fields[name] = re.escape(name) + b"=" + value
            if parameter.required:
                self._required.add(name)
        self._by_head: dict[bytes, _HeadPattern] = {}

    def knows(self, head: bytes) -> bool:
        """Whether lines with this header have been matched before."""
        return head in self._by_head

    def match_all(self, head: bytes, lines: bytes) -> bool:
        """Whether each line is good for sure.

        Args:
            head: What each line begins with, before its parameters; it is known to be well formed.
            lines: Whole lines, each with its newline.
        """
        if any(byte in lines for byte in _READ_BY_LINE_FORM):
            return False
        if len(self._by_head) >= HEADS_KEPT and head not in self._by_head:
            self._by_head.clear()
        pattern = self._by_head.setdefault(head, _HeadPattern(head))
        closed = lines.replace(b"\n", b";\n")
        at = pattern.match(closed, 0)
        while at < len(closed):
            shape = self._shape(head, closed[at : closed.find(b"\n", at)])
            if shape is None or not pattern.learn(shape):
                return False
            following = pattern.match(closed, at)
            if following == at:
                return False
            at = following
        return lines.isascii() or _is_utf8(lines)

    def _shape(self, head: bytes, line: bytes) -> bytes | None:
        """What matches lines that look like this one, which ends in a ``;`` of ours; None where that cannot be said."""
        rest = line.removeprefix(head).removesuffix(b";")
        if not line.startswith(head) or (rest and not rest.startswith(b" ")):
            return None
        names = [part.partition(b"=")[0] for part in rest[1:].removesuffix(b";").split(b";")] if rest else []
        if len(set(names)) < len(names) or len(names) > NAMES_MAX or not self._required.issubset(names):
            return None
        if not self._fields.keys() >= set(names):
            return None
        return b" " + b";".join(self._fields[name] for name in names) + _END if names else b";"


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
        self._pattern = re.compile(b"(?:%b(?:%b)\n)*+" % (self._head, b"|".join(self._shapes)))
        return True


def _value_pattern(parameter: Parameter) -> bytes | None:
    """What matches good values of a parameter only; None where nothing does."""
    if parameter.forbidden:
        return None
    fragments = [validator.fragment for validator in parameter.validators] or [_TEXT]
    known = [each for each in fragments if each is not None]
    if len(known) < len(fragments):
        return None
    *before, last = known
    value = b"".join(b"(?=(?:%b);)" % each for each in before) + b"(?:%b)" % last
    if parameter.may_be_empty:
        return b"(?:%b|)" % value
    return b"(?!;)" + value if re.fullmatch(last, b"") else value


def _is_utf8(lines: bytes) -> bool:
    try:
        lines.decode()
    except UnicodeDecodeError:
        return False
    return True
