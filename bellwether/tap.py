"""PURE: lines that passed the router, as a person reads them: a TAPPED message and a time in, one line out.

``<`` came in at the router, ``>`` went out::

    12:34:56.789 < unix.7      timekeeper/CLOCK_GET_REPORT
    12:34:56.790 > timekeeper  <alpha:bellwether_311 timekeeper/CLOCK_GET_REPORT
"""

from dataclasses import dataclass
from datetime import datetime

from bellwether.screen_line import stamp
from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.wording.characters import printable

_ARROWS = {"in": "<", "out": ">"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; what is empty does not matter."""

    service: str = ""
    """The sender or the receiver."""
    command: str = ""

    def wants(self, tapped: Message) -> bool:
        """Whether a TAPPED message passes; a line that is no message only passes where all do."""
        if not (self.service or self.command):
            return True
        try:
            message = decode(tapped.get("line").encode(errors="replace"))
        except RemoteProtocolError:
            return False
        services = (message.service, message.sent_from_service)
        return (not self.service or self.service in services) and self.command in ("", message.command)


def to_line(tapped: Message, when: datetime) -> str:
    """One line of the trace.

    Args:
        tapped: The router's TAPPED.
        when: Local time at which it came.
    """
    arrow = _ARROWS.get(tapped.get("direction"), "?")
    return printable(f"{stamp(when)} {arrow} {tapped.get('link'):<11} {tapped.get('line')}")
