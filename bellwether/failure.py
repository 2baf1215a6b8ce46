"""PURE: how a command ends badly: one line for the person, one number for the script."""


class CommandError(Exception):
    """A command cannot do what was asked; its text is all the user sees.

    Args:
        message: One sentence: what failed and, where known, what to do.
        exit_code: What the process ends with.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
