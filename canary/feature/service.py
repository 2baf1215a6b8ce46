"""SHELL: the feature flags of one host: answers services and people, reads files, counts evaluations; it orders nothing."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from structlog.typing import FilteringBoundLogger

from canary.feature import report
from canary.feature.elsewhere import Elsewhere
from canary.feature.keeper import FileKeeper
from canary.feature.questions import Questions
from canary.feature.tally import DAY_S, Tally
from canary.feature.teller import Teller
from canary.feature.use import UseFile
from canary.refusals import refusing
from canary.replica import Replica
from canary.settings import CanarySettings
from canary.views import Question
from communicator.answers.features import Counts
from communicator.client import Service
from communicator.errors import MessageRefusedError, RemoteProtocolError
from communicator.protocol import Message
from communicator.runtime.slow_jobs import SlowJobs

KEEP_S = 10.0
"""How often counts are kept."""
LOOK_S = 60.0
"""How often it is looked at who is stale, and how files differ from what is in force."""
ASK_S = 3_600.0
"""How often other canaries are asked."""
SOON_S = 1.0
"""How soon files are looked at again that wait for the book."""
FRESH_S = 30.0
"""A canary waits so long after its start for others to tell it what they hold: they speak every 5 s."""
SETTLE_S = 0.1
AT_ONCE = 64
"""Flags looked at before others have their turn: a few milliseconds."""
TOLD = 5
"""Stale flags that are named to operators."""
_COUNTS = msgspec.json.Decoder(Counts)


class Features:
    """The feature flags of one host.

    Args:
        service: The link to the router.
        replica: The book.
        settings: They say where files of flags are, and where it is kept what those said and what was counted.
        log: Where it is told what hinders it.
    """

    def __init__(self, service: Service, replica: Replica, settings: CanarySettings, log: FilteringBoundLogger) -> None:
        self.stale = ""
        """Which flags may have outlived their purpose, in words; empty: none."""
        self._service = service
        self._replica = replica
        self._teller = Teller(service, replica.book)
        self._questions = Questions(self._teller.page, service.send)
        data = Path(settings.data_path)
        self._files = FileKeeper(replica, Path(settings.features_path), data, log)
        self._use = UseFile(data, log)
        self._tally = Tally(_today())
        self._elsewhere = Elsewhere(service)
        self._outline = report.Outline()
        self._listed: tuple[tuple[int, int, int], list[str]] = ((-1, 0, 0), [])
        """The names of all flags, and what they and `Outline.off` were made of."""
        self._began_s = time.monotonic()
        self._was_settled = False
        """Whether what it holds was what others hold too, once."""
        self._reread = asyncio.Event()
        self._jobs = SlowJobs()
        replica.on_change(self._teller.follow)
        service.on("FEATURE_GET_FLAGS")(self.get_flags)
        service.on("FEATURE_EVALUATE")(self.evaluate)
        service.on("FEATURE_EVALUATIONS")(self.count)

    @property
    def told_revision(self) -> int:
        """Of the book: the services of this host were told what it said of flags then."""
        return self._teller.told_revision

    def reload(self, settings: CanarySettings) -> None:
        """Read the files again."""
        self._files.read_again(Path(settings.features_path))
        self._reread.set()

    async def meet_router(self) -> None:
        """A router has let us in: services that looked for us before are told that we are there."""
        await self._teller.tell()

    async def run(self) -> None:
        """Follow files and counts until cancelled."""
        self._tally = await self._use.read(_today())
        await self._look()  # at once: what the last life has told operators is not to come and go
        self._jobs.add(self._keep, KEEP_S)
        self._jobs.add(self._look, LOOK_S)
        self._jobs.add(self._elsewhere.ask, ASK_S)
        self._jobs.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._teller.run())
                group.create_task(self._questions.run())
                group.create_task(self._follow_files())
                group.create_task(self._settle())
        finally:
            self._jobs.stop()
            await self._keep()

    async def get_flags(self, message: Message) -> None:
        """FEATURE_GET_FLAGS, from services of this host.

        Raises:
            MessageRefusedError: It is not known yet which flags are in force.
        """
        self._require_settled(message)
        self._questions.ask(message)

    def _require_settled(self, message: Message) -> None:
        if not self._is_settled():
            raise MessageRefusedError(message.command, "this canary has just started and does not know the flags yet")

    def _is_settled(self) -> bool:
        """A canary that has just started may have missed an off, or hold nothing, until others have told it what they hold."""
        if not self._was_settled:
            is_old = time.monotonic() >= self._began_s + FRESH_S
            self._was_settled = is_old or self._replica.is_current
        return self._was_settled

    async def _settle(self) -> None:
        """Services that were refused are told when they may ask."""
        while not self._is_settled():  # noqa: ASYNC110 - the book tells nobody that others hold the same
            await asyncio.sleep(SETTLE_S)
        await self._teller.tell()

    async def evaluate(self, message: Message) -> Message:
        """FEATURE_EVALUATE, from services of this host."""
        self._require_settled(message)
        with refusing(message):
            answer, counted = await self._teller.evaluate(message)
        self._tally.add((counted,), _today(), self._is_defined)
        return answer

    async def count(self, message: Message) -> None:
        """FEATURE_EVALUATIONS, from services of this host."""
        with refusing(message):
            if message.sent_from_server not in ("", self._service.server_name):
                raise RemoteProtocolError("evaluations are counted on the host where they happen")
            self._tally.add(_read_counts(message).evaluations, _today(), self._is_defined)

    async def answer(self, question: Question) -> Message:
        """CANARY_GET_REPORT, view features.

        Args:
            question: What is asked.
        """
        wanted = self._names(self._known())
        known = self._known()  # what is off is found with the names
        if question.is_brief:
            wanted = report.worst_first(wanted, known.outline)
        if question.feature:
            wanted = [name for name in wanted if name == question.feature]
        page = _slowly(wanted[question.offset : question.offset + report.ROWS])
        shown = [report.describe(report.row(known, name), known, is_brief=question.is_brief) async for name in page]
        return report.answer(shown, known, question.offset, len(wanted))

    async def _follow_files(self) -> None:
        while not self._service.server_name:
            await self._service.wait_ready()
        while True:
            self._reread.clear()
            await self._files.follow()
            try:
                async with asyncio.timeout(SOON_S if self._files.waits else None):
                    await self._reread.wait()
            except TimeoutError:
                continue

    async def _keep(self) -> None:
        await self._use.keep(self._tally, _today())

    async def _look(self) -> None:
        self._reread.set()
        known, found, types = self._known(), [], Counter[str]()
        async for name in _slowly(self._names(known)):
            row = report.row(known, name)
            types[report.type_of(row)] += row.definition is not None
            if report.why_stale(row.facts, known.wall_s):
                found.append(name)
        more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
        self._outline = self._outline._replace(stale=frozenset(found), types=dict(+types))
        self.stale = ", ".join(found[:TOLD]) + more

    def _names(self, known: report.Known) -> list[str]:
        """All flags; while nothing has changed who asks for page after page has them found once."""
        made_of = known.book.revision, len(self._tally.features()), _today()
        if self._listed[0] != made_of:
            self._listed = made_of, report.names(known)
            self._outline = self._outline._replace(off=report.names_off(known))
        return self._listed[1]

    def _is_defined(self, feature: str) -> bool:
        definition = self._replica.book.definition(feature)
        return definition is not None and definition.flag is not None

    def _known(self) -> report.Known:
        return report.Known(
            book=self._replica.book,
            tally=self._tally,
            elsewhere=self._elsewhere.evaluated_s,
            server=self._service.server_name,
            generation=self._teller.generation,
            now_s=self._replica.now_s(),
            wall_s=time.time(),
            differing=self._files.differing,
            outline=self._outline,
        )


async def _slowly(names: Sequence[str]) -> AsyncIterator[str]:
    """One after the other, so that others have their turn in between."""
    for number, name in enumerate(names, 1):
        yield name
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)


def _today() -> int:
    return int(time.time() // DAY_S)


def _read_counts(message: Message) -> Counts:
    try:
        return _COUNTS.decode(message.get("counts"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise RemoteProtocolError(f"parameter counts: {error}") from None
