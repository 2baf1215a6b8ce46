"""PURE: verdicts with a memory: patient before it accuses, steady once it has; time is an argument."""

from dataclasses import dataclass, field
from enum import StrEnum

from timekeeper.solution.lasting import Lasting
from timekeeper.solution.measurement import VOID_AFTER_S, HostClaim
from timekeeper.solution.reasons import explain, explain_cluster
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.thresholds import Patience, Thresholds
from timekeeper.solution.trend import Trend, predict_crossing
from timekeeper.solution.verdicts import Verdict, classify

APART_S = 3600.0
"""A host has grace for one boot in this time, and one step of it excuses others."""
CORRECTED_S = 60.0
"""A host has so long to follow where most others were set: a time daemon asks its servers every 64 s or more often."""
_NOT_COMPARED = (Basis.APART, Basis.UNMEASURED)
_NEWER_S = 0.5
"""A measurement that is younger by less is the same one, its age rounded."""


class Fault(StrEnum):
    """What is wrong with a clock, or with what is claimed of it; the gravest first."""

    WRONG = "wrong"
    """It is provably beyond the threshold from most others."""
    FALSE_CLAIM = "false_claim"
    """It is not as true as its host claims, if more than half of the hosts are right."""
    CLUSTER_OFF = "cluster_off"
    """It agrees with most others, and external servers say that all of them are off."""
    CONTRADICTED = "contradicted"
    """Its claim and that of another host exclude each other, and nobody can tell which is false."""
    NO_MAJORITY = "no_majority"
    """Clocks differ, and no half of the hosts agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostVerdict:
    """What is held against one clock."""

    host: str
    verdict: Verdict
    is_critical: bool
    """Whether it is wrong, and provably beyond the critical threshold as well."""
    faults: tuple[Fault, ...]
    """What has lasted, the gravest first: flags and the router are told of these."""
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
        return tuple(host.host for host in self.hosts if Fault.WRONG in host.faults)


@dataclass(slots=True)
class _Record:
    """What is remembered of one host."""

    began_s: float
    """Since when it is watched, or its grace began anew."""
    boot_id: str
    lasting: dict[Fault, Lasting]
    visible_s: dict[Fault, float] = field(default_factory=dict)
    """When each fault could be seen last, if it was there."""
    booted_s: float = float("-inf")
    """When a new boot last gave it grace."""
    verdict: Verdict | None = None
    measured_s: float = float("-inf")
    steps: int | None = None
    stepped_s: float = float("-inf")
    """When its clock was last set, as it says."""
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
        for host in solution.hosts:
            self._note_steps(self._records[host.host], host.claim, now_s)
        corrected = self._find_corrected(solution, now_s)
        return Judgement(
            hosts=tuple(
                self._judge_host(host, solution, now_s, may_follow=bool(corrected) and host.host not in corrected)
                for host in solution.hosts
            ),
            reasons=explain_cluster(solution),
            solution=solution,
        )

    def _find_corrected(self, solution: Solution, now_s: float) -> frozenset[str]:
        """Hosts whose clocks were set lately, where these are half of the majority or more; else none."""
        majority = solution.camps[0].hosts if solution.has_majority else ()
        set_lately = frozenset(name for name, record in self._records.items() if now_s - record.stepped_s < CORRECTED_S)
        return set_lately if 2 * len(set_lately.intersection(majority)) >= max(len(majority), 1) else frozenset()

    def _find_record(self, host: HostSolution, now_s: float) -> _Record:
        """What is remembered. A host that has booted anew has grace again, but its measurements still count.

        A host that tells of a new boot all the time is a liar, so that grace is given once in an hour.
        """
        record = self._records.get(host.host)
        boot_id = host.claim.boot_id if host.claim else ""
        if record is None:
            return _Record(now_s, boot_id, self._begin())
        has_booted = bool(boot_id and record.boot_id and boot_id != record.boot_id)
        if has_booted and now_s - record.booted_s >= APART_S:
            record.began_s = record.booted_s = now_s
            record.verdict, record.trend, record.lasting = None, Trend(), self._begin()
        record.boot_id = boot_id or record.boot_id
        return record

    def _note_steps(self, record: _Record, claim: HostClaim | None, now_s: float) -> None:
        steps = claim.steps if claim else None
        has_stepped = record.steps is not None and steps is not None and steps > record.steps
        if has_stepped and now_s - record.stepped_s >= APART_S:
            record.stepped_s = now_s
        record.steps = steps

    def _begin(self) -> dict[Fault, Lasting]:
        lasting_s = {
            Fault.CLUSTER_OFF: self._patience.lasting_s,
            Fault.CONTRADICTED: self._patience.divided_s,
            Fault.NO_MAJORITY: self._patience.divided_s,
        }
        return {fault: Lasting(self._patience.bursts, lasting_s.get(fault, 0.0)) for fault in Fault}

    def _judge_host(self, host: HostSolution, solution: Solution, now_s: float, *, may_follow: bool) -> HostVerdict:
        record = self._records[host.host]
        is_new = self._note(record, host, now_s)
        limit_s, ratio = self._thresholds.warn_s, self._patience.clear_ratio
        seen = classify(host, limit_s, before=record.verdict, clear_ratio=ratio)
        has_grace = now_s < record.began_s + self._patience.grace_s
        faults = _find_faults(host, seen)
        record.visible_s |= dict.fromkeys(faults, now_s)
        for fault, lasting in record.lasting.items():
            is_void = solution.electors.number == 1 or now_s - record.visible_s.get(fault, now_s) > VOID_AFTER_S
            is_excused = may_follow and fault is not Fault.CLUSTER_OFF  # nobody is to follow what is off
            if fault in faults or is_void:
                is_seen = faults.get(fault, False)
                lasting.note(now_s, is_seen=is_seen, is_new=is_new or is_void, may_begin=not (has_grace or is_excused))
        waiting = ""
        if seen is Verdict.WRONG and not record.lasting[Fault.WRONG].stands:
            waiting = self._tell_patience(record.lasting[Fault.WRONG], has_grace=has_grace, may_follow=may_follow)
        record.verdict = Verdict.SUSPECT if waiting else seen
        trend_ppm = crossing_s = None
        beyond_s = 0.0
        if host.offset_s is not None and host.bound_s is not None:
            trend_ppm = record.trend.slope_ppm
            crossing_s = predict_crossing(host.offset_s, host.bound_s, trend_ppm, limit_s)
            beyond_s = abs(host.offset_s) - host.bound_s
        return HostVerdict(
            host=host.host,
            verdict=record.verdict,
            is_critical=record.verdict is Verdict.WRONG and beyond_s > self._thresholds.critical_s,
            faults=tuple(fault for fault, lasting in record.lasting.items() if lasting.stands),
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

    def _tell_patience(self, wrong: Lasting, *, has_grace: bool, may_follow: bool) -> str:
        """Why a host that looks wrong is not called so yet."""
        needed, limit = self._patience.bursts, self._thresholds.warn_s
        if has_grace:
            return f"watched for less than {self._patience.grace_s:.0f} s: daemons may step a clock after a start"
        if may_follow:
            return "most other clocks were set a moment ago: this one may follow"
        return f"seen beyond {limit * 1e3:.3g} ms {min(wrong.seen_otherwise, needed)} times in a row, of {needed} that it takes"


def _find_faults(host: HostSolution, seen: Verdict) -> dict[Fault, bool]:
    """Which faults are seen now. What cannot be seen is left out: it stays as it was, until what was measured is void."""
    faults: dict[Fault, bool] = {}
    if host.offset_s is not None:
        faults[Fault.WRONG] = seen is Verdict.WRONG
    if host.basis not in _NOT_COMPARED:
        faults[Fault.FALSE_CLAIM] = host.claim_holds is False
        faults[Fault.CLUSTER_OFF] = host.is_off
        faults[Fault.CONTRADICTED] = bool(host.contradicted_by)
        faults[Fault.NO_MAJORITY] = host.basis is Basis.NO_MAJORITY
    return faults
