"""The switchboard of one host: `handle(event, now)` says what is to be done; it does no I/O and reads no clock."""

from collections.abc import Callable
from typing import Any

from communicator.fairness.sources import Standing
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.router.cores.fence import WAITING
from communicator.router.delivery.mirroring import look_at_notes, mirrors_due
from communicator.router.delivery.repertoire import recall, review
from communicator.router.features.clock_status import settle_clock
from communicator.router.features.fencing import process_told
from communicator.router.features.information import router_stats
from communicator.router.features.load import forget_load, tell_load
from communicator.router.features.registration import settle_contests, withdraw
from communicator.router.features.runs import report_untold_runs
from communicator.router.features.slow_consumers import apply_queue_policy, tell_cut, tell_dropped
from communicator.router.features.stopping import drain
from communicator.router.features.wrong_door import turn_away
from communicator.router.path.fence import hear_datagram, hear_fenced
from communicator.router.path.forwarding import count_lines, forward
from communicator.router.peering import bus, handshake
from communicator.router.peering.admission import credential_checked, revoke
from communicator.router.peering.parting import attempt_failed, part
from communicator.router.switchboard import Switchboard
from communicator.router.upkeep import begin, renew, upkeep
from communicator.router.vocabulary import events
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Continue, Effect, Level, StopMode
from communicator.router.vocabulary.registry import Link

STRANGER_BYTES = 2 * 1024 * 1024
"""What a link from another host may say while its password is checked or its name decided: the link states of a large cluster."""
RESUMED_BYTES = 64 * 1024
"""Of the lines that were parked so many go on at once, since all that go on are searched through, however few are then read."""
_DATAGRAM_LINK = -1
"""The number of the link every datagram seems to come over; nothing can be sent to it."""


