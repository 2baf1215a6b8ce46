"""PURE: which reply answers which request: its ID decides, or names and order where there is none; no clock, no link.

A request carries an ID, ``correlation_id``, where our router says in READY that it knows such IDs. A reply that repeats an ID
answers the request that carried it, and no other: one that comes after its request timed out answers none.

C++ services repeat no ID, routers answer questions without one, and neither a broadcast nor what is said to a C++ communicatord
carries one. A reply without an ID answers the *oldest* request that awaits its command and was addressed to the service (and
server, when one was named) it comes from. There two limits are left: of two equal requests to one service that answers out of
order, the replies are swapped; and a reply that comes after its request timed out answers the next equal one.

Whatever its ID, only who was asked can answer.

Any process of the host may send us anything; what it cannot do is choose its name. The router writes the true sender in front of
every line: ``<server:communicatord`` of its own, the registered name of a service, and none for a link without a registration. So
a name decides who is believed, and who has none is not.
"""

from collections.abc import Callable, Iterable

import msgspec

from communicator.protocol.message import Message
from communicator.protocol.names import (
    BROADCAST_SERVICES,
    CORRELATION_ID,
    ROUTER_SERVICE,
    THIS_SERVER,
    WILDCARD_SERVERS,
)

_WITHOUT_ID = BROADCAST_SERVICES | {"", ROUTER_SERVICE}
"""Who is asked without an ID: everybody, and routers, which answer in the order in which they are asked."""
UNSIGNED = frozenset(("ABSOLUTELY", "COMMANDS"))
"""What a C++ communicatord says without its name."""


class OwnRouter(msgspec.Struct):
    """What is known of the router at the other end of the link."""

    server: str = ""
    """Its server, as READY told; empty before."""
    is_elder: bool = False
    """Whether it is a C++ communicatord, which does not sign what is in `UNSIGNED`."""
    knows_ids: bool = False
    """Whether it said in READY that requests may carry an ID."""

    def is_sender(self, message: Message) -> bool:
        """Whether it said this itself; before READY no other router could reach us."""
        return message.sent_from_service == ROUTER_SERVICE and self.server in ("", message.sent_from_server)

    def may_be_unsigned_sender(self, message: Message) -> bool:
        """Whether it may have said this without its name, as anybody without a registration may have."""
        return self.is_elder and not message.sender and message.command in UNSIGNED


class Request(msgspec.Struct, frozen=True):
    """What is known of a request until its answer comes."""

    token: int
    command: str
    replies: frozenset[str]
    server: str
    service: str
    correlation_id: str = ""
    """Empty: it carries none."""

    @property
    def destination(self) -> str:
        """``server:service``, shortened to what was given."""
        return f"{self.server}:{self.service}" if self.server else self.service or ROUTER_SERVICE

    @property
    def is_broadcast(self) -> bool:
        """Whether it was addressed to nobody in particular."""
        return self.service in BROADCAST_SERVICES

    def was_sent_to(self, message: Message, router: OwnRouter) -> bool:
        """Whether the sender of this message is who the request was addressed to; never so of a broadcast."""
        to_router = self.service in ("", ROUTER_SERVICE)
        if message.sent_from_service != (self.service or ROUTER_SERVICE):
            unsigned = router.may_be_unsigned_sender(message)
            return unsigned and to_router and self.server in ("", THIS_SERVER, router.server)
        if self.server == THIS_SERVER or (to_router and not self.server):
            return message.sent_from_server == router.server
        return not self.server or self.server in WILDCARD_SERVERS or message.sent_from_server == self.server

    def may_be_answered_by(self, message: Message, router: OwnRouter) -> bool:
        """Whether this message is a reply to the request; a broadcast may be answered by any service that has a name."""
        if message.command not in self.replies:
            return False
        return bool(message.sent_from_service) if self.is_broadcast else self.was_sent_to(message, router)


class Correlator:
    """The requests that wait, oldest first.

    Args:
        router: Who is at the other end; kept up to date by whoever hears it.
        link_id: What the IDs of this link begin with, drawn anew for each: what is late from an earlier one answers nothing here.
    """

    __slots__ = ("_by_id", "_kept", "_link_id", "_next_token", "_router", "_waiting")

    def __init__(self, router: OwnRouter, link_id: str = "") -> None:
        self._router = router
        self._link_id = link_id
        self._next_token = 1
        self._by_id: dict[str, list[Request]] = {}
        """Several have one ID only where the caller wrote it into several."""
        self._waiting: dict[int, Request] = {}
        self._kept: set[int] = set()

    def __len__(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def next_ids(self, message: Message) -> dict[str, str]:
        """What is written on the next request: its ID, where the router and the receiver of the message know what that is."""
        if not self._router.knows_ids or message.service in _WITHOUT_ID:
            return {}
        return {CORRELATION_ID: f"{self._link_id}-{self._next_token:x}"}

    def add(self, message: Message, replies: frozenset[str]) -> Request:
        """Remember a request that is about to be sent, with its ID."""
        named = message.get(CORRELATION_ID)
        request = Request(self._next_token, message.command, replies, message.server, message.service, named)
        self._next_token += 1
        self._waiting[request.token] = request
        if named:
            self._by_id.setdefault(named, []).append(request)
        return request

    def discard(self, token: int) -> None:
        """Forget a request; one that is not there is none."""
        request = self._waiting.pop(token, None)
        self._kept.discard(token)
        if request is not None and request.correlation_id:
            equal = self._by_id[request.correlation_id]
            equal.remove(request)
            if not equal:
                del self._by_id[request.correlation_id]

    def take_all(self) -> list[Request]:
        """Take every request that waits."""
        requests = list(self._waiting.values())
        self._waiting.clear()
        self._by_id.clear()
        self._kept.clear()
        return requests

    def take_answered(self, message: Message) -> Request | None:
        """Take the request that this message answers."""
        return self._take(message, lambda request: request.may_be_answered_by(message, self._router))

    def take_undelivered(self, command: str, report: Message) -> Request | None:
        """Take the request that found no receiver.

        Args:
            command: What could not be delivered.
            report: The router's word on it.
        """
        return self._take(report, lambda request: _is_told_of(request, command, report))

    def take_refused(self, command: str, message: Message) -> Request | None:
        """Take the request that was answered INVALID or UNKNOWN by its receiver or, in its stead, by our router."""
        by_router = self._router.is_sender(message)
        return self._take(
            message,
            lambda request: request.command == command and (by_router or request.was_sent_to(message, self._router)),
        )

    def keep(self, command: str, report: Message) -> None:
        """Note that the router keeps a request until its receiver comes; arguments as of `take_undelivered`."""
        for request in self._meant_by(report):
            if request.token not in self._kept and _is_told_of(request, command, report):
                self._kept.add(request.token)
                return

    def is_kept(self, token: int) -> bool:
        """Whether the router keeps this request."""
        return token in self._kept

    def _meant_by(self, message: Message) -> Iterable[Request]:
        """The requests that a message can be about, the oldest first: none but those with its ID, where it has one."""
        named = message.get(CORRELATION_ID)
        return self._by_id.get(named, ()) if named else self._waiting.values()

    def _take(self, message: Message, matches: Callable[[Request], bool]) -> Request | None:
        for request in self._meant_by(message):
            if matches(request):
                self.discard(request.token)
                return request
        return None


def _is_told_of(request: Request, command: str, report: Message) -> bool:
    """Whether a report on a command can mean this request; it need not tell where that was sent, and a C++ router never does."""
    service, server = report.get("destination_service"), report.get("destination_server")
    return request.command == command and service in ("", request.service) and server in ("", request.server)
