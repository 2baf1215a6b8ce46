"""The way of lines through the router: whole lines in, one write per destination out; a line is read only when it has to be.

The front of a line (`local_front`, `router_front`) says where it goes and what is written in place of that front. Each distinct
front is looked up once, and its route is remembered until the routes change. There are three speeds:

1. All lines of a read have the same front: one search, one replacement, and no line is touched.
2. Fronts differ, and all have a route: lines are cut apart and collected by destination.
3. A line that has no route, or asks for more than its route gives it, is read (`inspection`): one for the router itself, for an
   absent service, under a rule, or malformed.

**Order.** What one sender says to one receiver arrives in the order in which it was said. Between receivers there is no order. This
module keeps the order within one read, in three steps:

- Each destination has one batch. Lines join it as they come, by whatever route, and it leaves in one write.
- All batches leave before a line is read, because reading may write to any link and may change any route.
- A line that has to wait, for an answer of the shell or for its link's next turn, is parked with all lines behind it.

Around it, `Router` puts what a link says meanwhile behind its parked lines, the shell performs effects in the order in which they
were asked for, and a `Carrier` keeps the order of what it is handed for one server.
"""

import re
from collections.abc import Callable
from io import BytesIO
from itertools import islice
from operator import methodcaller
from typing import Protocol

from communicator.router.delivery.checking import lines_to_check, pass_unread, passes
from communicator.router.path import local_front, router_front
from communicator.router.path.inspection import inspect
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Continue
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Route
from communicator.router.vocabulary.telltales import Telltale

_NAME = re.compile(rb"[^=; \n]+=")
DENSE_BYTES = 8
"""``bytes.replace`` takes ten times as long as a look at each byte where lines are shorter than this on average."""
LINES_AT_ONCE = 6144
"""The loop looks one by one at so many lines of a read, which takes some 2 ms. Then other links get a turn."""
LONG_LINE_BYTES = 300
"""From this average on, cutting lines apart (memchr) is faster than searching through their bytes."""


class Fronts(Protocol):
    """How the fronts of a sender's lines are read; the modules `local_front` and `router_front` are the two ways."""

    def front_of(self, line: bytes) -> bytes:
        """The bytes at the start of a line that its route depends on; lines with the same front take the same route."""

    def head_of(self, line: bytes) -> bytes:
        """What stands before the parameters, in a line or in its front."""

    def find_route(self, board: Switchboard, link: Link, front: bytes, now: Instant) -> Route | None:
        """Where lines with this front go; None when they must be read."""


def count_lines(lines: bytes) -> int:
    """How many newlines there are; eight times as fast as ``bytes.count``, which looks at each byte by itself.

    It is twenty times as slow on lines of a byte or two, so it gives up early there.
    """
    if lines.find(b"\n") == len(lines) - 1:  # then a long line is not copied
        return 1
    most = len(lines) // DENSE_BYTES
    found = len(lines.replace(b"\n", b"\n\n", most)) - len(lines)
    return found if found < most else lines.count(b"\n")


def forward(board: Switchboard, link: Link, lines: bytes, now: Instant) -> int:
    """Deal with the lines of one read.

    Args:
        board: The router's state.
        link: Who sent them.
        lines: Whole lines, each with its newline.
        now: The time.

    Returns:
        How many lines they were.
    """
    fronts: Fronts = local_front
    if link.is_router:
        fronts = router_front
        board.mesh.heartbeat.heard(link.id, now.monotonic_s)
    front = fronts.front_of(lines[: lines.find(b"\n") + 1])
    route = fronts.find_route(board, link, front, now)
    prefix = b"" if route is None or route.cut else link.prefix + route.written
    # The replacement also tells how many lines there are: one pass over them where counting would take another.
    most = len(lines) // DENSE_BYTES + 1
    glued = lines.replace(b"\n", b"\n" + prefix, most) if prefix else lines
    count = (len(glued) - len(lines)) // len(prefix) if prefix else count_lines(lines)
    is_dense = bool(prefix) and count == most
    if is_dense:  # the rest is not written anew
        count = count_lines(lines)
    if route is None or is_dense or not _go_together(board.config, fronts, lines, front, route, count):
        _Walk(board, link, lines, now, fronts).walk(front, route)
        if link.copied is not None:
            waiting = len(link.parked) if link.is_parked else 0  # what waits comes here again
            said = lines[: len(lines) - waiting]
            if link.copied.note_said(front, said, now.monotonic_s, is_mixed=count > 1):
                board.look_later()
        return count
    passed = lines
    if prefix:
        passed = b"".join((prefix, memoryview(glued)[: -len(prefix)]))
    elif route.cut:
        cut, written = route.cut, route.written
        passed = written + written.join([line[cut:] for line in BytesIO(lines)])  # half the time of `bytes.replace`
    board.statistics.routed[route.kind] += count
    for target in route.targets:
        board.transmit(target, passed, count)
    if link.copied is not None and link.copied.note_said(front, lines, now.monotonic_s, is_mixed=False):
        board.look_later()
    return count


def _go_together(config: RouterConfig, fronts: Fronts, lines: bytes, front: bytes, route: Route, count: int) -> bool:
    """Whether so many lines can be passed on as one piece, by the route of the first."""
    if count > 1 and not _share_start(lines, _start(lines, front, route), count):
        return False
    if _must_be_read(lines, front, route):
        return False
    is_checked = route.is_checked and config.checks is not None
    return not is_checked or pass_unread(config, fronts.head_of(front), lines)


def _start(lines: bytes, front: bytes, route: Route) -> bytes:
    """What all lines must begin with; where some names must not follow the front, that is also the name that does."""
    name = _NAME.match(lines, len(front)) if route.not_first else None
    return front + name[0] if name else front


