"""SHELL: systemd's manager on the system bus: asks it for units and jobs on them, and hears of changes; it knows no run."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from dbus_fast import BusType, DBusFastError, Message, MessageType
from dbus_fast.aio import MessageBus

ANSWER_S = 5.0
"""systemd answers within milliseconds; one that is starting half of the machine takes longer."""

SYSTEMD = "org.freedesktop.systemd1"
_MANAGER_PATH = "/org/freedesktop/systemd1"
_MANAGER = f"{SYSTEMD}.Manager"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_BUS = "org.freedesktop.DBus"
_BUS_PATH = "/org/freedesktop/DBus"
_JOB_REMOVED = f"type='signal',sender='{SYSTEMD}',interface='{_MANAGER}',member='JobRemoved',path='{_MANAGER_PATH}'"
_FAILURES = (OSError, EOFError, DBusFastError)
"""Of a connection; a time-out is an OSError."""

Changed = Callable[[str, Mapping[str, object]], None]
"""Takes the path of a unit, and what has changed of it."""


class BusError(OSError):
    """The bus or systemd cannot be reached, did not answer, or refuses."""


class RefusedError(BusError):
    """systemd answered that it knows no such thing, or that it may not be asked.

    Args:
        question: What was asked.
        name: Of the error, as D-Bus names them.
    """

    def __init__(self, question: str, name: str) -> None:
        super().__init__(f"{question}: {name}")
        self.name = name


class SystemdBus:
    """One connection to the bus at a time.

    Args:
        address: Of the bus; None for the one of this machine, or what DBUS_SYSTEM_BUS_ADDRESS says.
        changed: Told of each change of a followed unit.
    """

    def __init__(self, address: str | None, changed: Changed) -> None:
        self._address = address
        self._changed = changed
        self._bus: MessageBus | None = None
        self._over: asyncio.Task[None] | None = None
        self._systemd = ""
        """Its own name on the bus: any local user may send a signal to us, and say that it is about a unit."""
        self._results: dict[str, str] = {}
        """How jobs ended, by their path; kept while one is awaited."""
        self._result: asyncio.Future[None] | None = None
        """Done when there is another one."""

    async def open(self) -> None:
        """Connect, and have systemd tell of changes.

        Raises:
            BusError: There is no bus, or no systemd on it.
        """
        try:
            async with asyncio.timeout(ANSWER_S):
                bus = await MessageBus(self._address, BusType.SYSTEM).connect()
        except _FAILURES as error:
            raise BusError(_reason(error, "the bus")) from None
        self._bus, self._systemd = bus, ""
        self._over = asyncio.get_running_loop().create_task(_wait_for_end(bus))
        bus.add_message_handler(self._hear)
        await self._match(f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{SYSTEMD}'")
        (owner,) = await self._ask(_BUS, _BUS_PATH, _BUS, "GetNameOwner", "s", SYSTEMD)
        self._systemd = str(owner)
        await self._ask(SYSTEMD, _MANAGER_PATH, _MANAGER, "Subscribe")

    async def lost(self, within_s: float) -> bool:
        """Wait until the connection is over, or another systemd is there, which knows nothing of us.

        Returns:
            Whether that came within so many seconds.
        """
        if self._over is None:
            return True
        over, _ = await asyncio.wait([self._over], timeout=within_s)
        return bool(over)

    async def is_subscribed(self) -> bool:
        """Whether systemd still tells us of changes; if it had forgotten, it has missed some, and does again from now on.

        Raises:
            BusError: No answer.
        """
        try:
            await self._ask(SYSTEMD, _MANAGER_PATH, _MANAGER, "Subscribe")
        except RefusedError as error:
            return error.name == f"{SYSTEMD}.AlreadySubscribed"
        return False

    async def close(self) -> None:
        """Hang up; again does nothing."""
        bus, over, self._bus, self._over = self._bus, self._over, None, None
        if bus is not None and over is not None:
            if bus.connected:
                bus.disconnect()
            await asyncio.wait([over])

    async def unit_of(self, pid: int) -> tuple[str, str] | None:
        """Which unit a process belongs to.

        Returns:
            Its path on the bus and its name, or None where there is none (any more).

        Raises:
            BusError: No answer.
        """
        try:
            (path,) = await self._ask(SYSTEMD, _MANAGER_PATH, _MANAGER, "GetUnitByPID", "u", pid)
            (name,) = await self._ask(SYSTEMD, str(path), _PROPERTIES, "Get", "ss", f"{SYSTEMD}.Unit", "Id")
        except RefusedError:
            return None
        return str(path), str(_plain(name))

    async def path_of(self, unit: str) -> str:
        """Where a unit is on the bus, also one that was never started.

        Raises:
            RefusedError: It is no name of a unit.
            BusError: No answer.
        """
        (path,) = await self._ask(SYSTEMD, _MANAGER_PATH, _MANAGER, "LoadUnit", "s", unit)
        return str(path)

    async def follow(self, path: str) -> Mapping[str, object]:
        """Hear of the changes of a unit from now on.

        Returns:
            All its properties.

        Raises:
            BusError: No answer.
        """
        await self._match(
            f"type='signal',sender='{SYSTEMD}',interface='{_PROPERTIES}',member='PropertiesChanged',path='{path}'"
        )
        (properties,) = await self._ask(SYSTEMD, path, _PROPERTIES, "GetAll", "s", "")
        return _plain_values(properties)

    async def command_of(self, path: str) -> tuple[str, list[list[str]]]:
        """What a unit starts.

        Returns:
            The file that says so, and each command: its program and its arguments; empty where nothing is said.

        Raises:
            BusError: No answer.
        """
        (file,) = await self._ask(SYSTEMD, path, _PROPERTIES, "Get", "ss", f"{SYSTEMD}.Unit", "FragmentPath")
        (start,) = await self._ask(SYSTEMD, path, _PROPERTIES, "Get", "ss", f"{SYSTEMD}.Service", "ExecStart")
        commands = _plain(start)
        rows = commands if isinstance(commands, list) else []
        return str(_plain(file)), [[str(row[0]), *map(str, row[1][1:])] for row in rows]

    async def begin_job(self, method: str, unit: str) -> str:
        """Have systemd start, stop or restart a unit, in place of what else it was about to do with it.

        Args:
            method: Such as ``StartUnit``.
            unit: Its name.

        Returns:
            The path of the job.

        Raises:
            RefusedError: There is no such unit, or we may not.
            BusError: No answer.
        """
        (job,) = await self._ask(SYSTEMD, _MANAGER_PATH, _MANAGER, method, "ss", unit, "replace")
        return str(job)

    async def run_job(self, method: str, unit: str) -> str:
        """Do the same, and wait until it is done, however long that takes; one at a time.

        Returns:
            How it ended, in systemd's word: ``done``, ``failed``, ``timeout``, ``dependency``, ``canceled``, ...

        Raises:
            RefusedError: There is no such unit, or we may not.
            BusError: No answer, or the connection was lost meanwhile.
        """
        await self._match(_JOB_REMOVED)
        self._results.clear()
        job = await self.begin_job(method, unit)
        while job not in self._results:  # it may have ended before we were told its name
            self._results.clear()
            self._result = asyncio.get_running_loop().create_future()
            if self._over is not None:
                await asyncio.wait([self._result, self._over], return_when=asyncio.FIRST_COMPLETED)
            if not self._result.done():
                raise BusError(f"{method}: the connection is lost")
        return self._results[job]

    async def _match(self, rule: str) -> None:
        await self._ask(_BUS, _BUS_PATH, _BUS, "AddMatch", "s", rule)

    async def _ask(
        self, destination: str, path: str, interface: str, member: str, signature: str = "", *arguments: object
    ) -> list[object]:
        if self._bus is None or not self._bus.connected:
            raise BusError("not connected")
        question = Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(arguments),
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                answer: Message | None = await self._bus.call(question)
        except _FAILURES as error:
            raise BusError(_reason(error, member)) from None
        if answer is None:
            raise BusError(f"{member}: the connection is lost")
        if answer.message_type is MessageType.ERROR:
            raise RefusedError(member, answer.error_name or "")
        return list(answer.body)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "PropertiesChanged" and message.sender == self._systemd:
            self._changed(message.path or "", _plain_values(message.body[1]))
        elif message.member == "JobRemoved" and message.sender == self._systemd:
            _, job, _, result = message.body
            self._results[job] = result
            if self._result is not None and not self._result.done():
                self._result.set_result(None)
        elif message.member == "NameOwnerChanged" and message.sender == _BUS and self._bus is not None:
            name, _, owner = message.body
            if name == SYSTEMD and owner != self._systemd and self._systemd:
                self._bus.disconnect()


async def _wait_for_end(bus: MessageBus) -> None:
    with suppress(*_FAILURES):
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library says no type here


def _reason(error: BaseException, what: str) -> str:
    return str(error) or f"no answer of {what} in {ANSWER_S:g} s"


def _plain_values(properties: object) -> Mapping[str, object]:
    return {name: _plain(value) for name, value in properties.items()} if isinstance(properties, dict) else {}


def _plain(variant: object) -> object:
    """The value in a D-Bus variant."""
    return getattr(variant, "value", variant)
