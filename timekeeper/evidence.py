"""PURE: all that was read of one host's clock at one time; it holds and concludes nothing."""

from dataclasses import dataclass

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict is made of."""

    answer: Discipline | NoAnswer
    """What a time daemon answered just now."""
    last_answer: Discipline | None = None
    """The last word of a daemon: `answer`, or that of an earlier reading."""
    age_s: float = 0.0
    """Since the update that `last_answer` speaks of."""
    kernel: KernelClock | NoAnswer
    daemons: TimeDaemons | NoAnswer

    def is_gone(self, daemon: str) -> bool:
        """Whether a daemon certainly does not run here; not when processes could not be listed."""
        return isinstance(self.daemons, TimeDaemons) and not self.daemons.is_running(daemon)
