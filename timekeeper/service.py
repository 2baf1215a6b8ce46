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
from timekeeper.cluster.electorate import Members
from timekeeper.cluster.questions import SERVICE, Questions
from timekeeper.cluster_report import answer_solution, describe_solution, repeat_solution
from timekeeper.conclusion import describe_point, flags_to_raise
from timekeeper.data_file import DataFile
from timekeeper.held import tell_held
from timekeeper.history import INTERVAL_S, History, decode_history, encode_history, tell_history
from timekeeper.judging import SILENT_ROUNDS, Judging
from timekeeper.own_clock import OwnClock
from timekeeper.pace import Pace
from timekeeper.pairs import Step
from timekeeper.peer_news import PeerNews
from timekeeper.probes import EpochWatch
from timekeeper.probes.stamps import read_realtime
from timekeeper.recent_step import RecentStep
from timekeeper.references import ReferencePanel
from timekeeper.report import (
    About,
    announce,
    answer_report,
    describe_local,
    describe_references,
    describe_sources,
    tell_row,
)
from timekeeper.settings import TimekeeperSettings
from timekeeper.solution import Patience
from timekeeper.sources import select_sources
from timekeeper.unkept import Unkept
from timekeeper.watch import ClockWatch, Reading, monotonic_s

_LIVE_SETTINGS = frozenset(
    {"interval_s"} | {f"sources.{key}" for key in ("chrony", "ntpd", "timesyncd", "ptp", "ptp_domain", "clockbound")}
)
"""What may change while running."""
FLAGS_UNIT = "timekeeper"
_TOLD_TO_ALL_ROUNDS = 6
"""In a large cluster so many rounds pass before all are told again: fewer than the silent ones above."""
_REFERENCES_S = 16.0
"""How often the reference servers are looked after; how often each is asked, its own patience says."""

