"""A long-lived service on asyncio: registers, answers, and comes back whenever its router does."""

import asyncio
import logging
import os
import random
import signal
import ssl
from collections.abc import Callable, Coroutine, Mapping

from communicator import errors
from communicator.client.backoff import Backoff
from communicator.client.checks import Checks
from communicator.client.connection import LOGGED_BYTES, Connection, line_of
from communicator.client.dispatcher import HANDLERS, Dispatcher, Handler
from communicator.client.event_log import Repeats, log_event
from communicator.client.health import Health, HealthCheck
from communicator.client.identity import PROBE, Identity
from communicator.client.outbox import Outbox
from communicator.client.registrant import CONNECT_TIMEOUT_S, REPLY_TIMEOUT_S, Registrant
from communicator.client.status import Blocked
from communicator.protocol.message import Message

DRAIN_S = 5.0
"""How long handlers may go on after the service was told to stop, in seconds; then they are cancelled."""
PROBE_RUN_S = 90.0
"""A probe runs this long before it asks to be live again: 60 s count as good. If it may not be, it is a probe again."""
RETRY_BLOCKED_S = 60.0
"""How often a version that is blocked without limit asks again, in seconds."""

Work = Callable[[], Coroutine[None, None, None]]

_REFUSALS = frozenset(("INVALID", "SERVICE_UNAVAILABLE", "TRANSMISSION_REPORT", "UNKNOWN"))