def _share_start(lines: bytes, start: bytes, count: int) -> bool:
    """Whether each of so many lines begins with the start of the first; where they are mixed the second mostly does not."""
    if not lines.startswith(start, lines.find(b"\n") + 1):
        return False
    if len(lines) < LONG_LINE_BYTES * count:
        return lines.count(b"\n" + start) == count - 1
    return all(map(methodcaller("startswith", start), BytesIO(lines)))


def _must_be_read(lines: bytes, front: bytes, route: Route) -> bool:
    """Whether lines with this front hold what must be read on their route."""
    if route.not_first and lines.startswith(route.not_first, len(front)):
        return True
    return bool(route.telltales) and _has_telltale(lines, route.telltales)


def _has_telltale(lines: bytes, telltales: tuple[Telltale, ...]) -> bool:
    is_quoted = b'"' in lines
    for plain, quoted in telltales:  # noqa: SIM110 - a generator costs a short line more than the search
        if (quoted if is_quoted else plain) in lines:
            return True
    return False


class _Walk:
    """One read, line by line: what can be passed on unread is collected by destination; see "Order" above."""

    def __init__(self, board: Switchboard, link: Link, lines: bytes, now: Instant, fronts: Fronts) -> None:
        self._board = board
        self._link = link
        self._lines = lines
        self._rest = BytesIO(lines)
        self._now = now
        self._fronts = fronts
        self._to_check = lines_to_check(board.config, lines, fronts.head_of)
        self._asked: dict[tuple[object, ...], bool] = {}
        """By `Route.not_first` and `Route.telltales`: whether any line of this read has one of them."""
        self._routes: dict[bytes, Route | None] = {}
        """By front: what was found since the last line that was read, so that none is looked up twice."""
        self._puts: dict[bytes, Callable[[bytes], None]] = {}
        """By front: what collects its lines, where none of them has to be looked at."""
        self._batches: dict[Link, list[bytes]] = {}
        self._copies = 0
        """Lines in the batches that are counted already."""

    def walk(self, front: bytes, route: Route | None) -> None:
        """Deal with all lines, or park the rest.

        Args:
            front: Of the first line.
            route: What was found for it.
        """
        self._routes[front] = route
        front_of, put_for = (
            self._fronts.front_of,
            self._puts.get,
        )  # once: each line of a mixed read goes through the loop
        for line in islice(self._rest, LINES_AT_ONCE):
            front = front_of(line)
            put = put_for(front)
            if put is not None:
                put(line)
            elif not (self._collect(line, front) or self._read(line)):
                return
        self._flush()
        if rest := self._rest.read():
            self._board.park(self._link, rest, Continue(self._link.id))

    def _collect(self, line: bytes, front: bytes) -> bool:
        """Whether a line could be collected; else it must be read, or has to wait."""
        if front not in self._routes:
            if self._board.is_worn:
                return False
            self._routes[front] = self._fronts.find_route(self._board, self._link, front, self._now)
        route = self._routes[front]
        if route is None:
            return False
        is_checked = self._to_check and route.is_checked
        suspects = self._to_check.get(self._fronts.head_of(front)) if is_checked else None
        may_ask = self._may_ask(route)
        if may_ask and _must_be_read(line, front, route):
            return False
        if suspects and line in suspects and not (self._board.may_check() and passes(self._board.config, line)):
            return False
        put = self._put_for(route)
        put(line)
        if not (suspects or may_ask):
            self._puts[front] = put
        return True

    def _may_ask(self, route: Route) -> bool:
        """Whether any line of this read has to be read on such a route, so that each is searched by itself."""
        kind = route.not_first, route.telltales
        if kind not in self._asked:
            first = [name for name in route.not_first if b" " + name in self._lines]
            self._asked[kind] = bool(first) or _has_telltale(self._lines, route.telltales)
        return self._asked[kind]

    def _put_for(self, route: Route) -> Callable[[bytes], None]:
        """What collects lines that take this route."""
        batches = [self._batches.setdefault(target, []) for target in route.targets]
        routed, kind, cut, written = self._board.statistics.routed, route.kind, route.cut, route.written
        if kind == "local" and not (cut or written):
            return batches[0].append

        def put(line: bytes) -> None:
            routed[kind] += 1
            self._copies += len(batches)
            for batch in batches:
                batch.append(written + line[cut:])

        return put

    def _read(self, line: bytes) -> bool:
        """Read one line, after what was collected before it has left; whether the walk goes on."""
        board, link = self._board, self._link
        if self._batches or self._puts:  # a broadcast that nobody hears is collected for nobody
            self._flush()
        if not board.may_look(line):
            board.park(link, line + self._rest.read(), Continue(link.id))
            return False
        inspect(board, link, line, self._now)
        self._routes.clear()
        if link.is_parked:
            link.parked += self._rest.read()
        elif link.fence is not None and (rest := self._rest.read()):  # what it says from now on is none of our business
            board.park(link, rest, Continue(link.id))
        return not (link.is_parked or link.closing)

    def _flush(self) -> None:
        """Send what was collected, one write per destination."""
        prefix, sent = self._link.prefix, 0
        for target, batch in self._batches.items():
            if batch:
                sent += len(batch)
                self._board.transmit(target, prefix + prefix.join(batch), len(batch), is_mixed=not prefix)
        self._board.statistics.routed["local"] += sent - self._copies
        self._batches.clear()
        self._puts.clear()  # they refer to this walk, which would otherwise stay until the next garbage collection
        self._copies = 0
