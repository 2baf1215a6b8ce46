"""SHELL: asks the runs of this host through its router whether they live; what follows from that is concluded elsewhere."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress

from canary.evidence.kinds import Kind
from canary.evidence.words import HostWord, RunEndedWord, RunStartedWord, Word
from canary.settings import HealthSettings
from canary.watch.pulses import Pulses
from communicator.client import Service
from communicator.errors import BellwetherError
from communicator.protocol import Message

IDLE_S = 1.0
"""How often it is looked whether somebody is to be asked, while nobody is."""


class HealthWatch:
    """One for each canary.

    Args:
        service: The link to the router; its handler is named here, so it must not run yet.
        settings: Asked each time, since they may change.
        tell: Called with each word, in the loop.
        clock: The ledger's own seconds.
    """

    def __init__(
        self,
        service: Service,
        settings: Callable[[], HealthSettings],
        tell: Callable[[Word], None],
        clock: Callable[[], float],
    ) -> None:
        self._service = service
        self._tell = tell
        self._clock = clock
        self._pulses = Pulses(settings, lambda: secrets.token_hex(8))
        service.on("ABSOLUTELY")(self.hear)

    def note(self, word: Word) -> None:
        """Take note of what the router tells of runs."""
        match word:
            case RunStartedWord():
                self._pulses.begin(word.service, word.run_id, word.at_s)
            case RunEndedWord():
                self._pulses.end(word.run_id)
            case HostWord(kind=Kind.ROUTER_RESTART):
                self._pulses.clear()
            case _:
                pass

    async def hear(self, message: Message) -> None:
        """ABSOLUTELY: the answer of whoever knows the serial."""
        for word in self._pulses.hear(message.get("serial"), message.get("health"), self._clock()):
            self._tell(word)

    async def run(self) -> None:
        """Ask, until cancelled."""
        while True:
            await self._ask()
            due_s = self._pulses.next_deadline_s
            await asyncio.sleep(IDLE_S if due_s is None else min(IDLE_S, max(0.0, due_s - self._clock())))

    async def _ask(self) -> None:
        questions, words = self._pulses.ask(self._clock(), can_ask=self._service.connected)
        for word in words:
            self._tell(word)
        for one in questions:
            told = {"run_id": one.run_id, "serial": one.serial}
            with suppress(BellwetherError):  # the link is gone: who runs is told anew over the next one
                await self._service.send(Message("ALIVE", told, service=one.service, server=self._service.server_name))
