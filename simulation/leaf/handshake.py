"""How a leaf meets other routers and parts from them."""

from communicator.protocol.addresses import parse_host_port
from communicator.protocol.message import Message
from communicator.router.vocabulary.effects import Dial
from communicator.router.vocabulary.events import DialFailed, LinkOpened
from simulation.leaf.board import Board
from simulation.leaf.connection import Connection, Side
from simulation.leaf.load import ask
from simulation.leaf.neighbors import REDIAL_DISCONNECTED_S, REDIAL_REFUSED_S, REDIAL_S, Larger, Smaller, first_of
from simulation.leaf.news import settle_cluster, tell_dialled, tell_hangup, tell_of_server, tell_status

VERSION = "1"
RESET_TOLD = 3
"""So often clients are told of a connection that was reset."""


def introduction(board: Board) -> dict[str, str]:
    """What CONNECT and ACCEPT say alike; the neighbors are those configured, whatever was learnt."""
    own = board.config.my_address
    configured = (str(neighbor.host_port) for neighbor in board.config.cluster.neighbors)
    said = {
        "my_address": own,
        "neighbors": ",".join(address for address in configured if address != own),
        "server_name": board.name,
        "services": ",".join(sorted(board.config.known_services)),
    }
    return {name: value for name, value in said.items() if value}


def dial_due(board: Board) -> None:
    """Dial whoever is due."""
    for number, neighbor in enumerate(board.neighbors.due(board.now.monotonic_s), board.dials + 1):
        board.dials = neighbor.dial = number
        host_port = parse_host_port(neighbor.address)
        board.effects.append(Dial(number, host_port.host, host_port.port, secure=False))


def dial_failed(board: Board, event: DialFailed) -> None:
    """A dial came to nothing."""
    neighbor = _dialled(board, event.dial)
    if isinstance(neighbor, Smaller) and neighbor.lost:
        neighbor.lost = False
        tell_hangup(board, neighbor.server)
    elif isinstance(neighbor, Larger):
        board.tell(Message("UNREACHABLE", {"who": neighbor.address}, "."))


def _dialled(board: Board, dial: int) -> Smaller | Larger | None:
    """Whose dial it was; it is answered now."""
    everyone: list[Smaller | Larger] = [*board.neighbors.smaller.values(), *board.neighbors.larger.values()]
    for neighbor in everyone:
        if neighbor.dial == dial:
            neighbor.dial = None
            return neighbor
    return None


def dial_succeeded(board: Board, event: LinkOpened, dial: int) -> None:
    """A dial came through: say who we are, or only where."""
    neighbor = _dialled(board, dial)
    connection = Connection(event.link, Side.DIALLED, event.address)
    board.connections[event.link] = connection
    if isinstance(neighbor, Smaller):
        neighbor.connection = connection
        board.say(connection, "CONNECT", version=VERSION, **introduction(board))
        tell_dialled(board, neighbor, "up" if neighbor.met else "down")
    elif neighbor is not None:
        connection.side = Side.GOSSIP
        board.send(connection, Message("GOSSIP", {"my_address": board.config.my_address}))
    else:
        board.close(connection)


def connect(board: Board, source: Connection, message: Message) -> None:
    """CONNECT: take a router in, or refuse one whose name is taken."""
    server = message.get("server_name")
    wrong = message.get("version") != VERSION or not server or not message.get("my_address")
    if wrong or source.side is not Side.ACCEPTED:
        return
    if server == board.name or any(each.server == server for each in board.connections.values()):
        board.say(source, "REFUSE", conflict="name")
        tell_status(board, source, "down")
        return
    source.server, source.my_address = server, message.get("my_address")
    source.up_since = board.now_s
    board.neighbors.connected(message.get("my_address"), board.now)
    board.neighbors.learn(first_of(message.get("neighbors")), board.now)
    board.keep_neighbors()
    ask(board, source)
    board.say(source, "ACCEPT", **introduction(board))
    board.say(source, "HELP")
    tell_of_server(board, "NEW_REMOTE_CONNECTION", server)
    settle_cluster(board)
    tell_status(board, source, "up")


