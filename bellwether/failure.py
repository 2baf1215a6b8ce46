"""PURE: how a command ends badly: one line for the person, one number for the script."""

UNDECIDED = 3
"""Nobody can tell, or it is not so everywhere yet."""
UNREACHABLE = 69
"""No router, or nobody behind it who could answer (EX_UNAVAILABLE of sysexits.h)."""
NOT_YET = 75
"""The time is over; it may be asked again later (EX_TEMPFAIL)."""
NOT_ALLOWED = 77
"""Somebody else may, and this user may not (EX_NOPERM)."""


class CommandError(Exception):
    """A command cannot do what was asked; its text is all the user sees.

    Args:
        message: One sentence: what failed and, where known, what to do.
        exit_code: What the process ends with.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
