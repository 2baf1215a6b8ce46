r"""Regular expressions that cannot hang: what a definition asks of a value, matched in one pass; it knows no message.

A definition is written once, values come from anyone. A backtracking engine can be made to take hours by a value that nearly
fits ``(a+)+b``, so these are matched by following all alternatives at once, which takes time in proportion to the length of the
value, whatever the expression. The price is a smaller language: what needs memory of what was matched (back references, looking
around) does not exist, and the whole value must always match.

.. code-block:: text

    abc  .  [a-z_]  [^;]  \d \w \s \D \W \S (ASCII)  \. and the like  ( )  (?: )  |  ? * + {2} {2,} {2,5}

``^`` in front and ``$`` at the end may stand there, and change nothing.
"""

import re
from functools import lru_cache
from typing import NoReturn

import msgspec

PATTERN_CHARACTERS = 200
"""The longest expression."""
VALUE_CHARACTERS = 4096
"""The longest value that is looked at; a longer one does not match."""
STATES = 400
"""Parts of an expression with its repetitions written out: with the two bounds above no value takes longer than a second."""
STEPS_KEPT = 1024
"""Steps remembered of one expression, so that the usual value costs one look-up a character."""

Ranges = tuple[tuple[int, int], ...]
_CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_COUNT = re.compile(r"\{([0-9]{1,7})(,?)([0-9]{0,7})\}")
_LAST = 0x10FFFF
_SIGNS: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


class PatternError(ValueError):
    """An expression is wrong, or of a kind that is not matched here."""


class Characters(msgspec.Struct, frozen=True):
    """One character out of some ranges of code points."""

    ranges: Ranges

    def holds(self, character: str) -> bool:
        """Whether the character is one of them."""
        code = ord(character)
        return any(low <= code <= high for low, high in self.ranges)


class Sequence(msgspec.Struct, frozen=True):
    """One part after the other."""

    parts: tuple["Node", ...]


class Choice(msgspec.Struct, frozen=True):
    """One of several."""

    options: tuple["Node", ...]


class Repeat(msgspec.Struct, frozen=True):
    """One part several times; `most` is None where there is no end."""

    part: "Node"
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeat


