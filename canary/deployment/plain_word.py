"""PURE: whether a version is a word that no command takes for an option, no folder for a way out, and no screen for an order."""

_WAYS_OUT = frozenset((".", ".."))


def fault_of(word: str) -> str:
    """Why it is none, such as ``begins or ends with a blank``; empty: it is one.

    Args:
        word: A version, a build or an identifier; it may be empty.
    """
    if not word.isprintable():
        return "holds characters that cannot be seen"
    if word != word.strip():
        return "begins or ends with a blank"
    if word.startswith("-"):
        return "begins with '-': a command could take it for an option"
    if not _WAYS_OUT.isdisjoint(word.split("/")):
        return "leads to another folder: '.' and '..' are no part of it"
    return ""
