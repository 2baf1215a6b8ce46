"""SHELL: what is told and seen of runs on this host, brought together as words for the evidence; it keeps and judges nothing."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from structlog.typing import FilteringBoundLogger

from canary.evidence.book import EvidenceBook
from canary.evidence.crowd import Crowd
from canary.evidence.kinds import Kind
from canary.evidence.words import SHADOW, HostWord, Word
from canary.judge.speakers import is_known, is_stranger
from canary.mind import Mind
from canary.recollection import Recollection
from canary.records import Entry, Record, RunEnded
from canary.refusals import refusing, require_router
from canary.settings import CanarySettings
from canary.watch.health import HealthWatch
from canary.watch.host import HostWatch
from canary.watch.owners import believed
from canary.wire import read_end, read_report, read_start
from communicator.client import Service
from communicator.protocol import Message

CANARY = "canary"
"""Our name on the router: of our own lives the ledger tells."""


class Witness:
    """What this host has to say of its runs.

    Args:
        service: The link to the router.
        settings: What it was told, as it is now.
        mind: What is known.
        now_s: The ledger's clock.
        pend: Has what happened put into the ledger, as soon as it can be written.
        log: Where it is told what hinders it.
    """

    def __init__(
        self,
        service: Service,
        settings: Callable[[], CanarySettings],
        mind: Mind,
        now_s: Callable[[], float],
        pend: Callable[[Sequence[Record]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self.book: EvidenceBook | None = None
        """None until the router has told us who we are."""
        self.crowd = Crowd()
        self.watch = HostWatch(self.hear, now_s, log, settings().watch)
        self.health = HealthWatch(service, lambda: settings().health, self.hear, now_s)
        self._service = service
        self._mind = mind
        self._now_s = now_s
        self._pend = pend
        self._log = log
        self._processes: dict[str, int] = {}
        """The process of each run that goes on."""

    def meet_router(self, server: str, recollection: Recollection) -> None:
        """A router has let us in: at first it tells us who we are, and later that all it knew of runs is gone.

        Args:
            server: Who we are.
            recollection: What the ledger holds from another life.
        """
        now_s = self._now_s()
        if self.book is not None:
            self.hear(HostWord(kind=Kind.ROUTER_RESTART, at_s=now_s))
            return
        rules = self._mind.rules
        self.book = EvidenceBook(
            server,
            merge_s=rules.merge_s,
            ok_after_s=rules.a.ok_after_s,
            now_s=now_s,
            told=recollection.facts(),
            is_known=partial(is_known, self._mind.state, server),
        )
        self.hear(HostWord(kind=Kind.REBOOT, at_s=now_s, ago_s=time.clock_gettime(time.CLOCK_BOOTTIME)))

    async def start(self, message: Message) -> None:
        """RUN_STARTED, from the router alone."""
        require_router(message)
        if message.get("service") == CANARY:
            return
        with refusing(message):
            word = believed(read_start(message, self._now_s()))
        self.hear(word)
        is_watched = word.role != SHADOW  # what its unit does before it registers would be taken for the service's own
        if is_watched and word.pid is not None and word.run_id not in self.crowd:
            self._processes[word.run_id] = word.pid
            await self.watch.watch(word.service, word.pid)

    async def end(self, message: Message) -> None:
        """RUN_ENDED, from the router alone."""
        require_router(message)
        if message.get("service") == CANARY:
            return
        with refusing(message):
            word = read_end(message, self._now_s())
        self.hear(word)
        if word.omitted:
            self._log.warning("runs_not_told", service=word.service, runs=word.omitted)

    async def report(self, message: Message) -> None:
        """RUN_REPORT: what a supervisor, or a service itself, has seen."""
        with refusing(message):
            word = read_report(message, self._service.server_name, self._now_s())
        self.hear(self.watch.look_at_program(word))

    def hear(self, word: Word) -> None:
        """Take a word about a run, or about this host."""
        if not self.crowd.is_taken(word, lambda began: is_stranger(self._mind.state, began.fact(self._mind.me))):
            return
        self.health.note(word)
        if self.book is not None:
            self._pend(self.book.hear(word))

    def observe(self, entry: Entry) -> None:
        """An entry is in the ledger: of a run that is over, the process is watched no more."""
        pid = self._processes.pop(entry.record.run_id, None) if isinstance(entry.record, RunEnded) else None
        if pid is not None and pid not in self._processes.values():  # it registers anew when the router restarts
            self.watch.forget(pid)
