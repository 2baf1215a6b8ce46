"""SHELL: watches a registered process in the best way there is: by its systemd unit, else by itself; it hears nothing itself."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from structlog.typing import FilteringBoundLogger

from canary.evidence.words import ReportWord
from canary.settings import WatchSettings
from canary.watch.processes import ProcessWatch
from canary.watch.programs import Programs, files_of_process
from canary.watch.systemd import SystemdWatch, Tell


class HostWatch:
    """Both watchers.

    Args:
        tell: Called with each word, in the loop.
        clock: The ledger's own seconds.
        log: Where it is told whether systemd can be reached.
        settings: Which of the two, and the units of what may never have registered.
        address: Of the system bus; None for the one of this machine.
    """

    def __init__(
        self,
        tell: Tell,
        clock: Callable[[], float],
        log: FilteringBoundLogger,
        settings: WatchSettings,
        address: str | None = None,
    ) -> None:
        self._tell = tell
        self._programs = Programs()
        self.systemd = SystemdWatch(self._pass_on, clock, log, settings.units, address) if settings.systemd else None
        self.processes = ProcessWatch(self._pass_on, clock) if settings.processes else None

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with each watcher; empty where it works."""
        return {} if self.systemd is None else {"systemd": "" if self.systemd.connected.is_set() else "not reached"}

    async def run(self) -> None:
        """Watch, until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self.systemd is not None:
                group.create_task(self.systemd.run())
            if self.processes is not None:
                group.create_task(self.processes.run())

    async def watch(self, service: str, pid: int) -> None:
        """A process of this host has registered."""
        is_unit = self.systemd is not None and await self.systemd.watch(service, pid)
        if not is_unit and self.processes is not None:
            self.processes.watch(service, pid)
        files = [] if self.systemd is None else await self.systemd.files_of(service, pid)
        self._programs.remember(service, [*files, *files_of_process(pid)])

    def look_at_program(self, word: ReportWord) -> ReportWord:
        """The same word, and whether another program is there than when the service registered last."""
        return replace(word, program_changed=True) if self._programs.have_changed(word.service) else word

    def _pass_on(self, word: ReportWord) -> None:
        self._tell(self.look_at_program(word))

    def forget(self, pid: int) -> None:
        """The run of a process is concluded: nothing more is said of it."""
        if self.systemd is not None:
            self.systemd.forget(pid)
        if self.processes is not None:
            self.processes.forget(pid)
