"""Lines that come from another router: whoever they are for, as a chunk where that can be, one by one where they must be read.

What matters stands at the front of a line: who sent it, to whom, which command, how many routers it may still pass, and the name
of the parameter behind that, since one that makes a router read the line is written there (see `envelope.IN_FRONT`). Lines of one
read that are alike in this are passed on together, and nothing behind their fronts is looked into. A leaf writes its lines anyhow:
those are searched.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import parse_head
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, WILDCARD_SERVERS
from communicator.router.authority import RULES
from communicator.router.carrier import Hop
from communicator.router.checking import is_local, lines_to_check, pass_unread, passes
from communicator.router.effects import Continue
from communicator.router.envelope import HOPS
from communicator.router.events import Instant
from communicator.router.forwarding import FOR_LEAVES, Inspect, count_lines, share_start
from communicator.router.mesh.flooding import hear_sender
from communicator.router.registry import Link
from communicator.router.switchboard import Switchboard

_FRONT = re.compile(rb"(?: (?:hops_left=(\d{1,2});)?)?([^=; \n]+=|\n)")
_READ_ON = frozenset((b"ack=", b"trace=", b"hops_left=", b"broadcast_msgid="))
"""Parameters in front whose lines are read; hops that are written there otherwise than routers do are for `inspection`."""
_TELLTALES = (b"race=", b"k=req", b"ps_le")
"""Five letters of each parameter that must be read in the lines of a leaf; longer ones take longer to search."""


class Way(NamedTuple):
    """Where lines with one front go, and what their front becomes."""

    target: Link
    is_local: bool
    front: bytes
    """As it is to be, up to and with the sign behind the name of the sender's first parameter, or the newline."""


def relay(board: Switchboard, link: Link, lines: bytes, now: Instant, inspect: Inspect) -> int:
    """Deal with the lines of one read from another router.

    Args:
        board: The router's state.
        link: A link whose peer was accepted.
        lines: Whole lines, each with its newline.
        now: The time.
        inspect: What to do with a line that must be read.

    Returns:
        How many lines they were.
    """
    board.mesh.heartbeat.heard(link.id, now.monotonic_s)
    count = count_lines(lines)
    front = _front(lines)
    way = _find_way(board, link, front, now) if front else None
    if way is None or not share_start(lines, front, count):
        _relay_mixed(board, link, lines, now, inspect)
        return count
    if _has_telltale(link, lines, way) or not _passes(board, way, front, lines):
        _relay_mixed(board, link, lines, now, inspect)
        return count
    if way.front != front:
        lines = _with_front(lines, len(front), way.front)
    _count(board, way, count)
    board.transmit(way.target, lines, count)
    return count


def _with_front(lines: bytes, length: int, front: bytes) -> bytes:
    """Lines with another front in place of theirs, which are all of one length; twice as fast as ``bytes.replace``."""
    return front + front.join([line[length:] for line in BytesIO(lines)])


def _has_telltale(link: Link, lines: bytes, way: Way) -> bool:
    """Whether lines may hold something behind their fronts that must be read, since they come from a leaf or go to one."""
    if way.target.is_leaf and FOR_LEAVES in lines:
        return True
    return link.is_leaf and any(telltale in lines for telltale in _TELLTALES)


def _passes(board: Switchboard, way: Way, front: bytes, lines: bytes) -> bool:
    """Whether lines need not be checked: only what this host's services get is, by their own router."""
    return not way.is_local or pass_unread(board, front[: _end_of_head(front)], lines)


def _head_of(line: bytes) -> bytes:
    return line[: _end_of_head(line)]


def _count(board: Switchboard, way: Way, count: int) -> None:
    board.statistics.routed["local" if way.is_local else "next_hop"] += count


def _front(lines: bytes) -> bytes:
    """The front of the first line: sender, address, command, ``hops_left`` where that comes first, and the next parameter's name.

    Empty where there is no sender, or where it is of no such form.
    """
    if not lines.startswith(b"<"):
        return b""
    rest = _FRONT.match(lines, _end_of_head(lines))
    return b"" if rest is None else lines[: rest.end()]


