"""The load average plugin of a leaf: who is told of this host's load, and whose it asks for."""

from communicator.protocol.message import Message
from communicator.protocol.values import format_timestamp
from communicator.router.vocabulary.effects import SampleLoad
from communicator.router.vocabulary.events import LoadSampled
from simulation.leaf.board import Board
from simulation.leaf.connection import Connection
from simulation.leaf.neighbors import ip_of

CHANGED = 0.1
"""A load that differs by less from the last one told is not told."""


def ask(board: Board, connection: Connection) -> None:
    """A router has linked: ask it for its load, if we have the plugin."""
    if board.load is not None:
        board.say(connection, "REGISTER_FOR_LOADAVG")


def register(board: Board, source: Connection, _message: Message) -> None:
    """REGISTER_FOR_LOADAVG: from now on that connection is told."""
    assert board.load is not None
    board.load.registered.add(source.link)
    board.effects.append(SampleLoad(enabled=True))


def unregister(board: Board, source: Connection, _message: Message) -> None:
    """UNREGISTER_FROM_LOADAVG.

    Raises:
        ValueError: Always: it ends a C++ router.
    """
    raise ValueError(f"UNREGISTER_FROM_LOADAVG on link {source.link} ends {board.name!r}")


def listen(board: Board, _source: Connection, message: Message) -> None:
    """LISTEN_LOADAVG: a client wants the load of other hosts, which this router then asks for."""
    assert board.load is not None
    for text in message.get("ips").split(","):
        if text and text not in board.load.listened:
            board.load.listened.add(text)
            for connection in board.connections.values():
                if connection.my_address and ip_of(connection.my_address) == text.partition(":")[0]:
                    ask(board, connection)


def sampled(board: Board, event: LoadSampled) -> None:
    """A second has passed: tell the load if it has changed."""
    load = board.load
    if load is None or (load.told is not None and abs(event.average - load.told) < CHANGED):
        return
    load.told = event.average
    said = {"avg": f"{event.average:g}", "my_address": board.config.my_address}
    said["timestamp"] = format_timestamp(board.now.wall_ns)
    for connection in board.connections.values():
        if connection.link in load.registered:
            board.say(connection, "LOADAVG", **said)
