"""What Client, BlockingClient and Service have in common: who registers where and how, what the router said, and what came."""

import asyncio
import os
import ssl
from collections.abc import Iterable, Mapping
from typing import ClassVar

from communicator.client.checks import Checks
from communicator.client.connection import Connection
from communicator.client.dial import stream_address
from communicator.client.identity import Identity
from communicator.client.inbox import Inbox
from communicator.client.inspection import inspection_of
from communicator.client.session import Session
from communicator.client.status import ClockStatus, ClusterStatus
from communicator.errors import NotConnectedError
from communicator.protocol.message import Message

CONNECT_TIMEOUT_S = 5.0
"""A router on the same host answers in milliseconds; one that is loaded, within seconds."""
REPLY_TIMEOUT_S = 5.0
"""Default deadline of a request."""
LINK_ID_BYTES = 4
"""One in four billion: that a reply which is late from one link answers a request of the next."""


class Registrant:
    """Whoever registers with a router.

    Args:
        address: Where the router listens.
        identity: Who registers.
        connect_timeout_s: How long connecting and registering may take, in seconds.
        tls: For ``cds://``; None trusts what this host trusts.
        checks: What is said and heard is held to its definition; None for no checks.
    """

    def __init__(
        self,
        address: str,
        identity: Identity,
        connect_timeout_s: float,
        tls: ssl.SSLContext | None,
        checks: Checks | None,
    ) -> None:
        self.address = address
        self._address = stream_address(address)
        self._identity = identity
        self._connect_timeout_s = connect_timeout_s
        self._tls = tls
        self._inspection = inspection_of(checks)
        self._last_server = ""
        self._last_role = identity.role
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether what is sent now may arrive, as far as was read."""
        return self._connection is not None and self._connection.is_usable

    @property
    def _session(self) -> Session | None:
        """The conversation with the router; None while there is no link."""
        return self._connection.session if self._connection else None

    @property
    def server_name(self) -> str:
        """The server of the router it is registered with, or was last; empty before it ever was."""
        return (self._session.server_name if self._session else "") or self._last_server

    @property
    def role(self) -> str:
        """What it is there for: as its router said last, else as it registers; ``shadow``: nobody hears what it says."""
        return self._session.role if self._session else self._last_role

    @property
    def cluster_status(self) -> ClusterStatus | None:
        """What the router last said of the cluster; None until that was read, and for a service while there is no link."""
        return self._session.cluster_status if self._session else None

    @property
    def clock_status(self) -> ClockStatus | None:
        """What the router last said of this host's clock; None until that was read, and for a service while there is no link."""
        return self._session.clock_status if self._session else None

    @property
    def faulty_messages(self) -> int:
        """How many messages, said and heard, were not as they are defined; 0 where nothing is checked."""
        return 0 if self._inspection is None else self._inspection.faulty_messages

    def _new_session(self, commands: Iterable[str], role: str = "", *, tells_health: bool = False) -> Session:
        """The conversation over one more link; arguments are those of `Session`."""
        link_id = os.urandom(LINK_ID_BYTES).hex()
        return Session(self._identity, commands, role, tells_health=tells_health, link_id=link_id)

    def _check_sent(self, message: Message) -> None:
        if self._inspection is not None:
            self._inspection.check_sent(message, self.server_name)


class OneRegistration(Registrant):
    """Whoever registers once, for as long as a block lasts; arguments and errors are those of `Client`."""

    _BLOCK: ClassVar[str]
    """The kind of that block."""

    def __init__(  # noqa: PLR0913 - each is one word of REGISTER or one property of the link
        self,
        address: str,
        service: str,
        *,
        service_version: str = "",
        build: str = "",
        role: str = "live",
        announce: Mapping[str, str] | None = None,
        commands: Iterable[str] = (),
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
        username: str = "",
        password: str = "",
        checks: Checks | None = None,
    ) -> None:
        words = (service, service_version, build, role, os.getpid(), dict(announce or {}), username, password)
        super().__init__(address, Identity(*words), connect_timeout_s, tls, checks)
        self._commands = frozenset(commands)
        self._inbox = Inbox()
        self._arrived = asyncio.Event()
        """Set when there is something to look at: a message, or the end of the link."""
        self._has_reader = False
        """Whether somebody fetches what comes, so that the router may be made to wait for it."""
        self.stop_asked = False
        """Whether the router, or another service, told this one to end; the link of a `Client` is closed then."""

    @property
    def dropped_messages(self) -> int:
        """How many received messages were dropped because nobody fetched them, or too many came while `request` waited."""
        return self._inbox.dropped

    @property
    def _link(self) -> Connection:
        if self._connection is None:
            raise NotConnectedError(f"not connected to {self.address}: use the client in {self._BLOCK}")
        return self._connection

    def _make(self) -> Connection:
        session = self._new_session(self._commands)
        return Connection(session, self._deliver, self._stop, self._arrived.set, self._inspection)

    @property
    def _may_pause(self) -> bool:
        """Whether the router may be made to wait: for a slow reader, but not for none, nor while a reply is under way."""
        return self._has_reader and not (self._session and self._session.requests)

    def _regulate(self) -> None:
        if self._may_pause and self._inbox.is_full:
            self._link.pause_reading()
        else:
            self._link.resume_reading()

    def _deliver(self, message: Message, is_settled: bool) -> None:  # noqa: FBT001 - the shape of a callback
        if is_settled:
            return
        if self._may_pause:
            self._inbox.put(message)
        elif self._inbox.put_or_drop(message):
            self._tell_dropped()
        self._arrived.set()
        if self._has_reader and self._connection is not None:
            self._regulate()

    async def _next(self) -> Message | None:
        """The next message that answers no request; None when this client was told to stop."""
        while not self._inbox:
            if self.stop_asked:
                return None
            if self._link.closed.is_set():
                raise NotConnectedError(f"the link to the router at {self.address} is gone: {self._link.close_reason}")
            self._arrived.clear()
            await self._arrived.wait()
        message = self._inbox.take()
        self._regulate()
        return message

    def _tell_dropped(self) -> None:
        """A message was dropped; they are counted in any case."""

    def _stop(self) -> None:
        self.stop_asked = True
        self._arrived.set()
