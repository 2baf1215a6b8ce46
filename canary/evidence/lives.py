"""PURE: the runs of one server, by run_id, by process and by service, within bounds; it knows no fact about them."""

from collections import OrderedDict
from collections.abc import Iterator

from canary.evidence.life import Life
from canary.evidence.words import SHADOW

RUNS = 10_000
"""Runs kept in all: as many as a router holds registrations."""
RUNS_PER_SERVICE = 1_000
"""Runs kept of one service, so that one that dies and comes back all the time does not drive out the others."""


class Lives:
    """Those that are over are kept too, so that nothing about them is told twice.

    Args:
        limit: How many are kept in all.
        limit_per_service: How many of one service.
    """

    def __init__(self, limit: int = RUNS, limit_per_service: int = RUNS_PER_SERVICE) -> None:
        self._limit = limit
        self._limit_per_service = limit_per_service
        self._services: OrderedDict[str, OrderedDict[str, Life]] = OrderedDict()
        """By service, the one with the newest run last; within it by run_id, the oldest first."""
        self._by_id: dict[str, Life] = {}
        """Under every name that it was ever given."""
        self._names: dict[str, list[str]] = {}
        """By run_id, those names."""
        self._by_process: dict[tuple[str, int], Life] = {}
        """The newest run of each process."""

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._names)

    def find(self, run_id: str) -> Life | None:
        """The run of that name."""
        return self._by_id.get(run_id)

    def of_process(self, service: str, pid: int) -> Life | None:
        """The newest run of a process."""
        return self._by_process.get((service, pid))

    def newest(self, service: str) -> Life | None:
        """The newest run of a service."""
        return next(self.newest_first(service), None)

    def newest_first(self, service: str) -> Iterator[Life]:
        """The runs of a service, the newest first; not those of a shadow beside it, of which nobody speaks without saying so."""
        runs = reversed(self._services.get(service, OrderedDict[str, Life]()).values())
        return (life for life in runs if life.role != SHADOW)

    def unregistered(self, service: str, pid: int | None) -> list[Life]:
        """Those of a service that the router has not told of, and that may be the ones of a process.

        Args:
            service: Of which service.
            pid: Of which process; None, here and in a run: any.
        """
        runs: dict[str, Life] = self._services.get(service, OrderedDict())
        unregistered = (life for life in runs.values() if life.registered_s is None and not life.is_over)
        return [life for life in unregistered if life.is_of(pid)]

    def running(self) -> Iterator[Life]:
        """Those that the router has."""
        return (life for runs in self._services.values() for life in runs.values() if life.is_running)

    def add(self, life: Life) -> Life | None:
        """Keep a new one.

        Returns:
            The one that had to make room for it.
        """
        self._services.setdefault(life.service, OrderedDict())[life.run_id] = life
        self._services.move_to_end(life.service)
        self._by_id[life.run_id] = life
        self._names[life.run_id] = [life.run_id]
        self._enter_process(life)
        if len(self._services[life.service]) > self._limit_per_service:
            return self._forget_oldest(life.service)
        return self._forget_oldest(next(iter(self._services))) if len(self) > self._limit else None

    def name(self, life: Life, run_id: str) -> None:
        """The router has a name of its own for a run; as long as nothing was told of it, it becomes its only one."""
        self._by_id[run_id] = life
        if life.is_told:
            self._names[life.run_id].append(run_id)
            return
        runs = self._services[life.service]
        del runs[life.run_id], self._names[life.run_id], self._by_id[life.run_id]
        life.run_id = run_id
        runs[run_id] = life
        self._by_id[run_id] = life
        self._names[run_id] = [run_id]

    def forget(self, life: Life) -> None:
        """Keep a run no longer."""
        runs = self._services[life.service]
        del runs[life.run_id]
        for name in self._names.pop(life.run_id):
            del self._by_id[name]
        if life.pid is not None and self._by_process.get((life.service, life.pid)) is life:
            del self._by_process[life.service, life.pid]
        if not runs:
            del self._services[life.service]

    def _enter_process(self, life: Life) -> None:
        if life.pid is not None:
            self._by_process[life.service, life.pid] = life

    def _forget_oldest(self, service: str) -> Life:
        """Forget the oldest run of a service: one that is over, if there is one."""
        runs = self._services[service]
        life = next((one for one in runs.values() if one.is_over), next(iter(runs.values())))
        self.forget(life)
        return life
