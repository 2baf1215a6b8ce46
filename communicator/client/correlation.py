"""PURE: which reply answers which request: the wire has no request number, so names and order decide; no clock, no link.

A reply answers the *oldest* request that awaits its command and was addressed to the service (and server, when one was named)
it comes from. Hence two limits: of two equal requests to one service that answers out of order, the replies are swapped; and a
reply that comes after its request timed out answers the next equal one. Where this matters, put a value into the message that the
receiver repeats, and compare it.

Any process of the host may send us anything; what it cannot do is choose its name. The router writes the true sender in front of
every line: ``<server:communicatord`` of its own, the registered name of a service, and none for a link without a registration. So
a name decides who is believed, and who has none is not.
"""

from collections.abc import Callable

import msgspec

from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, THIS_SERVER, WILDCARD_SERVERS

UNSIGNED = frozenset(("ABSOLUTELY", "COMMANDS"))
"""What a C++ communicatord says without its name."""


class OwnRouter(msgspec.Struct):
    """What is known of the router at the other end of the link."""

    server: str = ""
    """Its server, as READY told; empty before."""
    is_elder: bool = False
    """Whether it is a C++ communicatord, which does not sign what is in `UNSIGNED`."""

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
    """

    __slots__ = ("_kept", "_next_token", "_router", "_waiting")

    def __init__(self, router: OwnRouter) -> None:
        self._router = router
        self._next_token = 1
        self._waiting: dict[int, Request] = {}
        self._kept: set[int] = set()

    def __len__(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def add(self, message: Message, replies: frozenset[str]) -> Request:
        """Remember a request that is about to be sent."""
        request = Request(self._next_token, message.command, replies, message.server, message.service)
        self._next_token += 1
        self._waiting[request.token] = request
        return request

    def discard(self, token: int) -> None:
        """Forget a request; one that is not there is none."""
        self._waiting.pop(token, None)
        self._kept.discard(token)

    def take_all(self) -> list[Request]:
        """Take every request that waits."""
        requests = list(self._waiting.values())
        self._waiting.clear()
        self._kept.clear()
        return requests

    def take_answered(self, message: Message) -> Request | None:
        """Take the request that this message answers."""
        return self._take(lambda request: request.may_be_answered_by(message, self._router))

    def take_undelivered(self, command: str, server: str, service: str) -> Request | None:
        """Take the request that found no receiver.

        Args:
            command: What could not be delivered.
            server: The server it was addressed to; empty where the router does not tell.
            service: The service it was addressed to; empty where the router does not tell.
        """
        return self._take(lambda request: _is_told_of(request, command, server, service))

    def take_refused(self, command: str, message: Message) -> Request | None:
        """Take the request that was answered INVALID or UNKNOWN by its receiver or, in its stead, by our router."""
        by_router = self._router.is_sender(message)
        return self._take(
            lambda request: request.command == command and (by_router or request.was_sent_to(message, self._router)),
        )

    def keep(self, command: str, server: str, service: str) -> None:
        """Note that the router keeps a request until its receiver comes; arguments as of `take_undelivered`."""
        for request in self._waiting.values():
            if request.token not in self._kept and _is_told_of(request, command, server, service):
                self._kept.add(request.token)
                return

    def is_kept(self, token: int) -> bool:
        """Whether the router keeps this request."""
        return token in self._kept

    def _take(self, matches: Callable[[Request], bool]) -> Request | None:
        for request in self._waiting.values():
            if matches(request):
                self.discard(request.token)
                return request
        return None


def _is_told_of(request: Request, command: str, server: str, service: str) -> bool:
    """Whether a report on a command sent somewhere can mean this request."""
    return request.command == command and service in ("", request.service) and server in ("", request.server)
