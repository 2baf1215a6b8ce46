"""The router's own flags: which troubles are told to operators, and when they are over; how one is written is told elsewhere."""

from pathlib import Path

from communicator.flags.catalogue import CONNECTION_FAILED, FILE_WRITE
from communicator.flags.own_flags import Failed, OwnFlags
from communicator.router.vocabulary.effects import SetFlag

UNIT = "communicatord"


class RaisedFlags(OwnFlags):
    """What the router has to say to operators.

    Args:
        directory: Where flags are.
        failed: Called in the loop when none can be raised there, and why; once.
    """

    def __init__(self, directory: Path, failed: Failed) -> None:
        super().__init__(directory, UNIT, failed)
        self._not_kept: set[Path] = set()
        self._is_file_flag_known = False
        """Whether the flag of files was set in this life; one of the last may stand."""

    def follow(self, effect: SetFlag) -> None:
        """Do what the router asks for; it knows one flag."""
        if effect.raised:
            self.raise_(CONNECTION_FAILED, router=effect.detail)
        else:
            self.lower(CONNECTION_FAILED)

    def file_not_kept(self, path: Path, reason: str) -> None:
        """A file could not be written."""
        self._not_kept.add(path)
        self._is_file_flag_known = True
        self.raise_(FILE_WRITE, file=str(path), reason=reason)

    def file_kept(self, path: Path) -> None:
        """A file was written: when no other is still to be, that trouble is over."""
        was_not_kept = path in self._not_kept
        self._not_kept.discard(path)
        if not self._not_kept and (was_not_kept or not self._is_file_flag_known):
            self._is_file_flag_known = True
            self.lower(FILE_WRITE)
