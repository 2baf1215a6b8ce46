"""Carries events to the router and does what it asks; the only place where the pure core and the sockets meet.

An event that the router cannot handle is lost alone: the failure is logged with its traceback and told to the router, and the
next event is served as if nothing had happened.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from structlog.typing import FilteringBoundLogger

from communicator.daemon.alarm import Alarm
from communicator.daemon.back_pressure import BackPressure
from communicator.daemon.host import LoadSampler
from communicator.daemon.link import Link
from communicator.daemon.notices import NoticeLog
from communicator.router.config import RouterConfig
from communicator.router.effects import (
    Close,
    Effect,
    Identify,
    Measure,
    Notice,
    ReopenLog,
    SampleLoad,
    Send,
    Stop,
    StopMode,
)
from communicator.router.events import (
    CloseReason,
    DeadlineReached,
    Event,
    HandlerFailed,
    Instant,
    LinesReceived,
    LineTooLong,
    LinkClosed,
    LinkEnded,
    LinkOpened,
    LoadSampled,
    Measured,
    User,
    UserIdentified,
)

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Core(Protocol):
    """The router, as the shell sees it."""

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event; say what is to be done."""

    def next_deadline(self) -> float | None:
        """When `DeadlineReached` is due, on the monotonic clock."""

    def reconfigure(self, config: RouterConfig, now: Instant) -> list[Effect]:
        """Take new rules."""


class Surroundings(Protocol):
    """What the router may ask for beyond its links."""

    def identify(self, link: Link) -> User | None:
        """The user at the other end of a link, as far as it can be told."""

    def measure(self, token: int) -> Measured:
        """What only the shell knows."""

    def reopen_log(self) -> None:
        """The log was moved away."""

    def stop(self, mode: StopMode) -> None:
        """The daemon is to end."""


