"""PURE: all that is known of one host's clock, on one page; it asks nobody."""

from collections.abc import Collection, Iterator

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bellwether.clock_words import claim_line, drift_text
from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.answers.clocks import Claim, ClockReport, Host, Local, Pair
from communicator.wording.clocks import judged_mark, measured_text, offset_text
from communicator.wording.cluster_clocks import host_sentence, reference_servers, reference_text, ring_text
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import UNKNOWN
from communicator.wording.spans import duration, span

_NOT_KNOWN = "not known"
_NONE = "none known"
_PAIR_HEADS = ("AGAINST", "OFFSET ± BOUND", "RTT", "AGE", "DRIFT", "VIA", "MEASURED BY")
_NUMBERS = ("RTT", "AGE", "DRIFT")
_INDENT = (0, 0, 0, 2)


def find_host(report: ClockReport, name: str) -> Host:
    """What is known of a host; of this one with all that its own timekeeper says of it.

    Raises:
        CommandError: The report does not speak of it.
    """
    names = report.host_names()
    if name not in names:
        raise CommandError(f"nothing is known of a host {name!r}; known {_are(names)}")
    found = next((host for host in report.hosts if host.host == name), Host(name))
    return msgspec.structs.replace(found, claim=report.local.claim) if name == report.local.name else found


def _are(names: list[str]) -> str:
    return "are none" if not names else f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def render(report: ClockReport, host: Host, not_enforced: Collection[str] = ()) -> RenderableType:
    """The page.

    Args:
        report: What the timekeeper tells.
        host: The part of it that `find_host` gave.
        not_enforced: Servers with a C++ router.
    """
    aside = not_enforced_text([host.host], not_enforced, "clock verdict")
    mark = coloured(judged_mark(host) if report.solved else UNKNOWN)
    parts: list[RenderableType] = [
        Text.assemble(mark, " ", (host.host, "bold"), f" {host_sentence(report, host)}"),
        *(Padding(Text(reason), _INDENT) for reason in (*host.reasons, *filter(None, [aside]))),
        Text(),
        _facts_table(report, host),
    ]
    pairs = [pair for pair in report.all_pairs() if host.host in (pair.from_, pair.to)]
    if pairs:
        parts += [Text(), _pairs_table(pairs, host.host)]
    return Group(*parts)


def _facts_table(report: ClockReport, host: Host) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    own = _own(report.local) if host.host == report.local.name else ()
    for name, value in (
        *_measured(report, host),
        *_claimed(host),
        *own,
        *_heard(report, host.host),
        *_contradicted(report, host.host),
    ):
        table.add_row(name, Text(value))
    return table


def _measured(report: ClockReport, host: Host) -> Iterator[tuple[str, str]]:
    known = host.offset_seconds is not None
    offset = measured_text(host, report.local.interval_seconds)
    yield "offset", f"{offset} against {_whom(report)}" if known else _NOT_KNOWN
    if host.true_offset_seconds is not None:
        yield (
            "true time",
            f"{offset_text(host.true_offset_seconds, host.true_bound_seconds)}, as most claim or servers say",
        )
    yield "trend", _NOT_KNOWN if host.drift_ppm is None else drift_text(host.drift_ppm)
    yield "forecast", _forecast(host.seconds_to_threshold, report.limits.warn_seconds)


def _whom(report: ClockReport) -> str:
    if not report.has_majority:
        return "true time, as its external servers tell it"
    voters = len(report.hosts) if report.voters is None else report.voters
    agreeing = "" if report.agreeing is None else f"{report.agreeing} of {voters} "
    return f"the {agreeing}hosts that agree"


def _forecast(left_s: float | None, limit_s: float) -> str:
    if left_s is None:
        return _NOT_KNOWN
    limit = duration(limit_s)
    return f"off by {limit} in {span(left_s)}, if it goes on so" if left_s > 0 else f"off by {limit} or more already"


def _claimed(host: Host) -> Iterator[tuple[str, str]]:
    claim = host.claimed
    said = {True: "holds: ", False: "is false: ", None: ""}[host.claim_holds]
    if host.contradicted_by and host.claim_holds is not False:
        said = f"is contradicted by that of {host.contradicted_by}: "
    yield "claim", f"{said}{claim_line(claim)}"
    yield from (("", reason) for reason in claim.reasons)
    yield "daemon", claim.daemon or _NONE
    yield "upstreams", ", ".join(claim.upstreams) or _NONE
    yield from ((name, value) for name, value in _details(claim) if value)


def _details(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "stratum", "" if claim.stratum is None else str(claim.stratum)
    yield "leap", claim.leap or ""
    yield "updated", "" if claim.age_seconds is None else f"{span(claim.age_seconds)} before this was told"


def _own(local: Local) -> Iterator[tuple[str, str]]:
    """What is told of this host alone."""
    if local.sources:
        yield "sources", ", ".join(f"{count} {state}" for state, count in local.sources.items() if count) or "none"
    if local.steps_total is not None:
        yield "steps", f"{local.steps_total} seen"


def _heard(report: ClockReport, name: str) -> Iterator[tuple[str, str]]:
    """What its external servers say."""
    one = report.heard.get(name)
    if one is not None:
        yield "references", reference_text(one)
        yield from (("", f"{server}: {how}") for _, server, how in reference_servers(one))


def _contradicted(report: ClockReport, name: str) -> Iterator[tuple[str, str]]:
    rings = (ring for ring in report.contradictions if name in ring.hosts)
    yield from (("contradiction", ring_text(ring.hosts, ring.excess_seconds)) for ring in rings)


def _pairs_table(pairs: list[Pair], name: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in _PAIR_HEADS:
        table.add_column(head, justify="right" if head in _NUMBERS else "left", no_wrap=True)
    for pair in sorted(pairs, key=lambda pair: (_other(pair, name), pair.from_)):
        table.add_row(*map(Text, _pair_cells(pair, name)))
    return table


def _other(pair: Pair, name: str) -> str:
    return pair.to if pair.from_ == name else pair.from_


def _pair_cells(pair: Pair, name: str) -> tuple[str, ...]:
    """A pair as seen from the named host: positive is ahead of the other one."""
    sign = -1 if pair.from_ == name else 1
    offset_s = None if pair.offset_seconds is None else sign * pair.offset_seconds
    return (
        _other(pair, name),
        "no answer" if offset_s is None else offset_text(offset_s, pair.bound_seconds),
        "-" if pair.rtt_seconds is None else duration(pair.rtt_seconds),
        "-" if pair.age_seconds is None else span(pair.age_seconds),
        drift_text(None if pair.drift_ppm is None else sign * pair.drift_ppm),
        pair.via or "-",
        pair.from_,
    )
