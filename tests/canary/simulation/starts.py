"""Lives of one version on one server, until it works or is blocked: chance, boot storms, outages. The real judge decides."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from canary.records import CellMoved, RunBegan, RunEnded, RunPassed, ServerBooted
from canary.rules import Rules
from tests.canary.simulation.court import Court

SERVERS = ("alpha", "beta")
"""The first is judged; on the second the version before it works, so that the last instance is not at stake."""
SERVICE = "printer"
OK_AFTER_S = 60.0

Fact = RunBegan | RunEnded | RunPassed
Start = Callable[[float], float | None]
"""What a start at some time comes to: it fails after so many seconds; None: it works."""


def restart_delay_s(restart: int) -> float:
    """How long systemd waits before the n-th restart, by the drop-in of deploy/: from 1 s to 60 s in 6 steps.

    They are steps of a geometric series: 1, 2.0, 3.9, 7.7, 15.3, 30.3, 60 s.
    """
    return 60.0 ** (min(restart - 1, 6) / 6)


@dataclass(frozen=True)
class Life:
    """One service on the server: when it is first started, and what each start comes to."""

    service: str
    first_s: float
    start: Start

    def facts(self) -> Iterator[tuple[float, Fact]]:
        """What happens to it, until it works."""
        began_s, restarts = self.first_s, 0
        while True:
            run = {
                "server": SERVERS[0],
                "run_id": f"{self.service}-{restarts}",
                "service": self.service,
                "version": "2",
            }
            yield began_s, RunBegan(**run)
            lasts_s = self.start(began_s)
            if lasts_s is None:
                yield began_s + OK_AFTER_S, RunPassed(**run, lasted_s=OK_AFTER_S)
                return
            yield began_s + lasts_s, RunEnded(**run, outcome="failure", cause="CRASH", lasted_s=lasts_s)
            restarts += 1
            began_s += lasts_s + restart_delay_s(restarts)


def blocked_after_s(rules: Rules, judged: Life, others: tuple[Life, ...] = (), *, boots: bool = False) -> float | None:
    """Play lives side by side until the judged one works or is blocked.

    Args:
        rules: By which the judge judges.
        judged: A life of `SERVICE`.
        others: What else is started on the server.
        boots: Whether the server has just booted, at time 0.

    Returns:
        The time from its first start to its block; None when it was not blocked.
    """
    court = Court(rules)
    _run_beside(court)
    if boots:
        court.tell(0.0, ServerBooted(server=SERVERS[0]))
    for at_s, fact in heapq.merge(*(life.facts() for life in (judged, *others)), key=lambda told: told[0]):
        court.tell(at_s, fact)
        blocked_s = next((at_s for at_s, record in court.decided if _is_block(record)), None)
        if blocked_s is not None:
            return blocked_s - judged.first_s
        if isinstance(fact, RunPassed) and fact.service == SERVICE:
            return None
    return None


def _run_beside(court: Court) -> None:
    run = {"server": SERVERS[1], "run_id": "beside", "service": SERVICE, "version": "1"}
    court.tell(0.0, RunBegan(**run))
    court.tell(0.0, RunPassed(**run, lasted_s=OK_AFTER_S))


def _is_block(record: object) -> bool:
    return isinstance(record, CellMoved) and (record.service, record.new, record.mode) == (
        SERVICE,
        "blocked",
        "enforced",
    )