def negated(ranges: Ranges) -> Ranges:
    """All other code points."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, _LAST)) if start <= _LAST else tuple(found)


class _Parser:
    """Reads an expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> Node:
        """The whole of it."""
        self._skip("^")
        node = self._choice()
        if self._at < len(self._text):
            self._fail(f"{self._text[self._at]!r} has no partner")
        return node

    def _fail(self, reason: str) -> NoReturn:
        raise PatternError(f"{self._text!r}: {reason}")

    def _next(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take(self) -> str:
        character = self._next()
        if not character:
            self._fail("it ends too early")
        self._at += 1
        return character

    def _skip(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            if self._next() == "$" and self._at == len(self._text) - 1:
                self._at += 1
                break
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        sign = self._next()
        if sign == "{":
            return self._counted(node)
        if sign not in _SIGNS:
            return node
        self._at += 1
        return self._closed(Repeat(node, *_SIGNS[sign]))

    def _counted(self, node: Node) -> Node:
        found = _COUNT.match(self._text, self._at)
        if found is None:
            self._fail("'{' wants {n}, {n,} or {n,m} behind it")
        self._at = found.end()
        low, comma, high = found.groups()
        least, most = int(low), int(high) if high else None if comma else int(low)
        if most is not None and most < least:
            self._fail(f"{found[0]} ends before it begins")
        return self._closed(Repeat(node, least, most))

    def _closed(self, node: Repeat) -> Node:
        if self._next() and self._next() in "?*+{":
            self._fail(f"{self._next()!r} cannot follow a repetition")
        return node

    def _atom(self) -> Node:
        character = self._take()
        match character:
            case "(":
                if self._skip("?") and not self._skip(":"):
                    self._fail("of what begins with '(?' only '(?:' is known")
                node = self._choice()
                if not self._skip(")"):
                    self._fail("a '(' is not closed")
                return node
            case "[":
                return self._class()
            case ".":
                return Characters(negated(((10, 10),)))
            case "\\":
                return Characters(self._escape())
            case "?" | "*" | "+" | "{" | "^" | "$":
                self._fail(f"{character!r} has nothing to stand on here")
        return Characters(((ord(character), ord(character)),))

    def _escape(self) -> Ranges:
        character = self._take()
        if character.lower() in _CLASSES:
            ranges = _CLASSES[character.lower()]
            return ranges if character.islower() else negated(ranges)
        if character.isalnum() and character not in _CONTROLS:
            self._fail(f"'\\{character}' is not known here")
        code = ord(_CONTROLS.get(character, character))
        return ((code, code),)

    def _class(self) -> Node:
        is_negated = self._skip("^")
        ranges: list[tuple[int, int]] = []
        while self._next() != "]" or not ranges:
            ranges += self._class_part()
        self._at += 1
        return Characters(negated(tuple(ranges)) if is_negated else tuple(ranges))

    def _class_part(self) -> Ranges:
        low = self._class_end()
        if self._next() != "-" or self._text.startswith("-]", self._at):
            return low
        self._at += 1
        high = self._class_end()
        if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or high < low:
            self._fail("a range in '[ ]' runs from one character to a later one")
        return ((low[0][0], high[0][0]),)

    def _class_end(self) -> Ranges:
        character = self._take()
        return self._escape() if character == "\\" else ((ord(character), ord(character)),)


def parse_pattern(text: str) -> Node:
    """Read an expression.

    Raises:
        PatternError: It is wrong, too long, or not of the language above.
    """
    if len(text) > PATTERN_CHARACTERS:
        raise PatternError(f"{text[:40]!r}… is longer than {PATTERN_CHARACTERS} characters")
    return _Parser(text).parse()


class Pattern:
    """An expression, ready to be matched.

    Args:
        text: The expression.

    Raises:
        PatternError: It is wrong, too large, or not of the language above.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.node = parse_pattern(text)
        self._reads: list[Characters | None] = [None]
        """By state: what it takes to leave it; None where it is left without."""
        self._goes: list[tuple[int, ...]] = [()]
        """By state: where it leads; state 0 is the end."""
        self._start = self._reached({self._add(self.node, 0)})
        self._step = lru_cache(STEPS_KEPT)(self._follow)

    def _state(self, reads: Characters | None, goes: tuple[int, ...]) -> int:
        if len(self._reads) >= STATES:
            raise PatternError(f"{self.text!r} is too large: its repetitions written out are more than {STATES} parts")
        self._reads.append(reads)
        self._goes.append(goes)
        return len(self._reads) - 1

    def _add(self, node: Node, after: int) -> int:
        """States for a part; returns the one it begins with."""
        match node:
            case Characters():
                return self._state(node, (after,))
            case Sequence(parts):
                for part in reversed(parts):
                    after = self._add(part, after)
                return after
            case Choice(options):
                return self._state(None, tuple(self._add(option, after) for option in options))
            case Repeat(part, least, most):
                return self._add_repeat(part, least, most, after)

    def _add_repeat(self, part: Node, least: int, most: int | None, after: int) -> int:
        if most is None:
            loop = self._state(None, ())
            self._goes[loop] = (self._add(part, loop), after)
            after = loop
        else:
            end = after
            for _ in range(most - least):
                after = self._state(None, (self._add(part, after), end))
        for _ in range(least):
            after = self._add(part, after)
        return after

    def _reached(self, states: set[int]) -> frozenset[int]:
        """These states and all that are reached from them without a character, as far as one may be read or it may end there."""
        reached, waiting = set(states), list(states)
        while waiting:
            state = waiting.pop()
            if self._reads[state] is None:
                fresh = set(self._goes[state]) - reached
                reached |= fresh
                waiting += fresh
        return frozenset(state for state in reached if state == 0 or self._reads[state] is not None)

    def _follow(self, states: frozenset[int], character: str) -> frozenset[int]:
        """Where a match can be after one more character: all alternatives at once."""
        takes = ((state, self._reads[state]) for state in states)
        return self._reached({self._goes[state][0] for state, one in takes if one is not None and one.holds(character)})

    def matches(self, value: str) -> bool:
        """Whether the whole value is of this form."""
        if len(value) > VALUE_CHARACTERS:
            return False
        states = self._start
        for character in value:
            states = self._step(states, character)
            if not states:
                return False
        return 0 in states
