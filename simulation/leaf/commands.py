"""What a leaf does with what is addressed to itself: a table of commands."""

from collections.abc import Callable

from communicator.protocol.message import Message
from communicator.protocol.values import format_timestamp
from communicator.router.vocabulary.effects import Stop, StopMode
from simulation.leaf import load
from simulation.leaf.board import ROUTER, Board
from simulation.leaf.connection import Connection, Side
from simulation.leaf.forwarding import send_on, targets
from simulation.leaf.handshake import VERSION, accept, connect, disconnect, gossip, refuse
from simulation.leaf.news import cluster_lines, status_of, tell_status


def _register(board: Board, source: Connection, message: Message) -> None:
    if message.get("version") != VERSION or not message.get("service"):
        return
    source.service = message.get("service")
    source.up_since = board.now_s
    board.say(source, "HELP")
    board.say(source, "READY", my_address=board.config.my_address)
    for until_s, kept in board.kept.pop(source.service, ()):
        if until_s > board.now.monotonic_s:
            board.send(source, kept)
    tell_status(board, source, "up")


def _unregister(board: Board, source: Connection, message: Message) -> None:
    if source.service and message.get("service") == source.service:
        source.down_since = board.now_s
        tell_status(board, source, "down")
        board.close(source)


def _commands(_board: Board, source: Connection, message: Message) -> None:
    source.commands |= frozenset(filter(None, message.get("list").split(",")))


def _help(board: Board, source: Connection, message: Message) -> None:
    board.send(source, message.reply("COMMANDS", {"list": ",".join(sorted(_commands_of(board)))}))


def _alive(board: Board, source: Connection, message: Message) -> None:
    answer = {"reply_timestamp": format_timestamp(board.now.wall_ns)}
    answer |= {name: value for name, value in message.parameters.items() if name in ("serial", "timestamp")}
    board.send(source, message.reply("ABSOLUTELY", answer))


def _service_status(board: Board, source: Connection, message: Message) -> None:
    service = message.get("service")
    if not service or source.side not in (Side.CLIENT, Side.ACCEPTED):
        return
    for client in board.clients():
        if client.service == service:
            board.say(source, "STATUS", **status_of(board.name, service, "up", (client.up_since, 0)))
            return
    board.say(source, "STATUS", **status_of("", service, "unknown"))


def _cluster_status(board: Board, source: Connection, _message: Message) -> None:
    for line in cluster_lines(board):
        if line.command in source.commands:
            board.send(source, line)


def _public_ip(board: Board, source: Connection, _message: Message) -> None:
    board.say(source, "SERVER_PUBLIC_IP")


def _forget(board: Board, _source: Connection, message: Message) -> None:
    address = message.get("ip")
    if not address:
        return
    board.neighbors.forget(address)
    board.keep_neighbors()
    if "broadcast_hops" not in message.parameters:
        told = Message("FORGET", {"ip": address}, ROUTER, "*", board.name, ROUTER)
        send_on(board, told, targets(board, only_linked=False))


def stop(board: Board, _source: Connection | None = None, _message: Message | None = None) -> None:
    """End, and say so: as SIGINT does, and STOP."""
    _end(board, "DISCONNECT")


def _shutdown(board: Board, _source: Connection, _message: Message) -> None:
    _end(board, "SHUTDOWN")


def _end(board: Board, command: str) -> None:
    board.is_stopping = True
    for connection in board.connections.values():
        if connection.is_router:
            board.say(connection, command)
    board.tell(board.signed("DISCONNECTING"))
    for client in board.of_side(Side.CLIENT):
        board.close(client)
    board.effects.append(Stop(StopMode.STOP))


def _clock_status(board: Board, source: Connection, _message: Message) -> None:
    if "CLOCK_UNSTABLE" in source.commands:
        board.say(source, "CLOCK_UNSTABLE", cache="no", clock_error="invalid")


def _nothing(_board: Board, _source: Connection, _message: Message) -> None:
    """Known, and without an effect that anyone sees."""


COMMANDS: dict[str, Callable[[Board, Connection, Message], None]] = {
    "ACCEPT": accept,
    "ALIVE": _alive,
    "CLUSTER_STATUS": _cluster_status,
    "COMMANDS": _commands,
    "CONNECT": connect,
    "DISCONNECT": disconnect,
    "FORGET": _forget,
    "GOSSIP": gossip,
    "HELP": _help,
    "INVALID": _nothing,
    "LEAK": _nothing,
    "LIST_SERVICES": _nothing,
    "LOG_ROTATE": _nothing,
    "PUBLIC_IP": _public_ip,
    "QUITTING": _nothing,
    "READY": _nothing,
    "REFUSE": refuse,
    "REGISTER": _register,
    "RESTART": _nothing,
    "SERVICE_STATUS": _service_status,
    "SERVICE_UNAVAILABLE": _nothing,
    "SHUTDOWN": _shutdown,
    "STOP": stop,
    "UNKNOWN": _nothing,
    "UNREGISTER": _unregister,
}
"""Everything that a router without plugins lists."""


WITH_PLUGINS = COMMANDS | {
    "CLOCK_STATUS": _clock_status,
    "LISTEN_LOADAVG": load.listen,
    "LOADAVG": _nothing,
    "REGISTER_FOR_LOADAVG": load.register,
    "UNREGISTER_FROM_LOADAVG": load.unregister,
}
"""What it lists with its two plugins, load averages and the state of the clock."""


def _commands_of(board: Board) -> dict[str, Callable[[Board, Connection, Message], None]]:
    return COMMANDS if board.load is None else WITH_PLUGINS


def execute(board: Board, source: Connection, message: Message) -> None:
    """Do what a message to the router says."""
    handler = _commands_of(board).get(message.command)
    if handler is not None:
        handler(board, source, message)
    else:
        board.send(source, message.reply("UNKNOWN", {"command": message.command}))
