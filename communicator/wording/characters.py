"""PURE: text of somebody else's that can neither steer what shows it nor hide in it; it knows no terminal and no browser."""


def printable(text: str) -> str:
    """The text with what steers, or cannot be seen, made visible."""
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
