"""SHELL: has compared what shadows of this host's services say with what these say, and asks these again; it judges nothing.

The canary has other things to do: conversations are compared a few milliseconds at a time, and a third of a processor is the most
that takes. What comes faster does not fit into the room for conversations, and is dropped whole and counted.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace
from structlog.typing import FilteringBoundLogger

from canary.mind import Mind
from canary.records import Record, ShadowCompared
from canary.refusals import refusing, require_router
from canary.shadow.comparing import Comparing, ShadowKey
from canary.shadow.reply import content_of
from canary.shadow.shadows import Shadows, Standing
from canary.shadow.terms import Terms, Vocabulary, read_vocabulary
from communicator.answers.shadows import Comparison, Comparisons, Steps
from communicator.client import Service
from communicator.definitions.loading import load_catalogue
from communicator.errors import (
    BellwetherError,
    ConfigError,
    MessageRefusedError,
    RemoteProtocolError,
    ReplyTimeoutError,
)
from communicator.protocol import Message

SLICE_S = 0.004
"""So much of a processor's time is used at once: whatever else the canary does waits that much longer,"""
REST = 2
"""and so many times as long nothing is compared then."""
IDLE_S = 1.0
TOLD_EVERY_S = 30.0
"""How often other hosts hear of a comparison that goes on."""
ASK_EVERY_S = 0.1
"""The primary is asked again ten times a second at most, one question after the other,"""
ANSWER_S = 5.0
"""each of which has so much time,"""
BUSY_LOAD = 0.8
"""and not while there is so much to do on this host, as its load average by processor."""


