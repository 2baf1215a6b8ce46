r"""PURE: strings and regular expressions to their texts and the variables between them; it knows no token.

A variable is ``${name}`` or ``$name``. Any other ``$`` is itself, which in a regular expression is the end of the text.
In strings, a backslash stands only before what `_ESCAPE` and `_UNESCAPED` list.

In regular expressions only ``\\`` and an escaped backtick are escapes, so ``\d`` is what it is elsewhere; scripts for the C++
player double each backslash, ``\\d``. Both players undo the escapes first: ``\\${name}`` is a backslash and a value. Before
anything else ``\\$`` is a dollar sign; so is ``\$`` everywhere, and ``$`` in a class such as ``[$a-z]``.
"""

import re
from collections.abc import Callable

from communicator.reporter.syntax import MisfitError, Pattern, Position, Template, Variable
from communicator.reporter.values import Regex

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = rf"\$(?: (?P<name>{_NAME}) | \{{ (?P<braced>{_NAME}) \}} ) | (?P<faulty> \$\{{ )"
_OTHER_DOLLAR = r"\$(?! [{A-Za-z_] )"
# Four backslashes escape a backslash from the regular expression itself, two escape what follows, one is ours.
_ESCAPED = r"(?> \\{4} | \\{2} (?! \$\{ ) [^\\] | \\. )"
# Nothing is tried twice, and no class holds a '[' of another: so the time taken grows no faster than the text.
_CLASS = rf"\[ \^?+ \]?+ (?: \[:[a-z]+:\] | {_ESCAPED} | [^\[\]\\$] | \$(?!\{{) )*+ \]"
_IN_STRING = re.compile(rf"{_VARIABLE} | (?P<plain> (?: \\. | [^\\$] | {_OTHER_DOLLAR} )++ )", re.VERBOSE)
_IN_PATTERN = re.compile(
    rf"{_VARIABLE} | (?P<plain> (?: {_ESCAPED} | {_CLASS} | [^\\$] | {_OTHER_DOLLAR} )++ )", re.VERBOSE
)

_UNESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_UNESCAPED.update({character: character for character in "\\'\"`$"})
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|(.))")
_OWN_ESCAPE = re.compile(r"\\([\\`])")
_FAULTY = re.compile(r"\$\{[^}]*\}?")
_SHOWN_CHARACTERS = 40


def read_string(text: str, position: Position) -> Template:
    """Read a string in quotation marks.

    Args:
        text: The string, with its marks.
        position: Where it begins.

    Raises:
        MisfitError: A variable in it has no name or no closing brace, or an escape is unknown.
    """
    return Template(_parts(_IN_STRING, text, position, _unescape), position=position)


def read_raw_string(text: str, position: Position) -> str:
    """Read a string in apostrophes, in which no variable stands.

    Args:
        text: The string, with its marks.
        position: Where it begins.

    Raises:
        MisfitError: An escape in it is none.
    """
    return _unescape(text[1:-1], _moved(position, 1))


def read_pattern(text: str, position: Position) -> Pattern | Regex:
    """Read a regular expression; one with variables in it has no value yet.

    Args:
        text: The regular expression, with its backticks.
        position: Where it begins.

    Raises:
        MisfitError: A variable in it has no name, or no brace at its end.
    """
    parts = _parts(_IN_PATTERN, text, position, lambda plain, _: _OWN_ESCAPE.sub(r"\1", plain))
    texts = [part for part in parts if isinstance(part, str)]
    return Regex("".join(texts)) if len(texts) == len(parts) else Pattern(parts, position=position)


def variable_fault(text: str) -> str:
    """What is wrong with a text that begins with ``${`` and is no variable."""
    found = _FAULTY.match(text)
    shown = found[0] if found else text
    if not shown.endswith("}"):
        return f"{shown[:_SHOWN_CHARACTERS]!r} lacks its '}}'"
    return (
        f"{shown[:_SHOWN_CHARACTERS]!r} names no variable: a name has letters, digits and '_', and begins with no digit"
    )


def _parts(
    pieces: re.Pattern[str], text: str, position: Position, plain: Callable[[str, Position], str]
) -> tuple[str | Variable, ...]:
    if "$" not in text:  # most are so
        return (plain(text[1:-1], _moved(position, 1)),) if text[1:-1] else ()
    parts: list[str | Variable] = []
    for found in pieces.finditer(text, 1, len(text) - 1):
        here = _moved(position, found.start())
        if found.lastgroup == "plain":
            parts.append(plain(found[0], here))
        elif found.lastgroup == "faulty":
            fault = variable_fault(text[found.start() : -1])
            raise MisfitError(here, f"{fault}; a '$' that begins no variable is written \\$")
        else:
            parts.append(Variable(found["name"] or found["braced"], position=here))
    return tuple(parts)


def _unescape(text: str, position: Position) -> str:
    return _ESCAPE.sub(lambda found: _character(found, position), text) if "\\" in text else text


def _moved(position: Position, characters: int) -> Position:
    return Position(position.line, position.column + characters)


def _character(found: re.Match[str], position: Position) -> str:
    here = _moved(position, found.start())
    code = found[1] or found[2] or found[3]
    if not code and not found[4]:
        if found[5] in _UNESCAPED:
            return _UNESCAPED[found[5]]
        # Not with !r, which would show the backslash twice.
        raise MisfitError(here, f"{found[0]} is not an escape; a backslash itself is written \\\\")
    number = int(code, 16) if code else int(found[4], 8)
    try:
        character = chr(number)
        character.encode()
    except (ValueError, OverflowError):
        raise MisfitError(here, f"{found[0]} is not a character") from None
    return character
