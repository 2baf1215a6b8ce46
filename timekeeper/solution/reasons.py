"""PURE: the sentences that explain a verdict: who, by how much, compared with whom, and why; it decides nothing."""

from timekeeper.solution.camps import CampKind
from timekeeper.solution.quantities import tell_direction, tell_names, tell_span
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.thresholds import Thresholds
from timekeeper.solution.verdicts import DOUBTED, Verdict

_LEAPS = {
    CampKind.LEAP: "one second apart: a leap second that one side has applied and the other has not",
    CampKind.SMEAR: "less than a second apart around a leap second: one side smears it and the other does not",
}


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
    told = (
        _compare(host, solution, verdict),
        waiting,
        _doubt(host, solution, verdict, thresholds),
        _excuse(host, solution),
        _tell_contradiction(host),
        _refute(host, solution),
        "measured through the router only, hence the wide bound" if host.is_routed else "",
    )
    return tuple(sentence for sentence in told if sentence)


def explain_cluster(solution: Solution) -> tuple[str, ...]:
    """What an operator should know of the cluster as a whole; nothing when all is well."""
    told = (
        _tell_camps(solution) if solution.measured and not solution.has_majority else "",
        _tell_cluster_offset(solution),
        *(
            f"measurements around {tell_names(one.hosts)} exclude each other by {tell_span(one.excess_s)}:"
            " a bad link, a two-faced host, or a clock set meanwhile"
            for one in solution.contradictions
        ),
        f"{solution.refused} reported measurements could not be used" if solution.refused else "",
    )
    return tuple(sentence for sentence in told if sentence)


def _compare(host: HostSolution, solution: Solution, verdict: Verdict) -> str:
    if host.offset_s is None or host.bound_s is None:
        return _tell_basis(host, solution)
    whom = f"{solution.agreeing} of {solution.voters} hosts"
    if host.basis is Basis.TRUE_TIME:
        whom = "true time, as independent claims and references agree on it"
    where = "level with" if host.host == solution.reference else tell_direction(host.offset_s)
    promised_s = host.claim.promised_s if host.claim else None
    claims = f"; claims ±{tell_span(promised_s)}" if promised_s is not None and verdict in DOUBTED else ""
    return f"{where} {whom} (±{tell_span(host.bound_s)}){claims}"


def _tell_basis(host: HostSolution, solution: Solution) -> str:
    if host.basis is Basis.NO_MAJORITY:
        return _tell_camps(solution)
    if host.basis is Basis.APART:
        return "no chain of measurements leads from here to the hosts that agree"
    if len(solution.hosts) == 1:
        return "the only host: there is no other clock to compare with"
    return "no fresh measurement of this host by any other, nor of any other by it"


def _tell_camps(solution: Solution) -> str:
    """Who stands against whom."""
    camps = solution.camps
    if len(camps) == 1:
        return f"only {len(camps[0].hosts)} of {solution.voters} hosts can be compared: no majority"
    if solution.voters == 2:  # noqa: PLR2004 - two hosts
        first, second = camps
        return (
            f"{first.hosts[0]} and {second.hosts[0]} differ by {tell_span(second.offset_s)}"
            f" (±{tell_span(second.bound_s)}): nobody can tell which is wrong"
        )
    others = "; ".join(
        f"{len(camp.hosts)} ({tell_names(camp.hosts)}) {tell_direction(camp.offset_s)} them" for camp in camps[1:]
    )
    is_vague = 2 * len(camps[0].hosts) > solution.voters
    agree = "agree, but some so vaguely that they may agree with others as well" if is_vague else "agree"
    compared = len(solution.frames[0].names)
    some = f", of which {compared} can be compared" if compared < solution.voters else ""
    return (
        f"no majority among {solution.voters} hosts{some}: {len(camps[0].hosts)} ({tell_names(camps[0].hosts)})"
        f" {agree}; {others}"
    )


def _doubt(host: HostSolution, solution: Solution, verdict: Verdict, thresholds: Thresholds) -> str:
    if verdict is not Verdict.SUSPECT or host.offset_s is None or host.bound_s is None:
        return ""
    beyond_s = abs(host.offset_s) - host.bound_s
    if beyond_s <= thresholds.warn_s:
        return f"may be beyond {tell_span(thresholds.warn_s)}, which is not proven"
    if host.is_outside:
        return ""
    votes = solution.true_time
    if host.basis is Basis.TRUE_TIME and votes and votes.depends_on_one(host.host):
        return f"not accused: only the word of {tell_names(tuple(votes.speakers - {host.host}))} stands against it"
    if not host.is_contested:
        return "most hosts are measured too vaguely to prove that it stands alone"
    return ""


def _excuse(host: HostSolution, solution: Solution) -> str:
    if host.is_backed and host.is_outside and solution.true_time:
        true_time = solution.true_time
        return (
            f"not accused: {true_time.agreeing} of {true_time.votes} independent votes on true time agree with it,"
            " and not with the majority of hosts"
        )
    return _LEAPS.get(host.camp, "")


def _tell_contradiction(host: HostSolution) -> str:
    if host.is_contested:
        return "its measurements exclude each other, so nothing is proven of its clock"
    if host.is_distrusted:
        return "its measurements exclude each other: it stands where more than half of them, each taken alone, put it"
    return ""


def _refute(host: HostSolution, solution: Solution) -> str:
    """The second axis: the clock against what is claimed of it."""
    claim, off_s, doubt_s = host.claim, host.true_offset_s, host.true_bound_s
    if host.claim_holds is not False or claim is None or off_s is None or doubt_s is None:
        return ""
    promised_s = claim.promised_s or 0.0
    votes = solution.true_time
    by = f", by {votes.agreeing} of {votes.votes} independent votes" if votes else ""
    by += ", which most clocks follow" if votes and votes.is_tied else ""
    return (
        f"{claim.daemon or 'its time daemon'} claims ±{tell_span(promised_s)} but the clock is"
        f" {tell_direction(off_s)} true time (±{tell_span(doubt_s)}){by}"
    )


def _tell_cluster_offset(solution: Solution) -> str:
    true_time = solution.true_time
    if not solution.is_cluster_off or true_time is None:
        return ""
    return (
        f"the cluster as a whole is {tell_direction(-true_time.region.middle)} true time"
        f" (±{tell_span(true_time.region.half_width)}), by {true_time.agreeing} of {true_time.votes} independent votes"
    )
