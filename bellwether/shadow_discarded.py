"""PURE: a table of the lines of shadows that a router has discarded."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from communicator.answers.shadows import DiscardedLines
from communicator.wording.counts import count
from communicator.wording.releases import version_text
from communicator.wording.shadows import BEHIND
from communicator.wording.spans import span


def render(told: DiscardedLines) -> RenderableType:
    """One screen: how much, of which commands, and the newest lines."""
    where = told.server or "this host"
    if not told.total:
        return Text(f"Nothing that shadows on {where} have said was discarded.")
    head = f"of what shadows on {where} have said, {count(told.total, 'line')} reached nobody"
    commands = sorted(told.by_command.items(), key=lambda each: (-each[1], each[0]))
    by = ", ".join(f"{name} ({number:,})" for name, number in commands)
    return Group(Text(head), *([Text(f"commands: {by}")] if by else []), Text(), _table(told))


def _table(told: DiscardedLines) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("AGO", "SHADOW", "DOOR", "WHY", "LINE"):
        table.add_column(name, no_wrap=name in ("AGO", "DOOR"))
    for one in told.newest:
        who = f"{one.service} {version_text(one.version, '')}" if one.service else "(not registered)"
        table.add_row(*map(Text, (span(one.ago_s), who, one.door, BEHIND.get(one.reason, one.reason), one.line)))
    return table
