"""PURE: the services a router knows, as values and as a table; it asks nobody."""

from collections.abc import Collection, Sequence

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from communicator.answers.services import Instance
from communicator.wording.characters import printable
from communicator.wording.enforcement import NOT_ENFORCED, not_enforced_text
from communicator.wording.spans import span

_COLUMNS = ("SERVICE", "SERVER", "VERSION", "ROLE", "STATE", "UP FOR", "PID", "COMMANDS")


def render(instances: Sequence[Instance], now_wall_s: float, not_enforced: Collection[str]) -> RenderableType:
    """The table, and whose routers keep no version out.

    Args:
        instances: In the order in which they are shown.
        now_wall_s: Seconds since the epoch.
        not_enforced: Servers with a C++ router.
    """
    table = to_table(instances, now_wall_s, not_enforced)
    aside = not_enforced_text((instance.server for instance in instances), not_enforced)
    return Group(table, Text(), Text(aside)) if aside else table


def to_table(instances: Sequence[Instance], now_wall_s: float, not_enforced: Collection[str] = ()) -> Table:
    """What a person wants to see; a column of descriptions where any service has one.

    Args:
        instances: In the order in which they are shown.
        now_wall_s: Seconds since the epoch.
        not_enforced: Servers with a C++ router.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    described = any(instance.description for instance in instances)
    for column in (*_COLUMNS, *(["DESCRIPTION"] if described else [])):
        justify: JustifyMethod = "right" if column in ("UP FOR", "PID") else "left"
        table.add_column(column, justify=justify, no_wrap=column not in ("COMMANDS", "DESCRIPTION"))
    for instance in instances:
        is_enforced = instance.server not in not_enforced
        cells = [
            *_cells(instance, now_wall_s, is_enforced=is_enforced),
            *([instance.description or "-"] if described else []),
        ]
        table.add_row(*(Text(printable(cell)) for cell in cells), style=None if instance.state == "up" else "yellow")
    return table


def _cells(instance: Instance, now_wall_s: float, *, is_enforced: bool) -> list[str]:
    since = instance.up_since
    return [
        instance.service,
        instance.server,
        instance.version or "-",
        instance.role,
        instance.state if is_enforced else f"{instance.state}, {NOT_ENFORCED}",
        "-" if since is None else span(now_wall_s - since),
        "-" if instance.pid is None else str(instance.pid),
        str(len(instance.commands)) if instance.commands else "-",
    ]
