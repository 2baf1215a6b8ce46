"""The front of a line from another router: sender, address, command, the hops that are left, and the next parameter's name.

A parameter that makes a router read a line stands there (see `envelope.IN_FRONT`), so that nothing behind the front is looked into.
A leaf writes its lines in any order: those are searched.
"""

import re

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import Head, parse_head
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, WILDCARD_SERVERS
from communicator.router.delivery.checking import is_local
from communicator.router.delivery.flooding import hear_sender
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import RULES
from communicator.router.vocabulary.envelope import HOPS
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Route
from communicator.router.vocabulary.telltales import ACKNOWLEDGED, HOPS_COUNTED, SPREAD, TRACED

_FRONT = re.compile(rb"(?: (?:hops_left=(\d{1,2});)?)?([^=; \n]+=|\n)")
_READ_ON = frozenset((b"ack=", b"trace=", b"hops_left=", b"broadcast_msgid="))
"""Parameters in front whose lines are read; hops that are written there otherwise than routers do are for `inspection`."""
_FROM_LEAVES = (TRACED, ACKNOWLEDGED, HOPS_COUNTED)


def front_of(line: bytes) -> bytes:
    """The front, up to and with the sign behind the name of the sender's first parameter, or the newline.

    Empty where there is no sender, or where it is of no such form.
    """
    if not line.startswith(b"<"):
        return b""
    rest = _FRONT.match(line, _end_of_head(line))
    return b"" if rest is None else line[: rest.end()]


def head_of(line: bytes) -> bytes:
    """Sender, address and command of a line or of a front."""
    return line[: _end_of_head(line)]


def _end_of_head(line: bytes) -> int:
    """Where the blank behind the command stands in a line with a sender; where there is none, its newline."""
    blank = line.find(b" ", line.find(b" ") + 1)
    return line.find(b"\n") if blank < 0 else blank


def find_route(board: Switchboard, link: Link, front: bytes, now: Instant) -> Route | None:
    """Where lines with this front go; None when they must be read.

    Args:
        board: The router's state.
        link: A link whose peer was accepted.
        front: See `front_of`.
        now: The time.
    """
    if not front:
        return None
    if link.routes_of != board.route_changes:
        link.routes.clear()
        link.routes_of = board.route_changes
    if front in link.routes:
        return link.routes[front]
    board.count_search()
    route = _resolve(board, link, front, now)
    if len(link.routes) >= board.config.limits.routes:
        link.routes.clear()
    link.routes[front] = route
    return route


def _resolve(board: Switchboard, link: Link, front: bytes, now: Instant) -> Route | None:
    rest = _FRONT.match(front, _end_of_head(front))
    if rest is None or rest[2] in _READ_ON:
        return None
    head = front[: rest.start()]
    try:
        parsed = parse_head(head.decode("ascii"))
    except (RemoteProtocolError, UnicodeDecodeError):
        return None
    if parsed.command in RULES or parsed.service in ("", ROUTER_SERVICE, *BROADCAST_SERVICES):
        return None
    if not board.carrier.may_carry(link, parsed.sent_from_server, now.monotonic_s):
        return None
    hear_sender(board, parsed, now)
    left = min(int(rest[1]), HOPS) if rest[1] else HOPS
    found = _target(board, link, parsed, left)
    if found is None:
        return None
    target, hops = found
    written = head + rest[2] if hops + rest[2] == b"\n" else head + b" " + hops + rest[2]
    return Route(
        (target,),
        "next_hop" if target.is_router else "local",
        cut=0 if written == front else len(front),
        written=b"" if written == front else written,
        telltales=((SPREAD,) if target.is_leaf else ()) + (_FROM_LEAVES if link.is_leaf else ()),
        is_checked=not target.is_router,  # what only passes is checked by the router of its receiver
    )


def _target(board: Switchboard, link: Link, head: Head, left: int) -> tuple[Link, bytes] | None:
    """Who gets such lines, and the hops that are written on them for it; None where reading tells what becomes of them.

    Args:
        board: The router's state.
        link: Where the lines come from.
        head: Their head.
        left: How many routers they may still pass.
    """
    if head.server == board.config.server_name:
        live = board.registry.live(head.service)
        if live is None or is_local(board.config, head.command):  # a local one should not have come
            return None
        if head.service in board.policy.active:  # whom it goes to hangs on who says it
            return None
        live.hear(head.command)
        return live, b""
    hop = None if head.server in WILDCARD_SERVERS else board.carrier.hop(head.server)
    if not head.server or hop is None or hop.link is link or left <= 1:
        return None
    return hop.link, b"" if hop.is_leaf else b"hops_left=%d;" % (left - 1)
