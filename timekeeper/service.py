"""SHELL: the timekeeper on the router: looks, measures, announces, answers; what is true of the clocks is decided elsewhere."""

import asyncio
import dataclasses
import time
import uuid
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from communicator.answers import clocks
from communicator.client import Service
from communicator.flags.standing_flags import StandingFlags
from communicator.protocol import HostPort, Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.runtime.boot import read_boot_id
from communicator.runtime.settings_type import changed_keys
from communicator.runtime.slow_jobs import SlowJobs
from timekeeper.claim import Claim, ClaimState
from timekeeper.cluster import KnownAddresses, Neighbors, Rows, assign
from timekeeper.cluster.door import Door
from timekeeper.cluster.questions import RouterQuestions
from timekeeper.cluster_report import answer_solution, describe_solution
from timekeeper.conclusion import FLAGS, describe_point, flags_to_raise, is_accused
from timekeeper.history import INTERVAL_S, tell_history
from timekeeper.history_file import HistoryFile
from timekeeper.own_clock import OwnClock
from timekeeper.pace import Pace
from timekeeper.pairs import Step
from timekeeper.peer_news import PeerNews
from timekeeper.probes import EpochWatch
from timekeeper.probes.stamps import read_realtime
from timekeeper.references import Consensus, ReferencePanel
from timekeeper.report import SOLVER, About, announce, answer_report, describe_local, tell_row
from timekeeper.settings import TimekeeperSettings
from timekeeper.solution import Judgement, Patience, Thresholds, Verdict
from timekeeper.solver import Solver
from timekeeper.sources import select_sources
from timekeeper.unkept import Unkept
from timekeeper.watch import ClockWatch, Reading, monotonic_s

_LIVE_SETTINGS = frozenset({"interval_s", "sources.chrony", "sources.ntpd", "sources.timesyncd", "sources.clockbound"})
"""What may change while running."""
_NO_NEWS = frozenset({Verdict.OK, Verdict.UNKNOWN})
FLAGS_UNIT = "timekeeper"
_SILENT_ROUNDS = 8
"""Of its own, without a word of another timekeeper, until its host counts as one without."""
_REFERENCES_S = 16.0
"""How often the reference servers are looked after; how often each is asked, its own patience says."""


