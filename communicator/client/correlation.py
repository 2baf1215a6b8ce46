"""Which reply answers which request: the wire has no request number, so names and order decide; no clock, no link.

A reply answers the *oldest* request that awaits its command and was addressed to the service (and server, when one was named)
it comes from. Hence two limits: of two equal requests to one service that answers out of order, the replies are swapped; and a
reply that comes after its request timed out answers the next equal one. Where this matters, put a value into the message that the
receiver repeats, and compare it.
"""

from collections.abc import Callable

import msgspec

from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, WILDCARD_SERVERS


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

    def may_come_from(self, server: str, service: str) -> bool:
        """Whether what this sender says may answer the request; an unnamed sender is given the benefit of the doubt."""
        if self.service in BROADCAST_SERVICES:
            return True
        if service and service != (self.service or ROUTER_SERVICE):
            return False
        return not server or not self.server or self.server in WILDCARD_SERVERS or server == self.server


class Correlator:
    """The requests that wait, oldest first."""

    __slots__ = ("_next_token", "_waiting")

    def __init__(self) -> None:
        self._next_token = 1
        self._waiting: dict[int, Request] = {}

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

    def take_all(self) -> list[Request]:
        """Take every request that waits."""
        requests = list(self._waiting.values())
        self._waiting.clear()
        return requests

    def take_answered(self, message: Message) -> Request | None:
        """Take the request that this message answers."""
        return self._take(
            lambda request: (
                message.command in request.replies
                and request.may_come_from(message.sent_from_server, message.sent_from_service)
            ),
        )

    def take_undelivered(self, command: str, server: str, service: str) -> Request | None:
        """Take the request that found no receiver.

        Args:
            command: What could not be delivered.
            server: The server it was addressed to; empty where the router does not tell.
            service: The service it was addressed to; empty where the router does not tell.
        """
        return self._take(
            lambda request: (
                request.command == command and service in ("", request.service) and server in ("", request.server)
            ),
        )

    def take_refused(self, command: str, message: Message) -> Request | None:
        """Take the request that was answered INVALID or UNKNOWN by its receiver or, in its stead, by the router."""
        by_router = message.sent_from_service == ROUTER_SERVICE
        return self._take(
            lambda request: (
                request.command == command
                and (by_router or request.may_come_from(message.sent_from_server, message.sent_from_service))
            ),
        )

    def _take(self, matches: Callable[[Request], bool]) -> Request | None:
        for request in self._waiting.values():
            if matches(request):
                return self._waiting.pop(request.token)
        return None
