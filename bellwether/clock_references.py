"""PURE: the table of the external servers of each host: what they say, and why some give nothing; it asks nobody."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bellwether.colours import coloured
from communicator.answers.clocks import ClockReport
from communicator.wording.cluster_clocks import heard_story, reference_servers, reference_text
from communicator.wording.counts import listed
from communicator.wording.marks import GOOD
from communicator.wording.spans import span

_HEADS = ("HOST", "OFFSET ± BOUND", "AGE", "SERVER", "")
_INDENT = (0, 0, 0, 4)
_NAMED = 12


def render(report: ClockReport) -> RenderableType:
    """A line for each server of each host, and below what follows.

    Args:
        report: What the timekeeper tells.
    """
    if not report.heard:
        return Text(
            "No host asks external servers. Name some under [references] servers in timekeeperd.toml of two hosts or more."
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in _HEADS:
        table.add_column(head, no_wrap=bool(head), overflow="fold")
    for cells in _rows(report):
        table.add_row(*cells)
    return Group(table, Text(), *_notes(report))


def _rows(report: ClockReport) -> Iterator[tuple[Text, ...]]:
    for name, one in sorted(report.heard.items()):
        age = "-" if one.age_seconds is None else span(one.age_seconds)
        host = (Text(name, style="bold" if name == report.local.name else ""), Text(reference_text(one)), Text(age))
        for mark, server, how in reference_servers(one):
            yield *host, Text(server), Text.assemble(coloured(mark), f" {how}")
            host = (Text(), Text(), Text())
        if host[0]:  # none of its servers has answered or failed yet
            yield *host, Text("-"), Text("no answer yet")


def _notes(report: ClockReport) -> Iterator[RenderableType]:
    told = list(heard_story(report))
    for mark, sentence in told:
        yield Text.assemble(coloured(mark), f" {sentence}")
    hears = any(one.offset_seconds is not None for one in report.heard.values())
    if hears and report.has_majority and not told:
        yield Text.assemble(coloured(GOOD), " the external servers agree with most clocks")
    others = [host.host for host in report.hosts if host.host not in report.heard]
    if others:
        yield Padding(Text(f"asks none: {listed(others, _NAMED)}", style="dim"), _INDENT)