class Timekeeper:
    """Tells the router every `interval_s` how the clock does, the other timekeepers what it measures, and everyone who asks.

    Args:
        service: The link to the router; its handlers are named here, so it must not run yet.
        settings: What to ask, whom to measure and how often.
        door: Where probes are answered.
        log: Where changes of the verdict go.
    """

    def __init__(self, service: Service, settings: TimekeeperSettings, door: Door, log: FilteringBoundLogger) -> None:
        self._service = service
        self._settings = settings
        self._door = door
        self._log = log
        self._watch = ClockWatch(select_sources(settings.sources))
        self._about = About(server="", boot_id=read_boot_id(), life=uuid.uuid4().hex, seq=0, role=settings.role)
        self._reading: Reading | None = None
        self._has_looked = asyncio.Event()
        self._is_due = asyncio.Event()
        """Look and announce now, not at the next interval."""
        self._has_new_settings = asyncio.Event()
        self._began_s = monotonic_s()
        self._pace = Pace(settings.interval_s)
        self._epochs = EpochWatch()
        self._own_clock = OwnClock(self._epochs, self._stepped)
        self._rows = Rows()
        self._addresses = KnownAddresses()
        self._questions = RouterQuestions(service)
        self._neighbors = Neighbors(self._questions.ask, settings.interval_s, self._epochs, self._heed)
        thresholds = Thresholds(warn_s=settings.thresholds.warn_s, critical_s=settings.thresholds.critical_s)
        patience = Patience(grace_s=settings.thresholds.grace_s)
        self._solver = Solver(thresholds, patience) if settings.role == SOLVER else None
        self._judgement: Judgement | None = None
        """The last one; None before the first, and on an agent."""
        self._judged_s = 0.0
        self._unkept = Unkept(patience)
        self._peer_news = PeerNews()
        servers = settings.references.addresses
        self._references = ReferencePanel(servers, read_realtime) if servers else None
        self._flags = StandingFlags(Path(settings.flags_path), FLAGS_UNIT, FLAGS, self._flags_failed)
        self._history_file = HistoryFile(Path(settings.data_path), self._file_failed)
        self._history = self._history_file.read()
        self._told: dict[str, Verdict] = {}
        """Of each host the verdict that the log has."""
        self._jobs = SlowJobs()
        service.on("CLOCK_GET_REPORT")(self.answer)
        service.on("CLOCK_REPORT")(self._hear_row)
        service.on("READY")(self._tell_new_router)

    @property
    def reading(self) -> Reading:
        """The last look at the clock; there is none before the first."""
        assert self._reading is not None  # noqa: S101 - whoever comes here has waited for it
        return self._reading

    async def run(self) -> None:
        """Look, measure and solve until cancelled, on the loop's timer, which no step of the clock moves."""
        self._flags.check()
        if self._references is not None:
            self._jobs.add(self._references.ask, _REFERENCES_S)
        self._jobs.add(self._keep_history, INTERVAL_S)
        self._jobs.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._own_clock.watch())
                group.create_task(self._door.serve(self._neighbors, self._warn))
                group.create_task(self._measure_rounds())
                if self._references is not None:
                    group.create_task(self._references.open())
                group.create_task(self._look_rounds())
        finally:
            self._jobs.stop()
            if self._references is not None:
                self._references.close()
            await self._flags.close()

    def reload(self, settings: TimekeeperSettings) -> list[str]:
        """Take new settings; returns the keys among the changed ones that need a restart."""
        changed = changed_keys(self._settings, settings)
        self._settings = settings
        self._watch.sources = select_sources(settings.sources)
        self._neighbors.interval_s = self._pace.interval_s = settings.interval_s
        self._is_due.set()
        self._has_new_settings.set()
        return [key for key in changed if key not in _LIVE_SETTINGS]

    async def answer(self, message: Message) -> Message:
        """CLOCK_GET_REPORT: the last reading, or the first one once it is there; with ``history=true`` the last day too."""
        await self._has_looked.wait()
        report = self._describe_all()
        if message.get("history") != "true":
            return report
        return Message(report.command, {**report.parameters, "history": tell_history(self._history)})

    async def _hear_row(self, message: Message) -> None:
        """CLOCK_REPORT: another host's word."""
        fault = self._rows.hear(message, monotonic_s())
        if fault and self._rows.refused.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …
            self._warn("clock_report_refused", server=message.sent_from_server, reason=fault)

    async def _tell_new_router(self, ready: Message) -> None:
        """READY: a router that has just started knows nothing of the clock yet; anybody else may say READY too."""
        if (ready.sent_from_server, ready.sent_from_service) == (self._service.server_name, ROUTER_SERVICE):
            self._door.learn(ready.sent_from_server, ready.get("my_address"))
            self._is_due.set()

    async def _look_rounds(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            await self._divide_work()
            await self._look()
            await self._announce_until(began_s + self._pace.interval_at(began_s))

    async def _measure_rounds(self) -> None:
        """Ask those who answer no probes, again and again."""
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            await self._service.wait_ready()
            await self._neighbors.ask_routers()
            self._has_new_settings.clear()
            with suppress(TimeoutError):  # the usual end of the wait
                async with asyncio.timeout_at(began_s + self._settings.interval_s):
                    await self._has_new_settings.wait()

    async def _divide_work(self) -> None:
        self._rows.forget(monotonic_s())
        own = self._service.server_name
        if not own:
            return  # nobody has told us who we are
        answering = await self._find_answering()
        may_probe = self._neighbors.probe_address is not None
        assignment = assign(own, answering, self._members(), may_probe=may_probe)
        self._neighbors.follow(assignment, self._solver.suspects if self._solver else ())

    async def _find_answering(self) -> dict[str, HostPort]:
        """Where other hosts may be probed."""
        told = self._rows.answering(monotonic_s(), _SILENT_ROUNDS)
        if self._addresses.is_due(told, monotonic_s()):
            self._addresses.learn(await self._questions.ask_graph(), monotonic_s())
        own = self._told_address
        for host, reason in self._addresses.news(told, own).items():
            self._warn("probe_address_refused", server=host, address=str(told[host]), reason=reason)
        return self._addresses.accept(told, own)

    @property
    def _told_address(self) -> HostPort | None:
        """Where this host answers probes, as it tells others; None where it does not."""
        address = self._neighbors.probe_address
        return None if address is None else self._door.told_as(address)

    def _members(self) -> frozenset[str]:
        """Every host of the cluster that is known to be there."""
        status = self._service.cluster_status
        return self._rows.hosts.union(status.servers if status else ())

    async def _look(self) -> None:
        before = self._reading.claim if self._reading else None
        self._reading = await self._watch.read()
        local = self._describe_own(self._reading)
        if self._solver is not None and local.server:
            await self._judge(self._solver, local)
        self._has_looked.set()
        claim = self._reading.claim
        if before is None or (before.state, before.daemon) != (claim.state, claim.daemon):
            self._log_claim(claim)
        is_unkept = self._unkept.note(claim, monotonic_s())
        self._flags.follow(flags_to_raise(local.server, claim, self._judgement, is_unkept=is_unkept))

    async def _judge(self, solver: Solver, local: clocks.Local) -> None:
        """Judge all clocks in a thread: a large cluster takes seconds, and probes, rows and questions do not wait so long.

        What the thread reads does not change meanwhile; of its own state nobody reads anything before it is done.
        """
        rows, members, now_s, utc_s = self._rows.copy(), self._members(), monotonic_s(), time.time()
        self._judgement = await asyncio.to_thread(
            solver.judge, local, rows, members, now_s, stale_s=self._silent_s, utc_s=utc_s
        )
        self._judged_s = now_s
        self._log_verdicts(self._judgement)
        self._pace.note(solver.suspects, asyncio.get_running_loop().time())

    @property
    def _silent_s(self) -> float:
        return _SILENT_ROUNDS * self._settings.interval_s

    async def _announce_until(self, next_s: float) -> None:
        """Tell the router and the other timekeepers, as soon as there is a link, and wait for the next look or for new settings."""
        self._is_due.clear()
        with suppress(TimeoutError):  # the usual end of the wait
            async with asyncio.timeout_at(next_s):
                await self._service.wait_ready()
                accused = is_accused(self._service.server_name, self._judgement)
                await self._service.send(announce(self.reading.claim, self._settings.interval_s, accused=accused))
                if self._members() - {self._service.server_name}:
                    await self._service.send(tell_row(self._describe_own(self.reading)))
                await self._is_due.wait()

    def _describe_own(self, reading: Reading) -> clocks.Local:
        address = self._told_address
        about = dataclasses.replace(
            self._about,
            server=self._service.server_name,
            seq=reading.seq,
            steps=self._own_clock.steps,
            last_step=self._own_clock.last_step,
            probe_address="" if address is None else str(address),
            interval_s=self._settings.interval_s,
            made_s=monotonic_s(),
        )
        left_s = abs(reading.claim.offset_s or 0.0)
        pairs = self._neighbors.measured(left_s, self._rows.corrections(monotonic_s()))
        return describe_local(reading.claim, reading.evidence, about, pairs, self._consensus())

    def _describe_all(self) -> Message:
        reading, solver = self.reading, self._solver
        local = replace(
            self._describe_own(reading),
            probes=self._neighbors.probe_counts(),
            grace_left_seconds=max(0.0, self._began_s + self._settings.thresholds.grace_s - monotonic_s()),
        )
        if solver is None or self._judgement is None:
            return answer_report(local, reading.age_s)
        return answer_solution(
            describe_solution(
                local,
                self._judgement,
                claims={**self._rows.claim_reports(monotonic_s()), local.server: local.claim},
                unanswered=self._neighbors.unanswered(),
                thresholds=solver.thresholds,
                consensus=self._consensus(),
                complaints=self._references.complaints() if self._references else {},
                age_s=monotonic_s() - self._judged_s,
            )
        )

    def _consensus(self) -> Consensus | None:
        if self._references is None:
            return None
        return self._references.conclude(read_realtime(), self._epochs.look())

    async def _keep_history(self) -> None:
        if self._reading is None:
            return
        steps = sum(self._own_clock.steps.values())
        point = describe_point(time.time(), self._service.server_name, self.reading.claim, self._judgement, steps)
        self._history.add(point)
        await self._history_file.write(self._history)

    def _stepped(self, step: Step) -> None:
        self._warn("clock_stepped", step_s=step.size_ns / 1e9, direction=step.direction.value)
        self._jobs.reschedule()
        self._is_due.set()

    def _flags_failed(self, path: str, reason: str) -> None:
        self._warn("flags_not_raised", path=path, reason=reason)

    def _file_failed(self, path: Path, reason: str) -> None:
        self._warn("file_not_kept", path=str(path), reason=reason)

    def _warn(self, event: str, **details: object) -> None:
        self._log.warning(event, **details)

    def _heed(self, event: str, **details: object) -> None:
        """Something happened to the clock of a peer: say so, and judge anew without waiting for the next round."""
        omitted = self._peer_news.heed(details["peer"], time.monotonic_ns())
        if omitted is not None:
            self._warn(event, **details, **omitted)
            self._is_due.set()

    def _log_claim(self, claim: Claim) -> None:
        tell = self._log.info if claim.state is ClaimState.SYNCHRONIZED else self._log.warning
        tell("clock_claim", state=claim.state.value, daemon=claim.daemon, reason="; ".join(claim.reasons))

    def _log_verdicts(self, judgement: Judgement) -> None:
        """Name each host whose verdict is another than before; one that is ok, or not measured yet, is no news at first."""
        for host in judgement.hosts:
            before = self._told.get(host.host, Verdict.UNKNOWN)
            if before is not host.verdict and not {before, host.verdict} <= _NO_NEWS:
                tell = self._log.warning if host.verdict is Verdict.WRONG else self._log.info
                tell("clock_verdict", host=host.host, verdict=host.verdict.value, reason="; ".join(host.reasons))
        self._told = {host.host: host.verdict for host in judgement.hosts}
