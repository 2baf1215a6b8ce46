"""The hot path: whole lines in, one write per destination out; a line is looked into only when its header asks for it.

Lines of one read are grouped by header (the bytes before the first blank), each distinct header is resolved once, and what it
resolves to is remembered until a registration changes. Three speeds:

1. all lines carry the same header: one search, one replacement, no line is touched;
2. headers differ, all lead to registered services: lines are cut and collected by destination;
3. anything else, one line at a time: for the router itself, for an absent service, under a rule, or malformed.
"""

import re
from collections.abc import Callable
from io import BytesIO

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import parse_head
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, THIS_SERVER, WILDCARD_SERVERS
from communicator.router.authority import RULES
from communicator.router.balancing import Candidate, shares
from communicator.router.checking import is_local, lines_to_check, pass_unread, passes
from communicator.router.effects import Continue
from communicator.router.events import Instant
from communicator.router.mesh.records import Instance
from communicator.router.registry import Link, Role
from communicator.router.switchboard import Route, Switchboard

_TELLTALES = (b"race=", b"r=all", b"k=req")
_QUOTED_TELLTALES = (b"race=", b"iver=", b"ack=")
"""The same where values may stand in quotes."""
_IN_FRONT = (b"hops_left=", b"broadcast_msgid=")
"""In front of a line only routers write them."""
FOR_LEAVES = b"cast_"
"""What a C++ router must not get as a service wrote it: it dies of a ``broadcast_msgid`` that the rest does not go with."""
_NAME = re.compile(rb"[^=; \n]+=")
LONG_LINE_BYTES = 300
"""From this average on, cutting lines apart (memchr) is faster than searching through their bytes."""

Inspect = Callable[[Switchboard, Link, bytes, Instant], None]
"""Deals with one line that cannot be passed on unread."""


def count_lines(lines: bytes) -> int:
    """How many newlines there are; eight times as fast as ``bytes.count``, which looks at each byte by itself."""
    return len(lines.replace(b"\n", b"\n\n")) - len(lines)


def forward(board: Switchboard, link: Link, lines: bytes, now: Instant, inspect: Inspect) -> int:
    """Deal with the lines of one read.

    Args:
        board: The router's state.
        link: Who sent them.
        lines: Whole lines, each with its newline.
        now: The time.
        inspect: What to do with a line that cannot be passed on unread.

    Returns:
        How many lines they were.
    """
    head = lines[: lines.find(b"\n")].partition(b" ")[0]
    route = find_route(board, link, head)
    prefix = link.prefix if route is None else link.prefix + route.pin
    glued = lines.replace(b"\n", b"\n" + prefix) if prefix else lines
    count = (len(glued) - len(lines)) // len(prefix) if prefix else count_lines(lines)
    if (
        route is None
        or not share_start(lines, _start(lines, head, route), count)
        or _has_telltale(lines, route)
        or not pass_unread(board, head, lines)
    ):
        _forward_mixed(board, link, lines, now, inspect)
        return count
    if prefix:
        lines = b"".join((prefix, memoryview(glued)[: -len(prefix)]))
    board.statistics.routed[route.kind] += count
    for target in route.targets:
        board.transmit(target, lines, count)
    return count


def _start(lines: bytes, head: bytes, route: Route) -> bytes:
    """What all lines have to begin with to be passed on as one.

    On the way to another router that is also the name of their first parameter: what routers write for each other stands there.
    """
    name = _NAME.match(lines, len(head) + 1) if route.kind == "next_hop" else None
    return head + b" " + (name[0] if name else b"")


def share_start(lines: bytes, start: bytes, count: int) -> bool:
    """Whether each of so many lines begins with the start of the first; one line always does."""
    if count == 1:
        return True
    if len(lines) < LONG_LINE_BYTES * count:
        return lines.count(b"\n" + start) == count - 1
    return not [line for line in BytesIO(lines) if not line.startswith(start)]


def _has_telltale(lines: bytes, route: Route) -> bool:
    """Whether lines hold what must be read: ``trace=``, and where it makes a difference ``deliver=all`` or ``ack=required``.

    On the way to another router also what only routers write in front, and on the way to a leaf what they write anywhere. All else
    is looked for by five letters: over a read of 256 KiB that takes some 20 to 40 µs each, four times less than the whole words.
    """
    trace, every, required = _telltales(lines)
    if trace in lines or (not route.is_only and every in lines):
        return True
    if route.kind != "next_hop":
        return False
    if required in lines or lines.startswith(_IN_FRONT, lines.find(b" ") + 1):
        return True
    return route.targets[0].is_leaf and FOR_LEAVES in lines


def _is_plain(route: Route) -> bool:
    """Whether nothing that a line may ask for matters on this route, but that it is traced."""
    return route.is_only and route.kind != "next_hop"


def _telltales(lines: bytes) -> tuple[bytes, ...]:
    return _QUOTED_TELLTALES if b'"' in lines else _TELLTALES


