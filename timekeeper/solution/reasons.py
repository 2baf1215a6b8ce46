"""PURE: the sentences that explain a verdict: who, by how much, compared with whom, and why; it decides nothing."""

from timekeeper.solution.quantities import tell_direction, tell_names, tell_span
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.thresholds import Thresholds
from timekeeper.solution.verdicts import Verdict

_LEAP_S = 1.0


def explain(
    host: HostSolution, solution: Solution, verdict: Verdict, thresholds: Thresholds, waiting: str = ""
) -> tuple[str, ...]:
    """Explain a verdict.

    Args:
        host: What is true of its clock.
        solution: What is true of all.
        verdict: The verdict.
        thresholds: Those it was given by.
        waiting: Why the host is not called wrong yet; empty when nothing is waited for.

    Returns:
        Sentences, the decisive one first.
    """
    where = (_compare(host, solution), waiting)
    accused = (_refute(host, solution), _tell_cluster_offset(solution) if host.is_off else "", _contradict(host))
    told = (
        *((*where, *accused) if verdict is Verdict.WRONG else (*accused, *where)),
        _doubt(host, solution, verdict, thresholds),
        _excuse(host, solution),
        _tell_standing(host, solution),
        "measured through the router only, hence the wide bound" if host.is_routed else "",
    )
    return tuple(sentence for sentence in told if sentence)


def explain_cluster(solution: Solution) -> tuple[str, ...]:
    """What an operator should know of the cluster as a whole; nothing when all is well."""
    told = (
        _tell_camps(solution) if solution.measured and not solution.has_majority else "",
        _tell_who_is_right(solution),
        _tell_cluster_offset(solution),
        _tell_one_source(solution),
        *(
            f"measurements around {tell_names(one.hosts)} exclude each other by {tell_span(one.excess_s)}:"
            " a bad link, a two-faced host, or a clock set meanwhile"
            for one in solution.contradictions
        ),
        f"{solution.refused} reported measurements could not be used" if solution.refused else "",
    )
    return tuple(sentence for sentence in told if sentence)


def _compare(host: HostSolution, solution: Solution) -> str:
    if host.offset_s is None or host.bound_s is None:
        return _tell_basis(host, solution)
    whom = f"{solution.agreeing} of {solution.electors.number} hosts"
    if host.basis is Basis.REFERENCES:
        whom = "true time, as its external servers agree on it"
    where = "level with" if host.host == solution.reference else tell_direction(host.offset_s)
    return f"{where} {whom} (±{tell_span(host.bound_s)})"


def _tell_basis(host: HostSolution, solution: Solution) -> str:
    if host.host in solution.electors.not_watched:
        return ""  # why it does not count says it all
    if host.basis in (Basis.NO_MAJORITY, Basis.TOO_FEW):
        return _tell_camps(solution)
    if host.host in solution.electors.away:
        return "its router is not reached, so its clock is not known"
    if host.basis is Basis.APART:
        return "no chain of measurements leads from here to the hosts that agree"
    if len(solution.hosts) == 1:
        return "the only host: there is no other clock to compare with"
    return "no fresh measurement of this host by any other, nor of any other by it"


def _tell_camps(solution: Solution) -> str:
    """Who stands against whom."""
    camps, voters = solution.camps, solution.electors.number
    if len(camps) == 1:
        return f"only {len(camps[0].hosts)} of {voters} hosts can be compared: too few for a majority"
    apart = camps[1].offset_s
    leap = ""
    if abs(abs(apart) - _LEAP_S) <= camps[0].bound_s + camps[1].bound_s:
        leap = "; they are one second apart: has a leap second been applied on one side only?"
    if voters == len(camps) == 2:  # noqa: PLR2004 - two hosts
        first, second = camps
        return (
            f"{first.hosts[0]} and {second.hosts[0]} differ by {tell_span(second.offset_s)}"
            f" (±{tell_span(second.bound_s)}): nobody can tell which is wrong{leap}"
        )
    others = "; ".join(
        f"{len(camp.hosts)} ({tell_names(camp.hosts)}) {tell_direction(camp.offset_s)} them" for camp in camps[1:]
    )
    is_vague = 2 * len(camps[0].hosts) > voters
    agree = "agree, but some so vaguely that they may agree with others as well" if is_vague else "agree"
    compared = len(solution.frames[0].names)
    some = f", of which {compared} can be compared" if compared < voters else ""
    return (
        f"no majority among {voters} hosts{some}: {len(camps[0].hosts)} ({tell_names(camps[0].hosts)})"
        f" {agree}; {others}{leap}"
    )


