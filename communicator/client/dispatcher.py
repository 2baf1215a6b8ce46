"""Runs the handlers of a service: which one takes a message, how many at once, what becomes of their errors; no link."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable

import msgspec

from communicator.client.event_log import Repeats, log_event
from communicator.client.inbox import Inbox
from communicator.client.session import may_be_refused
from communicator.errors import LocalProtocolError, MessageRefusedError
from communicator.protocol.message import Message
from communicator.protocol.names import is_command_name

HANDLERS = 64
"""Handlers that run at once by default: enough to keep a service busy that waits for others, few enough to bound memory."""

LIBRARY_COMMANDS = frozenset(("ALIVE", "HELP", "QUITTING", "STOP", "DISCONNECTING"))
"""What the library answers itself; nobody else may handle these."""

Handler = Callable[[Message], Awaitable[Message | None]]


class Dispatcher:
    """Hands each message to its handler, in a task of its own.

    Tasks start in the order of their messages; a handler that awaits lets later messages overtake it.

    Args:
        send: Sends an answer, now or later.
        limit: How many handlers run at once; further messages wait.
        relieved: Called each time a message that waited found its handler.
    """

    def __init__(self, send: Callable[[Message], Awaitable[None]], limit: int, relieved: Callable[[], None]) -> None:
        self._send = send
        self._limit = limit
        self._relieved = relieved
        self._handlers: dict[str, Handler] = {}
        self._waiting = Inbox()
        self._repeats = Repeats()
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_closing = False
        """Whether new messages are refused because the service stops."""
        self.handler_errors = 0
        """How many times a handler raised."""

    @property
    def commands(self) -> frozenset[str]:
        """What has a handler."""
        return frozenset(self._handlers)

    def add(self, command: str, handler: Handler) -> None:
        """Name the handler of a command.

        Raises:
            ValueError: It cannot be a command, is the library's own, or has a handler already.
            TypeError: The handler is not an ``async def``.
        """
        if not inspect.iscoroutinefunction(handler):
            raise TypeError(f"the handler of {command} must be an 'async def', not {handler!r}")
        if not is_command_name(command):
            raise ValueError(f"{command!r} cannot be a command: upper case letters, digits and '_'")
        if command in LIBRARY_COMMANDS:
            raise ValueError(f"{command} is answered by the library itself")
        if command in self._handlers:
            raise ValueError(f"{command} has a handler already: {self._handlers[command]!r}")
        self._handlers[command] = handler

    def dispatch(self, message: Message, group: asyncio.TaskGroup) -> None:
        """Start the handler of a message, or let the message wait for its turn.

        Args:
            message: What came.
            group: Holds the tasks.
        """
        self._group = group
        if len(self._tasks) >= self._limit:
            self._waiting.put(message)
        else:
            self._start(message, group)

    def handles(self, command: str) -> bool:
        """Whether there is a handler for it."""
        return command in self._handlers

    @property
    def is_full(self) -> bool:
        """Whether so many messages wait that the router should; see `Inbox`."""
        return self._waiting.is_full

    async def wait_idle(self) -> None:
        """Wait until no handler runs."""
        await self._idle.wait()

    def close(self) -> None:
        """Cancel the handlers that run, and start no more."""
        self._group = None
        for task in self._tasks:
            task.cancel()

    def _start(self, message: Message, group: asyncio.TaskGroup) -> None:
        self._idle.clear()
        task = group.create_task(self._handle(message))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Start the next one as a task of its own: taken up by this one, it would overtake those not begun yet."""
        self._tasks.discard(task)
        if self._waiting and self._group is not None:
            self._start(self._waiting.take(), self._group)
            self._relieved()
        elif not self._tasks:
            self._idle.set()

    async def _handle(self, message: Message) -> None:
        if self.is_closing:
            await self._refuse(message, "INVALID", "the service is stopping")
            return
        handler = self._handlers.get(message.command)
        if handler is None:
            await self._refuse(message, "UNKNOWN")
            return
        try:
            answer = await handler(message)
            if answer is not None:
                await self._answer(message, answer)
        except MessageRefusedError as error:
            await self._refuse(message, "INVALID", error.reason)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is logged and told
            self.handler_errors += 1
            command, sender, kind = message.command, message.sender, f"{message.command} {type(error).__name__}"
            self._repeats.log(logging.ERROR, "handler_failed", kind=kind, exc_info=True, command=command, sender=sender)
            await self._refuse(message, "INVALID", "the service failed to handle it")

    async def _answer(self, message: Message, answer: Message) -> None:
        """Send an answer; one that names no receiver goes to the sender, who alone knows the IDs of what it said."""
        if not answer.service:
            if not message.sent_from_service:
                reason = "the sender never registered"
                log_event(logging.DEBUG, "answer_dropped", command=answer.command, reason=reason)
                return
            answer = message.reply(answer.command, answer.parameters)
        elif (answer.service, answer.server or message.sent_from_server) == (
            message.sent_from_service,
            message.sent_from_server,
        ):
            answer = msgspec.structs.replace(answer, parameters=message.ids | answer.parameters)
        await self._send(answer)

    async def _refuse(self, message: Message, how: str, reason: str = "") -> None:
        """Tell the sender, where it may be told."""
        if not may_be_refused(message):
            return
        parameters = {"command": message.command} | ({"message": reason} if reason else {})
        try:
            await self._send(message.reply(how, parameters))
        except LocalProtocolError as error:
            self._repeats.log(logging.WARNING, "refusal_dropped", command=message.command, error=str(error))
