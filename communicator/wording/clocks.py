"""PURE: offsets, verdicts and claims of clocks in words and marks, and the sentence on all of them; it judges none."""

from collections.abc import Iterable, Sequence

from communicator.answers.clocks import ClockReport, Host
from communicator.wording.counts import count, listed
from communicator.wording.enforcement import NOT_ENFORCED
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN, Mark
from communicator.wording.spans import duration, signed, span

VERDICTS = {"ok": GOOD, "suspect": DOUBTFUL, "wrong": BAD}
"""Of a clock; any other is as good as none."""
CLAIMS = {"synchronized": GOOD, "holdover": DOUBTFUL, "unsynchronized": BAD}
"""States of a host's word about its own clock."""
HOLDS = {True: GOOD, False: BAD, None: UNKNOWN}
"""Whether that word agrees with what was measured."""
_WORST_FIRST = ("wrong", "suspect", "no_majority", "unknown")
_NAMED = 12
"""Of a camp."""


def verdict_mark(verdict: str) -> Mark:
    """The mark of a verdict; one that we do not know is as good as none."""
    return VERDICTS.get(verdict, UNKNOWN)


def verdict_word(verdict: str) -> str:
    """A verdict as it is shown, such as ``no majority``."""
    return verdict.replace("_", " ")


def rank(host: Host) -> tuple[int, str]:
    """A host that is wrong, or whose claim is false, is shown first."""
    place = _WORST_FIRST.index(host.verdict) if host.verdict in _WORST_FIRST else len(_WORST_FIRST)
    return (0 if is_bad(host) else place), host.host


def is_bad(host: Host) -> bool:
    """Whether a clock is wrong, or its claim false."""
    return host.verdict == "wrong" or host.claim_holds is False


def offset_text(offset_s: float | None, bound_s: float | None) -> str:
    """An offset and how sure it is, such as ``+12 µs ± 56 µs``."""
    if offset_s is None:
        return "-"
    return f"{signed(offset_s)} ± {'?' if bound_s is None else duration(bound_s)}"


def claim_text(state: str, bound_s: float | None, holds: bool | None) -> str:  # noqa: FBT001 - it is what is shown
    """A claim in few words, such as ``false: synchronized ± 2 ms``.

    Args:
        state: What a host says of its own clock.
        bound_s: By how much it is off at most, as it says.
        holds: Whether that agrees with what was measured; None when nobody can tell.
    """
    bound = "" if bound_s is None else f" ± {duration(bound_s)}"
    return f"{'false: ' if holds is False else ''}{state}{bound}"


def reasons_of(
    reasons: Iterable[str], state: str, claimed: Sequence[str], *, is_enforced: bool = True
) -> tuple[str, ...]:
    """What is held against a host; and where its clock is not kept, what it says of that itself.

    Args:
        reasons: What was found.
        state: Of its claim.
        claimed: The reasons of its claim.
        is_enforced: Whether the router there knows clock verdicts.
    """
    enforced = () if is_enforced else (NOT_ENFORCED,)
    return (*reasons, *(claimed[:1] if state != "synchronized" else ()), *enforced)


def camp_text(hosts: Sequence[str], offset_s: float | None, bound_s: float | None) -> str:
    """Who agrees with whom, such as ``camp of 2: gamma, omega; +1.00 s ± 50 µs``.

    Args:
        hosts: Who.
        offset_s: Their clocks minus those of the first camp.
        bound_s: How sure that is.
    """
    away = "" if offset_s is None else f"; {offset_text(offset_s, bound_s)}"
    return f"camp of {len(hosts)}: {listed(hosts, _NAMED)}{away}"


def ring_text(hosts: Sequence[str], excess_s: float | None) -> str:
    """Whose measurements cannot all be true, such as ``a → b → a, 3 ms beyond their bounds``."""
    beyond = "" if excess_s is None else f", {duration(excess_s)} beyond their bounds"
    return f"{' → '.join([*hosts, *hosts[:1]])}{beyond}"


def verdict_sentence(verdict: str, limit_s: float, passed_s: float, *, is_alone: bool) -> str:
    """A verdict as a sentence that goes on behind the name of the host.

    Args:
        verdict: Which; empty where nothing was compared.
        limit_s: The threshold beyond which a clock is wrong.
        passed_s: Of a clock that is wrong, the threshold that it has passed for certain.
        is_alone: Whether it is the only host.
    """
    limit = duration(limit_s)
    why = "it is the only host" if is_alone else "it was not measured, not lately or not for long enough"
    sentences = {
        "": "is compared with nobody: nothing is solved here",
        "ok": f"is ok: off by less than {limit}",
        "suspect": f"is suspect: it may be off by {limit} or more, which is not certain",
        "wrong": f"is wrong: off by {duration(passed_s)} or more, for certain",
        "no_majority": "cannot be judged: no majority of the hosts agrees",
        "unknown": f"cannot be judged: {why}",
    }
    return sentences.get(verdict, f"is {verdict}")


def summary(report: ClockReport, own_state: str) -> tuple[Mark, str]:
    """All clocks in one sentence, such as ``3 of 3 hosts agree, spread 80 µs, no contradictions, compared 4s ago``.

    Args:
        report: Of a timekeeper that compares.
        own_state: Of this host's claim: what counts where it is the only one and nothing is compared.
    """
    if report.is_of_one_host:
        return _only_host(report.hosts[0], own_state)
    age = "age not known" if report.age_seconds is None else f"compared {span(report.age_seconds)} ago"
    if report.has_majority is None:
        return UNKNOWN, f"not measured yet: {count(len(report.hosts), 'host')}, {age}"
    mark, majority = _majority(report)
    spread = "spread not known" if report.spread_seconds is None else f"spread {duration(report.spread_seconds)}"
    rings = count(len(report.contradictions), "contradiction") if len(report.contradictions) else "no contradictions"
    return mark, f"{majority}, {spread}, {rings}, {age}"


def _only_host(host: Host, own_state: str) -> tuple[Mark, str]:
    """To be alone is no fault: then its clock is as good as its keeper says."""
    kept = GOOD if own_state == "synchronized" else DOUBTFUL
    is_compared = host.offset_seconds is not None
    with_what = "compared with external time servers" if is_compared else "there is no other clock to compare with"
    return VERDICTS.get(host.verdict, kept), f"this is the only host: {with_what}"


def _majority(report: ClockReport) -> tuple[Mark, str]:
    hosts = count(len(report.hosts), "host")
    if not report.has_majority:
        most = "" if report.agreeing is None else f", at most {report.agreeing} agree"
        return BAD, f"no majority of {hosts}{most}"
    agreeing = "most" if report.agreeing is None else report.agreeing
    all_agree = report.agreeing in (None, len(report.hosts))
    mark = BAD if any(map(is_bad, report.hosts)) else GOOD if all_agree else DOUBTFUL
    return mark, f"{agreeing} of {hosts} agree"


def unsolved_text(role: str, age_s: float | None) -> str:
    """Why hosts are not compared here.

    Args:
        role: Of this timekeeper: ``solver`` or ``agent``.
        age_s: How old its own word is; None: not told.
    """
    why = "this timekeeper is an agent" if role == "agent" else "this timekeeper has no solution yet"
    age = "" if age_s is None else f", as of {span(age_s)} ago"
    return f"Nothing is solved here: {why}. Shown is this host's own word{age}"
