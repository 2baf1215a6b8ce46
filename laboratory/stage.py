"""What a scenario plays on: hosts that run, time that passes, a watcher, and a list of what did not hold."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from communicator.client import Client
from communicator.protocol import Message
from laboratory.host import Host, Plan
from laboratory.network import Network
from laboratory.watcher import HEALTHY_S, Watcher
from timekeeper.settings import TimekeeperSettings

READY_S = 60.0
"""Within this all daemons run; 2 s is usual."""
LONGEST_LINES = 12
"""Of what is listed of one kind."""


class Stage:
    """A laboratory with these hosts, which runs within an ``async with`` block.

    Args:
        plans: Each host by its name; servers are those without sources.
        seed: Of the network.
    """

    def __init__(self, plans: Mapping[str, Plan], seed: int = 0) -> None:
        self.findings: list[str] = []
        """What did not hold."""
        self.hosts: dict[str, Host] = {}
        self.epoch_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        """True time minus the raw clock of this machine, which keeps it."""
        self.members = [name for name, plan in plans.items() if plan.sources]
        self._plans = plans
        self.seed = seed
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        resources = self._stack.enter_context(ExitStack())
        home = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="clocks-", dir="/tmp")))
        self.network = Network(list(self._plans), home, self.seed, resources)
        for name, plan in self._plans.items():
            self.hosts[name] = Host(name, plan, self.network, home / name, self.epoch_ns)
            resources.callback(self.hosts[name].halt)
        for host in sorted(self.hosts.values(), key=lambda host: not host.is_server):
            host.boot()
        self.watcher = Watcher(self.hosts)
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.callback(tasks.create_task(self.watcher.watch()).cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    @property
    def patience_s(self) -> float:
        """The grace of a timekeeper, and three looks: then nobody has to wait any more."""
        [settings, *_] = [self._plans[name].settings for name in self.members]
        defaults = TimekeeperSettings()
        grace_s = settings.get("thresholds.grace_s", defaults.thresholds.grace_s)
        interval_s = settings.get("interval_s", defaults.interval_s)
        return float(str(grace_s)) + 3 * float(str(interval_s))

    @property
    def now_s(self) -> float:
        """Since the beginning."""
        return self.watcher.now_s

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def begin(self) -> None:
        """Wait until all timekeepers answer, and their patience is over."""
        ready_s = await self.settle(lambda: self.watcher.looks.keys() >= set(self.members), READY_S)
        self.expect(ready_s is not None, "not all timekeepers answer")
        await self.wait(self.patience_s)

    async def settle(self, is_so: Callable[[], bool], deadline_s: float) -> float | None:
        """Wait until something is so.

        Returns:
            How long it took; None when it was not so in time.
        """
        began_s = self.now_s
        while not is_so():
            if self.now_s - began_s > deadline_s:
                return None
            await asyncio.sleep(0.1)
        return self.now_s - began_s

    def note(self, text: str) -> None:
        """Write into the table of events what the scenario did."""
        self.watcher.mark(text)

    # What must hold

    def expect(self, holds: object, what: str) -> None:
        """Note what did not hold; the scenario goes on."""
        if not holds:
            self.findings.append(what)

    def expect_no_innocent(self) -> None:
        """Nobody whose clock was true was accused, by whomever, at whatever moment."""
        innocent = [one for one in self.watcher.accusations if abs(one.ahead_s) < HEALTHY_S]
        for accused in sorted({one.of for one in innocent}):
            those = [one for one in innocent if one.of == accused]
            by = " ".join(sorted({one.by for one in those}))
            truth = f"whose clock is true ({1000 * those[0].ahead_s:+.2f} ms)"
            self.findings.append(f"{by} accused {accused}, {truth}, from {those[0].at_s:.0f} s on")

    def expect_accused(self, *names: str) -> None:
        """Everybody accuses exactly these at this moment."""
        for by, look in self.watcher.looks.items():
            if self.hosts[by].is_up:
                said = sorted(look.accused())
                self.expect(said == sorted(names), f"{by} accuses {said}, not {sorted(names)}")

    def expect_bounds(self, *kinds: str) -> None:
        """No number was farther from the truth than it said, but for a round after a clock was set or corrected."""
        for kind in kinds or self.watcher.audits:
            audit = self.watcher.audits[kind]
            self.expect(audit.errors_s, f"no {kind} were seen at all")
            self.findings += [f"{kind}: {text}" for text in audit.broken[:LONGEST_LINES]]

    def expect_flags(self, names: Iterable[str], *wanted: str) -> None:
        """Each of these hosts has at least one of the flags; with none given, no flag at all."""
        for name in names:
            flags = self.hosts[name].flags()
            self.expect(
                flags & set(wanted) if wanted else not flags,
                f"flags on {name}: {sorted(flags)}, not {wanted or 'none'}",
            )

    async def expect_wait_synced(self, names: Iterable[str], *, success: bool) -> None:
        """``bellwether clock wait-synced`` succeeds on all of these hosts, or on none."""
        await asyncio.gather(*(self._expect_wait_synced(name, success=success) for name in names))

    async def _expect_wait_synced(self, name: str, *, success: bool) -> None:
        done = await asyncio.to_thread(self.hosts[name].run, "clock", "wait-synced", "--timeout", "2")
        told = (done.stdout + done.stderr).strip().rpartition("\n")[2]
        self.expect((done.returncode == 0) is success, f"wait-synced on {name}: exit code {done.returncode}, {told}")

    async def expect_unstable(self, names: Iterable[str]) -> None:
        """The routers of all of these tell services that the clock cannot be trusted."""
        for name in names:
            async with Client(self.hosts[name].unix, "asker") as client:
                told = await client.request(Message("CLOCK_STATUS"), "CLOCK_STABLE", "CLOCK_UNSTABLE")
            self.expect(
                told.command == "CLOCK_UNSTABLE", f"the router of {name} says {told.command}, {told.parameters}"
            )

    async def table(self, name: str) -> str:
        """What ``bellwether clock`` prints on a host."""
        return (await asyncio.to_thread(self.hosts[name].run, "clock")).stdout

    async def expect_ending(self, words: str) -> None:
        """The table of every host ends with these words: what stands below the hosts is of the cluster as a whole."""
        for name in self.members:
            ending = (await self.table(name)).rstrip().rpartition("\n\n")[2]
            self.expect(words in ending, f"the table on {name} ends without {words!r}: {ending.splitlines()[0]}")
