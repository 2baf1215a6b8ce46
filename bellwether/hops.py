"""PURE: what the routers on its way tell of a message that is traced: a TRACE_HOP and a time in, one line out.

.. code-block:: text

    12:34:56.789  0 alpha        forwarded to gamma
    12:34:56.790  1 gamma        forwarded to beta
    12:34:56.791  2 beta         delivered to printer
"""

from dataclasses import dataclass
from datetime import datetime

from bellwether.screen_line import stamp
from communicator.protocol.message import Message
from communicator.wording.characters import printable

_ENDS = frozenset(("delivered", "cached", "failed"))


@dataclass(frozen=True, slots=True)
class Hop:
    """What one router did with the message."""

    hop: str
    """How many routers it had passed before."""
    server: str
    action: str
    """``forwarded``, ``delivered``, ``cached`` or ``failed``."""
    next: str = ""
    """The server, or the service, it was given to."""
    reason: str = ""

    @property
    def is_last(self) -> bool:
        """Whether the message goes no further from there."""
        return self.action in _ENDS


def read_hop(message: Message, trace: str) -> Hop | None:
    """Read a TRACE_HOP; None when it is no such message, or is of another trace."""
    if message.command != "TRACE_HOP" or message.get("trace") != trace:
        return None
    server = message.get("server") or message.sent_from_server
    return Hop(message.get("hop", "?"), server, message.get("action"), message.get("next"), message.get("reason"))


def to_line(hop: Hop, when: datetime) -> str:
    """One line for a person.

    Args:
        hop: What was told.
        when: Local time at which it was heard.
    """
    onward = f" to {hop.next}" if hop.next else ""
    reason = f" ({hop.reason})" if hop.reason else ""
    return printable(f"{stamp(when)} {hop.hop:>2} {hop.server:<12} {hop.action}{onward}{reason}")
