r"""Lines and values as the ancestor's files (advgetopt) write them, such as definitions and flags; it gives no meaning to a line.

A backslash at the end of a line joins the next one. In values ``\\``, ``\n``, ``\r`` and ``\t`` stand for the usual characters,
and one pair of quotes around the whole is taken off.
"""

import re
from collections.abc import Iterator

ESCAPES = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
"""By what stands behind a backslash, what both mean."""

_NEWLINE = re.compile(r"\r\n?|\n")
_ESCAPED = re.compile(r"\\([\\nrt])")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines, those that end in a backslash joined with the next, each with the number of its first, from 1."""
    joined, first = "", 0
    for number, line in enumerate(_NEWLINE.split(text), 1):
        first = first or number
        joined += line
        if line.endswith("\\"):
            joined = joined[:-1]
            continue
        yield first, joined
        joined, first = "", 0
    if first:
        yield first, joined


def is_quoted(text: str) -> bool:
    """Whether one pair of quotes stands around the whole."""
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def read_value(text: str) -> str:
    """What a value means.

    Args:
        text: As it is written, without the blanks around it.
    """
    value = _ESCAPED.sub(lambda found: ESCAPES[found[1]], text)
    return value[1:-1] if is_quoted(value) else value