def accept(board: Board, source: Connection, message: Message) -> None:
    """ACCEPT: the router that we dialled has taken us in."""
    neighbor = neighbor_of(board, source)
    server = message.get("server_name")
    if neighbor is None or not server or not message.get("my_address"):
        return
    source.server = neighbor.server = server
    source.my_address = message.get("my_address")
    neighbor.met, neighbor.lost, neighbor.step_s = True, False, REDIAL_S
    neighbor.up_since, neighbor.down_since = board.now_s, 0
    board.neighbors.learn(message.get("my_address"), board.now)
    board.neighbors.learn(first_of(message.get("neighbors")), board.now)
    board.keep_neighbors()
    board.say(source, "HELP")
    ask(board, source)
    tell_of_server(board, "NEW_REMOTE_CONNECTION", server)


def neighbor_of(board: Board, connection: Connection) -> Smaller | None:
    """Whom a connection was dialled to."""
    dialled = board.neighbors.smaller.values()
    return next((neighbor for neighbor in dialled if neighbor.connection is connection), None)


def refuse(board: Board, source: Connection, _message: Message) -> None:
    """REFUSE: close, and do not come back for a day."""
    neighbor = neighbor_of(board, source)
    if neighbor is not None:
        _part(board, source, neighbor, REDIAL_REFUSED_S)


def _part(board: Board, source: Connection, neighbor: Smaller, wait_s: float) -> None:
    neighbor.connection, neighbor.step_s = None, wait_s
    neighbor.due_s = board.now.monotonic_s + wait_s
    board.close(source)


def disconnect(board: Board, source: Connection, _message: Message) -> None:
    """DISCONNECT: the router at the other end is about to end."""
    neighbor = neighbor_of(board, source)
    if source.is_router:
        tell_of_server(board, "DISCONNECTED", source.server)
        settle_cluster(board, source)
    if neighbor is not None:
        neighbor.met, neighbor.lost, neighbor.down_since = False, False, board.now_s
        tell_dialled(board, neighbor, "down")
        _part(board, source, neighbor, REDIAL_DISCONNECTED_S)
    elif source.side is Side.ACCEPTED:
        source.down_since = board.now_s
        tell_status(board, source, "down")
        _gossip_to_port(board, source)
        board.close(source)


def gossip(board: Board, source: Connection, message: Message) -> None:
    """GOSSIP: another router wants to be dialled; at once, if it is known already."""
    address = message.get("my_address")
    if not address:
        return
    board.send(source, board.signed("RECEIVED"))
    board.neighbors.learn(address, board.now)
    board.keep_neighbors()
    neighbor = board.neighbors.smaller.get(address)
    if neighbor is not None and neighbor.connection is None and neighbor.dial is None:
        board.dials = neighbor.dial = board.dials + 1
        host_port = parse_host_port(address)
        board.effects.append(Dial(neighbor.dial, host_port.host, host_port.port, secure=False))


def gone(board: Board, connection: Connection, *, was_reset: bool = False) -> None:
    """A connection is no more; the router at the other end, if it was one, has said nothing."""
    del board.connections[connection.link]
    if connection.side is Side.ACCEPTED:
        if connection.server:
            tell_hangup(board, connection.server)
        for _ in range(RESET_TOLD if was_reset else 1):
            tell_status(board, connection, "down")
        if not connection.service:
            _gossip_to_port(board, connection)
    elif connection.side is Side.CLIENT and connection.service:
        tell_status(board, connection, "down")
    elif (neighbor := neighbor_of(board, connection)) is not None:
        neighbor.lost = neighbor.met
        board.neighbors.lost(neighbor, board.now.monotonic_s)


def _gossip_to_port(board: Board, connection: Connection) -> None:
    board.neighbors.gossip_to_port(connection.address.rpartition(":")[2], board.now)
