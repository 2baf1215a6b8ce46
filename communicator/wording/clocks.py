"""PURE: the offset, the verdict and the claim of one clock in words and marks; it judges none."""

from collections.abc import Iterable, Sequence

from communicator.answers.clocks import Claim, Host
from communicator.wording.enforcement import NOT_ENFORCED
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN, Mark
from communicator.wording.spans import duration, signed, span

VERDICTS = {"ok": GOOD, "suspect": DOUBTFUL, "wrong": BAD}
"""Of a clock; any other is as good as none."""
CLAIMS = {"synchronized": GOOD, "holdover": DOUBTFUL, "unsynchronized": BAD}
"""States of a host's word about its own clock."""
HOLDS = {True: GOOD, False: BAD, None: UNKNOWN}
"""Whether that word agrees with what was measured."""
STANDINGS = {"vouched_by_one": "vouched for by one", "not_watched": "not watched"}
"""Why a host does not count."""
SILENT_ROUNDS = 3
"""A measurement that is older is told with its age."""
_WORST_FIRST = ("wrong", "suspect", "no_majority", "unknown")


def verdict_mark(verdict: str) -> Mark:
    """The mark of a verdict; one that we do not know is as good as none."""
    return VERDICTS.get(verdict, UNKNOWN)


def verdict_word(verdict: str) -> str:
    """A verdict as it is shown, such as ``no majority``."""
    return verdict.replace("_", " ")


def rank(host: Host) -> tuple[int, str]:
    """A host whose clock is bad, or whose claim is, is shown first."""
    place = _WORST_FIRST.index(host.verdict) if host.verdict in _WORST_FIRST else len(_WORST_FIRST)
    return (0 if is_bad(host) else place), host.host


def is_bad(host: Host) -> bool:
    """Whether a clock is wrong or off with most others, or its claim false or contradicted."""
    return host.verdict == "wrong" or host.off or host.claim_holds is False or bool(host.contradicted_by)


def judged_mark(host: Host) -> Mark:
    """The mark of what is found of a clock, also of one that is off with most others."""
    return BAD if host.off else verdict_mark(host.verdict)


def judged_text(host: Host) -> str:
    """What is found of a clock, such as ``ok`` or ``ok, vouched for by one``."""
    standing = STANDINGS.get(host.standing, host.standing)
    if standing and host.verdict == "unknown":
        return standing
    found = "off with most others" if host.off and host.verdict != "wrong" else verdict_word(host.verdict)
    return f"{found}, {standing}" if standing else found


def offset_text(offset_s: float | None, bound_s: float | None) -> str:
    """An offset and how sure it is, such as ``+12 µs ± 56 µs``."""
    if offset_s is None:
        return "-"
    return f"{signed(offset_s)} ± {'?' if bound_s is None else duration(bound_s)}"


def measured_text(host: Host, interval_s: float) -> str:
    """An offset as it was found, with its age where the host has been silent, such as ``+12 µs ± 56 µs, 1m 10s old``.

    Args:
        host: Whose.
        interval_s: Between two rounds.
    """
    offset = offset_text(host.offset_seconds, host.bound_seconds)
    return f"{offset}, {span(host.age_seconds or 0)} old" if is_silent(host, interval_s) else offset


def is_silent(host: Host, interval_s: float) -> bool:
    """Whether a host was measured, and has not answered for three rounds."""
    return host.age_seconds is not None and host.age_seconds > SILENT_ROUNDS * interval_s


def claim_mark(host: Host) -> Mark:
    """Whether what a host claims agrees with what was measured and with what others claim."""
    return BAD if host.contradicted_by else HOLDS[host.claim_holds]


def claim_text(host: Host, claim: Claim | None = None) -> str:
    """A claim in few words, such as ``false: synchronized ± 2 ms``.

    Args:
        host: Whose.
        claim: Its claim, where it is known better than what the report has.
    """
    claim = claim or host.claimed
    bound = "" if claim.bound_seconds is None else f" ± {duration(claim.bound_seconds)}"
    objection = "false: " if host.claim_holds is False else "contradicted: " if host.contradicted_by else ""
    return f"{objection}{claim.state}{bound}"


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


def verdict_sentence(verdict: str, limit_s: float, passed_s: float, *, is_alone: bool) -> str:
    """A verdict as a sentence that goes on behind the name of the host.

    Args:
        verdict: Which; empty where nothing was compared, ``off`` where it agrees with others that are off.
        limit_s: The threshold beyond which a clock is wrong.
        passed_s: Of a clock that is wrong, the threshold that it has passed for certain.
        is_alone: Whether it is the only host.
    """
    limit = duration(limit_s)
    why = "it is the only host" if is_alone else "it was not measured, not lately or not for long enough"
    sentences = {
        "": "is compared with nobody: nothing is solved here",
        "ok": f"is ok: off by less than {limit}",
        "off": "agrees with most others, and external servers say that all of these are off",
        "suspect": f"is suspect: it may be off by {limit} or more, which is not certain",
        "wrong": f"is wrong: off by {duration(passed_s)} or more, for certain",
        "no_majority": "cannot be judged: no majority of the hosts agrees",
        "unknown": f"cannot be judged: {why}",
    }
    return sentences.get(verdict, f"is {verdict}")
