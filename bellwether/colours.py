"""PURE: marks in the colours of a terminal; it does not know what they stand for."""

from communicator.wording.marks import Mark

_COLOURS = {"good": "green", "doubtful": "yellow", "bad": "red", "open": "cyan", "gone": "dim"}


def coloured(mark: Mark) -> tuple[str, str]:
    """The mark and its style, as rich takes them."""
    return mark.sign, _COLOURS[mark.tone]
