"""PURE: what a ledger that cannot be had, read or written raises; it opens none itself."""

from communicator.errors import BellwetherError


class LedgerError(BellwetherError, OSError):
    """The ledger cannot be opened, read or written now; nothing that was acknowledged is lost by it.

    Args:
        database: The path of its file.
        reason: What is in the way.
    """

    def __init__(self, database: str, reason: str) -> None:
        super().__init__(f"ledger {database}: {reason}")
        self.database = database
        self.reason = reason
