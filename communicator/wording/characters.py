"""PURE: text of somebody else's that can neither steer what shows it nor hide in it; it knows no terminal and no browser."""

import re


def printable(text: str) -> str:
    """The text with what steers, or cannot be seen, made visible: control and bidi characters, and ends of lines."""
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def printable_lines(text: str) -> str:
    """The same of a text whose lines are our own: their ends stay."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """A JSON document, perhaps of several lines, that means the same and in which nothing steers or hides."""
    if text.isprintable():
        return text
    return "".join(one if one == "\n" or one.isprintable() else _escape(one) for one in text)


def _escape(one: str) -> str:
    """A character as JSON writes it in ASCII: one number of UTF-16, or two."""
    return re.sub("....", r"\\u\g<0>", one.encode("utf-16-be", "surrogatepass").hex())
