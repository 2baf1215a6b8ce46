"""SHELL: the flags of this host's canary in a service: fetched, kept up to date and on disk, and what was evaluated told back."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from communicator.answers.features import FlagsPage
from communicator.client import Service
from communicator.client.backoff import Backoff
from communicator.client.event_log import log_event
from communicator.errors import RemoteProtocolError
from communicator.features.complaints import quieten
from communicator.features.copy_file import read_copy, write_copy
from communicator.features.counts import EvaluationCounts
from communicator.features.evaluation import Evaluator
from communicator.protocol.message import Message

CANARY = "canary"
POLL_S = 10.0
"""How often the canary is asked though nothing was heard of it: a broadcast can get lost, and a canary too."""
PATIENCE_S = 5.0
"""How long an answer of the canary may take."""
START_S = 1.0
"""How long the first link may take before the flags count as stale."""
COUNTS_S = 10.0
"""How often evaluations are told."""
KEEP_S = 1.0
"""The pause between two writes of the copy: flags that change all the time shall not wear out a disk."""
LAST_WORD_S = 1.0
"""How long the last counts, and the last copy, may take each when the service stops."""

Listener = Callable[[tuple[str, ...]], None]


class FlagStore:
    """Keeps an evaluator up to date for as long as a service runs; make it before that.

    Args:
        service: Over which the canary is asked. The store handles its FEATURE_FLAGS_CHANGED.
        path: Where a copy is kept, in a directory of this service alone; None: nowhere.
    """

    def __init__(self, service: Service, path: Path | None = None) -> None:
        self.evaluator = Evaluator()
        self.counts = EvaluationCounts()
        self.generation = ""
        """Of the flags that are held, as the canary names it; empty: none are."""
        self.is_stale = True
        """Whether the canary of this host may know better."""
        self._service = service
        self._path = path
        self._listeners: list[Listener] = []
        self._backoff = Backoff()
        self._asked = 0
        self._stirred = asyncio.Event()
        self._to_be_kept = asyncio.Event()
        self._writing: asyncio.Future[None] | None = None
        self._fault = ""
        quieten()
        self._recall()
        service.on("FEATURE_FLAGS_CHANGED")(self._heard)
        service.beside(self._run)

    def on_change(self, listener: Listener) -> Listener:
        """Name what is called on the loop, with the names of the flags that have changed, as a decorator.

        It is called after each look at the canary, also without a name: `is_stale` may have changed. It must not raise.
        """
        self._listeners.append(listener)
        return listener

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._watch_link())
            group.create_task(self._tell_counts())
            if self._path is not None:
                group.create_task(self._keep_copy(self._path))

    async def _heard(self, message: Message) -> None:
        """Flags have changed, says a canary; anybody can broadcast, so only the one of our host counts."""
        is_ours = (message.sent_from_server, message.sent_from_service) == (self._service.server_name, CANARY)
        if is_ours and message.get("generation") != self.generation:
            self._stirred.set()

    async def _watch_link(self) -> None:
        while True:
            await self._service.wait_ready()
            self._stirred.set()
            await self._service.wait_lost()
            self._stirred.set()

    async def _follow(self) -> None:
        await _within(START_S, self._service.wait_ready)
        while True:
            self._stirred.clear()
            wait_s = await self._look()
            await _within(wait_s, self._stirred.wait)

    async def _look(self) -> float:
        """Ask for what has changed, and say it; returns when to look again at the latest, in seconds."""
        changed: dict[str, None] = {}
        try:
            await self._fetch(changed)
        except Exception as error:  # noqa: BLE001 - whatever a canary says, it is no reason to end the service
            self._note(f"{type(error).__name__}: {error}")
            wait_s = self._backoff.next_wait_s(random.random())  # noqa: S311 - spreads questions, hides nothing
        else:
            self._note("")
            self._backoff = Backoff()
            wait_s = POLL_S
        for listener in self._listeners:
            listener(tuple(changed))
        return wait_s

    async def _fetch(self, changed: dict[str, None]) -> None:
        """Take what the canary holds, page by page; what has come counts at once, also when the rest does not come.

        Args:
            changed: The names of what was changed are put into it.
        """
        first = page = await self._page()
        names = set(page.flags)
        self._take(page, changed)
        while page.after:
            page = await self._page(page.after)
            if page.is_whole is not first.is_whole:
                raise RemoteProtocolError("the canary began anew between two pages")
            names.update(page.flags)
            self._take(page, changed)
        if first.is_whole:
            changed.update(dict.fromkeys(self.evaluator.replace(dict.fromkeys(self.evaluator.names - names))))
        if first.generation != self.generation:
            self.generation = first.generation
            self._to_be_kept.set()

    async def _page(self, after: str = "") -> FlagsPage:
        self._asked += 1
        parameters = {"since": self.generation, "after": after, "serial": str(self._asked)}
        question = {name: value for name, value in parameters.items() if value}
        message = Message("FEATURE_GET_FLAGS", question, service=CANARY, server=".")
        answer = await self._service.request(message, "FEATURE_CURRENT_FLAGS", timeout_s=PATIENCE_S)
        if answer.get("serial") != parameters["serial"]:
            raise RemoteProtocolError("the canary answers an earlier question")
        return msgspec.json.decode(answer.get("flags"), type=FlagsPage)

    def _take(self, page: FlagsPage, changed: dict[str, None]) -> None:
        # Copied: what is read of a page would hold on to all of it.
        flags = {name: None if bytes(flag) == b"null" else bytes(flag) for name, flag in page.flags.items()}
        changed.update(dict.fromkeys(self.evaluator.replace(flags)))

    def _note(self, fault: str) -> None:
        """Remember whether the canary was reached, and log it when that changes."""
        if fault and (not self.is_stale or not self._fault):
            log_event(logging.WARNING, "flags_stale", error=fault, held=len(self.evaluator.names))
        elif self.is_stale and not fault:
            log_event(logging.INFO, "flags_current", generation=self.generation, held=len(self.evaluator.names))
        self.is_stale, self._fault = bool(fault), fault

    async def _tell_counts(self) -> None:
        try:
            while True:
                await asyncio.sleep(COUNTS_S)
                await self._tell()
        finally:  # a job of two seconds has evaluated too
            await _within(LAST_WORD_S, self._tell)

    async def _tell(self) -> None:
        while self._service.connected and not self.is_stale and (counts := self.counts.take()).evaluations:
            told = {"counts": msgspec.json.encode(counts).decode()}
            await self._service.send(Message("FEATURE_EVALUATIONS", told, service=CANARY, server="."))

    def _recall(self) -> None:
        if self._path is None:
            return
        try:
            self.generation, flags = read_copy(self._path)
        except (OSError, ValueError) as error:
            log_event(logging.WARNING, "flags_copy_unreadable", path=str(self._path), error=str(error))
            return
        self.evaluator.replace(flags)

    async def _keep_copy(self, path: Path) -> None:
        try:
            while True:
                await self._to_be_kept.wait()
                await self._write_copy(path)
                await asyncio.sleep(KEEP_S)
        finally:  # what was switched off last is off when the service comes back
            await _within(LAST_WORD_S, partial(self._end_copy, path))

    async def _write_copy(self, path: Path) -> None:
        """Write the copy in a thread, since a disk may take its time: the flags count without it."""
        self._to_be_kept.clear()
        copy = (path, self.generation, self.evaluator.definitions())
        self._writing = asyncio.get_running_loop().run_in_executor(None, _write, *copy)
        await asyncio.shield(self._writing)  # a thread cannot be cancelled

    async def _end_copy(self, path: Path) -> None:
        """Wait for a write that goes on, then write what has changed since: two at once would spoil each other."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
        if self._to_be_kept.is_set():
            await self._write_copy(path)


def _write(path: Path, generation: str, flags: Mapping[str, bytes]) -> None:
    try:
        write_copy(path, generation, flags)
    except (OSError, ValueError) as error:
        log_event(logging.WARNING, "flags_copy_not_written", path=str(path), error=str(error))


async def _within(seconds: float, wait: Callable[[], Awaitable[object]]) -> None:
    """Wait for something, but not longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wait()
