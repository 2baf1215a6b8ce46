"""PURE: all clocks of a cluster in a table, one line for each host and one for all of them; it asks nobody."""

from collections.abc import Collection, Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether import noted_table
from bellwether.clock_words import claim_headline, claim_text, host_text
from bellwether.colours import coloured
from communicator.answers.clocks import ClockReport, Host, Local
from communicator.wording.clocks import measured_text, rank, reasons_of
from communicator.wording.cluster_clocks import camp_text, story, summary, unsolved_text
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import DOUBTFUL

_HEADS = ("HOST", "OFFSET ± BOUND", "VERDICT", "CLAIM", "WHY")
_INDENT = (0, 0, 0, 4)


def render(report: ClockReport, width: int, not_enforced: Collection[str] = ()) -> RenderableType:
    """The table, or this host's own word where nothing is solved.

    Args:
        report: What the timekeeper tells.
        width: The columns of the screen.
        not_enforced: Servers with a C++ router.
    """
    if not report.solved:
        return Group(*_unsolved(report))
    hosts = sorted(report.hosts, key=rank)
    reasons = [_why(host, is_enforced=host.host not in not_enforced) for host in hosts]
    rows = [_cells(host, report.local) for host in hosts]
    table = noted_table.render(_HEADS, rows, reasons, width) if hosts else Text("No host is known.")
    return Group(table, Text(), *_summary(report), *_asides(hosts, not_enforced))


def _why(host: Host, *, is_enforced: bool) -> str:
    claim = host.claimed
    return "; ".join(reasons_of(host.reasons, claim.state, claim.reasons, is_enforced=is_enforced))


def _asides(hosts: Iterable[Host], not_enforced: Collection[str]) -> Iterator[RenderableType]:
    """Whose routers hear of no verdict."""
    aside = not_enforced_text((host.host for host in hosts), not_enforced, "clock verdict")
    if aside:
        yield Text.assemble(coloured(DOUBTFUL), f" {aside}")


def _cells(host: Host, own: Local) -> noted_table.Cells:
    return (
        Text(host.host or "?", style="bold" if host.host == own.server else ""),
        Text(measured_text(host, own.interval_seconds)),
        host_text(host),
        claim_text(host),
    )


def _summary(report: ClockReport) -> Iterator[RenderableType]:
    mark, sentence = summary(report, report.local.claim.state)
    yield Text.assemble(coloured(mark), f" {sentence}")
    if len(report.camps) > 1:
        for camp in report.camps:
            yield Padding(Text(camp_text(camp.hosts, camp.offset_seconds, camp.bound_seconds)), _INDENT)
    for grave, told in story(report):
        yield Text.assemble(coloured(grave), f" {told}")


def _unsolved(report: ClockReport) -> Iterator[RenderableType]:
    local = report.local
    yield claim_headline(local.name, local.claim)
    for reason in local.claim.reasons:
        yield Padding(Text(reason, style="dim"), _INDENT)
    yield Text()
    yield Text(f"{unsolved_text(local.role, report.age_seconds)}.")
