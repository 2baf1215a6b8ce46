"""A router core with the manners of the C++ communicatord 2.0.13: events in, effects out, no I/O and no clock."""

from collections.abc import Callable
from typing import Any

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.router import RouterConfig
from communicator.router.vocabulary.effects import Effect, Stop, StopMode
from communicator.router.vocabulary.events import (
    DeadlineReached,
    DialFailed,
    Event,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkEnded,
    LinkOpened,
    LoadSampled,
    StopRequested,
)
from simulation.leaf.board import HERE, ROUTER, Board, Load
from simulation.leaf.commands import execute, stop
from simulation.leaf.connection import Connection, Side
from simulation.leaf.forwarding import forward, is_stale
from simulation.leaf.handshake import dial_due, dial_failed, dial_succeeded, gone
from simulation.leaf.load import sampled
from simulation.leaf.neighbors import Neighbors, first_of
from simulation.leaf.news import settle_cluster


class Leaf:
    """Decides what a C++ router would send, dial and close.

    Args:
        config: Its identity, neighbors, ``.service`` files and neighbors.txt; the rest is not looked at.
        now: When it starts.
        plugins: Whether it has the two plugins that come with it: load averages, and the state of the clock.
    """

    def __init__(self, config: RouterConfig, now: Instant, *, plugins: bool = False) -> None:
        neighbors = Neighbors(config.my_address, {config.my_address})
        configured = config.cluster.neighbors
        if configured:
            neighbors.learn(str(configured[0].host_port), now)
        for line in config.cluster.saved_neighbors.split():
            neighbors.learn(first_of(line), now)
        self._board = Board(config, now, neighbors, load=Load() if plugins else None)
        settle_cluster(self._board)
        self._board.keep_neighbors()
        self._handlers: dict[type, Callable[[Any], None]] = {
            LinkOpened: self._link_opened,
            LinesReceived: self._lines_received,
            LinkEnded: self._link_ended,
            LinkClosed: self._link_closed,
            LoadSampled: lambda event: sampled(self._board, event),
            DialFailed: lambda event: dial_failed(self._board, event),
            DeadlineReached: lambda _event: dial_due(self._board),
            StopRequested: self._stop_requested,
        }

    @property
    def accepted(self) -> list[int]:
        """The links of the routers that have dialled this one, in the order in which they stand for all of them."""
        return [each.link for each in self._board.of_side(Side.ACCEPTED) if each.is_router]

    @property
    def known(self) -> frozenset[str]:
        """The addresses in its neighbors.txt."""
        return frozenset(self._board.neighbors.known)

    def rank_accepted(self, rank: Callable[[int], int]) -> None:
        """File accepted links in another order.

        Args:
            rank: What to sort the numbers of links by; those that are alike stay in their order.
        """
        connections = sorted(self._board.connections.items(), key=lambda item: rank(item[0]))
        self._board.connections = dict(connections)

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event; see `communicator.router.Router.handle`.

        Raises:
            KeyError, ValueError: The event would end a C++ router.
        """
        self._board.now = now
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)
        effects, self._board.effects = self._board.effects, []
        return effects

    def next_deadline(self) -> float | None:
        """When `DeadlineReached` is due, on the monotonic clock in seconds; None when nothing waits."""
        return None if self._board.is_stopping else self._board.neighbors.next_due_s()

    @property
    def linked(self) -> dict[int, str]:
        """The routers it is linked with: by link, the name of the server."""
        return {link: each.server for link, each in self._board.connections.items() if each.is_router}

    @property
    def awaited(self) -> frozenset[str]:
        """Addresses it would like to be linked with, and is not."""
        return self._board.neighbors.awaited()

    def _link_opened(self, event: LinkOpened) -> None:
        if event.dial is not None:
            dial_succeeded(self._board, event, event.dial)
        else:
            side = Side.ACCEPTED if event.kind.is_remote else Side.CLIENT
            self._board.connections[event.link] = Connection(event.link, side, event.address)

    def _lines_received(self, event: LinesReceived) -> None:
        for line in event.lines.splitlines():
            connection = self._board.connections.get(event.link)
            if connection is not None:
                self._line_received(connection, line)

    def _line_received(self, connection: Connection, line: bytes) -> None:
        board = self._board
        try:
            message = decode(line)
        except RemoteProtocolError:
            return
        if board.is_stopping:
            board.say(connection, "QUITTING")
            board.close(connection)
        elif connection.side is Side.GOSSIP:
            board.close(connection)
        else:
            self._pass_on(connection, message)

    def _pass_on(self, connection: Connection, message: Message) -> None:
        board = self._board
        if connection.side is Side.CLIENT and connection.service:
            message = _sent_from(message, board.name, connection.service)
        if is_stale(board, message):
            return
        if message.service in ("", ROUTER) and (message.server in HERE or message.server == board.name):
            execute(board, connection, message)
        else:
            forward(board, connection, message)

    def _link_ended(self, event: LinkEnded) -> None:
        connection = self._board.connections.get(event.link)
        if connection is not None:
            gone(self._board, connection)
            self._board.close(connection)

    def _link_closed(self, event: LinkClosed) -> None:
        connection = self._board.connections.get(event.link)
        if connection is not None:
            gone(self._board, connection, was_reset=True)

    def _stop_requested(self, event: StopRequested) -> None:
        if event.by == "SIGINT":
            stop(self._board)
        else:
            self._board.is_stopping = True
            self._board.effects.append(Stop(StopMode.STOP))


def _sent_from(message: Message, server: str, service: str) -> Message:
    return Message(message.command, message.parameters, message.service, message.server, server, service)
