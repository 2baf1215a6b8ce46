"""Welcomes who connects: numbers the link, finds its user or certificate, sets its bounds, turns away one too many."""

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

from communicator.daemon.back_pressure import water_marks
from communicator.daemon.dispatcher import Dispatcher
from communicator.daemon.link import READ_BYTES, Link, LinkLimits, RemoteLimits
from communicator.daemon.own_addresses import is_own
from communicator.daemon.peers import UNTOLD, Processes, tcp_user, unix_user
from communicator.daemon.settings import LimitsSettings
from communicator.daemon.sockets import Find, ask_kernel, find_socket
from communicator.daemon.tls import certificate_names
from communicator.protocol.addresses import HostPort
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import CloseReason, LinkKind, LinkOpened, Process, User

_TURNED_AWAY_AT_ONCE = 32
"""Links that may be reading why they were not taken; further ones are closed without a word, to save descriptors."""


class Reception:
    """Makes a link of each connection.

    Args:
        dispatcher: Who hears of the links.
        server_name: The name of this router, for what it says to those turned away.
        limits: Bounds of the links to come.
        descriptors: How many this process may have for links.
    """

    def __init__(self, dispatcher: Dispatcher, server_name: str, limits: LimitsSettings, descriptors: int) -> None:
        self.limits = limits
        self._dispatcher = dispatcher
        self._server_name = server_name
        self._descriptors = descriptors
        self._numbers = count(1)
        self._buffer = bytearray(READ_BYTES)

    @property
    def links_max(self) -> int:
        """How many links are held: what the settings say, as far as there are descriptors."""
        return min(self.limits.links, self._descriptors)

    def door(self, kind: LinkKind) -> Callable[[], Link]:
        """What the loop is to call for each connection through a door."""
        return partial(self.enter, kind)

    def enter(self, kind: LinkKind, dial: int | None = None) -> Link:
        """A link that is about to be connected.

        Args:
            kind: Through which door.
            dial: The number of the dial it answers; None when the peer comes to us.
        """
        limits: LinkLimits = RemoteLimits(self.limits.drain_s) if kind.is_remote else self.limits

        def welcome(link: Link) -> None:
            self._welcome(link, limits, dial)

        link = Link(next(self._numbers), kind, welcome, self._dispatcher, limits, self._buffer)
        if dial is not None:  # whom we come to is no stranger, and says all it knows right behind its first word
            link.allow_long_lines()
        return link

    def _welcome(self, link: Link, limits: LinkLimits, dial: int | None) -> None:
        connected = link.transport.get_extra_info("socket")
        high, low = water_marks(limits.queue_bytes)
        link.transport.set_write_buffer_limits(high, low)
        user = holder = None
        if link.kind is LinkKind.UNIX:
            address, user = connected.getsockname(), unix_user(connected)
            holder = user
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = link.transport.get_extra_info("peername")  # None: it was reset before we came to accept it
            address = str(HostPort(*peer[:2])) if peer else "gone"
            with suppress(OSError):  # where the kernel may not be asked: to read its tables for each takes too long
                holder = find_user(link, ask_kernel)
        is_local, shares = not link.kind.is_remote, self._dispatcher.link_shares
        why_not = "" if dial is not None else shares.why_not(holder, self.links_max, is_local=is_local)
        shares.take(link.number, holder, is_local=is_local)
        certificate = certificate_names(link.transport) if link.kind is LinkKind.SECURE else None
        self._dispatcher.link_opened(link, LinkOpened(link.number, link.kind, address, user, dial, certificate))
        if why_not:
            self._turn_away(link, why_not)

    def _turn_away(self, link: Link, reason: str) -> None:
        turned_away = self._dispatcher.link_shares.turned_away
        if len(turned_away) >= _TURNED_AWAY_AT_ONCE:
            link.cut(CloseReason.LIMIT)
            return
        turned_away.add(link.number)
        parameters = {"command": "REGISTER", "message": reason}  # what most begin with: their clients then say why
        refusal = Message("INVALID", parameters, "", "", self._server_name, ROUTER_SERVICE)
        link.send(Send(link.number, encode_line(refusal)))
        link.close(CloseReason.LIMIT)


def find_user(link: Link, find: Find = find_socket) -> User | None:
    """The user at the other end of a link; None when it cannot be told.

    Args:
        link: It.
        find: Finds a socket by its local and its remote address.
    """
    peer, own = link.transport.get_extra_info("peername"), link.transport.get_extra_info("sockname")
    if link.kind is not LinkKind.LOCAL or peer is None:
        return None
    return tcp_user(peer[:2], own[:2], find)


def find_process(link: Link, processes: Processes) -> Process | None:
    """The process at the other end of a link, as far as it can be told; None where that is on another host."""
    if link.kind is LinkKind.UNIX:
        return processes.of_unix(link.transport.get_extra_info("socket"))
    peer, own = link.transport.get_extra_info("peername"), link.transport.get_extra_info("sockname")
    if peer is None or own is None:  # it was reset before we came to accept it
        return UNTOLD
    return processes.of_tcp(peer[:2], own[:2]) if link.kind.is_local or is_own(peer[0]) else None
