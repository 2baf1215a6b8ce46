r"""PURE: the text of a script to tokens; it knows no grammar.

``\r\n`` and ``\r`` count as one newline. In regular expressions only ``\\`` and an escaped backtick are escapes, so ``\d`` is what
it is elsewhere; in strings a backslash before any other character than those listed is dropped.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from communicator.errors import ScriptError
from communicator.reporter.syntax import Position, Template, Variable
from communicator.reporter.values import (
    Regex,
    Value,
    ValueTypeError,
    Word,
    compile_regex,
    parse_address,
    parse_date,
    parse_float,
    parse_integer,
    parse_timestamp,
)


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "a name"
    LITERAL = "a value"
    TEMPLATE = "a string"
    VARIABLE = "a variable"
    SIGN = "a sign"
    END = "the end of the script"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `value` of a WORD, a SIGN or a VARIABLE is its text."""

    kind: TokenKind
    value: "Value | Template"
    position: Position

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind is TokenKind.SIGN and self.value in signs

    def __str__(self) -> str:
        """For an error message."""
        return f"{self.value!r}" if self.kind in (TokenKind.WORD, TokenKind.SIGN) else str(self.kind)


_BLANKS = re.compile(r"(?:[ \t\n\f\v]+|//[^\n]*)*")
_SCAN = re.compile(
    r"""
      (?P<word>  [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign>  <=> | [(){}\[\],:+\-*/%] )
    | (?P<float> (?: [0-9]+\.[0-9]* | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+ )
    | (?P<integer> 0[xX][0-9A-Fa-f]+ | [0-9]+ )
    | (?P<template> "(?:[^"\\\n]|\\[^\n])*" )
    | (?P<string> '(?:[^'\\\n]|\\[^\n])*' )
    | (?P<regex> `(?:[^`\\\n]|\\[^\n])*` )
    | (?P<variable> \$(?: [A-Za-z_][A-Za-z0-9_]* | \{[A-Za-z_][A-Za-z0-9_]*\} ) )
    | (?P<date>  @"[^"\n]*" | @'[^'\n]*' )
    | (?P<time>  @[0-9]+(?:\.[0-9]*)?s? )
    | (?P<address> <[^<>\n]+> )
    """,
    re.VERBOSE,
)
_GLUED = re.compile(r"[A-Za-z0-9_.]")
_UNESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|(.))")
_PIECE = re.compile(
    r"\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|((?:\\.|[^\\$]|\$)+?(?=\$|\Z))", re.DOTALL
)
_UNTERMINATED = {
    '"': "a string ends on its line, with a quotation mark",
    "'": "a string ends on its line, with an apostrophe",
    "`": "a regular expression ends on its line, with a backtick",
    "<": "an address ends on its line, with '>'",
    "$": "'$' is followed by the name of a variable, such as $name or ${name}",
    "@": "'@' is followed by a time, such as @123.456 or @\"12/31/2025 23:59:59\"",
}


def tokenize(text: str, source: str = "script") -> Iterator[Token]:
    """Cut a script into tokens.

    Args:
        text: The script.
        source: What errors call it.

    Yields:
        Its tokens, and one of kind END.

    Raises:
        ScriptError: Something in it is no token.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    at, line, line_start = 0, 1, 0
    while at < len(text):
        blanks_end = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if blanks_end > at:
            line += text.count("\n", at, blanks_end)
            line_start = text.rfind("\n", 0, blanks_end) + 1
            at = blanks_end
            continue
        found = _SCAN.match(text, at)
        here = Position(line, at - line_start + 1)
        try:
            if found is None:
                raise ValueTypeError(_UNTERMINATED.get(text[at], f"{text[at]!r} cannot stand here"))
            kind, at = str(found.lastgroup), found.end()
            _require_apart(kind, text, at)
            token = _token(kind, found[0], here)
        except ValueTypeError as error:
            raise ScriptError(source, [(*here, str(error))]) from None
        yield token
    yield Token(TokenKind.END, None, Position(line, at - line_start + 1))


def _require_apart(kind: str, text: str, end: int) -> None:
    if kind in ("integer", "float") and (glued := _GLUED.match(text, end)):
        raise ValueTypeError(f"a number cannot be followed by {glued[0]!r}")


def _token(kind: str, text: str, position: Position) -> Token:
    match kind:
        case "word" if text == "NaN":
            return Token(TokenKind.LITERAL, math.nan, position)
        case "word":
            return Token(TokenKind.WORD, text, position)
        case "sign":
            return Token(TokenKind.SIGN, text, position)
        case "variable":
            return Token(TokenKind.VARIABLE, text.strip("${}"), position)
        case "template":
            return _template(text[1:-1], position)
        case _:
            return Token(TokenKind.LITERAL, _READERS[kind](text), position)


def _regex(text: str) -> Regex:
    regex = Regex(re.sub(r"\\([\\`])", r"\1", text[1:-1]))
    compile_regex(regex.source)
    return regex


def _template(text: str, position: Position) -> Token:
    """A string in double quotation marks is a plain value, unless variables stand in it."""
    parts: list[str | Variable] = []
    for name, braced, plain in _PIECE.findall(text):
        if plain:
            last = parts.pop() if parts and isinstance(parts[-1], str) else ""
            parts.append(f"{last}{_unescape(plain)}")
        else:
            parts.append(Variable(name or braced, position))
    return Token(TokenKind.TEMPLATE, Template(tuple(parts), position), position)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if not code and not found[4]:
        return _UNESCAPED.get(found[5], found[5])
    number = int(code, 16) if code else int(found[4], 8)
    try:
        character = chr(number)
        character.encode()
    except (ValueError, OverflowError):
        raise ValueTypeError(f"{found[0]!r} is not a character") from None
    return character


_READERS: dict[str, Callable[[str], Value]] = {
    "integer": parse_integer,
    "float": parse_float,
    "string": lambda text: _unescape(text[1:-1]),
    "date": lambda text: parse_date(text[2:-1]),
    "time": lambda text: parse_timestamp(text[1:]),
    "address": lambda text: parse_address(text[1:-1]),
    "regex": _regex,
}


def word(token: Token) -> Word:
    """The text of a WORD, as a value."""
    return Word(token.value)
