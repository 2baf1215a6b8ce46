"""PURE: how far an operator's order is on each member of the cluster, and how that is told; it sends nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.answers.orders import Orders
from communicator.protocol.message import Message
from communicator.wording.counts import listed
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import DOUBTFUL, GOOD, OPEN, Mark
from communicator.wording.releases import OVERRIDDEN

_NAMED = 12
UNDECIDED = 3
"""The exit code of an order that is given and not in force yet everywhere."""
Status = Literal["in_force", "known", "unknown", "silent", "away", "not_enforced"]
_MARKS: dict[Status, Mark] = {
    "in_force": GOOD,
    "known": OPEN,
    "unknown": OPEN,
    "silent": OPEN,
    "away": OPEN,
    "not_enforced": DOUBTFUL,
}
_WORDS: dict[Status, str] = {
    "in_force": "in force",
    "known": "has it, not in force yet",
    "unknown": "has not heard of it yet",
    "silent": "does not answer",
    "away": "away, gets it when it is back",
}


class Answer(msgspec.Struct, frozen=True):
    """How far an order is on one member of the cluster; or, of a server with a C++ router, that nothing comes of it there."""

    server: str
    status: Status
    message: str = ""
    """More about it."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order, as it is given."""

    command: str
    service: str = ""
    version: str = ""
    build: str = ""
    server: str = ""
    """Empty: on every server."""
    feature: str = ""
    """The feature flag that it is about, and no service."""
    definition: str = ""
    """Of that flag, as JSON."""
    duration_s: float | None = None
    reason: str = ""

    def to_message(self, to: str) -> Message:
        """CANARY_COMMAND for the canary of one server."""
        duration = "" if self.duration_s is None else f"{self.duration_s:.0f}s"
        parameters = {
            "command": self.command,
            "service": self.service,
            "version": self.version,
            "build": self.build,
            "server": self.server,
            "feature": self.feature,
            "definition": self.definition,
            "duration": duration,
            "reason": self.reason,
            "cache": "no",
        }
        told = {name: value for name, value in parameters.items() if value}
        return Message("CANARY_COMMAND", told, service="canary", server=to)


def not_enforced_of(order: Order, not_enforced: Collection[str]) -> list[Answer]:
    """Where nothing comes of an order, although it is given: only routers of ours keep a version out, or let it in.

    Args:
        order: What was ordered.
        not_enforced: The servers with a C++ router.
    """
    if order.command not in OVERRIDDEN:
        return []
    concerned = sorted(server for server in not_enforced if order.server in ("", "*", server))
    return [Answer(server, "not_enforced", not_enforced_text([server], not_enforced)) for server in concerned]


def answer_of(wanted: Orders, told: Orders | None, server: str) -> Answer:
    """How far an order is on a member whose canary is up.

    Args:
        wanted: What the canary says that has taken it.
        told: What the canary of the member says of the same orders; None: nothing.
        server: The member.
    """
    if told is None:
        return Answer(server, "silent")
    places = {one.order: one.place for one in wanted.orders}
    known = {one.order: one for one in told.orders if one.place == places.get(one.order)}
    not_kept = f"not kept on disk there: {told.not_kept}" if told.not_kept else ""
    if known.keys() != places.keys():
        return Answer(server, "unknown", not_kept)
    return Answer(server, "in_force" if all(one.in_force for one in known.values()) else "known", not_kept)


def note_alone(answers: Sequence[Answer]) -> list[Answer]:
    """Say of an order that one member alone has, of several, that it is lost with that host."""
    holders = [one for one in answers if one.status in ("in_force", "known")]
    if len(holders) != 1 or len(answers) == 1:
        return list(answers)
    alone = ", ".join(filter(None, ("on this host only", holders[0].message)))
    return [msgspec.structs.replace(one, message=alone) if one is holders[0] else one for one in answers]


def render(answers: Iterable[Answer]) -> RenderableType:
    """A line for each member, and for each server where nothing comes of the order."""
    return Group(*_lines(answers))


def _lines(answers: Iterable[Answer]) -> Iterator[Text]:
    for one in answers:
        words = ", ".join(filter(None, (_WORDS.get(one.status, ""), one.message)))
        yield Text.assemble(coloured(_MARKS[one.status]), f" {one.server}: {words}")


def require_all(answers: Iterable[Answer], *, strict: bool) -> None:
    """See to it that an order is in force on every member that is up.

    Args:
        answers: How far it is on each.
        strict: Whether those that are away count too.

    Raises:
        CommandError: On one it is not; the text names them. What is given stays so.
    """
    open_ = ("known", "unknown", "silent", *(["away"] if strict else []))
    waiting = [one.server for one in answers if one.status in open_]
    if waiting:
        raise CommandError(f"given, and not in force yet on {listed(waiting, _NAMED)}", UNDECIDED)
