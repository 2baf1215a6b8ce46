"""How soon a switched feature is evaluated otherwise on five hosts, each with router, canary and service; it judges no figure."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

from benchmarks.errors import BenchmarkError
from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol.message import Message
from communicator.testing import RouterProcess, RouterProcessError, run_cluster
from tests.canary.agents.daemon import CanaryDaemon

HOSTS = 5
MINORITY = 2
"""Hosts that are left when the routers of the others stand still."""
FEATURE = "switched"
WAIT_S = 60.0
"""Longer than a busy machine takes for anything that is done here."""
_RULES = ("watch.systemd=false",)
_FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "on",
    "metadata": {"owner": "bench", "type": "kill-switch"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachPlan:
    """What is done."""

    switches: int = 200
    flags: int = 10_000


@dataclass(slots=True)
class Reach:
    """What was found; all times are of the last of the hosts."""

    off_s: list[float] = field(default_factory=list)
    """Of each switch: from the moment before it is ordered until a service of each host has evaluated it."""
    apart_s: list[float] = field(default_factory=list)
    """The same while only a minority can hear of it: until a service of each of those has."""
    rejoined_s: float = 0.0
    """From the moment when the others go on until their services have evaluated the last switch."""
    flags: int = 0
    spread_s: float = 0.0
    """From the moment when one canary is told to read a file of so many flags until a service of each host has all of them."""
    cpu_s: dict[str, list[float]] = field(default_factory=dict)
    """By kind of process, what that took of a processor on each host; the first host has the file."""
    cores: int = 0


@dataclass(slots=True)
class _Host:
    """One host of the run."""

    router: RouterProcess
    canary: CanaryDaemon
    watcher: asyncio.subprocess.Process
    desk: Client

    async def order(self, command: str, **parameters: str) -> None:
        message = Message("CANARY_COMMAND", {"command": command, **parameters}, "canary", ".")
        answer = await self.desk.request(message, "CANARY_RESULT", timeout_s=WAIT_S)
        if answer.get("status") != "done":
            raise BenchmarkError(
                f"the canary of {self.router.server_name!r} refuses {command}: {answer.get('message')}"
            )

    async def sees(self, is_wanted: Callable[[bool, int], bool]) -> float:
        """Wait until its service sees what is wanted; when it did."""
        assert self.watcher.stdout is not None
        async with asyncio.timeout(WAIT_S):
            while line := await self.watcher.stdout.readline():
                value, held, at_s = json.loads(line)
                if is_wanted(value, held):
                    return float(at_s)
        raise BenchmarkError(f"the service on {self.router.server_name!r} has ended")

    def cpu_s(self) -> dict[str, float]:
        """What its processes have taken of a processor until now."""
        pids = {"router": self.router.pid, "canary": self.canary.pid, "service": self.watcher.pid}
        return {kind: sum(psutil.Process(pid).cpu_times()[:2]) for kind, pid in pids.items()}


def measure_reach(plan: ReachPlan) -> Reach:
    """Run it on hosts of its own.

    Args:
        plan: What to do.

    Raises:
        BenchmarkError: The hosts do not start, or do not answer.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as home:
            return asyncio.run(_measure(plan, Path(home)))
    except (RouterProcessError, ClientError, TimeoutError, OSError) as error:
        raise BenchmarkError(f"feature flags on {HOSTS} hosts: {type(error).__name__} {error}") from error


async def _measure(plan: ReachPlan, home: Path) -> Reach:
    found = Reach(flags=plan.flags, cores=len(os.sched_getaffinity(0)))
    async with AsyncExitStack() as stack:
        routers = await stack.enter_async_context(run_cluster(HOSTS))
        hosts = [await _start(stack, router, home) for router in routers]
        await _define(hosts)
        found.off_s = [await _switch(hosts[number % HOSTS], hosts) for number in range(plan.switches)]
        near, far = hosts[:MINORITY], hosts[MINORITY:]
        with _standing_still(far):
            found.apart_s = [await _switch(near[number % MINORITY], near) for number in range(plan.switches)]
            await near[0].order("feature-off", feature=FEATURE, reason="measured")
            await _all_see(near, _is_off)
            back_s = monotonic()
        found.rejoined_s = await _all_see(far, _is_off) - back_s
        await _spread(plan.flags, hosts, found)
    return found


async def _start(stack: AsyncExitStack, router: RouterProcess, home: Path) -> _Host:
    canary = CanaryDaemon(router, home / router.server_name)
    stack.callback(canary.kill)
    canary.start(f"features_path={canary.home}/features.d", rules=_RULES)
    words = (sys.executable, "-m", "benchmarks.feature_watcher", router.unix, FEATURE)
    watcher = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    stack.push_async_callback(_end, watcher)
    desk = await stack.enter_async_context(Client(router.unix, "desk"))
    return _Host(router, canary, watcher, desk)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _define(hosts: Sequence[_Host]) -> None:
    """Define the flag once the canary of the first host is there, and see it everywhere."""
    while True:
        try:
            await hosts[0].order("feature-set", feature=FEATURE, definition=json.dumps(_FLAG))
            break
        except ClientError:
            await asyncio.sleep(0.1)
    await _all_see(hosts, _is_on)


async def _switch(where: _Host, hosts: Sequence[_Host]) -> float:
    """Switch it off and on again; how long it took until all had seen it off."""
    began_s = monotonic()
    _, at_s = await asyncio.gather(
        where.order("feature-off", feature=FEATURE, reason="measured"), _all_see(hosts, _is_off)
    )
    await where.order("feature-on", feature=FEATURE, reason="measured")
    await _all_see(hosts, _is_on)
    return at_s - began_s


async def _spread(flags: int, hosts: Sequence[_Host], found: Reach) -> None:
    """Define many flags by a file on the first host."""
    first = hosts[0].canary
    folder = first.home / "features.d"
    folder.mkdir()
    document = {"flags": dict(_definitions(flags - 1))}  # one is there: no cluster holds more than that
    (folder / "many.json").write_text(json.dumps(document))
    before = [host.cpu_s() for host in hosts]
    began_s = monotonic()
    first.hang_up()
    found.spread_s = await _all_see(hosts, lambda _value, held: held >= flags) - began_s
    after = [host.cpu_s() for host in hosts]
    for kind in before[0]:
        found.cpu_s[kind] = [now[kind] - then[kind] for then, now in zip(before, after, strict=True)]


def _definitions(flags: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Half of them with a rule, of 200 bytes each."""
    metadata = {"owner": "bench", "type": "release", "expires": "2030-01-01"}
    rule = {"targeting": {"fractional": [["on", 10], ["off", 90]]}}
    for number in range(flags):
        yield f"feature-{number:05}", {**_FLAG, "metadata": metadata, **(rule if number % 2 else {})}


@contextmanager
def _standing_still(hosts: Sequence[_Host]) -> Iterator[None]:
    """Stop the routers of some hosts: as behind a broken switch nothing is heard of them, and no link is closed."""
    _signal(hosts, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(hosts, signal.SIGCONT)


def _signal(hosts: Iterable[_Host], number: signal.Signals) -> None:
    for host in hosts:
        os.kill(host.router.pid, number)


async def _all_see(hosts: Iterable[_Host], is_wanted: Callable[[bool, int], bool]) -> float:
    return max(await asyncio.gather(*(host.sees(is_wanted) for host in hosts)))


def _is_on(value: bool, _held: int) -> bool:  # noqa: FBT001 - what a flag gives
    return value


def _is_off(value: bool, held: int) -> bool:  # noqa: FBT001 - the same
    return held > 0 and not value
