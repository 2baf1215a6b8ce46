"""One link: bytes in become whole lines, bytes out are written or counted as waiting; what they mean is not its business."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import msgspec

from communicator.daemon.offers import Offers
from communicator.daemon.settings import LimitsSettings
from communicator.daemon.shelf import Shelf
from communicator.protocol.first_words import OtherProtocol, other_protocol_of_bytes, other_protocol_of_line
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_HARD
from communicator.protocol.line_buffer import LineBuffer
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import CloseReason, LinkKind, LinkMeasure

READ_BYTES = 512 * 1024
"""What is read at once: much, so that a busy sender costs few turns of the loop (4 to 12 % less than with half of it); passing
it on still takes less than half a millisecond."""

FIRST_READ_BYTES = 32 * 1024
"""What is read until a link has said its first line: when hundreds come at once, each is read from before any has to wait."""

LINGER_S = 1.0
LINGER_BYTES = 256 * 1024
"""How long, and how much of what the peer still says, we wait for it to read a reproach: closing a socket that has unread
bytes resets it, and the last words may be lost with it. Closing TLS waits by itself for the peer to say that it has read."""
_REPROACHES = frozenset((CloseReason.PROTOCOL, CloseReason.LIMIT))
SHELF_BYTES = 1024 * 1024
"""What is kept at most for a consumer that drops, beyond what waits in its transport: a second of traffic at 1 MiB/s."""
_SHELF_PART = 4  # of queue_bytes, where that is small
COPIES_PART = 4
"""A copy that nobody depends on is written only while no more than this part of queue_bytes waits: the rest is for all else."""
REMOTE_QUEUE_BYTES = 64 * 1024 * 1024
"""What may wait for another router: the messages of a whole host go over one link."""


class RemoteLimits(msgspec.Struct, frozen=True):
    """Bounds of a link to another router: answers and link states are long, and cutting it costs a whole host."""

    drain_s: float
    line_bytes: int = LINE_BYTES
    """Until the peer has shown who it is; then they are as long as the protocol has them."""
    queue_bytes: int = REMOTE_QUEUE_BYTES


LinkLimits: TypeAlias = LimitsSettings | RemoteLimits
"""Bounds of one link: what may be the longest line, what may wait for its consumer, and how long for at the end."""


class LinkOwner(Protocol):
    """Who is told what happens on a link."""

    def lines_received(self, link: "Link", lines: bytes) -> None:
        """Whole lines came in."""

    def line_too_long(self, link: "Link", limit_bytes: int) -> None:
        """A line beyond the limit came in; nothing more is read."""

    def other_protocol(self, link: "Link", protocol: OtherProtocol) -> None:
        """What the peer said first is of another protocol; nothing of it is passed on, and nothing more is read."""

    def link_ended(self, link: "Link") -> None:
        """The peer writes no more."""

    def link_closed(self, link: "Link") -> None:
        """It is gone."""

    def fell_behind(self, link: "Link") -> None:
        """More waits for its consumer than the high-water mark."""

    def caught_up(self, link: "Link") -> None:
        """Its consumer has read nearly all."""

    def lines_dropped(self, link: "Link", lines: int) -> None:
        """So many lines that had waited longest for its consumer were thrown away."""


class Link(asyncio.BufferedProtocol):
    """A connected peer.

    Args:
        number: Its name towards the router.
        kind: Through which door it came.
        welcome: Called once it is connected, before the owner hears of it.
        owner: Who is told of all that happens later.
        limits: Its bounds.
        buffer: Where reads go, shared by all links: what was read is taken out before the loop turns to another.
    """

    __slots__ = (
        *("_buffer", "_deadline", "_ended", "_half_closes", "_known", "_limits", "_lines", "_lost", "_owner"),
        *(
            "_patience_bytes",
            "_pauses",
            "_shelf",
            "_transport",
            "_welcome",
            "behind",
            "close_reason",
            "closing",
            "drops",
            "kind",
        ),
        *("leads_to_router", "number", "offers", "queued_bytes", "received_bytes", "sent_bytes"),
    )

    def __init__(
        self,
        number: int,
        kind: LinkKind,
        welcome: Callable[["Link"], None],
        owner: LinkOwner,
        limits: LinkLimits,
        buffer: bytearray,
    ) -> None:
        self.number = number
        self.kind = kind
        self.behind = False
        """More waits to be written than the high-water mark."""
        self.leads_to_router = False
        """Another router is at the other end, and was accepted."""
        self.drops = False
        """While it is behind, what has waited longest is thrown away; see `set_drops`."""
        self.closing = False
        """Nothing that comes in counts any more, and nothing goes out but what waits."""
        self.close_reason = CloseReason.HUP
        """Why it ends: the peer hung up unless we say otherwise."""
        self.queued_bytes = 0
        """What was waiting when we cut it."""
        self.received_bytes = self.sent_bytes = 0
        self.offers = Offers(self)
        """Copies that were written, and are on their way."""
        self._welcome = welcome
        self._owner = owner
        self._limits = limits
        self._lines = LineBuffer(limits.line_bytes)
        self._buffer = buffer
        self._known = False
        self._pauses = 0
        self._shelf: Shelf | None = None
        self._ended = False
        self._half_closes = True
        self._lost = False
        self._patience_bytes = LINGER_BYTES
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """What carries it."""
        return self._transport

    def send(self, effect: Send) -> None:
        """Write lines; a copy nobody depends on is thrown away when the consumer is behind.

        Nothing is written to a peer that is gone: the loop tells us later, and would log each write until then.
        """
        if self.closing or (self.behind and effect.droppable) or self._transport.is_closing():
            return
        data = effect.data
        if self.behind and self._shelf is not None:
            self._put_on_shelf(self._shelf, data)
            return
        self.sent_bytes += len(data)
        self._transport.write(data)
        if self.behind and self._shelf is None and self._transport.get_write_buffer_size() > self._limits.queue_bytes:
            self.cut(CloseReason.SLOW)

    @property
    def left_bytes(self) -> int:
        """How much of what was written has left us; of a link that ends nobody can tell, since its buffer is thrown away."""
        return -1 if self._transport.is_closing() else self.sent_bytes - self._transport.get_write_buffer_size()

    def send_copy(self, data: bytes) -> bool:
        """Write lines if little waits; whether that was so."""
        waits = self._waiting_bytes() > self._limits.queue_bytes // COPIES_PART
        if self.closing or self.behind or waits or self._transport.is_closing():
            return False
        self.sent_bytes += len(data)
        self._transport.write(data)
        return True

    def set_drops(self, drops: bool) -> None:  # noqa: FBT001 - it is what is set
        """Throw away what has waited longest for a slow consumer, in place of cutting it; or no longer."""
        self.drops = drops
        if drops and self._shelf is None:
            self._shelf = Shelf(min(SHELF_BYTES, self._limits.queue_bytes // _SHELF_PART))
        elif not drops:
            self._clear_shelf()
            self._shelf = None

    def close(self, reason: CloseReason) -> None:
        """Close once all that waits is written, or when it takes too long."""
        if self.closing:
            return
        self.closing = True
        self.close_reason = reason
        self._clear_shelf()
        if self._lost:
            self._tell_closed()
        elif reason in _REPROACHES and self._half_closes and not self._ended and not self._transport.is_closing():
            self._linger()
        else:
            self._flush_and_close()

    def cut(self, reason: CloseReason) -> None:
        """Close at once; what waits is lost."""
        if not self.closing:
            self.close_reason = reason
        self.closing = True
        self.queued_bytes = self._waiting_bytes()
        self._transport.abort()

    def pause_reading(self) -> None:
        """Take nothing more from the peer until `resume_reading` was called as often as this."""
        self._pauses += 1
        if self._pauses == 1 and not self.closing:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again, unless there is another reason not to."""
        self._pauses -= 1
        if self._pauses:
            return
        if self._lost:
            self._tell_closed()
        elif not self.closing:
            self._transport.resume_reading()

    def measure(self) -> LinkMeasure:
        """What only we know of it."""
        return LinkMeasure(self.number, self._waiting_bytes(), self.received_bytes, self.sent_bytes)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop has connected us."""
        self._transport = cast("asyncio.Transport", transport)
        self._half_closes = self._transport.can_write_eof()  # not over TLS: one end ends both
        self._welcome(self)

    def get_buffer(self, _size_hint: int) -> memoryview:
        """Where the loop is to read into."""
        whole = memoryview(self._buffer)
        return whole if self._known else whole[:FIRST_READ_BYTES]

    def allow_long_lines(self) -> None:
        """From now on accept lines as long as the protocol has them."""
        self._lines.limit_bytes = LINE_BYTES_HARD

    def buffer_updated(self, size: int) -> None:
        """The loop has read."""
        if self.closing:
            self._patience_bytes -= size
            if self._patience_bytes < 0:
                self._flush_and_close()
            return
        lines = self._lines.feed(self._buffer, size)
        if not self._known and self._speaks_otherwise(lines):
            return
        self.received_bytes += size
        if lines:
            self._owner.lines_received(self, lines)
        if self._lines.too_long and not self.closing:
            self.pause_reading()  # for good
            self._owner.line_too_long(self, self._lines.limit_bytes)

    def eof_received(self) -> bool:
        """The peer writes no more; a last line without its newline counts. True: it may still read, which is not so over TLS."""
        if not self.closing:
            lines = self._lines.finish()
            if lines:
                self._owner.lines_received(self, lines)
        self._ended = True
        if self.closing:
            self._flush_and_close()
        else:
            self._owner.link_ended(self)
        if not (self._half_closes or self._pauses):
            self.close(CloseReason.HUP)
        return self._half_closes

    def connection_lost(self, _error: Exception | None) -> None:
        """The loop has let go of the peer."""
        self._set_deadline(None)
        self.offers.end()
        if self._ended and self._pauses and not (self._half_closes or self.closing or self.behind):
            self._lost = True  # what it said last is still being dealt with: told once that is done
        else:
            self._tell_closed()

    def pause_writing(self) -> None:
        """More waits than the high-water mark."""
        self.behind = True
        self._owner.fell_behind(self)

    def resume_writing(self) -> None:
        """Less waits than the low-water mark: the shelf is next, and may be too much again."""
        self.behind = False
        self._clear_shelf()
        if not self.behind:
            self._owner.caught_up(self)

    def _speaks_otherwise(self, lines: bytes) -> bool:
        """Whether the peer speaks another protocol, of which nothing is passed on; asked until its first line is there."""
        self._known = bool(lines)
        protocol = other_protocol_of_line(lines) if lines else None
        if not self.received_bytes:
            protocol = protocol or other_protocol_of_bytes(bytes(self._buffer[:1]))
        if protocol is None:
            return False
        self.pause_reading()  # for good
        self._owner.other_protocol(self, protocol)
        return True

    def _put_on_shelf(self, shelf: Shelf, lines: bytes) -> None:
        dropped = shelf.put(lines)
        if dropped:
            self._owner.lines_dropped(self, dropped)

    def _clear_shelf(self) -> None:
        """Write what is on the shelf; to a peer that is gone, nothing."""
        if self._shelf is None or not self._shelf.bytes:
            return
        lines = self._shelf.take()
        if not self._transport.is_closing():
            self.sent_bytes += len(lines)
            self._transport.write(lines)

    def _waiting_bytes(self) -> int:
        shelved = 0 if self._shelf is None else self._shelf.bytes
        return self._transport.get_write_buffer_size() + shelved

    def _tell_closed(self) -> None:
        self._lost = False
        self.closing = True
        self._owner.link_closed(self)

    def _linger(self) -> None:
        """Say that we are done, and let the peer read that before the socket goes."""
        self._transport.write_eof()
        if self._pauses:
            self._transport.resume_reading()
        self._set_deadline(asyncio.get_running_loop().call_later(LINGER_S, self._flush_and_close))

    def _flush_and_close(self) -> None:
        if (
            not self._transport.is_closing()
        ):  # a TLS transport of asyncio forgets what it carries when it is closed twice
            self._transport.close()
        late = asyncio.get_running_loop().call_later(self._limits.drain_s, self.cut, self.close_reason)
        self._set_deadline(late)

    def _set_deadline(self, timer: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = timer
