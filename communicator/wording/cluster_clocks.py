"""PURE: what is told of all clocks together: who agrees, what external servers say, and what an operator should know of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.clocks import ClockReport, Host, References
from communicator.wording.clocks import VERDICTS, is_bad, offset_text, verdict_sentence
from communicator.wording.counts import count, listed
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN, Mark
from communicator.wording.spans import duration, span

_WITNESSES = 4
"""Hosts that are named for what their external servers say."""


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
    contradicted = sum(bool(host.contradicted_by) for host in report.hosts)
    claims = f"claims of {count(contradicted, 'host')} contradicted, " if contradicted else ""
    return mark, f"{majority}, {spread}, {claims}{rings}, {age}"


def _only_host(host: Host, own_state: str) -> tuple[Mark, str]:
    """To be alone is no fault: then its clock is as good as its keeper says."""
    kept = GOOD if own_state == "synchronized" else DOUBTFUL
    is_compared = host.offset_seconds is not None
    with_what = "compared with external time servers" if is_compared else "there is no other clock to compare with"
    return VERDICTS.get(host.verdict, kept), f"this is the only host: {with_what}"


def _majority(report: ClockReport) -> tuple[Mark, str]:
    voters = len(report.hosts) if report.voters is None else report.voters
    is_bad_for_one = report.cluster_off or any(map(is_bad, report.hosts))
    if not report.has_majority:
        most = "" if report.agreeing is None else f", at most {report.agreeing} agree"
        differ = len(report.camps) != 1
        return BAD if differ or is_bad_for_one else DOUBTFUL, f"no majority of {count(voters, 'host')}{most}"
    agreeing = "most" if report.agreeing is None else report.agreeing
    all_agree = report.agreeing in (None, voters)
    mark = BAD if is_bad_for_one else GOOD if all_agree else DOUBTFUL
    return mark, f"{agreeing} of {count(voters, 'host')} agree"


def host_sentence(report: ClockReport, host: Host) -> str:
    """What is found of one host, as a sentence behind its name; of a wrong clock with the limit that it has passed for certain."""
    limits = report.limits
    passed_s = limits.critical_seconds if host.critical else limits.warn_seconds
    found = "off" if host.off and host.verdict != "wrong" else host.verdict
    verdict = found if report.solved else ""
    return verdict_sentence(verdict, limits.warn_seconds, passed_s, is_alone=report.is_of_one_host)


def story(report: ClockReport) -> Iterator[tuple[Mark, str]]:
    """What is to be said of the cluster as a whole, the gravest first; nothing where all is well."""
    if not report.solved:
        return
    for number, reason in enumerate(report.reasons):
        is_grave = number == 0 and (report.cluster_off or (report.has_majority is False and len(report.camps) > 1))
        yield BAD if is_grave else DOUBTFUL, reason
    if not report.cluster_off:  # else the reasons tell it
        yield from heard_story(report)


@dataclass(slots=True)
class _Hearing:
    """What the external servers of some hosts say alike, as an interval."""

    low_s: float
    high_s: float
    hosts: list[str]


def heard_story(report: ClockReport) -> Iterator[tuple[Mark, str]]:
    """What external servers say, a sentence for each thing that hosts hear alike; as far as it differs from most clocks."""
    offsets = {host.host: host.offset_seconds for host in report.hosts}
    groups: list[_Hearing] = []
    for name, one in sorted(report.heard.items()):
        offset_s = offsets.get(name)
        if offset_s is None or one.offset_seconds is None:
            continue
        middle_s, bound_s = offset_s + one.offset_seconds, one.bound_seconds or 0.0
        low_s, high_s = middle_s - bound_s, middle_s + bound_s
        alike = next((group for group in groups if group.low_s <= high_s and low_s <= group.high_s), None)
        if alike is None:
            groups.append(_Hearing(low_s, high_s, [name]))
        else:
            alike.low_s, alike.high_s = max(low_s, alike.low_s), min(high_s, alike.high_s)
            alike.hosts.append(name)
    for group in groups:
        away_s, bound_s = (group.low_s + group.high_s) / 2, (group.high_s - group.low_s) / 2
        if abs(away_s) - bound_s > report.limits.warn_seconds:
            hear = "hear" if len(group.hosts) > 1 else "hears"
            where = f"{duration(abs(away_s))} {'ahead of' if away_s > 0 else 'behind'} most clocks"
            yield DOUBTFUL, f"{listed(group.hosts, _WITNESSES)} {hear} true time {where} (±{duration(bound_s)})"


def reference_text(one: References) -> str:
    """What the external servers of a host say of its clock, such as ``+202 ms ± 7 ms``: its clock minus true time."""
    if one.offset_seconds is None:
        return "no majority of its servers" if one.agreeing or one.falsetickers or not one.complaints else "no answer"
    return offset_text(-one.offset_seconds, one.bound_seconds)


def reference_servers(one: References) -> Iterator[tuple[Mark, str, str]]:
    """Each external server that a host asks, how it stands to the others, and why it gave nothing when it was last asked."""
    silent = dict(one.complaints)
    for server in one.agreeing:
        yield GOOD, server, _with_complaint("agrees", silent.pop(server, ""))
    for server in one.falsetickers:
        yield BAD, server, _with_complaint("falseticker: most of the servers contradict it", silent.pop(server, ""))
    for server, why in silent.items():
        yield UNKNOWN, server, f"gives nothing: {why}"


def _with_complaint(text: str, complaint: str) -> str:
    return f"{text}; last asked: {complaint}" if complaint else text


def camp_text(hosts: Sequence[str], offset_s: float | None, bound_s: float | None) -> str:
    """Who agrees with whom, such as ``camp of 2: gamma, omega; +1.00 s ± 50 µs``.

    Args:
        hosts: Who.
        offset_s: Their clocks minus those of the first camp.
        bound_s: How sure that is.
    """
    away = "" if offset_s is None else f"; {offset_text(offset_s, bound_s)}"
    return f"camp of {len(hosts)}: {listed(hosts)}{away}"


def ring_text(hosts: Sequence[str], excess_s: float | None) -> str:
    """Whose measurements cannot all be true, such as ``a → b → a, 3 ms beyond their bounds``."""
    beyond = "" if excess_s is None else f", {duration(excess_s)} beyond their bounds"
    return f"{' → '.join([*hosts, *hosts[:1]])}{beyond}"


def unsolved_text(role: str, age_s: float | None) -> str:
    """Why hosts are not compared here.

    Args:
        role: Of this timekeeper: ``auto``, ``solver`` or ``agent``.
        age_s: How old its own word is; None: not told.
    """
    is_agent = role == "agent"
    why = (
        "this timekeeper is an agent, and has heard of no solver" if is_agent else "this timekeeper has no solution yet"
    )
    age = "" if age_s is None else f", as of {span(age_s)} ago"
    return f"Nothing is solved here: {why}. Shown is this host's own word{age}"