_MEMBERS_S = 10.0
"""How often it is written down who counts, if that has changed: a look waits for no disk."""


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
        self._questions = Questions(service)
        self._neighbors = Neighbors(self._questions.ask, settings.interval_s, self._epochs, self._heed)
        self._judging = Judging(self._rows, settings, self._file_failed, log)
        self._unkept = Unkept(Patience(grace_s=settings.thresholds.grace_s))
        self._peer_news = PeerNews()
        servers = settings.references.addresses
        self._references = ReferencePanel(servers, read_realtime) if servers else None
        self._flags = StandingFlags(Path(settings.flags_path), FLAGS_UNIT, self._flags_failed)
        self._history_file = DataFile(Path(settings.data_path, "timekeeper.json"), self._file_failed)
        self._history = self._history_file.read(decode_history) or History()
        self._step = RecentStep(self._judging.thresholds, self._began_s + settings.thresholds.grace_s)
        self._rounds_not_told_to_all = 0
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
        self._jobs.add(self._judging.keep_members, _MEMBERS_S)
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
        report = await self._describe_all(message)
        if message.get("history") != "true":
            return report
        return Message(report.command, {**report.parameters, "history": tell_history(self._history)})

    async def _hear_row(self, message: Message) -> None:
        """CLOCK_REPORT: another host's word."""
        fault = self._rows.hear(message, monotonic_s())
        if fault and self._rows.refused.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …
            self._warn("clock_report_refused", server=message.sent_from_server, reason=fault)
        self._look_at_suspects(message.sent_from_server)

    def _look_at_suspects(self, teller: str) -> None:
        """Somebody doubts a host that is measured here, and not doubted yet: judge anew without waiting for the next round."""
        told = self._rows.suspects_of(teller)
        if not told or not told & self._neighbors.names - self._judging.suspects:
            return
        if self._peer_news.heed(f"suspects of {teller}", time.monotonic_ns()) is not None:
            self._is_due.set()

    async def _tell_new_router(self, ready: Message) -> None:
        """READY: a router that has just started knows nothing of the clock yet; anybody else may say READY too."""
        if (ready.sent_from_server, ready.sent_from_service) == (self._service.server_name, ROUTER_SERVICE):
            self._door.learn(ready.sent_from_server, ready.get("my_address"))
            self._is_due.set()

    async def _look_rounds(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            self._is_due.clear()  # what happens from now on may not be in this look any more
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
        assignment = assign(own, answering, self._members().names, may_probe=may_probe)
        self._neighbors.follow(assignment, self._judging.suspects)

    async def _find_answering(self) -> dict[str, HostPort]:
        """Where other hosts may be probed."""
        told = self._rows.answering(monotonic_s(), SILENT_ROUNDS)
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

    def _members(self) -> Members:
        """Every host of the cluster, as the router tells it."""
        return Members.read(self._service.server_name, self._service.cluster_status, self._rows.hosts)

    async def _look(self) -> None:
        before = self._reading.claim if self._reading else None
        self._reading = await self._watch.read()
        local = self._describe_own(self._reading)
        if local.server:
            await self._judging.look(local, self._members())
            self._hurry(local)
        self._has_looked.set()
        claim = self._reading.claim
        if before is None or (before.state, before.daemon) != (claim.state, claim.daemon):
            self._log_claim(claim)
        is_unkept = self._unkept.note(claim, monotonic_s())
        stepped = self._step.tell(monotonic_s())
        self._flags.follow(flags_to_raise(claim, self._judging.held, is_unkept=is_unkept, stepped=stepped))

    def _hurry(self, local: clocks.Local) -> None:
        """A host in doubt hurries the hosts that measure it, and the few that speak for all."""
        suspects = self._judging.suspects
        speaks_for_all = self._judging.judgement is not None and self._judging.solvers.told is not None
        if not speaks_for_all:
            suspects &= {local.server, *(peer.peer for peer in local.pairs)}
        self._pace.note(suspects, asyncio.get_running_loop().time())

    async def _announce_until(self, next_s: float) -> None:
        """Tell the router and the other timekeepers, as soon as there is a link, and wait for the next look or for new settings."""
        with suppress(TimeoutError):  # the usual end of the wait
            async with asyncio.timeout_at(next_s):
                await self._service.wait_ready()
                fault = self._judging.held.gravest
                await self._service.send(announce(self.reading.claim, self._settings.interval_s, fault))
                if self._members().names - {self._service.server_name}:
                    await self._tell_row()
                await self._is_due.wait()

    async def _tell_row(self) -> None:
        """Tell this host's word to those that solve; now and then to all, who have to know that it is there."""
        solvers, own = self._judging.solvers, self._service.server_name
        told = solvers.told
        self._rounds_not_told_to_all += 1
        if told is None or own in solvers.solving or self._rounds_not_told_to_all >= _TOLD_TO_ALL_ROUNDS:
            told, self._rounds_not_told_to_all = None, 0
        for message in tell_row(self._describe_own(self.reading), told):
            await self._service.send(message)

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
            away=self._judging.away,
            found=self._judging.found,
            suspects=tuple(sorted(self._judging.suspects)) if self._judging.judgement else (),
            made_s=monotonic_s(),
        )
        left_s = abs(reading.claim.offset_s or 0.0)
        pairs = self._neighbors.measured(left_s, self._rows.corrections(monotonic_s()))
        return describe_local(reading.claim, reading.evidence, about, pairs, self._hear_references())

    async def _describe_all(self, question: Message) -> Message:
        judgement = self._judging.judgement
        local = replace(
            self._describe_own(self.reading),
            probes=self._neighbors.probe_counts(),
            source_list=describe_sources(self.reading.claim),
            grace_left_seconds=max(0.0, self._began_s + self._settings.thresholds.grace_s - monotonic_s()),
            found=None,
            suspects=(),
        )
        held = tell_held(self._judging.held)
        is_relayed = question.sent_from_service == SERVICE  # or two would ask each other for ever
        if judgement is None:
            report = (
                None if is_relayed else await self._questions.ask_solvers(self._judging.solvers.solving, local.server)
            )
            return (
                answer_report(local, self.reading.age_s, held)
                if report is None
                else answer_solution(repeat_solution(report, local, held))
            )
        solution = describe_solution(
            local,
            judgement,
            claims={**self._rows.said(), local.server: local.claim},
            unanswered=self._neighbors.unanswered(),
            thresholds=self._judging.thresholds,
            references=self._rows.heard() | ({} if local.heard is None else {local.server: local.heard}),
            age_s=monotonic_s() - self._judging.judged_s,
        )
        return answer_solution(replace(solution, held=held), question.sent_from_server if is_relayed else "")

    def _hear_references(self) -> clocks.References | None:
        if self._references is None:
            return None
        consensus = self._references.conclude(read_realtime(), self._epochs.look())
        return describe_references(consensus, self._references.complaints())

    async def _keep_history(self) -> None:
        if self._reading is None:
            return
        steps = sum(self._own_clock.steps.values())
        judging, own = self._judging, self._service.server_name
        point = describe_point(time.time(), own, self.reading.claim, judging.judgement, steps, judging.held)
        self._history.add(point)
        await self._history_file.write(encode_history(self._history))

    def _stepped(self, step: Step) -> None:
        self._warn("clock_stepped", step_s=step.size_ns / 1e9, direction=step.direction.value)
        self._step.note(step.size_ns / 1e9, monotonic_s())
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