def _forward_mixed(board: Switchboard, link: Link, lines: bytes, now: Instant, inspect: Inspect) -> None:
    """Collect lines by destination; what was collected goes out before a line that must be looked into."""
    rest = BytesIO(lines)
    is_traced = _TELLTALES[0] in lines
    to_check = lines_to_check(board, lines, _head_of)
    batches = _Batches(board, link)
    puts = batches.puts
    particular: set[bytes] = set()  # the starts whose lines may ask for more than their address does
    for line in rest:
        start = line.partition(b" ")[0]
        put = puts.get(start)
        if put is None or is_traced or start in particular:
            head = start.removesuffix(b"\n")
            route = find_route(board, link, head)
            if route is not None and (head in to_check or not _is_plain(route)):
                particular.add(start)
            if (
                route is None
                or ((is_traced or start in particular) and _has_telltale(line, route))
                or (head in to_check and line in to_check[head] and not (board.may_check() and passes(board, line)))
            ):
                batches.flush()
                if not board.may_look():
                    board.park(link, line + rest.read(), Continue(link.id))
                    return
                inspect(board, link, line[:-1], now)
                if link.is_parked:
                    link.parked += rest.read()
                if link.is_parked or link.closing:
                    return
                continue
            if put is None:
                put = puts[start] = batches.put_for(route)
        put(line)
    batches.flush()


def _head_of(line: bytes) -> bytes:
    return line.partition(b" ")[0].removesuffix(b"\n")


class _Batches:
    """Lines of one sender, collected by destination in the order they came."""

    def __init__(self, board: Switchboard, link: Link) -> None:
        self.puts: dict[bytes, Callable[[bytes], None]] = {}
        self._board = board
        self._link = link
        self._lines: dict[Link, list[bytes]] = {}
        self._copies = 0

    def put_for(self, route: Route) -> Callable[[bytes], None]:
        """What to call with each line that takes this route."""
        batches = [self._lines.setdefault(target, []) for target in route.targets]
        if route.kind == "local":
            return batches[0].append
        pin = route.pin

        def put(line: bytes) -> None:
            self._board.statistics.routed[route.kind] += 1
            self._copies += len(batches)
            for batch in batches:
                batch.append(pin + line)

        return put

    def flush(self) -> None:
        """Send what was collected, one write per destination."""
        prefix = self._link.prefix
        sent = 0
        for target, batch in self._lines.items():
            if batch:
                sent += len(batch)
                self._board.transmit(target, prefix + prefix.join(batch), len(batch))
        self._board.statistics.routed["local"] += sent - self._copies
        self._lines.clear()
        self.puts.clear()
        self._copies = 0


def find_route(board: Switchboard, link: Link, head: bytes) -> Route | None:
    """Where lines with this header go; None when they must be looked into."""
    if link.is_stranger or (link.registration is not None and link.registration.service in board.config.may_send):
        return None
    route = board.routes.get(head)
    if route is None:
        route = _resolve(board, head)
        if route is None:
            return None
        if len(board.routes) >= board.config.limits.routes:
            board.routes.clear()
        board.routes[head] = route
    if route.kind == "local" and route.targets[0] is link:
        return None
    return route


def _resolve(board: Switchboard, head: bytes) -> Route | None:
    try:
        parsed = parse_head(head.decode("ascii"))
    except (RemoteProtocolError, UnicodeDecodeError):
        return None
    if parsed.command in RULES or parsed.service in ("", ROUTER_SERVICE):
        return None
    if parsed.service in BROADCAST_SERVICES:
        return _broadcast_route(board, parsed.server, parsed.service, parsed.command)
    if not is_here(board, parsed.server):
        hop = board.carrier.hop(parsed.server)
        return None if hop is None else Route((hop.link,), "next_hop")
    return _service_route(board, parsed.server, parsed.service, parsed.command)


def _broadcast_route(board: Switchboard, server: str, scope: str, command: str) -> Route | None:
    """Where a broadcast goes, if it stays on this host: one that leaves it is written anew for each router."""
    if server != "" and server not in WILDCARD_SERVERS:
        return None
    if scope != THIS_SERVER and not board.mesh.is_alone:
        directory = board.mesh.directory
        if directory.leaves() or directory.servers_accepting(command):
            return None
    return Route(board.registry.listeners(command), "broadcast")


def _service_route(board: Switchboard, server: str, service: str, command: str) -> Route | None:
    """Where a message for one instance of a service goes, as long as nothing is weighed or blocked."""
    if board.policy.concerns(service):
        return None
    live = board.registry.live(service)
    elsewhere = () if board.mesh.is_alone else board.mesh.directory.instances(service)
    if live is not None:
        return Route((live,), "local", is_only=not elsewhere)
    if server or not elsewhere or is_local(board, command):
        return None
    chosen = nearest(board, service, elsewhere)
    hop = None if chosen is None else board.carrier.hop(chosen)
    if hop is None or chosen is None:
        return None
    return Route((hop.link,), "next_hop", pin=f"{chosen}:".encode(), is_only=len(elsewhere) == 1)


def nearest(board: Switchboard, service: str, instances: tuple[Instance, ...]) -> str | None:
    """The server whose instance of a service takes our messages, where nothing is weighed; None when none can."""
    found = [
        Candidate(one.server, service, one.version, one.build, cost, 1.0)
        for one in instances
        if one.role is Role.LIVE and one.state == "up" and (cost := board.carrier.cost(one.server)) is not None
    ]
    taken = shares(found, board.config.server_name)
    return next(iter(taken)).server if taken else None


def is_here(board: Switchboard, server: str) -> bool:
    """Whether a server token can mean this host."""
    return server in ("", board.config.server_name) or server in WILDCARD_SERVERS
