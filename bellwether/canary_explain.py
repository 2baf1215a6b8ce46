"""PURE: why a version on a server is where it is: each number with its limit, each event with its effect; it asks nobody."""

from collections.abc import Collection, Iterator
from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bellwether.colours import coloured
from communicator.answers.explanations import Explanation, Measure
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.explanations import cap_text, measure_text, next_text, short_runs
from communicator.wording.releases import place_mark, scope_text, unheard_text
from communicator.wording.spans import moment

_INDENT = (0, 0, 0, 2)
_EFFECT_STYLES = {"counted": None, "discarded": "dim", "decided": "bold", "held back": "yellow", "ordered": "cyan"}


def render(told: Explanation, zone: tzinfo | None, not_enforced: Collection[str] = ()) -> RenderableType:
    """The page.

    Args:
        told: What the canary says.
        zone: In which times of day are shown.
        not_enforced: Servers with a C++ router.
    """
    return Group(*_parts(told, zone, not_enforced))


def _parts(told: Explanation, zone: tzinfo | None, not_enforced: Collection[str]) -> Iterator[RenderableType]:
    what = scope_text(told.service, told.version, told.build, told.server)
    yield Text.assemble(coloured(place_mark(told.state)), " ", (what, "bold"), f" is {told.state}")
    if told.reason:
        yield Padding(Text(told.reason), _INDENT)
    if told.server in not_enforced:
        yield Padding(Text(not_enforced_text([told.server], not_enforced)), _INDENT)
    yield Text()
    yield Text(f"next: {next_text(told.next, told.next_seconds)}")
    if told.held_back_by:
        yield Text(cap_text(told.held_back_by))
    if told.unheard:
        yield Text(unheard_text(told.unheard))
    if told.measures:
        yield Text()
        yield _measures_table(told.measures)
    yield Text()
    yield from _events(told, zone)


def _measures_table(measures: tuple[Measure, ...]) -> Table:
    table = _table("RULE", "WHAT IT LOOKS AT", "VALUE", "LIMIT", right=("VALUE", "LIMIT"))
    for one in measures:
        table.add_row(*map(Text, (one.rule, one.what, measure_text(one.value), measure_text(one.limit))))
    return table


def _events(told: Explanation, zone: tzinfo | None) -> Iterator[RenderableType]:
    if not told.lines:
        yield Text("The ledger holds nothing about it.")
        return
    if told.omitted:
        yield Text(f"{told.omitted} older entries are left out; 'bellwether canary events' has all.", style="dim")
    table = _table("ENTRY", "TIME", "EFFECT", "WHAT", right=("ENTRY",))
    for line in told.lines:
        style = _EFFECT_STYLES.get(line.effect)
        shown = Text(short_runs(line.what), style=style or "")
        if line.why:
            shown.append(f"\n{line.why}", style="dim")
        table.add_row(Text(str(line.seq)), Text(moment(line.wall_s, zone)), Text(line.effect, style=style or ""), shown)
    yield table


def _table(*heads: str, right: tuple[str, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        last = head in ("WHAT", "WHAT IT LOOKS AT")
        table.add_column(head, justify="right" if head in right else "left", no_wrap=not last)
    return table
