r"""PURE: the text of a script to tokens; it knows no grammar, and leaves what stands in a string to `interpolation`.

``\r\n`` and ``\r`` count as one newline.
"""

import math
import re
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from communicator.errors import ScriptError
from communicator.reporter import values
from communicator.reporter.interpolation import read_pattern, read_raw_string, read_string, variable_fault
from communicator.reporter.syntax import MisfitError, Pattern, Position, Template


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "a name"
    LITERAL = "a value"
    TEMPLATE = "a string"
    PATTERN = "a regular expression"
    VARIABLE = "a variable"
    SIGN = "a sign"
    END = "the end of the script"


class Token(msgspec.Struct, frozen=True):
    """One token; `value` of a WORD, a SIGN or a VARIABLE is its text."""

    kind: TokenKind
    value: "values.Value | Template | Pattern"
    position: Position

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind is TokenKind.SIGN and self.value in signs

    def __str__(self) -> str:
        """For an error message."""
        return f"{self.value!r}" if self.kind in (TokenKind.WORD, TokenKind.SIGN) else str(self.kind)


_SCAN = re.compile(
    r"""
      (?P<blanks> (?: [ \t\n\f\v]+ | //[^\n]* )+ )
    | (?P<nan>   NaN (?![A-Za-z0-9_]) )
    | (?P<word>  [A-Za-z_][A-Za-z0-9_]* )
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
_NUMBERS = frozenset({"integer", "float"})
_GLUED = re.compile(r"[A-Za-z0-9_.]")
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
        found = _SCAN.match(text, at)
        if found is not None and found.lastgroup == "blanks":
            at = found.end()
            line += found[0].count("\n")
            line_start = text.rfind("\n", 0, at) + 1
            continue
        here = Position(line, at - line_start + 1)
        try:
            if found is None:
                raise values.ValueTypeError(_no_token(text, at))
            kind, at = str(found.lastgroup), found.end()
            if kind in _NUMBERS and (glued := _GLUED.match(text, at)):
                raise values.ValueTypeError(f"a number cannot be followed by {glued[0]!r}")
            token = _token(kind, found[0], here)
        except values.ValueTypeError as error:
            where = error.position if isinstance(error, MisfitError) else here
            raise ScriptError(source, [(*where, str(error))]) from None
        yield token
    yield Token(TokenKind.END, None, Position(line, at - line_start + 1))


def _no_token(text: str, at: int) -> str:
    if text.startswith("${", at):
        return variable_fault(text[at:].partition("\n")[0])
    return _UNTERMINATED.get(text[at], f"{text[at]!r} cannot stand here")


def _token(kind: str, text: str, position: Position) -> Token:
    value = _READERS[kind](text, position)
    return Token(_KINDS.get(kind) or _KINDS_OF_VALUES.get(type(value), TokenKind.LITERAL), value, position)


_KINDS = {"word": TokenKind.WORD, "sign": TokenKind.SIGN, "variable": TokenKind.VARIABLE}
_KINDS_OF_VALUES: dict[type, TokenKind] = {Template: TokenKind.TEMPLATE, Pattern: TokenKind.PATTERN}
_READERS: dict[str, Callable[[str, Position], "values.Value | Template | Pattern"]] = {
    "nan": lambda _text, _: math.nan,
    "word": lambda text, _: values.Word(text),
    "sign": lambda text, _: text,
    "variable": lambda text, _: text.strip("${}"),
    "integer": lambda text, _: values.parse_integer(text),
    "float": lambda text, _: values.parse_float(text),
    "template": read_string,
    "string": read_raw_string,
    "regex": read_pattern,
    "date": lambda text, _: values.parse_date(text[2:-1]),
    "time": lambda text, _: values.parse_timestamp(text[1:]),
    "address": lambda text, _: values.parse_address(text[1:-1]),
}
