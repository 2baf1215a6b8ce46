"""PURE: the changes of deployments, one line each, with who said so and why; it asks nobody."""

from collections.abc import Iterator
from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.text import Text

from bellwether.colours import coloured
from communicator.answers.deployments import Change, Changes
from communicator.wording.counts import count
from communicator.wording.deployments import change_text, phase_mark
from communicator.wording.releases import version_text
from communicator.wording.spans import moment


def render(told: Changes, zone: tzinfo | None) -> RenderableType:
    """The page.

    Args:
        told: What the canary says.
        zone: In which times of day are shown.
    """
    return Group(*_lines(told, zone))


def _lines(told: Changes, zone: tzinfo | None) -> Iterator[Text]:
    if told.omitted:
        yield Text(f"{count(told.omitted, 'older change')} did not fit", style="dim")
    if not told.changes:
        yield Text("Nothing was deployed.")
    for change in told.changes:
        yield _line(change, zone)


def _line(change: Change, zone: tzinfo | None) -> Text:
    what = f"{change.service} {version_text(change.version, '')} {change_text(change)}"
    by = f" by {change.by}" if change.by and f" by {change.by}" not in change.reason else ""
    why = f": {change.reason}" if change.reason else ""
    when = (moment(change.wall_s, zone), "dim")
    return Text.assemble(when, "  ", coloured(phase_mark(change.phase)), f" {what}{by}{why}  ", (change.id, "dim"))
