"""What a leaf tells its clients of connections and of the cluster."""

from communicator.protocol.message import Message
from simulation.leaf.board import Board
from simulation.leaf.connection import Connection, Side
from simulation.leaf.neighbors import Smaller

LIVE = (Side.ACCEPTED, Side.DIALLED)


def tell_status(board: Board, connection: Connection, status: str) -> None:
    """STATUS of a client, or of an accepted connection."""
    server = connection.server
    service = connection.service
    if connection.side is Side.CLIENT:
        server = board.name
    elif not service:
        service = f"remote communicator (in): {connection.address}"
    _status(board, server, service, status, (connection.up_since, connection.down_since))


def tell_dialled(board: Board, neighbor: Smaller, status: str) -> None:
    """STATUS of a router that we dial."""
    since = (neighbor.up_since, neighbor.down_since)
    _status(board, neighbor.server, f"remote communicator (out): {neighbor.address}", status, since)


def status_of(server: str, service: str, status: str, since: tuple[int, int] = (0, 0)) -> dict[str, str]:
    """The parameters of STATUS; `since` is when it came up and when it went down, 0 for unknown."""
    parameters = {"cache": "no", "service": service, "status": status}
    given = {"server_name": server, "up_since": str(since[0] or ""), "down_since": str(since[1] or "")}
    return parameters | {name: value for name, value in given.items() if value}


def _status(board: Board, server: str, service: str, status: str, since: tuple[int, int]) -> None:
    board.tell(board.signed("STATUS", **status_of(server, service, status, since)))


def tell_of_server(board: Board, command: str, server: str) -> None:
    """A router came or said that it goes."""
    board.tell(board.signed(command, ".", server_name=server))


def tell_hangup(board: Board, server: str) -> None:
    """A router is gone without a word."""
    board.tell(Message("HANGUP", {"server_name": server}, "."))


def cluster_lines(board: Board) -> list[Message]:
    """What is to be said of the cluster."""
    count = str(board.cluster.up[1])
    up = "CLUSTER_UP" if board.cluster.up[0] else "CLUSTER_DOWN"
    complete = "CLUSTER_COMPLETE" if board.cluster.complete[0] else "CLUSTER_INCOMPLETE"
    return [board.signed(command, ".", neighbors_count=count) for command in (up, complete)]


def settle_cluster(board: Board, leaves: Connection | None = None) -> None:
    """Count anew, and say what has changed: only CONNECT and DISCONNECT make a leaf count.

    Args:
        board: The leaf.
        leaves: A connection that counts no longer; all others do, also those on which nothing was said yet.
    """
    count = len(board.neighbors.known)
    others = [each for each in board.connections.values() if each.side in LIVE and each is not leaves]
    live = 1 + len(others)
    was = (board.cluster.up, board.cluster.complete)
    board.cluster.up = (live >= count // 2 + 1, count)
    board.cluster.complete = (live == count, count)
    for before, after, line in zip(was, (board.cluster.up, board.cluster.complete), cluster_lines(board), strict=True):
        if before != after:
            board.tell(line)
