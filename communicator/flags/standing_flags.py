"""SHELL: the flags that follow from what a daemon concludes, raised and lowered as it changes; what they say is not its matter."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from communicator.flags.catalogue import Declaration
from communicator.flags.own_flags import Failed, OwnFlags


class StandingFlags(OwnFlags):
    """What a daemon has to say to operators.

    Args:
        directory: Where flags are.
        unit: The unit whose flags these are.
        flags: All that the daemon may raise.
        failed: Called in the loop when none can be raised there, and why; once.
    """

    def __init__(self, directory: Path, unit: str, flags: Sequence[Declaration], failed: Failed) -> None:
        super().__init__(directory, unit, failed)
        self._declared = flags
        self._standing: frozenset[Declaration] | None = None
        """None: not known yet; one of the last life may stand."""

    def follow(self, standing: Mapping[Declaration, str]) -> None:
        """Have these flags stand, and no others of ours.

        Args:
            standing: Each flag, with the reason that its message tells.
        """
        known = self._standing
        for declared in self._declared:
            if declared in standing and (known is None or declared not in known):
                self.raise_(declared, reason=standing[declared])
            elif declared not in standing and (known is None or declared in known):
                self.lower(declared)
        self._standing = frozenset(standing)
