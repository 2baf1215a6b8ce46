"""SHELL: the timekeeper on the router: looks, announces, answers; what is true of the clock is decided elsewhere."""

import asyncio

from structlog.typing import FilteringBoundLogger

from communicator.client import Service
from communicator.protocol import Message
from communicator.runtime.settings import changed_keys
from timekeeper.boot import read_boot_id
from timekeeper.claim import Claim, ClaimState
from timekeeper.report import announce, answer_report, describe_local
from timekeeper.settings import TimekeeperSettings
from timekeeper.watch import ClockWatch, Reading

_LIVE_SETTINGS = frozenset({"interval_s", "sources.chrony"})
"""What may change while running."""


class Timekeeper:
    """Tells the router every `interval_s` how the clock does, and everyone who asks.

    Args:
        service: The link to the router; its handlers are named here, so it must not run yet.
        settings: What to ask and how often.
        log: Where changes of the verdict go.
    """

    def __init__(self, service: Service, settings: TimekeeperSettings, log: FilteringBoundLogger) -> None:
        self._service = service
        self._settings = settings
        self._log = log
        self._watch = ClockWatch(settings.sources.chrony_address)
        self._boot_id = read_boot_id()
        self._reading: Reading | None = None
        self._has_looked = asyncio.Event()
        self._is_due = asyncio.Event()
        """Look and announce now, not at the next interval."""
        service.on("CLOCK_GET_REPORT")(self.answer)
        service.on("READY")(self._tell_new_router)

    @property
    def reading(self) -> Reading:
        """The last look at the clock; there is none before the first."""
        assert self._reading is not None  # noqa: S101 - whoever comes here has waited for it
        return self._reading

    async def run(self) -> None:
        """Look at the clock until cancelled, on the loop's timer, which no step of the clock moves."""
        loop = asyncio.get_running_loop()
        while True:
            next_s = loop.time() + self._settings.interval_s
            await self._look()
            await self._announce_until(next_s)

    def reload(self, settings: TimekeeperSettings) -> list[str]:
        """Take new settings; returns the keys among the changed ones that need a restart."""
        changed = changed_keys(self._settings, settings)
        self._settings = settings
        self._watch.chrony = settings.sources.chrony_address
        self._is_due.set()
        return [key for key in changed if key not in _LIVE_SETTINGS]

    async def answer(self, _: Message) -> Message:
        """CLOCK_GET_REPORT: the last reading, or the first one once it is there."""
        await self._has_looked.wait()
        reading = self.reading
        local = describe_local(
            reading.claim,
            reading.evidence,
            server=self._service.server_name,
            boot_id=self._boot_id,
            seq=reading.seq,
        )
        return answer_report(local, reading.age_s)

    async def _tell_new_router(self, _: Message) -> None:
        """READY: a router that has just started knows nothing of the clock yet."""
        self._is_due.set()

    async def _look(self) -> None:
        before = self._reading.claim if self._reading else None
        self._reading = await self._watch.read()
        self._has_looked.set()
        claim = self._reading.claim
        if before is None or (before.state, before.daemon) != (claim.state, claim.daemon):
            self._log_claim(claim)

    async def _announce_until(self, next_s: float) -> None:
        """Tell the router, as soon as there is one, and wait for the next look or for new settings."""
        self._is_due.clear()
        try:
            async with asyncio.timeout_at(next_s):
                await self._service.wait_ready()
                await self._service.send(announce(self.reading.claim, self._settings.interval_s))
                await self._is_due.wait()
        except TimeoutError:
            pass  # the usual end of the wait

    def _log_claim(self, claim: Claim) -> None:
        tell = self._log.info if claim.state is ClaimState.SYNCHRONIZED else self._log.warning
        tell("clock_claim", state=claim.state.value, daemon=claim.daemon, reason="; ".join(claim.reasons))