class Router:
    """Decides where every line goes and what the router itself answers.

    Args:
        config: Its identity and rules.
        now: When it starts.
        carrier: What brings lines to other routers, if not links that it keeps with each.
    """

    def __init__(self, config: RouterConfig, now: events.Instant, carrier: Carrier | None = None) -> None:
        self._board = Switchboard(config, now, carrier)
        recall(self._board)
        begin(self._board, now)
        self._signal = Link(_DATAGRAM_LINK, events.LinkKind.SIGNAL, "signal", user_known=True)
        self._handlers: dict[type, Callable[[Any, events.Instant], None]] = {
            events.LinkOpened: self._link_opened,
            events.DialFailed: lambda event, now: attempt_failed(self._board, event.dial, event.reason, now),
            events.CredentialChecked: self._credential_checked,
            events.CredentialsRevoked: self._credentials_revoked,
            events.LinkClosed: self._link_closed,
            events.DatagramReceived: self._datagram_received,
            events.DeadlineReached: self._deadline_reached,
            events.LoadSampled: lambda event, now: tell_load(self._board, event.average, now),
            events.LinesDropped: lambda event, _now: tell_dropped(self._board, event),
            events.ServersReached: lambda event, now: bus.reached(self._board, event, now),
            events.Offered: lambda event, now: self._board.offered(event.ticket, now, taken=event.taken),
            events.PutOff: lambda _event, now: look_at_notes(self._board, now),
            events.HandlerFailed: self._handler_failed,
            events.StopRequested: lambda event, now: drain(self._board, StopMode.STOP, event.by, now),
        }
        self._handlers_of_links: dict[type, Callable[[Link, Any, events.Instant], None]] = {
            events.LinesReceived: self._lines_received,
            events.UserIdentified: self._user_identified,
            events.UnitIdentified: self._unit_identified,
            events.LineTooLong: self._line_too_long,
            events.SpokeOtherwise: self._spoke_otherwise,
            events.LinkEnded: self._link_ended,
            events.LinkHeld: self._link_held,
            events.Measured: self._measured,
            events.Continued: lambda link, _, now: self._resume(link, now),
        }
        """Called where the link is there still."""

    def handle(self, event: events.Event, now: events.Instant) -> list[Effect]:
        """Take one event.

        Args:
            event: What happened; events of one link come in the order they happened.
            now: The time; never earlier, on the monotonic clock, than before.

        Returns:
            What is to be done, in this order.
        """
        self._board.now_s = now.monotonic_s
        self._take(event, now)
        return self._board.take_effects()

    def next_deadline(self) -> float | None:
        """When `DeadlineReached` is due, on the monotonic clock in seconds; None when nothing waits."""
        return self._board.deadlines.earliest_s

    def standing(self, address: str, now_s: float) -> Standing:
        """How the address of another host stands, for whoever lets it in.

        Args:
            address: Without a port.
            now_s: On the monotonic clock.
        """
        return self._board.mesh.sources.standing(address, now_s)

    def reconfigure(self, config: RouterConfig, now: events.Instant) -> list[Effect]:
        """Take new rules while running: known services and what is said of them, owners, who may stop it, limits.

        Args:
            config: The new rules; the identity must be the old one.
            now: The time.

        Returns:
            What is to be done.
        """
        board = self._board
        board.config = config
        board.cache.waiting.resize(config.limits.cache_messages, config.limits.cache_bytes)
        board.registrations.maximum = config.limits.registrations
        board.cache.service_bytes_max = config.limits.cache_service_bytes
        review(board)
        for link in board.registry.registered():
            apply_queue_policy(board, board.config, link)
        renew(board, now)
        return board.take_effects()

    def _take(self, event: Any, now: events.Instant) -> None:  # noqa: ANN401 - the tables know which it is
        of_link = self._handlers_of_links.get(type(event))
        if of_link is None:
            self._handlers[type(event)](event, now)
        elif (link := self._board.registry.links.get(event.link)) is not None:
            of_link(link, event, now)

    def _link_opened(self, event: events.LinkOpened, now: events.Instant) -> None:
        link = Link(
            event.link,
            event.kind,
            event.address,
            event.user,
            user_known=event.kind is events.LinkKind.UNIX or event.kind.is_remote,
            dial=event.dial,
            certificate=event.certificate,
        )
        self._board.registry.links[event.link] = link
        if link.kind.is_local and self._board.fence.is_told:
            link.fence = WAITING
        self._board.statistics.connections_opened[event.kind] += 1
        if self._board.draining:
            self._board.answer(link, "QUITTING")
            self._board.close(link, events.CloseReason.DRAIN)
        elif self._board.carrier.opened(link):
            bus.join(self._board, link)
        elif link.kind.is_remote:
            handshake.greet(self._board, link, now)

    def _lines_received(self, link: Link, event: events.LinesReceived, now: events.Instant) -> None:
        if link.closing:
            return
        board, statistics = self._board, self._board.statistics
        statistics.received_bytes[link.kind] += len(event.lines)
        if board.taps:
            board.tap("in", link, event.lines)
        if link.is_parked:
            self._park_more(link, event.lines, now)
            statistics.messages_received[link.kind] += count_lines(event.lines)
        else:
            deal = forward if link.fence is None else hear_fenced
            statistics.messages_received[link.kind] += deal(board, link, event.lines, now)

    def _park_more(self, link: Link, lines: bytes, now: events.Instant) -> None:
        """What comes while an answer is awaited; a stranger, who may wait long, is not to fill our memory meanwhile."""
        if link.is_stranger and len(link.parked) + len(lines) > STRANGER_BYTES:
            link.is_parked = False
            link.parked = b""
            self._board.notice(Level.WARNING, "stranger_too_talkative", link=link.name, limit_bytes=STRANGER_BYTES)
            self._let_go(link, now, events.CloseReason.LIMIT)
        else:
            link.parked += lines

    def _credential_checked(self, event: events.CredentialChecked, now: events.Instant) -> None:
        credential_checked(self._board, event.link, event.credential, now)
        link = self._board.registry.links.get(event.link)
        if link is not None:
            self._resume(link, now)

    def _credentials_revoked(self, event: events.CredentialsRevoked, now: events.Instant) -> None:
        for link in revoke(self._board.registry, event):
            self._board.notice(Level.WARNING, "credentials_revoked", link=link.name)
            self._let_go(link, now, events.CloseReason.AUTH)

    def _user_identified(self, link: Link, event: events.UserIdentified, now: events.Instant) -> None:
        link.user = event.user
        link.user_known = True
        self._resume(link, now)

    def _unit_identified(self, link: Link, event: events.UnitIdentified, now: events.Instant) -> None:
        if link.closing:
            return
        was_waiting = link.fence is WAITING
        process_told(self._board, link, event.process, now)
        if was_waiting:
            self._resume(link, now)

    def _measured(self, link: Link, event: events.Measured, now: events.Instant) -> None:
        router_stats(self._board, link, event, now)
        self._resume(link, now)

    def _resume(self, link: Link, now: events.Instant) -> None:
        """The shell has answered: the link's lines go on, and what came after them is dealt with."""
        if not link.is_parked:
            return
        if link.reading is not None and link.reading.outcome is None and not link.closing:
            link.reading.go_on()
            self._board.ask(Continue(link.id))
            return
        lines, rest = _cut(link.parked)
        link.is_parked, link.parked = False, b""
        if lines and not link.closing:
            deal = forward if link.fence is None else hear_fenced
            deal(self._board, link, lines, now)  # counted when they came
        if link.reading is not None and link.reading.outcome is not None:
            link.reading = None  # dealt with, or it need not be read any more
        if link.is_parked:
            link.parked += rest
        elif rest and not link.closing:
            self._board.park(link, rest, Continue(link.id))
        self._finish(link, now)

    def _line_too_long(self, link: Link, event: events.LineTooLong, now: events.Instant) -> None:
        link.line_limit_bytes = event.limit_bytes
        self._finish(link, now)

    def _spoke_otherwise(self, link: Link, event: events.SpokeOtherwise, now: events.Instant) -> None:
        if link.closing:
            return
        turn_away(self._board, link, event.protocol)
        self._let_go(link, now, events.CloseReason.PROTOCOL)

    def _link_ended(self, link: Link, _event: events.LinkEnded, now: events.Instant) -> None:
        link.ended = True
        self._finish(link, now)

    def _finish(self, link: Link, now: events.Instant) -> None:
        """Let a link go that has nothing more to say, once everything it said has been dealt with."""
        if link.is_parked or link.closing:
            return
        if link.line_limit_bytes:
            limit = link.line_limit_bytes
            self._board.statistics.dropped["too_long"] += 1
            self._board.notice(Level.WARNING, "line_too_long", link=link.name, limit_bytes=limit)
            self._board.refuse(link, "", f"line is longer than {limit} bytes; the link is closed")
            self._let_go(link, now, events.CloseReason.PROTOCOL)
        elif link.ended:
            self._let_go(link, now, events.CloseReason.HUP)

    def _link_held(self, link: Link, event: events.LinkHeld, _now: events.Instant) -> None:
        link.held = event.held

    def _link_closed(self, event: events.LinkClosed, now: events.Instant) -> None:
        board = self._board
        link = board.registry.links.pop(event.link, None)
        if link is None:
            return
        board.statistics.closed[link.kind, event.reason] += 1
        if event.reason is events.CloseReason.SLOW:
            tell_cut(board, board.statistics, link, event.queued_bytes)
        link.closing = True
        self._leave(link, now, event.reason)

    def _let_go(self, link: Link, now: events.Instant, reason: events.CloseReason) -> None:
        self._leave(link, now, reason)
        self._board.close(link, reason)

    def _leave(self, link: Link, now: events.Instant, reason: events.CloseReason) -> None:
        """A link is of no more use: whatever hung on it ends."""
        board = self._board
        board.contests.give_up(link)
        withdraw(board, link, "lost", now)
        forget_load(board, link)
        board.taps.discard(link)
        board.mesh.unlisted.forget(link.id)
        if link.is_bus:
            bus.leave(board, link, now)
        elif link.kind.is_remote:
            board.mesh.gate.gone(link.id)
            part(board, link, reason, now)

    def _datagram_received(self, event: events.DatagramReceived, now: events.Instant) -> None:
        board = self._board
        if board.draining:
            return
        board.statistics.received_bytes[events.LinkKind.SIGNAL] += len(event.data)
        line = event.data.strip()
        if board.taps:
            board.tap("in", self._signal, line)
        if b"\n" in line or len(line) > LINE_BYTES_AT_ONCE:  # what nobody can go on with is not to be read in steps
            board.statistics.dropped["invalid"] += 1
        else:
            board.statistics.messages_received[events.LinkKind.SIGNAL] += hear_datagram(
                board, self._signal, event, line + b"\n", now
            )

    def _deadline_reached(self, _event: events.DeadlineReached, now: events.Instant) -> None:
        settle_contests(self._board, now)
        settle_clock(self._board, self._board.clock, now)
        report_untold_runs(self._board, now)
        self._board.cache.expire(now.monotonic_s)
        mirrors_due(self._board, now)
        upkeep(self._board, now)

    def _handler_failed(self, event: events.HandlerFailed, _now: events.Instant) -> None:
        self._board.statistics.handler_exceptions[event.stage] += 1


def _cut(lines: bytes) -> tuple[bytes, bytes]:
    """The first lines, as many as go on at once and at least one, and the others."""
    end = lines.find(b"\n", RESUMED_BYTES) + 1
    return (lines[:end], lines[end:]) if end else (lines, b"")
