"""Carries events to the router and does what it asks; the only place where the pure core and the sockets meet.

An event that the router cannot handle is lost alone: the failure is logged with its traceback and told to the router, and the
next event is served as if nothing had happened.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol

from structlog.typing import FilteringBoundLogger

from communicator.daemon.alarm import Alarm
from communicator.daemon.back_pressure import BackPressure
from communicator.daemon.host import LoadSampler
from communicator.daemon.link import Link
from communicator.daemon.link_shares import LinkShares
from communicator.daemon.notices import NoticeLog
from communicator.daemon.turns import Turns
from communicator.fairness.sources import Standing
from communicator.protocol.first_words import OtherProtocol
from communicator.router import Router
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import RouterConfig

_NO_CONTEXT = Context()
RETRY_S = 1.0
"""How long a deadline that could not be dealt with waits for the next try."""
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")
_LAST_WORDS = (
    *(events.LinkEnded, events.LineTooLong, events.SpokeOtherwise, events.UserIdentified),
    *(events.CredentialChecked, events.Measured, events.Continued),
)
"""Events a link waits for: when one fails, no other will come that lets the link go or go on."""


class Surroundings(Protocol):
    """Whom to ask what is known of no link alone."""

    def identify(self, link: Link) -> events.User | None:
        """The user at the other end of a link, as far as it can be told."""

    def check_password(self, effect: effects.CheckCredential, done: Callable[[events.Credential | None], None]) -> None:
        """Verify a password; call back later with what it opens, or None when it is not right."""

    def process_of(self, link: Link) -> events.Process | None:
        """The process at the other end of a link, as far as it can be told; None where that is on another host."""

    def measure(self, link: Link) -> events.Measured:
        """What only the shell knows, for a link that asked."""


class Dispatcher:
    """One router and its links.

    Args:
        router: It.
        surroundings: The rest of the daemon.
        stall_s: How long a slow consumer may hold producers up.
        log: Where notices go.
    """

    _next_look: asyncio.Handle | None = None

    def __init__(self, router: Router, surroundings: Surroundings, stall_s: float, log: FilteringBoundLogger) -> None:
        self.links: dict[int, Link] = {}
        """Every link that is connected, by its number."""
        self.link_shares = LinkShares()
        """Whose they are."""
        self.no_links = asyncio.Event()
        """Set while there is none."""
        self.no_links.set()
        self.back_pressure = BackPressure(stall_s, time.monotonic, self._stall_changed)
        """Who waits for whom."""
        self._router, self._surroundings = router, surroundings
        self._turns = Turns(self.back_pressure.stalls, self.dispatch, self._measure, time.monotonic, time.thread_time)
        self._held: set[Link] = set()
        """Whom the router was told to be held up."""
        self._notices = NoticeLog(log, time.monotonic)
        self._alarm = Alarm(lambda: self.dispatch(events.DeadlineReached()), time.monotonic)
        self._load = LoadSampler(lambda average: self.dispatch(events.LoadSampled(average)))
        self._waiting: deque[tuple[events.Event, Link | None]] = deque()
        self._busy = self._tells_units = False
        self._retry_s = 0.0
        """Before then no deadline is tried."""
        self.deeds: dict[type, Callable[[Any], None]] = {
            effects.SampleLoad: lambda effect: self._load.switch(enabled=effect.enabled),
            effects.Notice: self._notices.write,
            effects.CheckCredential: self._check_credential,
            effects.Offer: self._offer,
            effects.LookAgain: self._look_again,
        }
        """What is done for an effect that is about no link; the daemon adds what is done elsewhere."""
        self._deeds_of_links: dict[type, Callable[[Link, Any, Link | None], None]] = {
            effects.Send: self._send,
            effects.Close: lambda link, effect, _: link.close(effect.reason),
            effects.RouterLinked: self._router_linked,
            effects.AllowLongLines: lambda link, *_: link.allow_long_lines(),
            effects.SetQueuePolicy: self._set_queue_policy,
            effects.Identify: self._identify,
            effects.Measure: lambda link, *_: self._turns.put_off_measuring(link),
            effects.Continue: lambda link, *_: self._turns.put_off(link),
        }
        """Done where the link is there still."""

    def dispatch(self, event: events.Event, producer: Link | None = None) -> None:
        """Let the router handle an event and do what it asks; events that arise meanwhile follow in order.

        Args:
            event: What happened.
            producer: The local link that made it happen, which may be stalled for it.
        """
        if self._busy:
            self._waiting.append((event, producer))
            return
        self._busy = True
        try:
            self._perform(self._handle(event), producer)
            while self._waiting:
                event, producer = self._waiting.popleft()
                self._perform(self._handle(event), producer)
        finally:
            self._busy = False
        self._set_alarm()

    def begin(self) -> None:
        """Do what the router asks for before anything has happened: a router that nobody talks to dials all the same."""
        self.dispatch(events.DeadlineReached())

    def reconfigure(self, config: RouterConfig) -> None:
        """Give the router new rules."""
        self._perform(self._router.reconfigure(config, _now()), None)
        self._set_alarm()

    def standing(self, host: str) -> Standing:
        """How the address of another host stands, for the doors."""
        return self._router.standing(host, time.monotonic())

    def link_opened(self, link: Link, event: events.LinkOpened) -> None:
        """A link is connected, and can be written to from now on."""
        self.links[link.number] = link
        self.no_links.clear()
        self.dispatch(event)
        if self._tells_units:
            self._tell_unit(link)

    def notice(self, level: effects.Level, event: str, /, **fields: object) -> None:
        """Log what a peer can bring about: that is bounded."""
        self._notices.write(effects.Notice(level, event, fields))

    def quiet(self) -> None:
        """Stop the timers: nothing happens any more by itself."""
        self._notices.settle()
        self._alarm.set(None)
        self._load.switch(enabled=False)
        if self._next_look is not None:
            self._next_look.cancel()

    def lines_received(self, link: Link, lines: bytes) -> None:
        """Whole lines came in."""
        self._turns.take(link, events.LinesReceived(link.number, lines))

    def line_too_long(self, link: Link, limit_bytes: int) -> None:
        """A line beyond the limit came in; nothing more is read, and the router closes when it has done the rest."""
        self._turns.take(link, events.LineTooLong(link.number, limit_bytes))

    def other_protocol(self, link: Link, protocol: OtherProtocol) -> None:
        """The peer speaks another protocol; nothing more is read, and the router closes."""
        self.dispatch(events.SpokeOtherwise(link.number, protocol), link)

    def link_ended(self, link: Link) -> None:
        """The peer writes no more."""
        self._turns.take(link, events.LinkEnded(link.number))

    def link_closed(self, link: Link) -> None:
        """It is gone."""
        del self.links[link.number]
        self.link_shares.give_back(link.number)
        if not self.links:
            self.no_links.set()
        self._held.discard(link)
        self.back_pressure.forget(link)
        self._turns.forget(link)
        if link.queued_bytes and link.close_reason is not events.CloseReason.SLOW:  # of that the router tells, by name
            self.notice(
                effects.Level.WARNING,
                "queue_lost",
                door=link.kind,
                reason=link.close_reason,
                queued_bytes=link.queued_bytes,
            )
        self.dispatch(events.LinkClosed(link.number, link.close_reason, link.queued_bytes))

    def fell_behind(self, link: Link) -> None:
        """Its consumer reads too slowly."""
        self._tell_held(link)

    def caught_up(self, link: Link) -> None:
        """Its consumer has read nearly all."""
        self._tell_held(link)
        self.back_pressure.caught_up(link)

    def lines_dropped(self, link: Link, lines: int) -> None:
        """What had waited longest for its consumer was thrown away."""
        self.dispatch(events.LinesDropped(link.number, lines))

    def _set_alarm(self) -> None:
        try:
            deadline_s = self._router.next_deadline()
        except Exception:  # noqa: BLE001 - the event before is dealt with, and the next one is served
            self.notice(effects.Level.ERROR, "handler_failed", stage="next_deadline", exc_info=True)
            deadline_s = time.monotonic() + RETRY_S
        if deadline_s != self._alarm.at_s:  # most events are lines, which change no deadline
            self._alarm.set(deadline_s if deadline_s is None else max(deadline_s, self._retry_s))

    def _stall_changed(self, link: Link) -> None:
        self._tell_held(link)
        if not self.back_pressure.stalls(link):
            self._turns.released(link)

    def _tell_held(self, link: Link) -> None:
        """Tell the router when a link cannot answer, or can again; of one that may be behind for ever, that is no excuse."""
        is_behind = link.behind and not link.drops
        held = link.number in self.links and (is_behind or self.back_pressure.stalls(link))
        if held == (link in self._held):
            return
        if held:
            self._held.add(link)
        else:
            self._held.discard(link)
        self.dispatch(events.LinkHeld(link.number, held))

    def _handle(self, event: events.Event) -> list[effects.Effect]:
        try:
            return self._router.handle(event, _now())
        except Exception as error:  # noqa: BLE001 - whatever it is, only this event is lost
            stage = _WORD_START.sub("_", type(event).__name__).lower()
            self.notice(effects.Level.ERROR, "handler_failed", stage=stage, exc_info=True)
            if isinstance(event, events.DeadlineReached):
                self._retry_s = time.monotonic() + RETRY_S
            if isinstance(event, _LAST_WORDS) and event.link in self.links:
                self.links[event.link].close(events.CloseReason.HUP)
            if isinstance(event, events.HandlerFailed):
                return []
            return self._handle(events.HandlerFailed(stage, repr(error)))

    def _perform(self, wanted: list[effects.Effect], producer: Link | None) -> None:
        for effect in wanted:
            try:
                self._do(effect, producer)
            except Exception:  # noqa: BLE001 - the other effects still happen
                self.notice(effects.Level.ERROR, "effect_failed", effect=type(effect).__name__, exc_info=True)

    def _do(self, effect: Any, producer: Link | None) -> None:  # noqa: ANN401 - the tables know which it is
        of_link = self._deeds_of_links.get(type(effect))
        if of_link is None:
            self.deeds[type(effect)](effect)
        elif (link := self.links.get(effect.link)) is not None:
            of_link(link, effect, producer)

    def _send(self, link: Link, effect: effects.Send, producer: Link | None) -> None:
        link.send(effect)
        if link.behind and not (effect.droppable or link.closing or link.drops):
            self.back_pressure.wait_for(link, producer)

    def _offer(self, effect: effects.Offer) -> None:
        """Write a copy to a link where little waits; the answer comes once, whatever becomes of the link."""
        link = self.links.get(effect.link)

        def taken() -> None:
            self.dispatch(events.Offered(effect.link, effect.ticket, taken=True))

        def refused() -> None:
            self.dispatch(events.Offered(effect.link, effect.ticket, taken=False))

        if link is None:
            refused()
        else:
            link.offers.put(effect.data, taken, refused)

    def _look_again(self, effect: effects.LookAgain) -> None:
        """Let the router look at what it has put off, once all that is ready now has had its turn."""
        if self._next_look is not None:
            self._next_look.cancel()
        loop = asyncio.get_running_loop()
        if effect.after_s:
            self._next_look = loop.call_later(effect.after_s, self._look, context=_NO_CONTEXT)
        else:  # to copy our context takes as long as the rest
            self._next_look = loop.call_soon(self._look, context=_NO_CONTEXT)

    def _look(self) -> None:
        self._next_look = None
        self.dispatch(events.PutOff())

    def _router_linked(self, link: Link, _effect: effects.RouterLinked, _producer: Link | None) -> None:
        link.leads_to_router = True
        link.allow_long_lines()

    def _set_queue_policy(self, link: Link, effect: effects.SetQueuePolicy, _producer: Link | None) -> None:
        link.set_drops(effect.policy is effects.QueuePolicy.DROP)
        if link.drops:
            self.back_pressure.caught_up(link)  # whoever has waited for it need not go on doing so
        self._tell_held(link)

    def _identify(self, link: Link, _effect: effects.Identify, producer: Link | None) -> None:
        user = None
        try:
            user = self._surroundings.identify(link)
        finally:
            self._waiting.appendleft((events.UserIdentified(link.number, user), producer))

    def tell_units(self, effect: effects.TellUnits) -> None:
        """Tell the router of the processes of this host from now on; of links that are there already before anything else."""
        self._tells_units = effect.enabled
        for link in self.links.values() if effect.enabled else ():
            self._tell_unit(link)

    def _tell_unit(self, link: Link) -> None:
        process: events.Process | None = events.Process()
        try:
            process = self._surroundings.process_of(link)
        except Exception:  # noqa: BLE001 - such as no descriptor left: the link waits for an answer
            self.notice(effects.Level.ERROR, "process_not_found", exc_info=True)
        if process is not None:
            self.dispatch(events.UnitIdentified(link.number, process))

    def _check_credential(self, effect: effects.CheckCredential) -> None:
        """Nothing more is read of a link until its password was verified; where it is gone the answer counts all the same."""
        link = self.links.get(effect.link)

        def done(credential: events.Credential | None) -> None:
            self.dispatch(events.CredentialChecked(effect.link, credential), link)
            if link is not None and self.links.get(effect.link) is link:
                link.resume_reading()

        if link is not None:
            link.pause_reading()
        try:
            self._surroundings.check_password(effect, done)
        except Exception:
            done(None)
            raise

    def _measure(self, link: Link) -> None:
        try:
            measured = self._surroundings.measure(link)
        except Exception:  # noqa: BLE001 - such as no descriptor left to open /proc with; the link waits for an answer
            self.notice(effects.Level.ERROR, "measure_failed", exc_info=True)
            measured = events.Measured(link.number, ())
        self.dispatch(measured, link)


def _now() -> events.Instant:
    return events.Instant(time.monotonic(), time.time_ns())
