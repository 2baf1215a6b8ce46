"""SHELL: reads every source about this host's clock and remembers the last good word; the verdict is taken elsewhere."""

import asyncio
import time
from dataclasses import dataclass

from communicator.protocol import HostPort
from timekeeper.chrony import read_chrony
from timekeeper.claim import Claim
from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.kernel import read_kernel
from timekeeper.processes import find_time_daemons
from timekeeper.update_age import UpdateAge, note_update
from timekeeper.verdict import judge


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the clock."""

    evidence: Evidence
    claim: Claim
    seq: int
    monotonic_s: float
    """When, on the clock that also runs while the host sleeps (CLOCK_BOOTTIME)."""

    @property
    def age_s(self) -> float:
        """How long ago that was."""
        return monotonic_s() - self.monotonic_s


class ClockWatch:
    """Looks at this host's clock, again and again.

    Args:
        chrony: Where chronyd takes commands; None not to ask it.
    """

    def __init__(self, chrony: HostPort | None) -> None:
        self.chrony = chrony
        """May be changed between two readings."""
        self._last_answer: Discipline | None = None
        self._update: UpdateAge | None = None
        self._seq = 0

    async def read(self) -> Reading:
        """Read all sources and conclude."""
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self._ask_daemon())
            searching = group.create_task(asyncio.to_thread(find_time_daemons))
        now_s = monotonic_s()
        answer = asking.result()
        if isinstance(answer, Discipline):
            self._last_answer = answer
            self._update = note_update(self._update, answer.updated_wall_ns, time.time_ns(), now_s)
        evidence = Evidence(
            answer=answer,
            last_answer=self._last_answer,
            age_s=self._update.at(now_s) if self._update else 0.0,
            kernel=read_kernel(),
            daemons=searching.result(),
        )
        self._seq += 1
        return Reading(evidence, judge(evidence), self._seq, now_s)

    async def _ask_daemon(self) -> Discipline | NoAnswer:
        if self.chrony is None:
            return NoAnswer("chrony is switched off in the settings")
        return await read_chrony(self.chrony)


def monotonic_s() -> float:
    """Seconds since the boot, sleep included: a clock that no step moves."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
