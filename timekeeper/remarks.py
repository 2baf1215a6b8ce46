"""PURE: what an operator should know besides a clock's state: doubtful sources, known traps; it decides nothing."""

from timekeeper.discipline import Discipline, NoAnswer, UpstreamState
from timekeeper.time_daemons import PTP4L, TimeDaemons
from timekeeper.timex import KernelClock

MAJORITY_NEEDS = 3
"""With two sources that disagree, nobody can tell which one is wrong."""

_GOOD = frozenset({UpstreamState.SELECTED, UpstreamState.COMBINED, UpstreamState.OUTLIER})
_TIMESYNCD = "systemd-timesyncd"
_CHRONYD = "chronyd"
_ONE_SERVER = frozenset({_TIMESYNCD, PTP4L})
"""Daemons that have but one source, however many others they know of."""


def remark_on_upstreams(word: Discipline) -> tuple[str, ...]:
    """What is doubtful about the sources of a daemon; nothing where it does not tell them."""
    if word.upstreams is None:
        return ()
    unresolved = word.unresolved_upstreams
    missing = (f"{unresolved} sources have a name that cannot be resolved",) if unresolved else ()
    if not word.upstreams:
        return missing or (f"{word.daemon} has no sources",)
    liars = [upstream.name for upstream in word.upstreams if upstream.state is UpstreamState.FALSETICKER]
    remarks = [f"falseticker: {name} disagrees with the majority" for name in liars]
    good = sum(upstream.state in _GOOD for upstream in word.upstreams)
    if liars and not good:
        remarks = [f"no majority: {', '.join(liars)} contradict each other"]
    if not any(upstream.reachable for upstream in word.upstreams):
        remarks.append(f"none of {len(word.upstreams)} sources can be reached")
    elif word.daemon in _ONE_SERVER:
        remarks.append(f"{word.daemon} listens to one server at a time: nothing outvotes a wrong one")
    elif good + len(liars) < MAJORITY_NEEDS:
        remarks.append(
            f"only {good + len(liars)} of {len(word.upstreams)} sources usable:"
            f" it takes {MAJORITY_NEEDS} to outvote a wrong one"
        )
    return (*remarks, *missing)


def remark_on_host(
    daemons: TimeDaemons | NoAnswer, trusted: str = "", kernel: KernelClock | NoAnswer | None = None
) -> tuple[str, ...]:
    """What is doubtful about the host.

    Args:
        daemons: Those that run.
        trusted: The one whose word is taken for good, if any.
        kernel: The kernel's view, which should then agree.

    Returns:
        One remark for each known trap.
    """
    if isinstance(daemons, NoAnswer):
        return (daemons.reason,)
    remarks = []
    if len(daemons.steering) > 1:
        remarks.append(f"several time daemons steer against each other: {', '.join(sorted(daemons.steering))}")
    if _CHRONYD in daemons.names - daemons.steering:
        remarks.append(f"{_CHRONYD} runs with -x: it watches the clock and does not steer it")
    if isinstance(kernel, KernelClock) and kernel.unsync and trusted in daemons.steering & {_CHRONYD}:
        remarks.append("the kernel still says unsynchronised: `rtcsync` is missing in chrony.conf")
    if isinstance(kernel, KernelClock) and trusted in daemons.steering & {_TIMESYNCD}:
        remarks.append(f"{_TIMESYNCD} tells the kernel an error of 0: its maximum error is an age here, and no bound")
    return tuple(remarks)