class Comparator:
    """What this host compares.

    Args:
        service: The link to the router; its handler is named here, so it must not run yet.
        mind: What is known.
        now_s: The ledger's clock.
        pend: Has records put into the ledger, as soon as it can be written.
        log: Where it is told what hinders it.
    """

    def __init__(
        self,
        service: Service,
        mind: Mind,
        now_s: Callable[[], float],
        pend: Callable[[Sequence[Record]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._service = service
        self._mind = mind
        self._now_s = now_s
        self._pend = pend
        self._log = log
        self._shadows = Shadows(self._stand)
        self._vocabulary = Vocabulary()
        self._has_learnt = asyncio.Event()
        """Definitions were read: each comparison keeps to what they say when it begins."""
        self._hash_key = secrets.token_bytes(32)
        self._told: dict[ShadowKey, ShadowCompared] = {}
        self._told_at_s = now_s()
        self._heard = asyncio.Event()
        service.on("SHADOW_STEPS")(self.hear)

    async def hear(self, message: Message) -> None:
        """SHADOW_STEPS, from the router of this host alone."""
        require_router(message)
        if message.sent_from_server != self._service.server_name:
            raise MessageRefusedError(message.command, "only the router of this host tells of its conversations")
        await self._has_learnt.wait()
        with refusing(message):
            self._shadows.hear(_read(message), self._now_s())
        self._heard.set()

    async def describe(self) -> Comparisons:
        """What has come of all comparisons; others have their turn after each."""
        me, limit_log10 = self._mind.me, self._mind.rules.c.suspect_log10
        found: list[Comparison] = []
        for one in self._shadows.describe(self._now_s(), me, self._version_of):
            found.append(replace(one, limit_log10=limit_log10))
            await asyncio.sleep(0)
        return Comparisons(server=me, comparisons=tuple(found))

    async def run(self, directories: Sequence[str]) -> None:
        """Compare until cancelled.

        Args:
            directories: Where definitions of commands are.
        """
        await self._learn(directories)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._compare())
                group.create_task(self._ask_again())
        finally:  # so that the next life goes on where this one has ended
            await self._tell(self._now_s())

    async def _learn(self, directories: Sequence[str]) -> None:
        """Read what commands may be asked again, and what of them nobody is to see."""
        try:
            catalogue, _ = await asyncio.to_thread(load_catalogue, map(Path, directories))
        except ConfigError as error:
            self._log.warning("definitions_not_read", reason=str(error))
        else:
            self._vocabulary = read_vocabulary(catalogue)
        self._has_learnt.set()

    async def _compare(self) -> None:
        while True:
            self._heard.clear()
            now_s = self._now_s()
            await self._work(now_s)
            self._shadows.let_go(self._is_wanted, now_s)
            if now_s >= self._told_at_s + TOLD_EVERY_S:
                self._told_at_s = now_s
                await self._tell(now_s)
            due_s = self._shadows.next_deadline_s
            with suppress(TimeoutError):  # the usual end of the wait
                async with asyncio.timeout(IDLE_S if due_s is None else max(SLICE_S, due_s - self._now_s())):
                    await self._heard.wait()

    async def _work(self, now_s: float) -> None:
        began_s = time.thread_time()
        for _ in self._shadows.work(now_s):
            spent_s = time.thread_time() - began_s
            if spent_s >= SLICE_S:
                await asyncio.sleep(REST * spent_s)
                began_s = time.thread_time()

    async def _tell(self, now_s: float) -> None:
        """Have the leader know what has changed; others have their turn after each."""
        changed = []
        for comparing in self._shadows.comparings:
            told = comparing.tell(now_s, self._mind.me)
            if told != self._told.get(comparing.key) and told.conversations + told.incomplete:
                changed.append(told)
            self._told[comparing.key] = told
            await asyncio.sleep(0)
        self._told = {key: told for key, told in self._told.items() if key in self._shadows}
        if changed:
            self._pend(changed)

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY_S if self._shadows.comparings else IDLE_S)
            for comparing in self._shadows.comparings:
                if self._service.connected and os.getloadavg()[0] / (os.cpu_count() or 1) <= BUSY_LOAD:
                    await self._ask(comparing)

    async def _ask(self, comparing: Comparing) -> None:
        replay = comparing.replays.take()
        if replay is None:
            return
        question = Message(replay.request.command, content_of(replay.request), comparing.key.service, self._mind.me)
        answer = None
        try:
            answer = await self._service.request(question, *replay.answers, timeout_s=ANSWER_S)
        except (MessageRefusedError, ReplyTimeoutError):
            pass  # that is how it answers now
        except BellwetherError:
            return  # it was not asked
        comparing.hear_again(replay, answer)

    def _stand(self, key: ShadowKey) -> Standing:
        """What is known of a shadow that is heard of first: how its deployment has it compared, and what had come of it."""
        state, terms = self._mind.state, Terms()
        deploying = state.deployments.get(key.service)
        if deploying is not None and deploying.at.comparison == key.deployment and deploying.at.spec.shadow is not None:
            terms = msgspec.convert(deploying.at.spec.shadow, Terms, from_attributes=True)
        known = state.shadows.get((self._mind.me, key.server, key.service))
        is_same = known is not None and _key_of(known.told) == key and key.deployment != ""
        return Standing(terms, self._vocabulary, self._hash_key, known.told if known is not None and is_same else None)

    def _is_wanted(self, key: ShadowKey) -> bool:
        deploying = self._mind.state.deployments.get(key.service)
        return (
            deploying is not None and deploying.at.shadowing is not None and deploying.at.comparison == key.deployment
        )

    def _version_of(self, service: str) -> str:
        live = self._mind.state.installed.get(service, {}).get(self._mind.me)
        return "" if live is None else live.version


def _key_of(told: ShadowCompared) -> ShadowKey:
    return ShadowKey(told.service, told.version, told.build, told.shadow, told.deployment)


def _read(message: Message) -> Steps:
    try:
        return msgspec.json.decode(message.get("steps"), type=Steps)
    except (ValueError, RecursionError) as error:
        raise RemoteProtocolError(f"parameter steps: {error}") from None