def _end_of_head(lines: bytes) -> int:
    """Where the blank behind the command stands in a line with a sender; where there is none, its newline."""
    end = lines.find(b"\n")
    blank = lines.find(b" ", lines.find(b" ", 0, end) + 1, end)
    return end if blank < 0 else blank


def _find_way(board: Switchboard, link: Link, front: bytes, now: Instant) -> Way | None:
    """Where lines with this front go from here; None when they must be read."""
    if link.ways_of != board.route_changes:
        link.ways.clear()
        link.ways_of = board.route_changes
    if front in link.ways:
        way: Way | None = link.ways[front]
        return way
    way = _resolve(board, link, front, now)
    if len(link.ways) >= board.config.limits.routes:
        link.ways.clear()
    link.ways[front] = way
    return way


def _resolve(board: Switchboard, link: Link, front: bytes, now: Instant) -> Way | None:
    rest = _FRONT.match(front, _end_of_head(front))
    if rest is None or rest[2] in _READ_ON:
        return None
    head, left, name = front[: rest.start()], min(int(rest[1]), HOPS) if rest[1] else HOPS, rest[2]
    try:
        parsed = parse_head(head.decode("ascii"))
    except (RemoteProtocolError, UnicodeDecodeError):
        return None
    if parsed.command in RULES or parsed.service in ("", ROUTER_SERVICE, *BROADCAST_SERVICES):
        return None
    if not board.carrier.may_carry(link, parsed.sent_from_server, now.monotonic_s):
        return None
    hear_sender(board, parsed, now)
    if parsed.server == board.config.server_name:
        live = board.registry.live(parsed.service)
        is_foreign = is_local(board, parsed.command)  # and so it should not have come
        return None if live is None or is_foreign else Way(live, is_local=True, front=_join(head, b"", name))
    hop = None if parsed.server in ("", *WILDCARD_SERVERS) else board.carrier.hop(parsed.server)
    return None if hop is None else _onward(hop, link, left, head, name)


def _onward(hop: Hop, link: Link, left: int, head: bytes, name: bytes) -> Way | None:
    """The way to another router; None back to where a line came from, or when it has passed enough of them."""
    if hop.link is link or left <= 1:
        return None
    hops = b"" if hop.is_leaf else b"hops_left=%d;" % (left - 1)
    return Way(hop.link, is_local=False, front=_join(head, hops, name))


def _join(head: bytes, hops: bytes, name: bytes) -> bytes:
    """A front of its parts."""
    return head + name if hops + name == b"\n" else head + b" " + hops + name


def _relay_mixed(board: Switchboard, link: Link, lines: bytes, now: Instant, inspect: Inspect) -> None:
    """Collect lines by destination; what was collected goes out before a line that must be read."""
    rest = BytesIO(lines)
    to_check = lines_to_check(board, lines, _head_of)
    batches: dict[Link, list[bytes]] = {}
    put: Callable[[bytes], None]
    for line in rest:
        front = _front(line)
        way = _find_way(board, link, front, now) if front else None
        if (
            way is not None
            and not _has_telltale(link, line, way)
            and not (way.is_local and to_check and _is_faulty(board, line, to_check))
        ):
            put = batches.setdefault(way.target, []).append
            put(way.front + line[len(front) :])
            _count(board, way, 1)
            continue
        _flush(board, batches)
        if not board.may_look():
            board.park(link, line + rest.read(), Continue(link.id))
            return
        inspect(board, link, line[:-1], now)
        if link.is_parked:
            link.parked += rest.read()
        if link.is_parked or link.closing:
            return
    _flush(board, batches)


def _is_faulty(board: Switchboard, line: bytes, to_check: dict[bytes, set[bytes]]) -> bool:
    """Whether a line has to be read since it is not good for sure, or since there is no time left to find out."""
    return line in to_check.get(_head_of(line), ()) and not (board.may_check() and passes(board, line))


def _flush(board: Switchboard, batches: dict[Link, list[bytes]]) -> None:
    for target, batch in batches.items():
        board.transmit(target, b"".join(batch), len(batch))
    batches.clear()
