"""Says when the work of a link is done: at once as long as it is cheap, else in turn, a little in each turn of the loop.

A link whose work takes long again and again is *busy* for a while. All costly work together has one slice of a turn. What comes of
busy links when it is used up waits for the next turn, and meanwhile they are not read from: what they say stays in their sockets.
The same goes for links that are new and say much, and for those that were costly when they came last. So cheap lines of others
wait for two slices at most, the one under way and the next, however many links come at once; and uvloop, which would read a busy
stream 32 times before anybody else's turn, stops there.

It knows how long work takes, not what it is.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from heapq import heappop, heappush
from itertools import count

import msgspec

from communicator.daemon.link import Link
from communicator.router.vocabulary.events import Continued, Event, LinesReceived

SLICE_S = 0.0005
"""How long all busy links together may keep the others waiting in one turn of the loop; the last of them may overdraw it."""
FORWARDED_S = 0.002
FORWARDED_S_PER_BYTE = 5e-9
"""Reads whose bytes cost less than this were passed on unread, and may go on for so long: what is read together is written
together, which saves the receivers as many system calls. Looking into lines takes several times as much."""
CHEAP_S = 0.0001
"""What one read of a link may take without being watched: a hundred links that stay below delay the others by 10 ms."""
ALLOWANCE_S = 0.002
"""What a link that is watched may take beyond that before it is busy: whoever registers needs a part of it."""
COUNTED_S = 0.00025
"""What of one read counts: as much as the router does at once. More was a garbage collection, or finding out whose link it is."""
WATCHED_S = 30.0
"""How long that is remembered, and how long it is busy, from its last costly work on: then it starts with an allowance again."""
TRUSTED_READS = 16
"""After so many cheap reads in a row its processor time is not asked for any more, until a read takes long on the clock: asking
costs as much as passing on a short line. Then its allowance is as it was, too."""
FORGIVEN_READS = 8 * TRUSTED_READS
"""After so many in a row it is not busy any more."""
SHORT_BYTES = 8 * 1024
"""What a link that is not watched may say though the slice is used up: who is new and says more at once waits for its turn. Else
all of many that come together would have the first of their costly reads at once."""
RESUMED_S = 0.00005
"""What it takes to read from a link again: the kernel copies up to a whole buffer."""


class _Account(msgspec.Struct):
    """How a link stands that is watched."""

    until_s: float = 0.0
    """When it has been cheap for long enough."""
    cheap_reads: int = 0
    """Those since the last costly one."""
    costly_s: float = 0.0
    """Processor time of its costly work so far: what takes long on the clock may be the work of another process."""
    is_busy: bool = False
    spent_s: float = 0.0
    """What it has had of all slices; whoever has had least is next. It does not fall behind those that wait now."""
    slice_s: float = SLICE_S
    """What of a turn may be used up while it is still read from."""
    is_queued: bool = False
    """It waits for its turn, and is not read from."""
    is_parked: bool = False
    """Its router waits to go on with lines of it."""
    is_unmeasured: bool = False
    """Its router waits for a measurement."""
    events: deque[Event] = msgspec.field(default_factory=deque)
    """What happened on it since."""


class Turns:
    """Links that are watched, and of these the ones that wait.

    Args:
        stalled: Whether a link's consumers are behind; what waits then goes on waiting until `released`.
        handle: Called with what has happened on a link, when its time has come.
        measure: Called with a link whose router waits for a measurement.
        clock: Seconds that never step.
        cpu_clock: Seconds of processor time of this thread; asking it takes a system call.
    """

    def __init__(
        self,
        stalled: Callable[[Link], bool],
        handle: Callable[[Event, Link], None],
        measure: Callable[[Link], None],
        clock: Callable[[], float],
        cpu_clock: Callable[[], float],
    ) -> None:
        self._stalled = stalled
        self._handle = handle
        self._measure = measure
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._accounts: dict[Link, _Account] = {}
        self._ready: list[tuple[float, int, Link]] = []
        """A heap: what a link has had, and a number that grows, so that of two the one that came first is first."""
        self._count = count()
        self._served_s = 0.0
        """What each link that waits has had, if all have had alike."""
        self._held_up: set[Link] = set()
        """Those whose turn came while they were stalled."""
        self._spent_s = 0.0
        """What busy links have taken of this turn, and what was overdrawn before."""
        self._coming: asyncio.Handle | None = None
        self._context = Context()
        """Of all turns: to copy one for each takes as long as all else about a turn. Two loops cannot share one."""

    def take(self, link: Link, event: Event) -> None:
        """Handle what has happened on a link, now or in its turn; events of one link are handled in order."""
        account = self._accounts.get(link)
        is_trusted = account is None or account.cheap_reads >= TRUSTED_READS
        if is_trusted and (self._spent_s < SLICE_S or _is_short(event)):
            begun_s = self._clock()
            self._handle(event, link)
            took_s = self._clock() - begun_s
            if took_s > CHEAP_S:
                account = self._watch(link)
                account.cheap_reads = int(_is_short(event))  # it may have waited for the processor: the next will tell
                self._use_up(account, took_s)
            return
        account = account or self._watch(link)
        if account.is_queued or self._must_wait(account):
            account.events.append(event)
            self._enqueue(link, account)
        else:
            self._spend(link, account, event)

    def put_off(self, link: Link) -> None:
        """Let the router go on with a link in its turn: it had more to do than it does at once."""
        account = self._watch(link)
        account.is_busy = account.is_parked = True
        self._enqueue(link, account)

    def put_off_measuring(self, link: Link) -> None:
        """Measure for a link in its turn."""
        account = self._watch(link)
        account.is_unmeasured = True
        self._enqueue(link, account)

    def released(self, link: Link) -> None:
        """A link is no longer stalled."""
        if link in self._held_up:
            self._held_up.discard(link)
            self._push(link, self._accounts[link])

    def forget(self, link: Link) -> None:
        """A link is gone; where it stands in the queue it is passed over."""
        self._held_up.discard(link)
        self._accounts.pop(link, None)

    def _watch(self, link: Link) -> _Account:
        account = self._accounts.get(link)
        if account is None:
            account = self._accounts[link] = _Account()
        now_s = self._clock()
        if now_s > account.until_s or (account.cheap_reads >= TRUSTED_READS and not account.is_busy):
            account.costly_s = 0.0
        account.until_s, account.cheap_reads = now_s + WATCHED_S, 0
        return account

    def _spend(self, link: Link, account: _Account, event: Event | None) -> None:
        """Work for a link at the expense of the slice, where that is costly or it has waited; without an event, measure."""
        # Is it the link that takes long, or whoever else is at work on this machine? Once it is busy that does not matter.
        clock = self._clock if account.is_busy else self._cpu_clock
        counts = account.is_queued or account.is_busy
        begun_s = clock()
        if event is None:
            self._measure(link)
        else:
            self._handle(event, link)
        took_s = clock() - begun_s
        self._judge(link, account, took_s)
        if counts or took_s > CHEAP_S:
            self._use_up(account, took_s)
        if isinstance(event, LinesReceived):
            is_forwarded = took_s < len(event.lines) * FORWARDED_S_PER_BYTE and not account.is_parked
            account.slice_s = FORWARDED_S if is_forwarded else SLICE_S

    def _judge(self, link: Link, account: _Account, took_s: float) -> None:
        """Is it busy from now on, or no more?"""
        if took_s > CHEAP_S:
            self._watch(link)
            account.costly_s += min(took_s, COUNTED_S)
            account.is_busy = account.is_busy or account.costly_s >= ALLOWANCE_S
            return
        account.cheap_reads += 1
        if account.is_busy and (account.cheap_reads > FORGIVEN_READS or self._clock() > account.until_s):
            account.is_busy, account.costly_s = False, 0.0

    def _use_up(self, account: _Account, took_s: float) -> None:
        """Costly work was done, at the expense of the slice."""
        self._spent_s += took_s
        account.spent_s += took_s
        # Or ever new links would always go before those that have had a little.
        self._served_s += took_s / (len(self._ready) + 1)
        self._plan()

    def _must_wait(self, account: _Account) -> bool:
        """Whether the slice is used up for a link; who was cheap when it came last does not have to know."""
        return self._spent_s >= account.slice_s and (account.is_busy or not account.cheap_reads)

    def _enqueue(self, link: Link, account: _Account) -> None:
        if not account.is_queued:
            account.is_queued = True
            account.spent_s = max(account.spent_s, self._served_s)
            link.pause_reading()
            self._push(link, account)

    def _push(self, link: Link, account: _Account) -> None:
        # Who is not busy goes before those that are: what made it costly may be over, such as finding out whose link it is.
        heappush(self._ready, (account.spent_s if account.is_busy else 0.0, next(self._count), link))
        self._plan()

    def _plan(self) -> None:
        if self._coming is None:
            self._coming = asyncio.get_running_loop().call_soon(self._turn, context=self._context)

    def _turn(self) -> None:
        self._coming = None
        # One turn without busy links makes up for any overdraft: each that passes for nothing costs as much as a read.
        self._spent_s = min(max(0.0, self._spent_s - SLICE_S), SLICE_S) if self._ready else 0.0
        while self._ready and self._spent_s < SLICE_S:
            self._next()
        if self._ready:
            self._plan()

    def _next(self) -> None:
        had_s, _, link = heappop(self._ready)
        self._served_s = max(self._served_s, had_s)
        account = self._accounts.get(link)
        if account is None:
            return
        if self._stalled(link):
            self._held_up.add(link)
            return
        if account.is_unmeasured:
            account.is_unmeasured = False
            self._spend(link, account, None)
        elif account.is_parked:
            account.is_parked = False
            self._spend(link, account, Continued(link.number))
        elif account.events:
            self._spend(link, account, account.events.popleft())
        if account.is_unmeasured or account.is_parked or account.events:
            self._push(link, account)
        else:
            account.is_queued = False
            self._spent_s += RESUMED_S
            link.resume_reading()


def _is_short(event: Event) -> bool:
    return not isinstance(event, LinesReceived) or len(event.lines) <= SHORT_BYTES
