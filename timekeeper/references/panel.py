"""SHELL: the external servers of the settings, asked again and again, and what they agree on; it never sets a clock."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from communicator.answers.clock_bounds import SERVERS
from communicator.protocol import HostPort
from timekeeper.discipline import NoAnswer
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Rejection, Sample
from timekeeper.references.ask import TIMEOUT_S, Asker
from timekeeper.references.consensus import Consensus, agree
from timekeeper.references.patience import INTERVAL_S, Patience
from timekeeper.references.sanity import check

_SAMPLES = 8  # as the clock filter of RFC 5905 keeps: the best of them had the shortest way


class ReferencePanel:
    """Knows what the external servers say.

    Args:
        servers: Whom to ask.
        read_realtime: Reads our REALTIME against the raw clock.
        interval_s: Between two questions to one server.

    Raises:
        ValueError: There are more servers than 16.
    """

    def __init__(
        self,
        servers: Sequence[HostPort],
        read_realtime: Callable[[], RealtimeReading],
        interval_s: float = INTERVAL_S,
    ) -> None:
        if len(servers) > SERVERS:
            raise ValueError(f"{len(servers)} reference servers are more than {SERVERS}")
        self._executor = ThreadPoolExecutor(max(1, len(servers)), thread_name_prefix="reference")
        self._members = [_Member(Asker(server, self._executor, read_realtime), interval_s) for server in servers]
        self._names = [str(server) for server in servers]
        self._epoch: int | None = None
        """Of our raw clock, when it was last asked what the servers agree on; None before."""

    def close(self) -> None:
        """Ask nobody any more; a question that is open ends in its thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def ask(self, timeout_s: float = TIMEOUT_S) -> None:
        """Ask every server that is due, all at once; may be called as often as one likes."""
        now_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for member in self._members:
                if member.patience.is_due(now_s):
                    group.create_task(member.ask(timeout_s))

    async def open(self, timeout_s: float = TIMEOUT_S) -> None:
        """Ask every server its first questions, soon after each other; from then on `ask` is enough."""
        while (due_s := self._opening_due_s()) is not None:
            await asyncio.sleep(due_s - time.monotonic())
            await self.ask(timeout_s)

    def _opening_due_s(self) -> float | None:
        due_s = (member.patience.opening_due_s for member in self._members)
        return min((at_s for at_s in due_s if at_s is not None), default=None)

    def conclude(self, now: RealtimeReading, epoch: int = 0) -> Consensus:
        """What the servers agree on now.

        Args:
            now: Our REALTIME against the raw clock, just read.
            epoch: Of our raw clock; when it grew, what was heard before is void.
        """
        before, self._epoch = self._epoch, epoch
        if before is not None and epoch != before:
            for member in self._members:
                member.samples.clear()
        return agree([sample for member in self._members for sample in member.samples], now)

    def complaints(self) -> dict[str, str]:
        """Why a server gave nothing when it was last asked, by server."""
        return {
            name: member.complaint for name, member in zip(self._names, self._members, strict=True) if member.complaint
        }


class _Member:
    """One server, with what it said."""

    def __init__(self, asker: Asker, interval_s: float) -> None:
        self.patience = Patience(interval_s)
        self.samples: deque[Sample] = deque(maxlen=_SAMPLES)
        self.complaint = ""
        self._asker = asker

    async def ask(self, timeout_s: float) -> None:
        self.patience.note_question(time.monotonic())
        answer = await self._asker.ask(timeout_s)
        if isinstance(answer, NoAnswer):
            self.complaint = answer.reason
            return
        found = check(answer)
        if isinstance(found, Rejection):
            self.complaint = str(found)
            self.patience.note_rejection(found, time.monotonic())
            return
        self.complaint = ""
        self.samples.append(found)
