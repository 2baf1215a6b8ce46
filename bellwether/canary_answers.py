"""PURE: what became of an operator's order at each canary, and how that is told; it sends nothing."""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.protocol.message import Message
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, OPEN
from communicator.wording.releases import OVERRIDDEN

_MARKS = {"done": GOOD, "refused": BAD, "silent": OPEN, "not_enforced": DOUBTFUL}


class Answer(msgspec.Struct, frozen=True):
    """What one canary made of an order; or, of a server with a C++ router, that nothing comes of it there."""

    server: str
    status: Literal["done", "refused", "silent", "not_enforced"]
    """``silent``: it did not answer. ``not_enforced``: no canary said that."""
    message: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order, as it is given."""

    command: str
    service: str = ""
    version: str = ""
    build: str = ""
    server: str = ""
    """Empty: on every server."""
    duration_s: float | None = None
    reason: str

    def to_message(self, to: str) -> Message:
        """CANARY_COMMAND for the canary of one server."""
        duration = "" if self.duration_s is None else f"{self.duration_s:.0f}s"
        parameters = {
            "command": self.command,
            "service": self.service,
            "version": self.version,
            "build": self.build,
            "server": self.server,
            "duration": duration,
            "reason": self.reason,
            "cache": "no",
        }
        told = {name: value for name, value in parameters.items() if value}
        return Message("CANARY_COMMAND", told, service="canary", server=to)


def not_enforced_of(order: Order, not_enforced: Collection[str]) -> list[Answer]:
    """Where nothing comes of an order, although the canaries have done it: only routers of ours keep a version out, or let it in.

    Args:
        order: What was ordered.
        not_enforced: The servers with a C++ router.
    """
    if order.command not in OVERRIDDEN:
        return []
    concerned = sorted(server for server in not_enforced if order.server in ("", "*", server))
    return [Answer(server, "not_enforced", not_enforced_text([server], not_enforced)) for server in concerned]


def render(answers: Iterable[Answer]) -> RenderableType:
    """A line for each canary, and for each server where nothing comes of the order."""
    return Group(*_lines(answers))


def _lines(answers: Iterable[Answer]) -> Iterator[Text]:
    for one in answers:
        words = {"done": "done", "refused": f"refused: {one.message}"}.get(one.status, one.message)
        yield Text.assemble(coloured(_MARKS[one.status]), f" {one.server}: {words}")


def require_all(answers: Iterable[Answer]) -> None:
    """See to it that every canary has done what was ordered.

    Raises:
        CommandError: One has not; the text says how many.
    """
    told = [one for one in answers if one.status != "not_enforced"]
    refused = sum(one.status == "refused" for one in told)
    silent = sum(one.status == "silent" for one in told)
    if refused or silent:
        parts = [*([f"{refused} refused it"] if refused else []), *([f"{silent} did not answer"] if silent else [])]
        raise CommandError(
            f"not done everywhere: of {len(told)} {'canary' if len(told) == 1 else 'canaries'}, {' and '.join(parts)}"
        )
