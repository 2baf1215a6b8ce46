"""PURE: what can be said of a clock when no daemon answers: the kernel's word, read with the known traps in mind."""

from timekeeper.claim import Claim, ClaimState
from timekeeper.discipline import Leap, NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.remarks import remark_on_host
from timekeeper.time_daemons import OPENNTPD, PHC2SYS, PTP4L, TimeDaemons
from timekeeper.timex import KernelClock

QUICK_FRESH_S = 60.0
"""Of what a daemon does each second."""
KERNEL_FRESH_S = 4096.0
"""Two polls at the longest interval a common daemon uses (2048 s); the kernel does not tell the interval."""
VOID_AFTER_S = 1000.0
"""How much longer a clock may run on alone before nothing is claimed of it any more, whoever vouched for it."""

_FLAG_NOT_CLEARED = frozenset({"chronyd", "ntpd-rs"})
"""Daemons that may be synchronised while the kernel says UNSYNC."""
_NO_BOUND = frozenset({"systemd-timesyncd", OPENNTPD})
"""Daemons that tell the kernel an error of 0, so that its maximum error is an age and no bound."""
_QUICK = frozenset({PTP4L, PHC2SYS})
"""They tell it so each second, and to them the clock is then off by far less than the kernel allows for a second."""


def judge_by_kernel(silence: NoAnswer, evidence: Evidence) -> Claim:
    """Decide without a daemon's word.

    Args:
        silence: Why there is none.
        evidence: What was read.

    Returns:
        The state of the clock. A daemon that runs and does not answer is *unknown*, not *down*, unless the kernel knows.
    """
    daemons, kernel = evidence.daemons, evidence.kernel
    remarks = (f"no answer: {silence.reason}", *remark_on_host(daemons))
    if isinstance(daemons, TimeDaemons) and not daemons.names:
        return _without_daemon(kernel, remarks, watched=evidence.last_answer is not None)
    steering = _keepers(daemons) if isinstance(daemons, TimeDaemons) else frozenset()
    daemon = next(iter(steering)) if len(steering) == 1 else ""
    if isinstance(kernel, NoAnswer):
        return Claim(state=ClaimState.UNKNOWN, reasons=(*remarks, kernel.reason), daemon=daemon)
    if kernel.unsync and isinstance(daemons, NoAnswer):
        reason = (
            "the kernel says unsynchronised, which proves nothing: some daemons leave it so, and which run is hidden"
        )
        return Claim(state=ClaimState.UNKNOWN, reasons=(*remarks, reason))
    if kernel.unsync:
        return _unsteered(steering, daemon, remarks)
    return _steered(kernel, steering, daemon, remarks)


def _without_daemon(kernel: KernelClock | NoAnswer, remarks: tuple[str, ...], *, watched: bool) -> Claim:
    state, reason = ClaimState.UNSYNCHRONIZED, "no time daemon runs on this host"
    if watched:
        reason += " any more"
    elif isinstance(kernel, KernelClock) and not kernel.unsync:
        state = ClaimState.UNKNOWN
        reason += (
            f", yet its clock was steered at most {kernel.longest_age_s:.0f} s ago:"
            " by one that has ended, or one in a container other than this"
        )
    return Claim(state=state, reasons=(reason, *remarks), without_daemon=not watched)


def _keepers(daemons: TimeDaemons) -> frozenset[str]:
    """Who steers; where nobody is seen to, a ptp4l may by its file."""
    return daemons.steering or daemons.names & {PTP4L}


def _unsteered(steering: frozenset[str], daemon: str, remarks: tuple[str, ...]) -> Claim:
    unsure = sorted(steering & _FLAG_NOT_CLEARED)
    if unsure:
        reason = f"the kernel says unsynchronised, which proves nothing: {', '.join(unsure)} may leave it so"
        return Claim(state=ClaimState.UNKNOWN, reasons=(*remarks, reason), daemon=daemon)
    return Claim(
        state=ClaimState.UNSYNCHRONIZED,
        reasons=("the kernel says its clock is not synchronised", *remarks),
        daemon=daemon,
        leap=Leap.UNSYNCHRONIZED,
    )


def _steered(kernel: KernelClock, steering: frozenset[str], daemon: str, remarks: tuple[str, ...]) -> Claim:
    """Somebody cleared UNSYNC: the maximum error, which grows by 500 ppm, tells how long ago at most."""
    is_quick = bool(steering & _QUICK)
    age_s, fresh_s = kernel.longest_age_s, QUICK_FRESH_S if is_quick else KERNEL_FRESH_S
    if age_s <= fresh_s:
        state = ClaimState.SYNCHRONIZED
    else:
        state = ClaimState.HOLDOVER if age_s <= fresh_s + VOID_AFTER_S else ClaimState.UNKNOWN
    bound_s: float | None = None
    if boundless := steering & _NO_BOUND:
        remarks = (*remarks, *map(_remark_on_bound, sorted(boundless)))
    elif state is not ClaimState.UNKNOWN:
        bound_s = kernel.error_s if is_quick else kernel.maxerror_s
    return Claim(
        state=state,
        reasons=(f"by the kernel's word alone: its clock was steered at most {age_s:.0f} s ago", *remarks),
        daemon=daemon,
        bound_s=bound_s,
        leap=kernel.leap,
        age_s=age_s,
    )


def _remark_on_bound(daemon: str) -> str:
    return f"{daemon} tells the kernel an error of 0: its maximum error is an age, so there is no bound"
