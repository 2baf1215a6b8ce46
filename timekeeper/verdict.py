"""PURE: decides whether a host's clock is kept true, from what was read; it reads nothing and knows no protocol.

The order of belief: a daemon that answers; a daemon that answered lately; the kernel. What the kernel says counts
only when no daemon answers, because chronyd without `rtcsync` never clears the kernel's UNSYNC flag.
"""

from timekeeper.claim import Claim, ClaimState
from timekeeper.discipline import USED, Discipline, Leap, NoAnswer, Reference
from timekeeper.evidence import Evidence
from timekeeper.kernel_verdict import VOID_AFTER_S, judge_by_kernel
from timekeeper.remarks import remark_on_host, remark_on_upstreams

DRIFT_BOUND = 50e-6
"""A crystal left alone drifts by at most 50 ppm: ClockBound's figure for a bound; 1 ppm serves for an estimate."""
FRESH_INTERVALS = 8
"""Updates that may be missed: chronyd calls itself synchronised for very long after its last one."""
FRESH_AT_LEAST_S = 60.0
"""An update younger than this is fresh, however short the daemon's interval is."""
FRESH_AT_MOST_S = 2048.0 + FRESH_AT_LEAST_S
"""And one that is older is not, however long it is: after an outage the last interval is as long as that was. No common daemon
asks less often than every 2048 s (systemd-timesyncd), of which the answer may come late."""

_STRATUM_LIMIT = 16


def judge(evidence: Evidence) -> Claim:
    """Decide.

    Args:
        evidence: What was read.

    Returns:
        The state of the clock, its bound and why.
    """
    answer, word = evidence.answer, evidence.last_answer
    if isinstance(answer, Discipline):
        fault = find_fault(answer)
        return _distrust(answer, fault, evidence) if fault else _trust(answer, evidence)
    if word is not None and not find_fault(word) and evidence.age_s <= fresh_s(word) + VOID_AFTER_S:
        return _trust(word, evidence)
    return judge_by_kernel(answer, evidence)


def find_fault(word: Discipline) -> str:
    """Why a daemon's word is no synchronisation; empty when it is one."""
    if word.fault:
        return word.fault
    if word.leap is Leap.UNSYNCHRONIZED:
        return f"{word.daemon} says it is not synchronised"
    if word.reference is Reference.NONE:
        return f"{word.daemon} has selected no source"
    if word.reference is Reference.OWN_CLOCK:
        return f"{word.daemon} serves this host's own clock as if it were true: no outside reference"
    if word.stratum is not None and not 0 < word.stratum < _STRATUM_LIMIT:
        return f"{word.daemon} is at stratum {word.stratum}, which is no synchronisation"
    return ""


def fresh_s(word: Discipline) -> float:
    """How old the last update of a daemon may be, in seconds."""
    return min(max(FRESH_INTERVALS * word.update_interval_s, FRESH_AT_LEAST_S), FRESH_AT_MOST_S)


def bound_error_s(word: Discipline, age_s: float) -> float:
    """How far off the clock may be: the offset either way + root dispersion + root delay / 2 + drift * age.

    The first three are chrony's own bound (chronyc(1), `tracking`), to which a daemon may add what it does not count
    in there; the last covers a crystal nobody steers.
    """
    at_update_s = abs(word.offset_s or 0.0) + (word.root_dispersion_s or 0.0) + (word.root_delay_s or 0.0) / 2
    return at_update_s + word.further_error_s + max(DRIFT_BOUND, word.max_drift) * age_s


def _distrust(word: Discipline, fault: str, evidence: Evidence) -> Claim:
    """A daemon that is not synchronised: its delay and dispersion of 1 s are defaults, not measurements."""
    return Claim(
        state=ClaimState.UNSYNCHRONIZED,
        reasons=(fault, *word.remarks, *remark_on_upstreams(word), *remark_on_host(evidence.daemons)),
        daemon=word.daemon,
        stratum=word.stratum,
        leap=word.leap,
        upstreams=_used(word),
        sources=word.upstreams or (),
    )


def _trust(word: Discipline, evidence: Evidence) -> Claim:
    """A daemon that is, or lately was, synchronised: its age tells how far to believe it."""
    state, reason = _state_by_age(word, evidence)
    void = state is ClaimState.UNKNOWN
    return Claim(
        state=state,
        reasons=(
            reason,
            *word.remarks,
            *remark_on_upstreams(word),
            *remark_on_host(evidence.daemons, word.daemon, evidence.kernel),
        ),
        daemon=word.daemon,
        offset_s=None if void else word.offset_s,
        bound_s=None if void else bound_error_s(word, evidence.age_s),
        stratum=word.stratum,
        leap=word.leap,
        age_s=evidence.age_s,
        root_delay_s=word.root_delay_s,
        root_dispersion_s=word.root_dispersion_s,
        upstreams=_used(word),
        sources=word.upstreams or (),
    )


def _state_by_age(word: Discipline, evidence: Evidence) -> tuple[ClaimState, str]:
    age_s, limit_s = evidence.age_s, fresh_s(word)
    reason = f"{word.daemon} last updated the clock {age_s:.0f} s ago"
    if isinstance(evidence.answer, NoAnswer):
        if evidence.is_gone(word.daemon):
            return ClaimState.HOLDOVER, f"{word.daemon} no longer runs; {reason}"
        reason = f"{reason} and gives no answer now: {evidence.answer.reason}"
    if age_s <= limit_s:
        if word.is_free_running:
            return ClaimState.HOLDOVER, f"{word.daemon} says that the clock runs free; {reason}"
        return ClaimState.SYNCHRONIZED, reason
    state = ClaimState.HOLDOVER if age_s <= limit_s + VOID_AFTER_S else ClaimState.UNKNOWN
    return state, f"{reason}; that is fresh for {limit_s:.0f} s, and it used to every {word.update_interval_s:.3g} s"


def _used(word: Discipline) -> tuple[str, ...]:
    """Not all that is configured: a server that is dead or outvoted has no part in the clock's error."""
    used = tuple(upstream.name for upstream in word.upstreams or () if upstream.state in USED)
    return used or ((word.followed,) if word.followed else ())