def _doubt(host: HostSolution, solution: Solution, verdict: Verdict, thresholds: Thresholds) -> str:
    if verdict is not Verdict.SUSPECT or host.offset_s is None or host.bound_s is None:
        return ""
    if abs(host.offset_s) - host.bound_s <= thresholds.warn_s:
        return f"may be beyond {tell_span(thresholds.warn_s)}, which is not proven"
    is_told = host.is_outside or host.host not in solution.electors.names
    return "" if is_told else "most hosts are measured too vaguely to prove that it stands alone"


def _excuse(host: HostSolution, solution: Solution) -> str:
    if not (host.is_backed and host.is_outside and solution.heard):
        return ""
    return f"not accused: the external servers of {tell_names(solution.heard.hosts)} agree with it, and not with the majority"


def _tell_standing(host: HostSolution, solution: Solution) -> str:
    """Why it does not count."""
    if host.host in solution.electors.vouched_by_one:
        return "vouched for by one: it does not count until it stands in [cluster] neighbors of this router's configuration"
    if host.host in solution.electors.not_watched:
        return "not watched: it has no timekeeper, and no direct link to ask its router; it does not count"
    return ""


def _refute(host: HostSolution, solution: Solution) -> str:
    """The second axis: the clock against what is claimed of it."""
    claim, off_s, doubt_s = host.claim, host.true_offset_s, host.true_bound_s
    if host.claim_holds is not False or claim is None or off_s is None or doubt_s is None:
        return ""
    promised = f"{claim.daemon or 'its time daemon'} claims ±{tell_span(claim.promised_s or 0.0)}"
    return (
        f"{promised} but the clock is {tell_direction(off_s)} {_tell_true_time(solution, f'(±{tell_span(doubt_s)})')}"
    )


def _tell_true_time(solution: Solution, bound: str) -> str:
    """True time is named by its name only where more than one independent source is behind it."""
    votes = solution.true_time
    if solution.heard:
        return f"true time {bound}, as external servers tell it"
    if votes and votes.is_strong:
        return f"true time {bound}, by {votes.groups} of {votes.groups + votes.others} independent groups of sources"
    return f"what most hosts claim {bound}"


def _contradict(host: HostSolution) -> str:
    if not host.contradicted_by:
        return ""
    return f"its claim and that of {host.contradicted_by} exclude each other: nobody can tell which is false"


def _tell_who_is_right(solution: Solution) -> str:
    """Where no half of the hosts agrees: it accuses nobody."""
    if solution.has_majority or not solution.heard or len(solution.hosts) == 1:
        return ""
    names = tuple(
        host.host
        for host in solution.hosts
        if host.true_offset_s is not None and abs(host.true_offset_s) <= (host.true_bound_s or 0.0)
    )
    whose = f"that of {tell_names(names)}" if names else "that of none of them"
    return f"by the external servers of {tell_names(solution.heard.hosts)} true time is {whose}"


def _tell_cluster_offset(solution: Solution) -> str:
    heard = solution.heard
    if not solution.is_cluster_off or heard is None:
        return ""
    return (
        f"the cluster as a whole is {tell_direction(-heard.region.middle)} true time (±{tell_span(heard.region.half_width)}),"
        f" by the external servers of {tell_names(heard.hosts)}"
    )


def _tell_one_source(solution: Solution) -> str:
    """One upstream of all is one error of all."""
    votes = solution.true_time
    if votes and solution.measured and votes.groups == 1 and not solution.heard:
        return "all hosts that agree follow the same time sources: an error of these would not be seen"
    return ""
