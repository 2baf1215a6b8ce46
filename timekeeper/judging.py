"""SHELL: judges all clocks, or repeats what the hosts say that do, and keeps who counts; it measures nothing and tells nobody."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from communicator.answers.clocks import Found, Local
from timekeeper.cluster import Rows
from timekeeper.cluster.electoral_roll import ElectoralRoll
from timekeeper.cluster.electorate import Members
from timekeeper.cluster.solvers import Solvers, choose_solvers
from timekeeper.held import Held, hold, tell_found
from timekeeper.settings import TimekeeperSettings
from timekeeper.solution import Electors, Judgement, Patience, Thresholds, Verdict
from timekeeper.solver import Solver
from timekeeper.watch import monotonic_s

MEMBERS_FILE = "timekeeper-members.json"
SILENT_ROUNDS = 8
"""Of its own, without a word of a timekeeper or an exchange with a host, until it says nothing any more."""
_GONE_ROUNDS = 20
"""Until others take its place: in a large cluster it tells all of itself in every sixth round only."""
_NO_NEWS = frozenset({Verdict.OK, Verdict.UNKNOWN})


class Judging:
    """What is held against this host and others.

    Args:
        rows: What other hosts say.
        settings: The thresholds, and whether this host is to solve.
        file_failed: Called with the path and the reason when the file of members cannot be used, once for each reason.
        log: Where changes of a verdict go.
    """

    def __init__(
        self,
        rows: Rows,
        settings: TimekeeperSettings,
        file_failed: Callable[[Path, str], None],
        log: FilteringBoundLogger,
    ) -> None:
        limits = settings.thresholds
        self.thresholds = Thresholds(warn_s=limits.warn_s, critical_s=limits.critical_s)
        self.solvers = Solvers(frozenset(), None)
        """Who solves."""
        self.judgement: Judgement | None = None
        """The last one; None before the first, and where this host does not solve."""
        self.judged_s = 0.0
        self.found: dict[str, Found] | None = None
        """What it comes to; None where there is no judgement."""
        self.held = Held()
        self._rows = rows
        self._role = settings.role
        self._grace_s = limits.grace_s
        self._solver = self._new_solver()
        self._roll = ElectoralRoll(Path(settings.data_path, MEMBERS_FILE), file_failed)
        self._log = log
        self._told: dict[str, Verdict] = {}
        """Of each host the verdict that the log has."""

    @property
    def away(self) -> tuple[str, ...]:
        """Who counts and was measurable once, and cannot be reached now."""
        return self._roll.away

    async def keep_members(self) -> None:
        """Write down who counts, which may take as long as the disk likes."""
        await self._roll.keep()

    @property
    def suspects(self) -> frozenset[str]:
        """Whom this host doubts, or those that solve."""
        if self.judgement:
            return self._solver.suspects
        return self._rows.suspects(monotonic_s(), SILENT_ROUNDS, self.solvers.solving)

    async def look(self, local: Local, members: Members) -> None:
        """Judge, or repeat.

        Args:
            local: This host's own word, just made.
            members: The cluster, as the router tells it.
        """
        now_s = monotonic_s()
        seen = self._rows.hosts | {local.server, *(peer.peer for peer in local.pairs)}
        electors = self._roll.settle(members, seen, self._rows.told(now_s), now_s)
        spoken = self._rows.roles(now_s, _GONE_ROUNDS) | {local.server: self._role}
        self.solvers = choose_solvers({host: role for host, role in spoken.items() if host in electors.names})
        if local.server in self.solvers.solving:
            self.judgement = await self._judge(local, electors, now_s)
            self.judged_s = now_s
            self.found = tell_found(self.judgement)
            self.held = hold(local.server, [self.found])
            self._log_verdicts(self.judgement)
        else:
            if self.judgement:
                self._solver = self._new_solver()  # what has lasted then says nothing when it solves again
            self.judgement = self.found = None
            self.held = hold(local.server, self._rows.found(now_s, SILENT_ROUNDS, self.solvers.solving))

    def _new_solver(self) -> Solver:
        return Solver(self.thresholds, Patience(grace_s=self._grace_s))

    async def _judge(self, local: Local, electors: Electors, now_s: float) -> Judgement:
        """Judge in a thread: a large cluster takes a while, and probes, rows and questions do not wait so long.

        What the thread reads does not change meanwhile; of its own state nobody reads anything before it is done.
        """
        rows = self._rows.copy()
        stale_s = SILENT_ROUNDS * max(local.interval_seconds, rows.longest_interval_s)
        return await asyncio.to_thread(self._solver.judge, local, rows, electors, now_s, stale_s=stale_s)

    def _log_verdicts(self, judgement: Judgement) -> None:
        """Name each host whose verdict is another than before; one that is ok, or not measured yet, is no news at first."""
        for host in judgement.hosts:
            before = self._told.get(host.host, Verdict.UNKNOWN)
            if before is not host.verdict and not {before, host.verdict} <= _NO_NEWS:
                tell = self._log.warning if host.verdict is Verdict.WRONG else self._log.info
                tell("clock_verdict", host=host.host, verdict=host.verdict.value, reason="; ".join(host.reasons))
        self._told = {host.host: host.verdict for host in judgement.hosts}
