"""SHELL: writes lines of text for people and programs; nothing that somebody else has written can steer a terminal by it."""

import sys

from communicator.wording.characters import printable_lines


def write(text: str) -> None:
    """Write a result, at once: lines of text.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    sys.stdout.write(f"{printable_lines(text)}\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """Tell what goes on, or what went wrong, beside the result: lines of text."""
    sys.stderr.write(f"{printable_lines(text)}\n")
