"""PURE: what a ledger that cannot be had, read or written raises; it opens none itself."""

from communicator.errors import BellwetherError


class LedgerError(BellwetherError, OSError):
    """The ledger cannot be opened, read or written now; nothing that was acknowledged is lost by it.

    Args:
        database: Which one: the path of its file, or its address without user names and passwords.
        reason: What is in the way.
        may_pass: Whether the same may succeed in a moment: the connection was lost, or refused.
    """

    def __init__(self, database: str, reason: str, *, may_pass: bool = False) -> None:
        super().__init__(f"ledger {database}: {reason}")
        self.database = database
        self.reason = reason
        self.may_pass = may_pass
