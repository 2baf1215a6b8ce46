"""PURE: the processes that the router did not let in, within bounds: their ends are no ends of runs; it knows no run."""

from collections import OrderedDict
from dataclasses import dataclass

PROCESSES = 1_000
"""Processes kept: a service that is refused and started again each second is known for a quarter of an hour."""


@dataclass(slots=True)
class Refusal:
    """One process that was refused, maybe several times."""

    at_s: float
    """Last."""
    version: str
    build: str
    exited_s: float | None = None
    """When its end was told first."""


class Refusals:
    """The last of them.

    Args:
        within_s: How far apart words belong together that name no process; and how long an end is told of.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._processes: OrderedDict[tuple[str, int | None], Refusal] = OrderedDict()
        """By service and pid, which may not be known; the one that was refused last is the last."""
        self._services: OrderedDict[str, Refusal] = OrderedDict()
        """The last one of each service."""

    def note(self, service: str, pid: int | None, version: str, build: str, at_s: float) -> None:
        """A process was refused."""
        refusal = Refusal(at_s, version, build)
        self._processes[service, pid] = self._services[service] = refusal
        self._processes.move_to_end((service, pid))
        self._services.move_to_end(service)
        if len(self._processes) > PROCESSES:
            self._processes.popitem(last=False)
        if len(self._services) > PROCESSES:
            self._services.popitem(last=False)

    def forget(self, service: str, pid: int | None) -> None:
        """Another process has this pid now, or it was let in after all."""
        if pid is not None:
            self._processes.pop((service, pid), None)

    def cover(self, service: str, pid: int | None, at_s: float) -> bool:
        """Whether a process that ended, and had not registered, is one that was refused.

        Args:
            service: Of which service it was told to be.
            pid: Which process; None: not told.
            at_s: When that was told. From then on a process is known to be no more; what has its pid later is another one.
        """
        known = None if pid is None else self._processes.get((service, pid))
        if known is not None:
            known.exited_s = at_s if known.exited_s is None else known.exited_s
            if at_s - known.exited_s <= self._within_s:
                return True
        nameless = self._services.get(service) if pid is None else self._processes.get((service, None))
        return nameless is not None and at_s - nameless.at_s <= self._within_s

    def last(self, service: str, since_s: float) -> Refusal | None:
        """What was refused last of a service, if that was not before a time."""
        refusal = self._services.get(service)
        return refusal if refusal is not None and refusal.at_s >= since_s else None
