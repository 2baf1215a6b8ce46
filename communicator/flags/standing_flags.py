"""SHELL: the flags that follow from what a daemon concludes, raised and lowered as it changes; what they say is not its matter."""

from collections.abc import Mapping
from pathlib import Path

from communicator.flags.declarations import declarations
from communicator.flags.flag import FlagName
from communicator.flags.own_flags import Failed, OwnFlags


class StandingFlags(OwnFlags):
    """What a daemon has to say to operators: all that is declared of its unit follows from what it concludes.

    Args:
        directory: Where flags are.
        unit: The unit whose flags these are.
        failed: Called in the loop when none can be raised there, and why; once.
    """

    def __init__(self, directory: Path, unit: str, failed: Failed) -> None:
        super().__init__(directory, unit, failed)
        self._names = [name for name in declarations() if name.unit == unit]
        self._standing: frozenset[FlagName] | None = None
        """None: not known yet; one of the last life may stand."""

    def follow(self, standing: Mapping[FlagName, str]) -> None:
        """Have these flags stand, and no others of ours.

        Args:
            standing: Each flag, with the reason that its message tells.
        """
        known = self._standing
        for name in self._names:
            if name in standing and (known is None or name not in known):
                self.raise_(name, reason=standing[name])
            elif name not in standing and (known is None or name in known):
                self.lower(name)
        self._standing = frozenset(standing)
