"""PURE: which runs are asked whether they live, and what their answers and their silence say; it asks nobody itself.

.. code-block:: text

    a run --every_s--> asked --answer--> asked again after every_s
                         |--every_s without one--> SILENT, asked again; the `misses`-th time in a row: HUNG, and never again

The first question comes at a moment of its own within `every_s`, so that runs that began together are not asked together. Who
asks late was held up itself, and believes no silence of that time.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2s
from typing import NamedTuple

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord
from canary.settings import HealthSettings

LATE_S = 2.0
"""Who comes so late to a question may have unread answers: a loop that is well is not late by a tenth of it."""


class Question(NamedTuple):
    """Does this run live?"""

    service: str
    run_id: str
    serial: str
    """Comes back in the answer; nobody else can know it."""


@dataclass(slots=True)
class _Pulse:
    """What is known of one run."""

    service: str
    run_id: str
    due_s: float
    """When it is asked next."""
    serial: str = ""
    """Of the questions that it has yet to answer; empty: of none."""
    missed: int = 0
    """Questions in a row without an answer."""
    is_well: bool = True
    """Whether the last question had an answer, and that was a good one."""


class Pulses:
    """Those of all runs of this server that do their work, stand by or are tried.

    Args:
        settings: Asked each time, since they may change.
        make_serial: Makes what nobody else can know.
    """

    def __init__(self, settings: Callable[[], HealthSettings], make_serial: Callable[[], str]) -> None:
        self._settings = settings
        self._make_serial = make_serial
        self._pulses: dict[str, _Pulse] = {}
        """By run."""
        self._asked: dict[str, _Pulse] = {}
        """By serial."""
        self._due: list[tuple[float, str]] = []
        """A heap of times and runs; those that do not fit together any more say nothing."""

    @property
    def next_deadline_s(self) -> float | None:
        """When `ask` has something to do; None: when a run has begun."""
        return self._due[0][0] if self._due else None

    def begin(self, service: str, run_id: str, now_s: float) -> None:
        """Ask a run from now on; one that is asked already goes on as it does."""
        if run_id not in self._pulses:
            pulse = self._pulses[run_id] = _Pulse(service, run_id, now_s)
            self._set(pulse, now_s + self._pause_s(service) * _part_of(run_id))

    def end(self, run_id: str) -> None:
        """Ask a run no more."""
        pulse = self._pulses.pop(run_id, None)
        if pulse is not None:
            self._asked.pop(pulse.serial, None)

    def clear(self) -> None:
        """Ask nobody any more: the router through which they were asked is another one, and tells anew who runs."""
        self._pulses.clear()
        self._asked.clear()
        self._due.clear()

    def ask(self, now_s: float, *, can_ask: bool = True) -> tuple[list[Question], list[ReportWord]]:
        """What is to be asked now, and what the silence since the last question says.

        Args:
            now_s: The ledger's clock.
            can_ask: Whether a question would arrive now; what was asked before then may not have had its answer either.
        """
        questions: list[Question] = []
        words: list[ReportWord] = []
        while self._due and self._due[0][0] <= now_s:
            due_s, run_id = heapq.heappop(self._due)
            pulse = self._pulses.get(run_id)
            if pulse is None or pulse.due_s != due_s:
                continue
            if can_ask and now_s - due_s < LATE_S:
                words += self._note_silence(pulse, now_s)
            else:
                self._forget_question(pulse)
            if run_id in self._pulses:
                questions += self._question(pulse) if can_ask else ()
                self._set(pulse, now_s + self._pause_s(pulse.service))
        return questions, words

    def hear(self, serial: str, health: str, now_s: float) -> list[ReportWord]:
        """Take an answer; one that nobody waits for says nothing.

        Args:
            serial: That of the question.
            health: What the run says is wrong with it; empty or ``ok``: nothing is.
            now_s: The ledger's clock.
        """
        pulse = self._asked.pop(serial, None)
        if pulse is None:
            return []
        was_well = pulse.is_well
        pulse.serial, pulse.missed, pulse.is_well = "", 0, health in ("", "ok")
        if not pulse.is_well:
            return [_word(pulse, Kind.HEALTH_FAIL, now_s, f"it says: {health}")]
        return [] if was_well else [_word(pulse, Kind.HEALTH_OK, now_s)]

    def _note_silence(self, pulse: _Pulse, now_s: float) -> Iterator[ReportWord]:
        if not pulse.serial:
            return
        pulse.missed += 1
        pulse.is_well = False
        if pulse.missed < self._settings().misses:
            yield _word(pulse, Kind.SILENT, now_s)
            return
        yield _word(pulse, Kind.HUNG, now_s, f"it left {pulse.missed} questions in a row unanswered")
        self.end(pulse.run_id)

    def _question(self, pulse: _Pulse) -> Iterator[Question]:
        """What has no answer yet is asked again in the same words: who answers late answers all the same."""
        if not self._settings().every_s_of(pulse.service):
            self._forget_question(pulse)
        else:
            pulse.serial = pulse.serial or self._make_serial()
            self._asked[pulse.serial] = pulse
            yield Question(pulse.service, pulse.run_id, pulse.serial)

    def _forget_question(self, pulse: _Pulse) -> None:
        self._asked.pop(pulse.serial, None)
        pulse.serial = ""

    def _pause_s(self, service: str) -> float:
        """Until its runs are looked at again; also those that are never asked, for that may change."""
        return self._settings().every_s_of(service) or HealthSettings().every_s

    def _set(self, pulse: _Pulse, due_s: float) -> None:
        pulse.due_s = due_s
        heapq.heappush(self._due, (due_s, pulse.run_id))


def _word(pulse: _Pulse, kind: Kind, now_s: float, message: str = "") -> ReportWord:
    return ReportWord(
        service=pulse.service, kind=kind, at_s=now_s, source="watcher", run_id=pulse.run_id, message=message
    )


def _part_of(run_id: str) -> float:
    """Between 0 and 1, the same for the same run."""
    return int.from_bytes(blake2s(run_id.encode(errors="replace"), digest_size=4).digest()) / 2**32
