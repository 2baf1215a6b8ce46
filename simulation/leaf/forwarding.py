"""Where a leaf sends what is not for itself: to clients, into the cache, to other routers."""

from collections.abc import Iterable

from communicator.protocol.addresses import is_private
from communicator.protocol.message import Message
from communicator.router.vocabulary.cache_policy import parse_cache_policy
from simulation.leaf.board import HERE, Board
from simulation.leaf.connection import Connection, Side
from simulation.leaf.neighbors import ip_of, rank

BROADCASTS = frozenset((".", "?", "*"))
HOPS_MAX = 5
"""A broadcast that came so far goes to clients only."""
SPREADS_S = 10
"""So long a message is sent on."""

Way = tuple[str, Connection | None]
"""The address it is filed under in ``broadcast_informed_neighbors``, and the connection; None where it is not linked."""


def is_stale(board: Board, message: Message) -> bool:
    """Whether a message is dropped on the way in: it is too old, or has been sent on before.

    Raises:
        KeyError, ValueError: It would end a C++ router.
    """
    msgid = message.get("broadcast_msgid")
    if not msgid:
        return False
    timeout = int(message.parameters["broadcast_timeout"])
    return timeout < board.now_s or board.seen.get(msgid, -1) >= board.now_s


def forward(board: Board, source: Connection, message: Message) -> None:
    """Bring a message to where it is to go."""
    if message.service in BROADCASTS:
        _broadcast(board, message)
    elif message.server in HERE or message.server in ("?", board.name):
        _by_name(board, source, message)
    else:
        send_on(board, message, _ways_to(board, message.server))


def _broadcast(board: Board, message: Message) -> None:
    is_local = message.service == "."
    if not is_local and message.server not in ("", "*"):
        return
    board.tell(message)
    if is_local:
        return
    if int(message.get("broadcast_hops", "0")) < HOPS_MAX:
        ways = targets(board, only_linked=False)
        if message.service == "?":
            ways = [(ip, link) for ip, link in ways if is_private(link.address if link else f"{ip}:0")]
        send_on(board, message, ways)
    else:
        _note(board, message)


def _by_name(board: Board, source: Connection, message: Message) -> None:
    for client in board.clients():
        if client.service == message.service and client is not source:  # nobody hears from itself
            board.send(client, message)
            return
    if message.service in board.config.known_services:
        _keep(board, source, message)
    elif message.server in (".", board.name):
        report(board, source, message, "failed")
    else:
        server = "*" if message.server == "?" else message.server
        send_on(board, _changed(message, server, message.parameters), targets(board, only_linked=True))


def _changed(message: Message, server: str, parameters: dict[str, str]) -> Message:
    return Message(
        message.command, parameters, message.service, server, message.sent_from_server, message.sent_from_service
    )


def _keep(board: Board, source: Connection, message: Message) -> None:
    policy = parse_cache_policy(message.get("cache"))
    if policy.keep:
        until_s = board.now.monotonic_s + policy.ttl_s
        board.kept.setdefault(message.service, []).append((until_s, message))
        report(board, source, message, "cached")
        return
    if policy.reply:
        unsent = {"destination_service": message.service, "unsent_command": message.command}
        board.say(source, "SERVICE_UNAVAILABLE", **unsent)
    report(board, source, message, "failed")


def report(board: Board, source: Connection, message: Message, status: str) -> None:
    """Tell the connection a message came on what became of it, if it asks; one that a router dialled us on is not told."""
    if message.get("transmission_report") == "failure" and source.side is not Side.ACCEPTED:
        board.say(source, "TRANSMISSION_REPORT", command=message.command, status=status)


def targets(board: Board, *, only_linked: bool) -> list[Way]:
    """All other routers, as a leaf files them: accepted connections under its own address, so that the eldest stands for all."""
    smaller = sorted(board.neighbors.smaller.values(), key=lambda neighbor: rank(neighbor.address))
    ways: list[Way] = [(ip_of(each.address), each.connection) for each in smaller if each.met or not only_linked]
    accepted = board.of_side(Side.ACCEPTED)
    return ways + [(board.own_ip, each) for each in accepted if each.is_router or not only_linked]


def _ways_to(board: Board, server: str) -> list[Way]:
    for neighbor in board.neighbors.smaller.values():
        if neighbor.met and neighbor.server == server:
            return [(ip_of(neighbor.address), neighbor.connection)]
    for connection in board.of_side(Side.ACCEPTED):
        if connection.server == server:
            return [(board.own_ip, connection)]
    return []


def send_on(board: Board, message: Message, ways: Iterable[Way]) -> None:
    """Send a message to those routers that have not heard it, as the list in it says."""
    _note(board, message)
    informed = set(filter(None, message.get("broadcast_informed_neighbors").split(",")))
    chosen: list[Connection | None] = []
    for ip, connection in ways:
        if ip not in informed:
            informed.add(ip)
            chosen.append(connection)
    if not chosen:
        return
    added = {
        "broadcast_hops": str(int(message.get("broadcast_hops", "0")) + 1),
        "broadcast_informed_neighbors": ",".join(sorted(informed)),
        "broadcast_msgid": message.get("broadcast_msgid") or _next_msgid(board),
        "broadcast_originator": board.own_ip,
        "broadcast_timeout": message.get("broadcast_timeout") or str(board.now_s + SPREADS_S),
        "secure_remote": "false",
    }
    copy = _changed(message, message.server, message.parameters | added)
    for connection in chosen:
        if connection is not None:  # a copy for who is away is lost
            board.send(connection, copy)


def _next_msgid(board: Board) -> str:
    board.messages_numbered += 1
    return f"{board.name}-{board.messages_numbered}"


def _note(board: Board, message: Message) -> None:
    """Remember what came with an id; a router does not remember those it gives out itself."""
    msgid = message.get("broadcast_msgid")
    if msgid:
        board.seen[msgid] = int(message.parameters["broadcast_timeout"])
