"""SHELL: watches the systemd units of the services of this host and tells how their runs end; it counts nothing.

Over D-Bus, with dbus-fast: systemd says each change at once, an ordinary user may ask, and nothing has to be polled or parsed;
``systemctl show`` would miss a run that is shorter than its interval.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord
from canary.watch.bus import BusError, RefusedError, SystemdBus
from canary.watch.programs import files_of_command
from canary.watch.unit_state import Ending, Run, UnitState
from communicator.client.backoff import Backoff

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
"""A host without systemd costs one attempt in about that time."""
SURE_S = 10.0
"""A systemd that hangs, or has forgotten that it was to tell of changes, says nothing: so it is asked as often."""
UNITS = 1_000
"""So many are followed: a host has some hundred, and each of ours has its state in memory."""

Tell = Callable[[ReportWord], None]
"""Who wants to hear it."""
Registration = tuple[str, int]
"""A service and its process; one process may be several services."""


@dataclass(slots=True)
class _Unit:
    """One unit, from when it was first heard of."""

    name: str
    services: set[str]
    """That are known to run in it."""
    state: UnitState | None = None
    """None while systemd was not asked."""
    registered: dict[Registration, Run] = field(default_factory=dict)
    """From which run, in the order they came."""
    last: list[tuple[str, int | None]] = field(default_factory=list)
    """Whose end was told last."""


class SystemdWatch:
    """Follows units that are named, and those that registered processes turn out to belong to.

    A unit stays followed when its process has ended: the next one may fail before it registers.

    Args:
        tell: Called with each word, in the loop.
        clock: The ledger's own seconds.
        log: Where it is told that systemd cannot be reached, and when it can be again; once each.
        units: Which service runs in which unit, by name of the unit, for what may never have registered.
        address: Of the bus; None for the one of this machine.
    """

    def __init__(
        self,
        tell: Tell,
        clock: Callable[[], float],
        log: FilteringBoundLogger,
        units: Mapping[str, str] | None = None,
        address: str | None = None,
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._log = log
        self._units = {name: _Unit(name, {service}) for name, service in (units or {}).items()}
        self._by_path: dict[str, _Unit] = {}
        self._registered: dict[Registration, None] = {}
        self._bus = SystemdBus(address, self._change)
        self.connected = asyncio.Event()
        """Set while systemd tells of its units."""

    async def run(self) -> None:
        """Stay connected, until cancelled."""
        backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        loop = asyncio.get_running_loop()
        is_told = False
        while True:
            began_s = loop.time()
            try:
                await self._serve()
                is_told = False
            except BusError as error:
                if not is_told:
                    self._log.warning("systemd_unreachable", reason=str(error))
                is_told = True
            backoff.link_lasted(loop.time() - began_s)
            await asyncio.sleep(backoff.next_wait_s(random.random()))  # noqa: S311 - jitter, no secret

    async def watch(self, service: str, pid: int) -> bool:
        """A process has registered: follow the unit it belongs to.

        Returns:
            Whether systemd will tell how it ends; if not, it has to be watched otherwise.
        """
        self._registered[service, pid] = None
        try:
            return await self._find(service, pid)
        except BusError:
            return False

    async def files_of(self, service: str, pid: int) -> list[str]:
        """The files a registered process was started from: its unit, and the programs in that.

        None if it has no unit, or the bus is away: what /proc shows has to do then.
        """
        with suppress(BusError):
            for path, unit in list(self._by_path.items()):
                if (service, pid) in unit.registered:
                    file, commands = await self._bus.command_of(path)
                    return [*filter(None, [file]), *(word for argv in commands for word in files_of_command(argv))]
        return []

    def forget(self, pid: int) -> None:
        """The run of a process is concluded: nothing more is said of it."""
        _drop(self._registered, pid)
        for unit in self._units.values():
            _drop(unit.registered, pid)

    async def _serve(self) -> None:
        """One connection, from its beginning to its end."""
        try:
            await self._bus.open()
            for unit in list(self._units.values()):
                await self._follow_by_name(unit)
            for service, pid in list(self._registered):
                await self._find(service, pid)
            self._log.info("systemd_reached", units=len(self._units))
            self.connected.set()
            while not await self._bus.lost(SURE_S) and await self._bus.is_subscribed():
                pass
            self._log.warning("systemd_lost")
        finally:
            self.connected.clear()
            self._by_path.clear()
            await self._bus.close()

    async def _follow_by_name(self, unit: _Unit) -> None:
        try:
            await self._follow(unit, await self._bus.path_of(unit.name))
        except RefusedError as error:
            self._log.warning("systemd_unit_unknown", unit=unit.name, reason=str(error))

    async def _find(self, service: str, pid: int) -> bool:
        found = await self._bus.unit_of(pid)
        if found is None or not _is_of_a_service(found[1]):
            return False
        path, name = found
        if name not in self._units and len(self._units) >= UNITS:
            return False
        unit = self._units.setdefault(name, _Unit(name, set()))
        unit.services.add(service)
        if path not in self._by_path:
            await self._follow(unit, path, awaited=pid)
        if unit.state is None:  # another task is asking
            return False
        unit.registered[service, pid] = unit.state.run
        return unit.state.run.pid == pid

    async def _follow(self, unit: _Unit, path: str, awaited: int | None = None) -> None:
        self._by_path[path] = unit
        properties = await self._bus.follow(path)
        if unit.state is None:
            unit.state = UnitState(properties, awaited)
        self._report(unit, unit.state.change(properties))

    def _change(self, path: str, properties: Mapping[str, object]) -> None:
        unit = self._by_path.get(path)
        if unit is not None and unit.state is not None:
            self._report(unit, unit.state.change(properties))

    def _report(self, unit: _Unit, endings: list[Ending]) -> None:
        for ending in endings:
            if ending.kind is not Kind.GAVE_UP or not unit.last:
                unit.last = _of_this_run(unit) or [(service, ending.pid) for service in sorted(unit.services)]
                for registration in unit.registered:
                    self._registered.pop(registration, None)
                unit.registered.clear()
            for service, pid in unit.last:
                self._tell(self._word(service, pid, unit.name, ending))

    def _word(self, service: str, pid: int | None, unit: str, ending: Ending) -> ReportWord:
        return ReportWord(
            service=service,
            kind=ending.kind,
            at_s=self._clock(),
            source="watcher",
            pid=pid,
            exit_code=ending.exit_code,
            signal=ending.signal,
            message=f"{unit}: {ending.message}",
        )


def _drop(registered: dict[Registration, Run] | dict[Registration, None], pid: int) -> None:
    for registration in [one for one in registered if one[1] == pid]:
        del registered[registration]


def _of_this_run(unit: _Unit) -> list[tuple[str, int | None]]:
    """What has registered from it; the end of the run before may have been missed."""
    return [one for one, run in unit.registered.items() if unit.state is not None and run == unit.state.run]


def _is_of_a_service(unit: str) -> bool:
    """Not a session, and not the manager of a user, which has units of its own."""
    return unit.endswith(".service") and not unit.startswith("user@")
