"""SHELL: plays a program: its sockets, its time and its chance; what the script means is decided by the machine alone."""

import asyncio
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from communicator.errors import ScriptFailedError
from communicator.reporter import effects
from communicator.reporter.events import Answered, Event, Refused, TimePassed
from communicator.reporter.machine import Machine
from communicator.reporter.resolver import Program
from communicator.reporter.sockets import Sockets
from communicator.reporter.values import Timestamp, Value

_MAX_PID = Path("/proc/sys/kernel/pid_max")
_MAX_PID_DEFAULT = 32_768


class Player:
    """Plays one program once.

    Args:
        program: What to play.
        variables: What is set before it starts.
        show: What is told each text the script prints.
        process_id: The tested process, for ``kill``; None when there is none.
        seed: Where ``random`` starts; None for anywhere.
    """

    def __init__(
        self,
        program: Program,
        variables: Mapping[str, Value] | None = None,
        *,
        show: Callable[[str], None] = print,
        process_id: int | None = None,
        seed: int | None = None,
    ) -> None:
        self._machine = Machine(program, variables)
        self._show = show
        self._process_id = process_id
        self._random = random.Random(seed)  # noqa: S311 - numbers for a test, not secrets
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._failure: ScriptFailedError | None = None
        self.address = ""
        """Where the script listens, once `listening` is set: HOST:PORT, or a path."""
        self.listening = asyncio.Event()
        """Set when the script listens."""

    @property
    def variables(self) -> Mapping[str, Value]:
        """The variables of the script, as they are now."""
        return self._machine.state.variables

    async def play(self) -> None:
        """Play the script to its end.

        Raises:
            ScriptFailedError: What it expects is not so.
        """
        async with asyncio.TaskGroup() as group:
            sockets = Sockets(self._events.put_nowait, group)
            try:
                await self._play(sockets, group)
            finally:
                await sockets.close_all()
        if self._failure is not None:
            raise self._failure

    async def _play(self, sockets: Sockets, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        await self._do(self._machine.start(loop.time()), sockets, group)
        while not self._machine.state.has_ended:
            event = await self._next_event()
            await self._do(self._machine.handle(event, loop.time()), sockets, group)

    async def _next_event(self) -> Event:
        try:
            async with asyncio.timeout_at(self._machine.next_deadline):
                return await self._events.get()
        except TimeoutError:
            return TimePassed()

    async def _do(self, wanted: list[effects.Effect], sockets: Sockets, group: asyncio.TaskGroup) -> None:
        for effect in wanted:
            match effect:
                case effects.Send(link, data):
                    sockets.send(link, data)
                case effects.Close(link):
                    sockets.close(link)
                case effects.StopListening():
                    sockets.stop_listening()
                case effects.Drain():
                    group.create_task(self._drain(sockets))
                case effects.Print(text):
                    self._show(text)
                case effects.End(failure):
                    self._failure = failure
                case _:
                    self._events.put_nowait(await self._answer(effect, sockets))

    async def _answer(self, effect: effects.Open | effects.Question | effects.Kill, sockets: Sockets) -> Event:
        if isinstance(effect, effects.Question):
            return Answered(self._know(effect))
        return self._kill(effect.signal) if isinstance(effect, effects.Kill) else await self._open(effect, sockets)

    async def _open(self, wanted: effects.Open, sockets: Sockets) -> Event:
        try:
            link = await sockets.open(wanted)
        except OSError as error:
            reason = error.strerror or str(error) or "it takes too long"
            verb = "connect to" if wanted.as_client else "listen on"
            return Refused(f"cannot {verb} {str(wanted.address)!r}: {reason}")
        if link is None:
            self.address = sockets.address
            self.listening.set()
        return Answered(link)

    async def _drain(self, sockets: Sockets) -> None:
        await sockets.drain()
        self._events.put_nowait(Answered())

    def _know(self, question: effects.Question) -> Value:
        match question:
            case effects.Question.NOW:
                return Timestamp(time.time_ns())
            case effects.Question.HOSTNAME:
                return socket.gethostname()
            case effects.Question.MAX_PID:
                return _max_pid()
            case effects.Question.RANDOM:
                return self._random.getrandbits(64) - (1 << 63)

    def _kill(self, wanted: str | int) -> Event:
        if self._process_id is None:
            return Refused("nobody is there to be killed: the tested process was not named")
        try:
            number = signal.Signals(wanted) if isinstance(wanted, int) else _signal(wanted)
            os.kill(self._process_id, number)
        except (ValueError, KeyError):
            return Refused(f"{wanted!r} is not a signal such as SIGTERM")
        except OSError as error:
            return Refused(f"process {self._process_id} cannot be sent {wanted!r}: {error.strerror}")
        return Answered()


def _signal(name: str) -> signal.Signals:
    upper = name.upper()
    return signal.Signals[upper if upper.startswith("SIG") else f"SIG{upper}"]


def _max_pid() -> int:
    try:
        return int(_MAX_PID.read_text())
    except (OSError, ValueError):
        return _MAX_PID_DEFAULT