class Dispatcher:
    """One router and its links.

    Args:
        core: The router.
        surroundings: The rest of the daemon.
        back_pressure: Who waits for whom.
        log: Where notices go.
    """

    def __init__(
        self, core: Core, surroundings: Surroundings, back_pressure: BackPressure, log: FilteringBoundLogger
    ) -> None:
        self.links: dict[int, Link] = {}
        """Every link that is connected, by its number."""
        self.no_links = asyncio.Event()
        """Set while there is none."""
        self.no_links.set()
        self._core = core
        self._surroundings = surroundings
        self._back_pressure = back_pressure
        self._log = log
        self._notices = NoticeLog(log, time.monotonic)
        self._alarm = Alarm(lambda: self.dispatch(DeadlineReached()), time.monotonic)
        self._load = LoadSampler(lambda average: self.dispatch(LoadSampled(average)))
        self._waiting: deque[tuple[Event, Link | None]] = deque()
        self._busy = False
        self._measured = False
        self._later: deque[Callable[[], None]] = deque()
        """Measurements put off, and ends of links that wait behind them."""
        self._deeds: dict[type, Callable[[Any, Link | None], None]] = {
            Send: self._send,
            Close: self._close,
            Identify: self._identify,
            Measure: self._measure,
            SampleLoad: lambda effect, _: self._load.switch(enabled=effect.enabled),
            Stop: lambda effect, _: self._surroundings.stop(effect.mode),
            ReopenLog: lambda _effect, _: self._surroundings.reopen_log(),
            Notice: lambda effect, _: self._notices.write(effect),
        }

    def dispatch(self, event: Event, producer: Link | None = None) -> None:
        """Let the router handle an event and do what it asks; events that arise meanwhile follow in order.

        Args:
            event: What happened.
            producer: The local link that made it happen, which may be stalled for it.
        """
        self._waiting.append((event, producer))
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                event, producer = self._waiting.popleft()
                self._perform(self._handle(event), producer)
        finally:
            self._busy = False
        self._alarm.set(self._core.next_deadline())

    def reconfigure(self, config: RouterConfig) -> None:
        """Give the router new rules."""
        self._perform(self._core.reconfigure(config, _now()), None)

    def link_opened(self, link: Link, event: LinkOpened) -> None:
        """A link is connected, and can be written to from now on."""
        self.links[link.number] = link
        self.no_links.clear()
        self.dispatch(event)

    def quiet(self) -> None:
        """Stop the timers: nothing happens any more by itself."""
        self._notices.settle()
        self._alarm.set(None)
        self._load.switch(enabled=False)

    def lines_received(self, link: Link, lines: bytes) -> None:
        """Whole lines came in."""
        self.dispatch(LinesReceived(link.number, lines), link)

    def line_too_long(self, link: Link, limit_bytes: int) -> None:
        """A line beyond the limit came in; nothing more is read."""
        self.dispatch(LineTooLong(link.number, limit_bytes), link)
        link.close(CloseReason.PROTOCOL)

    def link_ended(self, link: Link) -> None:
        """The peer writes no more; answers that are still to be measured for go first."""
        if self._later:
            self._later.append(lambda: self.dispatch(LinkEnded(link.number), link))
        else:
            self.dispatch(LinkEnded(link.number), link)

    def link_closed(self, link: Link) -> None:
        """It is gone."""
        del self.links[link.number]
        if not self.links:
            self.no_links.set()
        self._back_pressure.forget(link)
        if link.queued_bytes and link.close_reason is not CloseReason.SLOW:  # of that the router tells, by name
            self._log.warning("queue_lost", door=link.kind, reason=link.close_reason, queued_bytes=link.queued_bytes)
        self.dispatch(LinkClosed(link.number, link.close_reason, link.queued_bytes))

    def caught_up(self, link: Link) -> None:
        """Its consumer has read nearly all."""
        self._back_pressure.caught_up(link)

    def _handle(self, event: Event) -> list[Effect]:
        try:
            return self._core.handle(event, _now())
        except Exception as error:  # noqa: BLE001 - whatever it is, only this event is lost
            stage = _WORD_START.sub("_", type(event).__name__).lower()
            self._log.exception("handler_failed", stage=stage)
            if isinstance(event, LinkEnded) and event.link in self.links:
                self.links[event.link].close(CloseReason.HUP)
            if isinstance(event, HandlerFailed):
                return []
            return self._handle(HandlerFailed(stage, repr(error)))

    def _perform(self, effects: list[Effect], producer: Link | None) -> None:
        for effect in effects:
            try:
                self._deeds[type(effect)](effect, producer)
            except Exception:  # noqa: BLE001 - the other effects still happen
                self._log.exception("effect_failed", effect=type(effect).__name__)

    def _send(self, effect: Send, producer: Link | None) -> None:
        link = self.links.get(effect.link)
        if link is None:
            return
        link.send(effect)
        if link.behind and not (effect.droppable or link.closing):
            self._back_pressure.wait_for(link, producer)

    def _close(self, effect: Close, _producer: Link | None) -> None:
        link = self.links.get(effect.link)
        if link is not None:
            link.close(effect.reason)

    def _identify(self, effect: Identify, producer: Link | None) -> None:
        link = self.links.get(effect.link)
        if link is not None:
            user = self._surroundings.identify(link)
            self._waiting.appendleft((UserIdentified(link.number, user), producer))

    def _measure(self, effect: Measure, producer: Link | None) -> None:
        """At once, but only once in a turn of the loop: measuring visits every link, and others want their turn."""
        if not self._measured:
            self._measured = True
            self._waiting.append((self._surroundings.measure(effect.token), producer))
            asyncio.get_running_loop().call_soon(self._next_turn)
            return
        if producer is not None:
            producer.pause_reading()  # it has asked enough for now
        self._later.append(lambda: self._measure_later(effect.token, producer))

    def _measure_later(self, token: int, producer: Link | None) -> None:
        if producer is not None:
            producer.resume_reading()
        self.dispatch(self._surroundings.measure(token), producer)

    def _next_turn(self) -> None:
        self._measured = bool(self._later)
        if self._later:
            asyncio.get_running_loop().call_soon(self._next_turn)
            self._later.popleft()()


def _now() -> Instant:
    return Instant(time.monotonic(), time.time_ns())
