"""A client on asyncio: one registration, for as long as its ``async with`` block; it does not reconnect, a Service does."""

import logging
from collections.abc import AsyncIterator
from typing import Self

from communicator.client.connection import Connection, line_of
from communicator.client.event_log import log_event
from communicator.client.registrant import REPLY_TIMEOUT_S, OneRegistration
from communicator.protocol.message import Message


class Client(OneRegistration):
    """Registers with a router while its ``async with`` block lasts.

    .. code-block:: python

        async with Client("cd:///run/bellwether/communicatord.sock", "asker") as client:
            pong = await client.request(Message("PING", service="ping"), "PONG")

    Args:
        address: ``cd://HOST[:PORT]`` TCP, ``cd:///PATH`` Unix socket, ``cds://HOST[:PORT]`` TLS.
        service: The name to register under.
        service_version: The version of this service, recorded by the canary.
        build: What tells two builds of one version apart.
        role: ``live``, ``standby``, ``shadow`` or ``probe``.
        announce: Further parameters of REGISTER, such as ``metrics_port``.
        commands: What `messages` is to bring, such as ``STATUS``: a broadcast reaches only who listed its command.
        connect_timeout_s: How long connecting and registering may take, in seconds.
        tls: For ``cds://``; None trusts what this host trusts.
        username: For a listener that requires credentials.
        password: The same.
        checks: What is said and heard is held to its definition; None for no checks.

    Raises:
        AddressError: The address is none, or cannot be registered at.
        LocalProtocolError: The name, the role or an announcement cannot be sent.

    Entering the block raises NotConnectedError, RegistrationRefusedError or VersionBlockedError.
    """

    _BLOCK = "an 'async with' block"
    _is_told = False
    """Whether it was told that messages are dropped."""

    async def __aenter__(self) -> Self:
        self._connection = await Connection.open(self._address, self._make, self._connect_timeout_s, self._tls)
        if self.stop_asked:
            self._connection.leave()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.close()

    async def send(self, message: Message) -> None:
        """Send a message; the wire promises at most once.

        Raises:
            LocalProtocolError: The message has no encoding, or is faulty and `checks` are enforced.
            NotConnectedError: The link is gone.
        """
        self._check_sent(message)
        await self._link.send(line_of(message))

    async def request(self, message: Message, *replies: str, timeout_s: float = REPLY_TIMEOUT_S) -> Message:
        """Send a message and wait for its answer.

        The request carries a ``correlation_id``, unless it goes to a router or to everybody, or our router is a C++ one. A reply
        that repeats it answers this request alone; one without it answers the oldest request that awaits its command from there.
        `communicator.client.correlation` says what follows from that.

        Args:
            message: What to ask; ``transmission_report=failure`` and an ID are added, where it does not say them itself.
            replies: The commands that may answer it.
            timeout_s: The deadline, in seconds from now.

        Returns:
            The first of the replies that comes.

        Raises:
            NoReceiverError: The router knows of no such service; at once.
            MessageRefusedError: The receiver or the router answered INVALID or UNKNOWN.
            FaultyReplyError: The reply is faulty, and `checks` are enforced; at once.
            ReplyTimeoutError: No answer came in time; `is_kept` says that the router keeps the message for a service that
                is not up yet.
            NotConnectedError: The link is gone, or was lost meanwhile.
            LocalProtocolError: The message has no encoding, or is faulty and `checks` are enforced.
            ValueError: No reply is named, or one that could not be a command.
        """
        return await self._link.request(message, replies, timeout_s)

    async def messages(self) -> AsyncIterator[Message]:
        """Every message that answers no request, as it comes; ends when this client was told to stop.

        Messages wait for their reader within the bound of `communicator.client.inbox`; beyond it the router waits, or, while
        nobody reads or a request is under way, the oldest are dropped and counted.

        Raises:
            NotConnectedError: The link was lost.
        """
        self._has_reader = True
        try:
            while (message := await self._next()) is not None:
                yield message
        finally:
            self._has_reader = False
            self._regulate()

    def _tell_dropped(self) -> None:
        if not self._is_told:
            self._is_told = True
            reason = "messages() is not read fast enough"
            log_event(logging.WARNING, "message_dropped", command=self._inbox.last_dropped, reason=reason)

    def _stop(self) -> None:
        self.stop_asked = True
        if self._connection is not None:
            self._connection.leave()
