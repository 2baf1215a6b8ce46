"""PURE: what became of an operator's order at each canary, and how that is told; it sends nothing."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.protocol.message import Message
from communicator.wording.marks import BAD, GOOD, OPEN

_MARKS = {"done": GOOD, "refused": BAD, "silent": OPEN}


class Answer(msgspec.Struct, frozen=True):
    """What one canary made of an order."""

    server: str
    status: Literal["done", "refused", "silent"]
    """``silent``: it did not answer."""
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


def render(answers: Iterable[Answer]) -> RenderableType:
    """A line for each canary."""
    return Group(*_lines(answers))


def _lines(answers: Iterable[Answer]) -> Iterator[Text]:
    for one in answers:
        words = {"done": "done", "refused": f"refused: {one.message}", "silent": one.message}[one.status]
        yield Text.assemble(coloured(_MARKS[one.status]), f" {one.server}: {words}")


def require_all(answers: Iterable[Answer]) -> None:
    """See to it that every canary has done what was ordered.

    Raises:
        CommandError: One has not; the text says how many.
    """
    told = list(answers)
    refused = sum(one.status == "refused" for one in told)
    silent = sum(one.status == "silent" for one in told)
    if refused or silent:
        parts = [*([f"{refused} refused it"] if refused else []), *([f"{silent} did not answer"] if silent else [])]
        raise CommandError(
            f"not done everywhere: of {len(told)} {'canary' if len(told) == 1 else 'canaries'}, {' and '.join(parts)}"
        )
