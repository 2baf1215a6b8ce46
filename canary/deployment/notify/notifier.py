"""SHELL: tells those that a deployment names of each change, in order, again and again until they heard it or it is too old."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from canary.deployment.execution.command import run_command
from canary.deployment.execution.placeholders import fill
from canary.deployment.execution.plan import Command
from canary.deployment.http_calls import Call, HttpCalls
from canary.deployment.notify.notice import SIGNATURE, Notice, body_of, signature_of
from canary.deployment.notify.settings import AnyTarget, Webhook
from canary.deployment.settings import DeploySettings
from communicator.errors import BellwetherError, ConfigError
from communicator.runtime.secret_file import read_secret

KEPT_S = 900.0
"""A change that nobody heard of for so long is given up: what stands is on the page."""
WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Between two tries; the last one again and again."""
QUEUED = 64
"""Changes that wait for one target: more than a deployment has steps, twice."""
REMEMBERED = 1_024
"""Changes known to have been told already."""
AT_ONCE = 2
"""Threads for webhooks: one that hangs leaves another."""


class Notifier:
    """Tells of changes.

    Args:
        settings: What the names mean on this host, as they are now.
        log: Where the outcome goes.
        waits_s: Between two tries, in seconds.
    """

    def __init__(
        self,
        settings: Callable[[], DeploySettings],
        log: FilteringBoundLogger,
        waits_s: Sequence[float] = WAITS_S,
    ) -> None:
        self._settings = settings
        self._log = log
        self._waits_s = waits_s
        self._calls = HttpCalls(AT_ONCE)
        self._told: dict[tuple[str, str, int], None] = {}
        self._queues: dict[str, deque[tuple[Notice, float]]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def notify(self, names: Iterable[str], notice: Notice) -> None:
        """Have a change told; at once nothing happens, and the same change is told once.

        Args:
            names: Whom, as the specification has it.
            notice: The change.
        """
        for name in names:
            key = (name, *notice.key)
            if key in self._told:
                continue
            self._told[key] = None
            if len(self._told) > REMEMBERED:
                del self._told[next(iter(self._told))]
            self._queue(name, notice)

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """What this host lacks to tell them, each in words that say where to define it; reads files."""
        return tuple(filter(None, map(self._lack, names)))

    async def close(self) -> None:
        """Tell nothing more; what waits is lost, and said so."""
        for worker in self._workers.values():
            worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        for name, queue in self._queues.items():
            for lost, _ in queue:
                self._say("notice_lost", name, lost, "the canary ends")
        self._calls.close()

    def _queue(self, name: str, notice: Notice) -> None:
        queue = self._queues.setdefault(name, deque())
        loop = asyncio.get_running_loop()
        if len(queue) >= QUEUED:
            lost, _ = queue.popleft()
            self._say("notice_lost", name, lost, f"more than {QUEUED} changes wait for it")
        queue.append((notice, loop.time()))
        if name not in self._workers:
            self._workers[name] = loop.create_task(self._work(name, queue))

    async def _work(self, name: str, queue: deque[tuple[Notice, float]]) -> None:
        try:
            while queue:
                notice, since_s = queue.popleft()
                try:
                    await self._deliver(name, notice, since_s + KEPT_S)
                except asyncio.CancelledError:
                    queue.appendleft((notice, since_s))
                    raise
        finally:
            del self._workers[name]

    async def _deliver(self, name: str, notice: Notice, until_s: float) -> None:
        loop = asyncio.get_running_loop()
        tries = 0
        while fault := await self._try(name, notice):
            wait_s = self._waits_s[min(tries, len(self._waits_s) - 1)]
            tries += 1
            if loop.time() + wait_s > until_s:
                self._say("notice_given_up", name, notice, fault)
                return
            if tries == 1:
                self._say("notice_not_heard", name, notice, fault)
            await asyncio.sleep(wait_s)
        self._log.info("notice_heard", target=name, deployment=notice.id, number=notice.number, tries=tries + 1)

    async def _try(self, name: str, notice: Notice) -> str:
        """What went wrong; empty: nothing."""
        target = self._settings().notify.get(name)
        if target is None:
            return _undefined(name)
        try:
            return await self._tell(target, body_of(notice))
        except BellwetherError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the telling of others
            return f"a fault of the canary itself: {error!r}"

    async def _tell(self, target: AnyTarget, body: bytes) -> str:
        if not isinstance(target, Webhook):
            argv = tuple(fill(word, {"notice": body.decode()}) for word in target.command)
            outcome = await run_command(Command(argv, target.timeout_s))
            return "" if outcome.status == "done" else f"{outcome.text} {outcome.output[-200:]}".strip()
        headers = {"Content-Type": "application/json"}
        if target.secret_file:
            secret = await asyncio.to_thread(read_secret, Path(target.secret_file), "secret_file")
            headers[SIGNATURE] = signature_of(body, secret)
        answer = await self._calls.call(Call(target.url, target.timeout_s, headers, body, target.ca))
        return "" if 200 <= answer.status < 300 else f"it answers {answer.phrase}"  # noqa: PLR2004 - success in HTTP

    def _lack(self, name: str) -> str:
        target = self._settings().notify.get(name)
        if target is None:
            return _undefined(name)
        if isinstance(target, Webhook) and target.secret_file:
            try:
                read_secret(Path(target.secret_file), f"deploy.notify.{name}.secret_file")
            except ConfigError as error:
                return str(error)
        return ""

    def _say(self, event: str, name: str, notice: Notice, reason: str) -> None:
        self._log.warning(event, target=name, deployment=notice.id, number=notice.number, reason=reason)


def _undefined(name: str) -> str:
    return f"notify {name!r} is not defined on this host: canaryd.toml needs a table [deploy.notify.{name}]"
