"""SHELL: reads every source about this host's clock and remembers the last good word; the verdict is taken elsewhere."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timekeeper.claim import Claim
from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.kernel import read_kernel
from timekeeper.processes import find_time_daemons
from timekeeper.sources import Source, believe
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
        sources: Who is asked besides the kernel, the most telling one first.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        """May be changed between two readings."""
        self._last_answer: Discipline | None = None
        self._updates: dict[str, UpdateAge] = {}
        """Of each daemon, so that the age of its update is known when it is the one to be believed."""
        self._seq = 0

    async def read(self) -> Reading:
        """Ask all sources at the same time and conclude."""
        async with asyncio.TaskGroup() as group:
            asking = {source.daemon: group.create_task(source.ask()) for source in self.sources}
            searching = group.create_task(asyncio.to_thread(find_time_daemons))
        now_s = monotonic_s()
        daemons, answers = searching.result(), {daemon: task.result() for daemon, task in asking.items()}
        self._note_updates(answers.values(), now_s)
        answer = believe(answers, daemons)
        if isinstance(answer, Discipline):
            self._last_answer = answer
        evidence = Evidence(
            answer=answer,
            last_answer=self._last_answer,
            age_s=self._updates[self._last_answer.daemon].at(now_s) if self._last_answer else 0.0,
            kernel=read_kernel(),
            daemons=daemons,
        )
        self._seq += 1
        return Reading(evidence, judge(evidence), self._seq, now_s)

    def _note_updates(self, answers: Iterable[Discipline | NoAnswer], now_s: float) -> None:
        for word in answers:
            if isinstance(word, NoAnswer):
                continue
            if word.age_s is not None:
                self._updates[word.daemon] = UpdateAge(word.updated_wall_ns, now_s - word.age_s, now_s)
                continue
            before = self._updates.get(word.daemon)
            self._updates[word.daemon] = note_update(before, word.updated_wall_ns, time.time_ns(), now_s)


def monotonic_s() -> float:
    """Seconds since the boot, sleep included: a clock that no step moves."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
