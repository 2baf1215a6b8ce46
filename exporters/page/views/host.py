"""PURE: all that is known of one host's clock; it asks nobody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.clocks import Claim, ClockReport, Host, Pair
from communicator.wording.clocks import claim_text, judged_mark, measured_text, offset_text
from communicator.wording.cluster_clocks import host_sentence, reference_servers, reference_text
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import UNKNOWN, Mark
from communicator.wording.spans import signed, span

_SHOWN = 100
"""Pairs at most."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """One comparison with another host; ``+`` is ahead of that."""

    against: str
    offset: str
    age: str
    via: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """One host."""

    mark: Mark
    title: str
    reasons: Sequence[str]
    facts: Sequence[tuple[str, str]]
    pairs: Sequence[PairRow]
    hidden: int


def host_view(report: ClockReport, name: str, not_enforced: Collection[str] = ()) -> HostView | None:
    """What is shown of one host; None when the report does not speak of it.

    Args:
        report: What the timekeeper tells.
        name: Which host.
        not_enforced: Servers with a C++ router.
    """
    own = report.local.name
    host = next((one for one in report.hosts if one.host == name), None)
    if host is None and name != own:
        return None
    pairs = sorted(
        (pair for pair in report.pairs if name in (pair.from_, pair.to)),
        key=lambda pair: (pair.to if pair.from_ == name else pair.from_, pair.from_),
    )
    host = host or Host(name)
    claim = report.local.claim if name == own else host.claimed
    aside = not_enforced_text([name], not_enforced, "clock verdict")
    return HostView(
        mark=judged_mark(host) if report.solved else UNKNOWN,
        title=f"{name} {host_sentence(report, host)}",
        reasons=(*host.reasons, *claim.reasons, *filter(None, [aside])),
        facts=[*_facts(host, claim, report.local.interval_seconds), *_heard(report, name)],
        pairs=[_pair(pair, name) for pair in pairs[:_SHOWN]],
        hidden=max(0, len(pairs) - _SHOWN),
    )


def _facts(host: Host, claim: Claim, interval_s: float) -> list[tuple[str, str]]:
    measured = measured_text(host, interval_s) if host.offset_seconds is not None else "not known"
    return [
        ("offset", measured),
        ("claim", claim_text(host, claim)),
        *([("its own offset", signed(claim.offset_seconds))] if claim.offset_seconds is not None else []),
        ("daemon", claim.daemon or "none known"),
        ("upstreams", ", ".join(claim.upstreams) or "none known"),
    ]


def _heard(report: ClockReport, name: str) -> Iterator[tuple[str, str]]:
    """What its external servers say."""
    one = report.heard.get(name)
    if one is not None:
        yield "references", reference_text(one)
        yield from ((server, how) for _, server, how in reference_servers(one))


def _pair(pair: Pair, name: str) -> PairRow:
    """A pair as seen from the named host."""
    sign = -1 if pair.from_ == name else 1
    return PairRow(
        against=pair.to if pair.from_ == name else pair.from_,
        offset="no answer"
        if pair.offset_seconds is None
        else offset_text(sign * pair.offset_seconds, pair.bound_seconds),
        age="-" if pair.age_seconds is None else span(pair.age_seconds),
        via=pair.via or "-",
        by=pair.from_,
    )
