"""PURE: the services a router knows, as values and as a table; it asks nobody."""

from collections.abc import Sequence

import msgspec
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from bellwether.failure import CommandError
from communicator.protocol.message import Message

_COLUMNS = ("SERVICE", "SERVER", "VERSION", "ROLE", "STATE", "UP FOR", "PID", "COMMANDS")
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


class Instance(msgspec.Struct, frozen=True):
    """One instance of a service, as SERVICES tells it."""

    service: str
    server: str = ""
    version: str = ""
    build: str = ""
    role: str = "live"
    state: str = "up"
    up_since: float | None = None
    """Seconds since the epoch."""
    address: str = ""
    pid: int | None = None
    metrics_port: int | None = None
    probe_port: int | None = None
    commands: tuple[str, ...] = ()
    """Of a service that is away: what it, or else its package, is known to have listed."""
    description: str = ""


def read_page(message: Message) -> list[Instance]:
    """The instances one SERVICES message tells.

    Raises:
        CommandError: It tells none in a way we understand.
    """
    try:
        return msgspec.json.decode(message.get("services", "[]"), type=list[Instance])
    except msgspec.DecodeError as error:
        raise CommandError(f"the router's list of services cannot be read: {error}") from None


def total(message: Message) -> int:
    """How many instances there are in all; a router that does not say has told all of them."""
    text = message.get("total", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def to_json(instances: Sequence[Instance]) -> str:
    """All of it, for programs."""
    return msgspec.json.format(msgspec.json.encode(instances)).decode()


def to_table(instances: Sequence[Instance], now_wall_s: float) -> Table:
    """What a person wants to see; a column of descriptions where any service has one.

    Args:
        instances: In the order in which they are shown.
        now_wall_s: Seconds since the epoch.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    described = any(instance.description for instance in instances)
    for column in (*_COLUMNS, *(["DESCRIPTION"] if described else [])):
        justify: JustifyMethod = "right" if column in ("UP FOR", "PID") else "left"
        table.add_column(column, justify=justify, no_wrap=column not in ("COMMANDS", "DESCRIPTION"))
    for instance in instances:
        cells = [*_cells(instance, now_wall_s), *([instance.description or "-"] if described else [])]
        table.add_row(*map(Text, cells), style=None if instance.state == "up" else "yellow")
    return table


def _cells(instance: Instance, now_wall_s: float) -> list[str]:
    since = instance.up_since
    return [
        instance.service,
        instance.server,
        instance.version or "-",
        instance.role,
        instance.state,
        "-" if since is None else span(now_wall_s - since),
        "-" if instance.pid is None else str(instance.pid),
        str(len(instance.commands)) if instance.commands else "-",
    ]


def span(seconds: float) -> str:
    """A span of time in its largest two units."""
    whole = max(0, int(seconds))
    if whole < _MINUTE_S:
        return f"{whole}s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S}m {whole % _MINUTE_S}s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S}h {whole % _HOUR_S // _MINUTE_S}m"
    return f"{whole // _DAY_S}d {whole % _DAY_S // _HOUR_S}h"
