"""PURE: sizes and times of day as the page alone shows them; it asks nobody."""

from datetime import UTC

from communicator.wording.spans import moment


def bytes_text(number: int) -> str:
    """A size, such as ``12 KiB``."""
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= size:
            return f"{number / size:{'.3g' if number < 999 * size else ',.0f'}} {unit}"
    return f"{number} B"


def time_of_day(wall_s: float) -> str:
    """A time of day of UTC, to the second."""
    return moment(wall_s, UTC, "%H:%M:%S UTC")


def opened(text: str) -> str:
    """The text as the beginning of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"
