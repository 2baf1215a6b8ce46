"""The hot path: whole lines in, one write per destination out; a line is looked into only when its header asks for it.

Lines of one read are grouped by header (the bytes before the first blank), each distinct header is resolved once, and what it
resolves to is remembered until a registration changes. Three speeds:

1. all lines carry the same header: one search, one replacement, no line is touched;
2. headers differ, all lead to registered services: lines are cut and collected by destination;
3. anything else, one line at a time: for the router itself, for an absent service, under a rule, or malformed.
"""

from collections.abc import Callable
from io import BytesIO

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import parse_head
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, WILDCARD_SERVERS
from communicator.router.authority import RULES
from communicator.router.effects import Continue
from communicator.router.events import Instant
from communicator.router.registry import Link
from communicator.router.switchboard import Route, Switchboard

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
    prefix = link.prefix
    glued = lines.replace(b"\n", b"\n" + prefix) if prefix else lines
    count = (len(glued) - len(lines)) // len(prefix) if prefix else count_lines(lines)
    head = lines[: lines.find(b"\n")].partition(b" ")[0]
    route = find_route(board, link, head)
    if route is None or not _share_head(lines, head, count):
        _forward_mixed(board, link, lines, now, inspect)
        return count
    if prefix:
        lines = b"".join((prefix, memoryview(glued)[: -len(prefix)]))
    board.statistics.routed[route.kind] += count
    for target in route.targets:
        board.transmit(target, lines, count)
    return count


def _share_head(lines: bytes, head: bytes, count: int) -> bool:
    """Whether every line begins with the head of the first."""
    if count == 1:
        return True
    if len(lines) < LONG_LINE_BYTES * count:
        return lines.count(b"\n" + head + b" ") == count - 1
    start = head + b" "
    return not [line for line in BytesIO(lines) if not line.startswith(start)]


def _forward_mixed(board: Switchboard, link: Link, lines: bytes, now: Instant, inspect: Inspect) -> None:
    """Collect lines by destination; what was collected goes out before a line that must be looked into."""
    rest = BytesIO(lines)
    batches = _Batches(board, link)
    puts = batches.puts
    for line in rest:
        start = line.partition(b" ")[0]
        put = puts.get(start)
        if put is None:
            route = find_route(board, link, start.removesuffix(b"\n"))
            if route is None:
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
            put = puts[start] = batches.put_for(route)
        put(line)
    batches.flush()


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

        def put(line: bytes) -> None:
            self._board.statistics.routed[route.kind] += 1
            self._copies += len(batches)
            for batch in batches:
                batch.append(line)

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
    return resolve_address(board, parsed.server, parsed.service, parsed.command)


def resolve_address(board: Switchboard, server: str, service: str, command: str) -> Route | None:
    """Where a message for a service or a broadcast goes from here.

    Args:
        board: The router's state.
        server: The server token, may be empty.
        service: The service token, not empty.
        command: For a broadcast, which command it is.

    Returns:
        The route, or None where there is no receiver now or the address is not a proper one.
    """
    if service in BROADCAST_SERVICES:
        proper = server == "" or server in WILDCARD_SERVERS
        return Route(board.registry.listeners(command), "broadcast") if proper else None
    live = board.registry.live(service)
    if live is None or not is_here(board, server):
        return None
    return Route((live,), "local")


def is_here(board: Switchboard, server: str) -> bool:
    """Whether a server token can mean this host."""
    return server in ("", board.config.server_name) or server in WILDCARD_SERVERS