class Service(Registrant):
    """Registers with a router, hands messages to handlers, and reconnects by itself.

    .. code-block:: python

        service = Service("cd:///run/bellwether/communicatord.sock", "ping", service_version="1.0")


        @service.on("PING")
        async def ping(message: Message) -> Message:
            return Message("PONG")


        service.main()

    A message without a handler is answered UNKNOWN; a handler that raises is logged and counted, and its sender gets INVALID. A
    version that the canary blocked waits, or runs as a probe where it may; a registration that is refused is tried again, because
    the holder of the name may be about to leave.

    Args:
        address: ``cd://HOST[:PORT]`` TCP, ``cd:///PATH`` Unix socket, ``cds://HOST[:PORT]`` TLS.
        service: The name to register under.
        service_version: The version of this service, recorded by the canary.
        build: What tells two builds of one version apart.
        role: ``live``, ``standby``, ``shadow`` or ``probe``.
        announce: Further parameters of REGISTER, such as ``metrics_port``.
        connect_timeout_s: How long one attempt to connect and register may take, in seconds.
        tls: For ``cds://``; None trusts what this host trusts.
        username: For a listener that requires credentials.
        password: The same.
        handlers: How many handlers run at once; beyond that messages wait, and once `communicator.client.inbox` is full, the
            router. Up to there a busy service is still one that lives: ALIVE, HELP, STOP and replies are dealt with at once.
        outbox: What is kept while there is no link.
        checks: What is said and heard is held to its definition; None for no checks.

    Raises:
        AddressError: The address is none, or cannot be registered at.
        LocalProtocolError: The name, the role or an announcement cannot be sent.
    """

    def __init__(  # noqa: PLR0913 - each is one word of REGISTER, or one bound
        self,
        address: str,
        service: str,
        *,
        service_version: str = "",
        build: str = "",
        role: str = "live",
        announce: Mapping[str, str] | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
        username: str = "",
        password: str = "",
        handlers: int = HANDLERS,
        outbox: Outbox | None = None,
        checks: Checks | None = None,
    ) -> None:
        words = (service, service_version, build, role, os.getpid(), dict(announce or {}), username, password)
        super().__init__(address, Identity(*words), connect_timeout_s, tls, checks)
        self._dispatcher = Dispatcher(self.send, handlers, self._regulate)
        self._outbox = Outbox() if outbox is None else outbox
        self._health = Health()
        self._backoff = Backoff()
        self._repeats = Repeats()
        self._group: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._lost = asyncio.Event()
        self._placed = asyncio.Event()
        self._works: list[Work] = [self._stay_connected]
        self._last_failure = ""
        self._drops_told = 0
        self.blocked: Blocked | None = None
        """Set while this version is blocked on this server, also while it runs as a probe."""

    @property
    def handler_errors(self) -> int:
        """How many times a handler raised."""
        return self._dispatcher.handler_errors

    @property
    def queued_messages(self) -> int:
        """How many messages wait for a link."""
        return len(self._outbox)

    @property
    def dropped_messages(self) -> int:
        """How many messages were dropped because too many waited for a link."""
        return self._outbox.dropped

    @property
    def last_dropped_command(self) -> str:
        """The command of the message dropped last."""
        return self._outbox.last_dropped

    def on(self, *commands: str) -> Callable[[Handler], Handler]:
        """Name the handler of one or more commands, as a decorator.

        What the handler returns is sent as the answer: to the sender, unless it names another receiver, and to the sender with the
        IDs of the message. It may raise MessageRefusedError to answer INVALID with a reason. What the library takes note of itself
        may have a handler too: READY, which comes with every new link, and broadcasts such as CLOCK_STABLE. Anybody may send these:
        a handler that believes one looks at its sender, or at `clock_status` and `cluster_status`, which record only what our own
        router says.

        Args:
            commands: What it handles; all handlers are named before `run`.

        Raises:
            ValueError: A command is none, is answered by the library, or has a handler already.
            TypeError: The handler is not an ``async def``.
        """

        def register(handler: Handler) -> Handler:
            for command in commands:
                self._dispatcher.add(command, handler)
            return handler

        return register

    def health(self, check: HealthCheck) -> HealthCheck:
        """Name what tells how this service does, as a decorator: an ``async def`` without arguments.

        The canary of this host asks, every 15 s by default. What the check returns is what is wrong, in words for people; None
        or an empty text: nothing is. A service that says so three times in a row counts as failed. A check that raises says
        that the service is unwell, and one that does not end is no answer: after three of these the service hangs. Without a
        check a service that answers at all is well.

        Raises:
            TypeError: It is not an ``async def``.
            ValueError: There is one already.
        """
        return self._health.name(check)

    def beside(self, work: Work) -> Work:
        """Name an ``async def`` without arguments that runs until this service is to stop, as a decorator; its error ends `run`."""
        self._works.append(work)
        return work

    async def run(self) -> None:
        """Serve until `stop`, until STOP comes, or until cancelled; call it once."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                works = [group.create_task(work()) for work in self._works]
                try:
                    await self._stopping.wait()
                    for work in works:
                        work.cancel()
                    await self._drain()
                finally:
                    self._group = None  # what still comes on the link finds no group that would take it
                    self._dispatcher.close()
        finally:
            if self._connection is not None:
                await self._connection.close()
            if self._outbox:
                log_event(logging.WARNING, "messages_never_sent", count=len(self._outbox))

    def main(self) -> None:
        """Run as a program of its own: serve until SIGTERM or SIGINT, at which the service leaves in good order."""

        async def serve() -> None:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
            await self.run()

        asyncio.run(serve())

    def stop(self) -> None:
        """End `run` once the handlers under way are done."""
        self._dispatcher.is_closing = True
        self._stopping.set()

    async def wait_ready(self) -> None:
        """Wait until the service is registered; at once when it is."""
        await self._ready.wait()

    async def wait_lost(self) -> None:
        """Wait until the link is gone that `wait_ready` waited for; at once when it is."""
        await self._lost.wait()

    async def wait_placed(self) -> None:
        """Wait until the service was let in, or was told to wait as a blocked version, or no router answers yet.

        Not while a router refuses its registration. A daemon says by this that it has started.
        """
        await self._placed.wait()

    async def send(self, message: Message) -> None:
        """Send a message; without a link it is kept, within a bound, until there is one. The wire promises at most once.

        Raises:
            LocalProtocolError: The message has no encoding, or is faulty and `checks` are enforced.
        """
        self._check_sent(message)
        line = line_of(message)
        if self._connection is not None and self._connection.is_usable and not self._outbox:
            await self._connection.send(line)
        elif self._outbox.put(message.command, line) and self._outbox.dropped == 1:
            log_event(logging.WARNING, "outbox_full", dropped=self._outbox.last_dropped)

    async def request(self, message: Message, *replies: str, timeout_s: float = REPLY_TIMEOUT_S) -> Message:
        """Send a message and wait for its answer; as `Client.request`.

        Raises:
            NotConnectedError: There is no link now: a request is not kept for later.
        """
        if self._connection is None:
            raise errors.NotConnectedError(f"no link to the router at {self.address} now")
        return await self._connection.request(message, replies, timeout_s)

    async def _stay_connected(self) -> None:
        while True:
            wait_s = await self._attempt()
            await asyncio.sleep(wait_s)

    async def _attempt(self) -> float:
        """Have one link, for as long as it lasts; returns how long to wait before the next, in seconds."""
        is_probe = self.blocked is not None and self.blocked.probe_allowed
        try:
            self._connection = await Connection.open(
                self._address,
                lambda: self._make(PROBE if is_probe else ""),
                self._connect_timeout_s,
                self._tls,
            )
        except errors.VersionBlockedError as error:
            self._placed.set()
            return self._block(error, was_probe=is_probe)
        except (errors.NotConnectedError, errors.RegistrationRefusedError) as error:
            if isinstance(error, errors.NotConnectedError):
                self._placed.set()
            elif is_probe:
                self.blocked = None
            return self._failed(error)
        began_s = asyncio.get_running_loop().time()
        await self._serve(self._connection, is_probe=is_probe)
        self._backoff.link_lasted(asyncio.get_running_loop().time() - began_s)
        return self._backoff.next_wait_s(random.random())  # noqa: S311 - spreads reconnects, hides nothing

    def _make(self, role: str) -> Connection:
        session = self._new_session(self._dispatcher.commands, role, tells_health=self._health.is_checked)
        return Connection(session, self._deliver, self.stop, self._ready.clear, self._inspection)

    async def _serve(self, connection: Connection, *, is_probe: bool) -> None:
        """Use a link until it is lost, or until a probe has run long enough to ask for more."""
        self._placed.set()
        self._last_server, self._last_role = connection.session.server_name, connection.session.role
        if not is_probe:
            self.blocked = None
        self._last_failure = ""
        log_event(
            logging.INFO,
            "registered",
            service=self._identity.service,
            server=connection.session.server_name,
            role=connection.session.role,
        )
        await self._flush(connection)
        if connection.is_usable:
            self._ready.set()
            self._lost.clear()
        try:
            async with asyncio.timeout(PROBE_RUN_S if is_probe else None):
                await connection.closed.wait()
            log_event(logging.WARNING, "link_lost", address=self.address, reason=connection.close_reason)
        except TimeoutError:
            log_event(logging.INFO, "probe_over", service=self._identity.service, next_role=self._identity.role)
            self.blocked = None
            await connection.close()
        finally:
            self._ready.clear()
            self._lost.set()
        self._connection = None

    async def _flush(self, connection: Connection) -> None:
        dropped = self._outbox.dropped - self._drops_told
        if dropped:
            self._drops_told = self._outbox.dropped
            log_event(logging.WARNING, "messages_dropped", count=dropped, last_command=self._outbox.last_dropped)
        while self._outbox and connection.is_usable:
            await connection.send(self._outbox.pop())

    def _block(self, error: errors.VersionBlockedError, *, was_probe: bool) -> float:
        self.blocked = Blocked(error.reason, error.until_s, error.probe_allowed and not was_probe)
        log_event(
            logging.WARNING,
            "version_blocked",
            service=self._identity.service,
            version=self._identity.service_version,
            until_s=error.until_s,
            probe_allowed=error.probe_allowed,
            reason=error.reason,
        )
        if self.blocked.probe_allowed:
            return self._backoff.next_wait_s(random.random())  # noqa: S311 - as above
        return RETRY_BLOCKED_S if error.until_s is None else max(error.until_s, self._backoff.next_wait_s(1.0))

    def _failed(self, error: errors.ClientError) -> float:
        """Log a failure once, not once per attempt."""
        wait_s = self._backoff.next_wait_s(random.random())  # noqa: S311 - as above
        if str(error) != self._last_failure:
            self._last_failure = str(error)
            log_event(
                logging.WARNING,
                "connect_failed",
                service=self._identity.service,
                error=str(error),
                retry_in_s=round(wait_s, 3),
            )
        return wait_s

    async def _drain(self) -> None:
        """Let handlers finish; those that take too long are cancelled with the group."""
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._dispatcher.wait_idle()
        except TimeoutError:
            log_event(logging.WARNING, "handlers_cancelled", after_s=DRAIN_S)

    def _regulate(self) -> None:
        connection = self._connection
        if connection is None:
            return
        if self._dispatcher.is_full:
            connection.pause_reading()
        else:
            connection.resume_reading()

    def _deliver(self, message: Message, is_settled: bool) -> None:  # noqa: FBT001 - the shape of a callback
        if message.command == "ALIVE":  # beside the handlers: however busy they are, the service lives
            if self._group is not None:
                self._group.create_task(self._tell_health(message))
            return
        if not self._dispatcher.handles(message.command):
            session = self._session
            if is_settled or (session is not None and session.understands(message.command)):
                self._log_refusal(message)
                return
        if self._group is not None:
            self._dispatcher.dispatch(message, self._group)
            self._regulate()

    async def _tell_health(self, alive: Message) -> None:
        answer = await self._health.answer(alive)
        if answer is not None and self.connected:  # over another link nobody waits for it
            await self.send(answer)

    def _log_refusal(self, message: Message) -> None:
        """Say that a message sent without waiting for an answer was refused, or found no receiver."""
        how, by = message.command, message.sender
        if how in _REFUSALS and (count := self._repeats.due(how)):  # the text of many is not made
            told = repr(dict(message.parameters))[:LOGGED_BYTES]
            log_event(logging.WARNING, "message_refused", how=how, by=by, count=count, parameters=told)
