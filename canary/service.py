"""SHELL: the canary on the router: takes what is told of runs, has it kept, judged and enforced, answers; it concludes nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from structlog.typing import FilteringBoundLogger

from canary.backlog import Backlog
from canary.book.decision import Body
from canary.comparator import Comparator
from canary.conclusion import flags_to_raise
from canary.deployment.start import RefusedError
from canary.deployments import PREFIX, Deployments, read_spec
from canary.duties import Duties
from canary.enforcement import Enforcement
from canary.feature.service import Features
from canary.gossip import Gossip
from canary.ledger.errors import LedgerError
from canary.ledger.store import Ledger
from canary.ledger_views import LedgerViews
from canary.mind import Mind
from canary.mirroring import with_mirrors
from canary.order_views import Obedience
from canary.outside import Outside
from canary.recollection import Recollection, rules_record
from canary.records import ALL, Entry, OfLeader, Record, Started, Stopped
from canary.refusals import refusing
from canary.replica import Replica
from canary.report import Known, answer_report
from canary.rules import Rules
from canary.settings import NEEDS_RESTART, CanarySettings
from canary.shortening import keep_short
from canary.tallies import Tallies
from canary.unheard import ask_unheard
from canary.verdict_log import note
from canary.views import answer_deployments, answer_orders, answer_shadows, answer_view, narrow, read_question
from canary.witness import CANARY, Witness
from communicator.answers.releases import Standing
from communicator.client import Service
from communicator.errors import MessageRefusedError, RemoteProtocolError
from communicator.flags.standing_flags import StandingFlags
from communicator.protocol import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.runtime.boot import read_boot_id
from communicator.runtime.settings_type import changed_keys
from communicator.runtime.slow_jobs import SlowJobs
from communicator.version import __version__

LEDGER_RETRY_S = 5.0
SHORTEN_S = 86_400.0
"""How often the ledger is shortened."""
LONGEST_WAIT_S = 5.0
"""The cluster is looked at so often, whatever happens,"""
LEADERLESS_WAIT_S = 1.0
"""and so often while nobody leads."""


class Canary:
    """One canary.

    Args:
        service: The link to the router; its handlers are named here, so it must not run yet.
        settings: What it was told.
        ledger: Where everything is kept.
        recollection: What the ledger holds already.
        log: Where verdicts go, and what hinders it.
    """

    def __init__(
        self,
        service: Service,
        settings: CanarySettings,
        ledger: Ledger,
        recollection: Recollection,
        log: FilteringBoundLogger,
    ) -> None:
        self._service = service
        self._settings = settings
        self._ledger = ledger
        self._recollection = recollection
        self._log = log
        self._tallies = Tallies()
        self._is_due = asyncio.Event()
        self._holds = recollection.is_crash_loop(ledger.now_s())
        self._rules_told = recollection.state.rules_revision
        self._mind = Mind(
            ledger, recollection.state, self._rules_of(settings), ledger.now_s, self._observe, self._propose
        )
        self._replica = Replica(service, Path(settings.data_path), ledger.now_s, log)
        self._duties = Duties(self._mind, lambda: self._settings.deploy, self._pend, log)
        self._outside = Outside(service, lambda: self._settings.deploy, ledger.now_s, log)
        self._deployments = Deployments(
            service, self._mind, self._replica, self._outside, ledger.now_s, self._is_due.set
        )
        self._features = Features(service, self._replica, settings, log)
        self._enforcement = Enforcement(
            service, self._mind, self._replica.book, self._duties.unit_of, ledger.now_s, log
        )
        self._views = LedgerViews(ledger, self._mind, self._replica.book, service)
        self._backlog = Backlog(self._mind)
        self._witness = Witness(service, lambda: self._settings, self._mind, ledger.now_s, self._pend, log)
        self._comparator = Comparator(service, self._mind, ledger.now_s, self._pend, log)
        self._flags = StandingFlags(Path(settings.flags_path), CANARY, self._tell_flags)
        self._gossip: Gossip | None = None
        """None until the router has told us who we are."""
        self._ledger_fault = ""
        self._jobs = SlowJobs()
        self._listen()

    async def run(self) -> None:
        """Judge and enforce until cancelled."""
        self._flags.check()
        if self._holds:
            self._log.error("rules_held", reason="the canary has died again and again; no new verdict is acted upon")
        started = Started(release=__version__, boot_id=read_boot_id(), was_clean=self._recollection.was_clean)
        self._pend((started, *self._tell_rules()))
        self._jobs.add(self._shorten, SHORTEN_S)
        self._jobs.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._witness.watch.run())
                group.create_task(self._witness.health.run())
                group.create_task(self._features.run())
                group.create_task(self._comparator.run(self._settings.definitions_path))
                group.create_task(self._replica.run(self._is_due.set))
                group.create_task(self._rounds())
        finally:
            self._jobs.stop()
            await self._duties.close()
            await self._outside.close()
            with suppress(LedgerError):
                await self._ledger.append([*await self._backlog.rest(), Stopped()])
            await self._flags.close()

    def reload(self, settings: CanarySettings) -> list[str]:
        """Take new settings; returns the keys among the changed ones that need a restart."""
        changed = changed_keys(self._settings, settings)
        self._settings = settings
        self._mind.rules = self._rules_of(settings)
        self._pend(self._tell_rules())
        self._features.reload(settings)
        return [key for key in changed if key in NEEDS_RESTART]

    def _rules_of(self, settings: CanarySettings) -> Rules:
        return msgspec.structs.replace(settings.in_force, holds=self._holds)

    def _tell_rules(self) -> Sequence[Record]:
        """For the ledger, when it was told others."""
        records = rules_record(self._mind.rules, self._rules_told)
        self._rules_told = records[-1].revision if records else self._rules_told
        return records

    def _listen(self) -> None:
        on = self._service.on
        on("READY")(self._meet_router)
        on("RUN_STARTED")(self._witness.start)
        on("RUN_ENDED")(self._witness.end)
        on("RUN_REPORT")(self._witness.report)
        on("CANARY_EVIDENCE")(self.hear)
        on("CANARY_GET_EVIDENCE")(self.tell)
        on("CANARY_BOOK")(self.read)
        on("CANARY_COMMAND")(self.order)
        on("CANARY_GET_REPORT")(self.answer)

    async def hear(self, message: Message) -> None:
        """CANARY_EVIDENCE: what happened on another server."""
        if self._gossip is None:
            return  # it will be told again
        with refusing(message):
            self._pend(await self._gossip.hear(message, self._ledger.now_s()))

    async def tell(self, message: Message) -> Message:
        """CANARY_GET_EVIDENCE: what another canary has missed."""
        if self._gossip is None:
            raise MessageRefusedError(message.command, "this canary has just started")
        with refusing(message):
            return self._gossip.answer(message, self._ledger.now_s())

    async def read(self, message: Message) -> None:
        """CANARY_BOOK: what another canary knows of orders and decisions."""
        with refusing(message):
            if await self._replica.hear(message):
                self._is_due.set()

    async def order(self, message: Message) -> Message:
        """CANARY_COMMAND: an operator knows better."""
        with refusing(message):
            takes = self._deployments.command if message.get("command").startswith(PREFIX) else self._replica.order
            answer = await takes(message)
        self._is_due.set()
        return answer

    async def answer(self, message: Message) -> Message:
        """CANARY_GET_REPORT, from anyone."""
        with refusing(message):
            question = read_question(message)
        if question.view == "report":
            known = self._known()._replace(unheard=await ask_unheard(self._service, self._mind))
            return answer_report(narrow(known, question.cell.server), question.offset)
        if question.view == "orders":
            return answer_orders(self._replica.describe(tuple(self._obedience.standings(question.orders))))
        if question.view == "deployments":
            return answer_deployments(self._deployments.describe())
        if question.view == "shadows":
            return answer_shadows(await with_mirrors(self._service, await self._comparator.describe()))
        try:
            if question.view == "deployment_check":
                spec = read_spec(message)
                lacks = await asyncio.to_thread(self._outside.missing, spec)
                fence = self._enforcement.fence.missing(spec, self._mind.me)
                refused = self._deployments.refusal_of(spec)
                return answer_view(await self._duties.check(spec, (*lacks, *fence), refused))
            return await (self._features if question.view == "features" else self._views).answer(question)
        except (LedgerError, RemoteProtocolError, RefusedError) as error:
            raise MessageRefusedError(message.command, str(error)) from None

    async def _meet_router(self, ready: Message) -> None:
        """READY: our router has let us in; at first it tells us who we are, and later that all it knew of runs is gone."""
        server, now_s = self._service.server_name, self._ledger.now_s()
        if (ready.sent_from_server, ready.sent_from_service) != (server, ROUTER_SERVICE):
            return
        if self._gossip is None:
            self._begin(server, now_s)
        self._witness.meet_router(server, self._recollection)
        await self._features.meet_router()
        await self._enforcement.meet_router()

    def _begin(self, server: str, now_s: float) -> None:
        recalled, state = self._recollection.recent, self._mind.state
        self._gossip = Gossip(self._service, server, self._ledger.ledger_id, recalled, state, now_s)
        self._mind.me = server
        self._replica.begin(server, state)

    def _pend(self, records: Sequence[Record]) -> None:
        self._backlog.add(records)
        self._is_due.set()

    async def _rounds(self) -> None:
        while True:
            self._is_due.clear()
            wait_s = LONGEST_WAIT_S
            try:
                await self._turn()
                self._settle_fault("")
                wait_s = self._wait_s()
            except LedgerError as error:
                self._settle_fault(str(error))
                wait_s = LEDGER_RETRY_S
                self._is_due.clear()
            self._follow_flags()
            with suppress(TimeoutError):  # the usual end of the wait
                async with asyncio.timeout(wait_s):
                    await self._is_due.wait()

    async def _turn(self) -> None:
        try:
            await self._judge()
        except LedgerError:
            await self._follow()  # what operators have ordered is obeyed also while nothing is decided
            raise
        await self._follow()
        self._replica.obey(self._enforcement.obeyed_generation)
        is_obeyed = self._mind.me not in self._replica.behind
        self._duties.follow(is_obeyed=is_obeyed, fence=self._enforcement.fence)
        await self._deployments.follow()
        if self._gossip is not None and self._service.connected:
            await self._gossip.tell(self._ledger.now_s())

    async def _judge(self) -> None:
        now_s = self._ledger.now_s()
        if self._witness.book is not None and self._gossip is not None:
            self._pend(self._witness.book.advance(now_s))
            self._gossip.leadership.members = self._replica.members
            self._gossip.leadership.know(*self._replica.book.latest)
            self._replica.believe(self._gossip.leadership.limit)
            self._pend(self._gossip.settle(self._mind.state, now_s))
            self._is_due.clear()
        await self._backlog.keep()
        leader = "" if self._gossip is None else self._gossip.leadership.lead.leader  # not who led in another life
        self._mind.leads = leader != "" and leader == self._mind.me == self._mind.state.leader
        if self._mind.me:
            await self._mind.take_from(self._replica.news)
        revision = self._replica.book.revision
        await self._mind.look()
        if self._replica.book.revision != revision:
            self._is_due.set()  # what we decided may be in effect already

    async def _follow(self) -> None:
        await self._enforcement.follow(is_current=self._replica.is_current)

    async def _propose(self, bodies: Sequence[Body]) -> None:
        await self._replica.propose(bodies, self._mind.state.term)

    def _wait_s(self) -> float:
        deadlines = [self._mind.next_deadline_s()]
        longest_s = LONGEST_WAIT_S if self._mind.state.leader else LEADERLESS_WAIT_S
        deadlines += [] if self._witness.book is None else [self._witness.book.next_deadline_s]
        deadlines += [self._gossip.next_deadline_s] if self._gossip is not None and self._service.connected else []
        deadlines.append(self._deployments.next_deadline_s)
        now_s = self._ledger.now_s()
        return min([longest_s, *(max(0.0, at_s - now_s) for at_s in deadlines if at_s is not None)])

    async def _shorten(self) -> None:
        await keep_short(self._ledger, self._settings.keep_days, self._log)

    def _settle_fault(self, fault: str) -> None:
        if fault and fault != self._ledger_fault:
            self._log.error("ledger_not_written", reason=fault, waiting=len(self._backlog))
        elif self._ledger_fault and not fault:
            self._log.info("ledger_written_again")
        self._ledger_fault = fault

    def _observe(self, entry: Entry) -> None:
        """An entry has been kept and applied."""
        if not isinstance(entry.record, OfLeader) or entry.record.leader == self._mind.me:
            self._tallies.observe(entry.record, self._mind.state)
        if self._gossip is not None:
            self._gossip.observe(entry)
        self._deployments.observe(entry)
        note(self._log, entry.record)
        self._witness.observe(entry)

    def _follow_flags(self) -> None:
        state, me = self._mind.state, self._mind.me
        if not me and not self._ledger_fault:
            return  # what the last life raised stands until we know better
        here = (one for one in self._enforcement.denials if one.server in (ALL, me))
        denied = (f"{one.service} {one.version}: {one.reason}" for one in here)
        leads_at_s = self._ledger.now_s() if self._mind.leads else None
        stale = self._features.stale
        self._flags.follow(flags_to_raise(state, me, denied, self._ledger_fault, stale, leads_at_s))

    def _tell_flags(self, path: str, reason: str) -> None:
        self._log.warning("flags_not_raised", path=path, reason=reason)

    @property
    def _obedience(self) -> Obedience:
        obeyed, told = self._enforcement.obeyed_revision, self._features.told_revision
        return Obedience(self._replica.book, obeyed, self._mind.state, self._mind.me, told)

    def _known(self) -> Known:
        state, enforcement = self._mind.state, self._enforcement
        standing = Standing(
            mode=self._settings.mode,
            leader=state.leader,
            term=state.term,
            generation=enforcement.generation,
            denied=len(enforcement.denials),
            policy_age_seconds=enforcement.age_s,
            ledger_entries=state.seq,
            ledger_errors_total=self._ledger.failed_appends,
            ledger_fault=self._ledger_fault,
            facts_lost_total=self._backlog.lost + (0 if self._gossip is None else self._gossip.skipped),
            runs_turned_away_total=self._witness.crowd.turned_away,
            runs_missed_total=None if self._witness.book is None else self._witness.book.missed,
            canary_hosts=self._mind.rules.canary.hosts,
            members=tuple(sorted(self._replica.members)),
            orders_not_kept=self._replica.fault,
            proposed=self._replica.proposed,
            terms_doubted={} if self._gossip is None else self._gossip.leadership.doubted,
            orders=self._replica.book.generation_of_rules(),
            behind=self._replica.behind,
            watchers=self._witness.watch.faults,
        )
        now_s = self._ledger.now_s()
        overrides = self._obedience.overrides(now_s)
        return Known(state, self._tallies, standing, self._service.server_name, now_s, overrides)
