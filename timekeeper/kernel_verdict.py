"""PURE: what can be said of a clock when no daemon answers: the kernel's word, read with the known traps in mind."""

from timekeeper.claim import Claim, ClaimState
from timekeeper.discipline import Leap, NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.remarks import remark_on_host
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock

KERNEL_FRESH_S = 4096.0
"""Two polls at the longest interval a common daemon uses (2048 s); the kernel does not tell the interval."""
VOID_AFTER_S = 1000.0
"""How much longer a clock may run on alone before nothing is claimed of it any more, whoever vouched for it."""

_FLAG_NOT_CLEARED = frozenset({"chronyd", "ntpd-rs"})
"""Daemons that may be synchronised while the kernel says UNSYNC."""
_NO_BOUND = frozenset({"systemd-timesyncd"})
"""Daemons that tell the kernel an error of 0, so that its maximum error is an age and no bound."""
_NO_BOUND_REMARK = "systemd-timesyncd tells the kernel an error of 0: its maximum error is an age, so there is no bound"


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
    steering = daemons.steering if isinstance(daemons, TimeDaemons) else frozenset()
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
            " by one that has ended, or one outside this container"
        )
    return Claim(state=state, reasons=(reason, *remarks), without_daemon=not watched)


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
    age_s = kernel.longest_age_s
    if age_s <= KERNEL_FRESH_S:
        state = ClaimState.SYNCHRONIZED
    else:
        state = ClaimState.HOLDOVER if age_s <= KERNEL_FRESH_S + VOID_AFTER_S else ClaimState.UNKNOWN
    bound_s: float | None = None
    if steering & _NO_BOUND:
        remarks = (*remarks, _NO_BOUND_REMARK)
    elif state is not ClaimState.UNKNOWN:
        bound_s = kernel.maxerror_s
    return Claim(
        state=state,
        reasons=(f"by the kernel's word alone: its clock was steered at most {age_s:.0f} s ago", *remarks),
        daemon=daemon,
        bound_s=bound_s,
        leap=kernel.leap,
        age_s=age_s,
    )
