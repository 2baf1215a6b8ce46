"""PURE: what speaks against a version that runs as a shadow, what keeps that from being over, and how it is shown."""

from collections.abc import Iterator

from canary.deployment.finding import Finding
from canary.deployment.shadow_sight import ShadowSeen
from canary.deployment.sight import Seen
from canary.deployment.spec import Compared
from canary.records.deployments import DeploymentMoved, Pause
from communicator.answers.deployments import ShownCheck, Verdict
from communicator.wording.counts import count
from communicator.wording.spans import span

FAILURES = 3
"""So many failures of a shadow are too many; each of the reference makes up for one."""
_NOTHING = ShadowSeen()


def findings_of_shadow(at: DeploymentMoved, seen: Seen) -> Iterator[Finding]:
    """What speaks against it, as a shadow alone: it never did any work."""
    shadow = seen.shadow or _NOTHING
    if _failures(at, shadow) >= FAILURES:
        yield Finding(
            is_bad=True, pause="bad", about="shadow", reason=f"as a shadow it failed: {_failed_text(at, shadow)}"
        )
    if shadow.log10_e >= shadow.suspect_log10:
        is_proven = shadow.log10_e >= shadow.block_log10
        is_bad = is_proven and at.spec.shadow is not None and at.spec.shadow.on_difference == "abort"
        about = "proven difference" if is_proven else "difference"
        yield Finding(is_bad=is_bad, pause="suspect", about=about, reason=_difference_text(shadow))


def holds_of_shadow(at: DeploymentMoved, seen: Seen) -> tuple[Pause, str]:
    """What keeps it from being over although its time is; empty: nothing."""
    found = next(
        (one for one in (_unpaired(seen.shadow or _NOTHING), _enough(at, seen)) if one.verdict == "no_data"), None
    )
    return ("inconclusive", f"{found.text}: {found.value}; the limit is {found.limit}") if found else ("", "")


def checks_of_shadow(at: DeploymentMoved, seen: Seen) -> Iterator[ShownCheck]:
    """What it comes to so far."""
    if at.spec.shadow is None or at.shadowing is None:
        return
    shadow = seen.shadow or _NOTHING
    e = shadow.log10_e
    verdict: Verdict = "bad" if e >= shadow.block_log10 else "watch" if e >= shadow.suspect_log10 else "ok"
    then = f", 10^{shadow.block_log10:g} goes back" if at.spec.shadow.on_difference == "abort" else ""
    yield ShownCheck(
        name="difference",
        verdict=verdict if shadow.compared else "no_data",
        value=f"10^{e:.1f}",
        limit=f"10^{shadow.suspect_log10:g} pauses{then}",
        text=_difference_text(shadow),
    )
    yield _unpaired(shadow)
    yield _enough(at, seen)
    failures = _failures(at, shadow)
    yield ShownCheck(
        name="failures of the shadow",
        verdict="bad" if failures >= FAILURES else "ok",
        value=count(failures, "failure"),
        limit=f"{FAILURES}",
        text=_failed_text(at, shadow) if failures else "it has not failed more often than it may",
    )


def _failures(at: DeploymentMoved, shadow: ShadowSeen) -> int:
    return max(0, shadow.failures - at.failures)


def _failed_text(at: DeploymentMoved, shadow: ShadowSeen) -> str:
    return f"{count(_failures(at, shadow), 'failure')}, the last one: {shadow.failure or 'not told how'}; the limit is {FAILURES}"


def _difference_text(shadow: ShadowSeen) -> str:
    differing = sum(one.differing for one in shadow.comparisons)
    places = list(dict.fromkeys(path for one in shadow.comparisons for path in one.paths))[:3]
    where = f": {', '.join(places)}" if places and differing else ""
    return (
        f"{differing:,} of {shadow.compared:,} pairs of replies differ{where}; "
        f"evidence 10^{shadow.log10_e:.1f}, limit 10^{shadow.suspect_log10:g}"
    )


def _unpaired(shadow: ShadowSeen) -> ShownCheck:
    unsure = [one for one in shadow.comparisons if not one.is_conclusive]
    unpaired = sum(one.unpaired for one in unsure or shadow.comparisons)
    pairs = sum(one.compared for one in unsure or shadow.comparisons)
    where = f" of {', '.join(sorted(one.server for one in unsure))}" if unsure else ""
    return ShownCheck(
        name="replies without a partner",
        verdict="no_data" if unsure else "ok",
        value=f"{unpaired:,} beside {count(pairs, 'pair')}{where}",
        limit="5 %",
        text="too many replies have no partner to say anything, which blames nobody" if unsure else "few enough",
    )


def _enough(at: DeploymentMoved, seen: Seen) -> ShownCheck:
    """Without anything compared nothing is enough."""
    shadow, until = seen.shadow or _NOTHING, at.spec.shadow.until if at.spec.shadow is not None else Compared()
    ran_s = max(0.0, shadow.ran_s - at.exposed_s)
    is_enough = (
        until == Compared()
        or (until.time is not None and ran_s >= until.time)
        or (until.replies is not None and shadow.compared >= until.replies)
    )
    limits = (
        None if until.time is None else span(until.time),
        None if until.replies is None else f"{until.replies:,} pairs of replies",
    )
    return ShownCheck(
        name="compared",
        verdict="ok" if is_enough and shadow.compared else "no_data",
        value=f"{shadow.compared:,} pairs of replies in {span(ran_s)}",
        limit=" or ".join(filter(None, limits)) or "any pair of replies",
        text="enough was compared"
        if is_enough and shadow.compared
        else "too little was compared yet, which blames nobody",
    )
