"""PURE: the clock of a host that answers no probes, from its router's answers to ALIVE: wide, but as hard a bound; it asks nobody.

Some time between question and answer the peer wrote the time of its clock: not before the question left, not after the answer came.
So its clock minus our raw clock lies between the time it wrote minus when we heard it, and the time it wrote minus when we asked.
Every router on the way, and every queue in one, is within that interval.
"""

from collections import deque
from dataclasses import dataclass

from timekeeper.pairs import PairEstimate, RealtimeReading
from timekeeper.pairs.rates import RATE_BOUND
from timekeeper.solution.measurement import VOID_AFTER_S

SAMPLES = 8
"""Of one burst; an older one may have been taken before the clock was set."""
BURST_NS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """One question that was answered."""

    asked_raw_ns: int
    """Our CLOCK_MONOTONIC_RAW before it was sent."""
    heard_raw_ns: int
    """The same when its answer had come."""
    peer_realtime_ns: int
    """What the peer wrote: its CLOCK_REALTIME."""

    @property
    def round_trip_ns(self) -> int:
        """How long it took."""
        return self.heard_raw_ns - self.asked_raw_ns


class RoutedWindow:
    """The answers of one host, of the last burst."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque(maxlen=SAMPLES)

    def add(self, answer: Answer) -> bool:
        """Take an answer; False when it came before its question."""
        if answer.round_trip_ns < 0:
            return False
        while self._answers and answer.asked_raw_ns - self._answers[0].asked_raw_ns > BURST_NS:
            self._answers.popleft()
        self._answers.append(answer)
        return True

    def forget(self) -> None:
        """Our raw clock broke: what was measured on it says nothing any more."""
        self._answers.clear()

    def estimate(self, now_raw_ns: int, ours: RealtimeReading) -> PairEstimate | None:
        """How the clocks stand to each other now.

        Args:
            now_raw_ns: Our CLOCK_MONOTONIC_RAW.
            ours: Our REALTIME - RAW of about now.

        Returns:
            The estimate of the answer that took the shortest; None without one within the last 1000 s.
        """
        best = min(self._answers, key=lambda answer: answer.round_trip_ns, default=None)
        if best is None:
            return None
        age_s = max(0, now_raw_ns - best.heard_raw_ns) / 1e9
        if age_s > VOID_AFTER_S:
            return None
        twice_ns = 2 * (best.peer_realtime_ns - ours.difference_ns) - best.asked_raw_ns - best.heard_raw_ns
        return PairEstimate(
            offset_s=twice_ns / 2e9,  # of integers: a float of nanoseconds since the epoch has lost 256 of them
            bound_s=(best.round_trip_ns / 2 + ours.error_ns) / 1e9 + RATE_BOUND * age_s,
            rtt_s=best.round_trip_ns / 1e9,
            age_s=age_s,
            drift_ppm=None,
            drift_bound_ppm=None,
            steps=0,
            rate_bound_ppm=RATE_BOUND * 1e6,
        )
