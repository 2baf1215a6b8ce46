"""PURE: verdicts with a memory: patient before it accuses, steady once it has; time is an argument."""

from dataclasses import dataclass, field

from timekeeper.solution.lasting import Lasting
from timekeeper.solution.reasons import explain, explain_cluster
from timekeeper.solution.solution import HostSolution, Solution
from timekeeper.solution.thresholds import Patience, Thresholds
from timekeeper.solution.trend import Trend, predict_crossing
from timekeeper.solution.verdicts import Verdict, classify

BOOTS_APART_S = 3600.0
"""A host has grace for one boot in this time."""
_NEWER_S = 0.5
"""A measurement that is younger by less is the same one, its age rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostVerdict:
    """What is held against one clock."""

    host: str
    verdict: Verdict
    is_critical: bool
    """Whether it is wrong, and provably beyond the critical threshold as well."""
    is_claim_false: bool
    """Whether its claim was refuted often enough in a row to be called false."""
    trend_ppm: float | None
    """How fast its offset grows; None while that cannot be told from noise."""
    seconds_to_threshold: float | None
    """Until it may be beyond the threshold, if it goes on like this; None while it does not move or is not known."""
    reasons: tuple[str, ...]
    solved: HostSolution
    """What the verdict is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All verdicts at one moment."""

    hosts: tuple[HostVerdict, ...]
    """By name."""
    reasons: tuple[str, ...]
    """What is to be said of the cluster as a whole."""
    solution: Solution

    @property
    def wrong(self) -> tuple[str, ...]:
        """Who is accused."""
        return tuple(host.host for host in self.hosts if host.verdict is Verdict.WRONG)


@dataclass(slots=True)
class _Record:
    """What is remembered of one host."""

    began_s: float
    """Since when it is watched, or its grace began anew."""
    boot_id: str
    false_claim: Lasting
    booted_s: float = float("-inf")
    """When a new boot last gave it grace."""
    verdict: Verdict | None = None
    streak: int = 0
    """Measurements in a row that were beyond the threshold."""
    measured_s: float = float("-inf")
    trend: Trend = field(default_factory=Trend)


class Judge:
    """Gives verdicts, one solution after the other.

    Args:
        thresholds: How far off a clock may be.
        patience: When it speaks.
    """

    def __init__(self, thresholds: Thresholds | None = None, patience: Patience | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._patience = patience or Patience()
        self._records: dict[str, _Record] = {}

    def judge(self, solution: Solution, now_s: float) -> Judgement:
        """Judge all clocks.

        Args:
            solution: What is true of them now.
            now_s: Now, on a monotonic clock; it never goes back.

        Returns:
            A verdict for each host of the solution. What is known of other hosts is forgotten.
        """
        self._records = {host.host: self._find_record(host, now_s) for host in solution.hosts}
        return Judgement(
            hosts=tuple(self._judge_host(host, solution, now_s) for host in solution.hosts),
            reasons=explain_cluster(solution),
            solution=solution,
        )

    def _find_record(self, host: HostSolution, now_s: float) -> _Record:
        """What is remembered. A host that has booted anew has grace again, but its measurements still count.

        A host that tells of a new boot all the time is a liar, so that grace is given once in an hour.
        """
        record = self._records.get(host.host)
        boot_id = host.claim.boot_id if host.claim else ""
        if record is None:
            return _Record(now_s, boot_id, Lasting(self._patience.bursts))
        has_booted = bool(boot_id and record.boot_id and boot_id != record.boot_id)
        if has_booted and now_s - record.booted_s >= BOOTS_APART_S:
            record.began_s = record.booted_s = now_s
            record.verdict, record.trend = None, Trend()
            record.false_claim = Lasting(self._patience.bursts)
        record.boot_id = boot_id or record.boot_id
        return record

    def _judge_host(self, host: HostSolution, solution: Solution, now_s: float) -> HostVerdict:
        record = self._records[host.host]
        is_new = self._note(record, host, now_s)
        limit_s, ratio = self._thresholds.warn_s, self._patience.clear_ratio
        seen = classify(host, limit_s, before=record.verdict, clear_ratio=ratio)
        waiting = self._be_patient(record, seen, now_s, is_new=is_new)
        record.verdict = Verdict.SUSPECT if waiting else seen
        has_grace = now_s < record.began_s + self._patience.grace_s
        record.false_claim.note(is_seen=host.claim_holds is False, is_new=is_new, may_begin=not has_grace)
        if host.offset_s is None or host.bound_s is None:
            trend_ppm = crossing_s = None
            beyond_s = 0.0
        else:
            trend_ppm = record.trend.slope_ppm
            crossing_s = predict_crossing(host.offset_s, host.bound_s, trend_ppm, limit_s)
            beyond_s = abs(host.offset_s) - host.bound_s
        return HostVerdict(
            host=host.host,
            verdict=record.verdict,
            is_critical=record.verdict is Verdict.WRONG and beyond_s > self._thresholds.critical_s,
            is_claim_false=record.false_claim.stands,
            trend_ppm=trend_ppm,
            seconds_to_threshold=crossing_s,
            reasons=explain(host, solution, record.verdict, self._thresholds, waiting),
            solved=host,
        )

    def _note(self, record: _Record, host: HostSolution, now_s: float) -> bool:
        """Remember a measurement; whether it is a new one."""
        measured_s = now_s - (host.age_s or 0.0)
        if measured_s < record.measured_s + _NEWER_S:
            return False
        record.measured_s = measured_s
        if host.offset_s is not None and host.bound_s is not None:
            record.trend.add(measured_s, host.offset_s, host.bound_s)
        return True

    def _be_patient(self, record: _Record, seen: Verdict, now_s: float, *, is_new: bool) -> str:
        """Why a host that looks wrong is not called so yet; empty when it is, or does not look wrong."""
        if seen is not Verdict.WRONG:
            record.streak = 0
            return ""
        record.streak += is_new
        if record.verdict is Verdict.WRONG:
            return ""
        needed, limit = self._patience.bursts, self._thresholds.warn_s
        if record.streak < needed:
            return f"seen beyond {limit * 1e3:.3g} ms {record.streak} times in a row, of {needed} that it takes"
        if now_s < record.began_s + self._patience.grace_s:
            return f"watched for less than {self._patience.grace_s:.0f} s: daemons may step a clock after a start"
        return ""
