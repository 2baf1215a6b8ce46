"""Deploys to five routers with their canaries while all speak to the service: how fast a word is obeyed, and what is lost."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.errors import BenchmarkError
from benchmarks.switching import PLACES, ROUTERS, SERVICE, Line, Switching, SwitchingPlan, await_all, receive, speak
from canary.deployment.spec import read_table
from communicator.answers.deployments import Deployments
from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol.message import Message
from communicator.testing import RouterCluster, RouterProcess, RouterProcessError

OLD = "1.0"
SETTLED_S = 60.0
"""So long canaries may take to find each other, and a deployment to come where a word is waited for."""
LOOK_S = 0.01
SETTINGS = ("watch.systemd=false", "ambient.boot_s=0")
COLOURS = {"strategy": "blue-green", "promote": "by hand", "bake": "0s", "keep": "10m", "drain": "0s"}
WEIGHTS = {"steps": [{"servers": 1, "weight": "25%", "bake": "10m"}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployingPlan:
    """What is done."""

    rounds: int = 5
    """Switches there and back, and as many steps with a weight that are aborted."""
    per_s: int = 5_000
    """Messages a second, of all senders together."""


@dataclass(slots=True)
class Deploying:
    """What was found: seconds from the answer to a word until all five routers obey."""

    load: Switching = field(default_factory=Switching)
    switched_s: list[float] = field(default_factory=list)
    """After promote: to the new colour;"""
    back_s: list[float] = field(default_factory=list)
    """after abort: back to the old one;"""
    restored_s: list[float] = field(default_factory=list)
    """after abort: no weight is left."""
    answered_s: list[float] = field(default_factory=list)
    """How long each of these words took until it was answered."""


def measure_deploying(plan: DeployingPlan) -> Deploying:
    """Run it on routers and canaries of its own.

    Args:
        plan: What to do.

    Raises:
        BenchmarkError: They do not start, or do not do what they are told.
    """
    try:
        with ExitStack() as stack:
            routers = stack.enter_context(RouterCluster(ROUTERS))
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            for router in routers:
                stack.enter_context(_canary(router, home / router.server_name))
            return asyncio.run(_measure(routers, plan))
    except (RouterProcessError, ClientError, TimeoutError, OSError) as error:
        raise BenchmarkError(f"deployments: {error}") from error


@contextmanager
def _canary(router: RouterProcess, home: Path) -> Iterator[None]:
    home.mkdir()
    (home / "canaryd.toml").touch()
    paths = (f"data_path={home}/data", f"flags_path={home}", f"features_path={home}/features.d")
    options = [f"--set={option}" for option in (*SETTINGS, *paths)]
    words = [
        sys.executable,
        "-m",
        "canary",
        "--config",
        str(home / "canaryd.toml"),
        "--communicator",
        router.unix,
        *options,
    ]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _measure(routers: RouterCluster, plan: DeployingPlan) -> Deploying:
    found = Deploying()
    received: Counter[tuple[str, int]] = Counter()
    async with AsyncExitStack() as stack:
        for router in routers:
            await asyncio.to_thread(routers.wait_offered, f"{router.server_name}:canary", SETTLED_S)
        people = [await stack.enter_async_context(Client(router.unix, "people")) for router in routers]
        scene = _Scene(stack, routers[:PLACES], people, received, found)
        await scene.add(OLD, "live")
        await scene.await_leader()
        senders = [await Line.open(stack, router, f"service=sender_{router.server_name}") for router in routers]
        await asyncio.to_thread(routers.wait_offered, SERVICE)
        speaking = asyncio.get_running_loop().create_task(speak(senders, SwitchingPlan(per_s=plan.per_s), found.load))
        for number in range(plan.rounds):
            await scene.switch(f"2.{number}")
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        await await_all(received, found.load)
        for number in range(plan.rounds):
            await scene.weigh(f"3.{number}")
        await scene.close()
    found.load.lost = found.load.sent - len(received)
    found.load.doubled = sum(count - 1 for count in received.values())
    return found


class _Scene:
    """A service on some routers, and people at all of them."""

    def __init__(
        self,
        stack: AsyncExitStack,
        places: Sequence[RouterProcess],
        people: Sequence[Client],
        received: Counter[tuple[str, int]],
        found: Deploying,
    ) -> None:
        self._stack, self._places, self._people = stack, places, people
        self._received, self._found = received, found
        self._leader = people[0]
        self._tasks: list[asyncio.Task[None]] = []

    async def add(self, version: str, role: str) -> None:
        """Start a version on all of its routers."""
        for router in self._places:
            register = f"service={SERVICE};service_version={version};role={role}"
            line = await Line.open(self._stack, router, register)
            receiving = receive(line, version, self._received, self._found.load)
            self._tasks.append(asyncio.get_running_loop().create_task(receiving))

    async def close(self) -> None:
        """Hear nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def await_leader(self) -> None:
        """Wait until the canaries know each other and one leads."""
        async with asyncio.timeout(SETTLED_S):
            while True:
                members = (await self._report("report"))["canary"]["members"]
                leader = (await self._deployments()).leader
                if leader and len(members) == len(self._people):
                    break
                await asyncio.sleep(LOOK_S)
        self._leader = next(each for each in self._people if each.server_name == leader)

    async def switch(self, version: str) -> None:
        """To a new version, and back."""
        name = await self._start(version, COLOURS)
        await self.add(version, "standby")
        await self._await_phase(name, "paused")
        self._found.switched_s.append(await self._say("promote", name, lambda reply: _active(reply) == version))
        self._found.back_s.append(await self._say("abort", name, lambda reply: _active(reply) == OLD))

    async def weigh(self, version: str) -> None:
        """Begin a step with a weight, and abort it."""
        name = await self._start(version, WEIGHTS)
        await self._await_phase(name, "step")
        await self._obeyed(_weighs)
        self._found.restored_s.append(await self._say("abort", name, lambda reply: not _weighs(reply)))

    async def _start(self, version: str, how: Mapping[str, object]) -> str:
        servers = [router.server_name for router in self._places]
        spec = read_table({"name": "bench", "service": SERVICE, "version": version, "servers": servers, **how})
        result = await self._command("start", spec=msgspec.json.encode(spec).decode())
        return str(result["id"])

    async def _say(self, word: str, name: str, is_obeyed: Callable[[Message], bool]) -> float:
        """Say something; how long it takes from its answer until all routers obey."""
        start_s = time.monotonic()
        await self._command(word, deployment=name)
        answered_s = time.monotonic()
        self._found.answered_s.append(answered_s - start_s)
        await self._obeyed(is_obeyed)
        return time.monotonic() - answered_s

    async def _command(self, word: str, **parameters: str) -> dict[str, object]:
        told = {"command": f"deploy-{word}", **parameters}
        reply = await self._leader.request(
            Message("CANARY_COMMAND", told, service="canary", server="."), "CANARY_RESULT"
        )
        if reply.get("status") != "done":
            raise BenchmarkError(f"deployments: {word}: {reply.get('message')}")
        result: dict[str, object] = json.loads(reply.get("result"))
        return result

    async def _obeyed(self, is_obeyed: Callable[[Message], bool]) -> None:
        async def follow(one: Client) -> None:
            while not is_obeyed(await one.request(Message("POLICY_GET"), "POLICY_CURRENT")):  # noqa: ASYNC110 - asked of another process
                await asyncio.sleep(LOOK_S)

        async with asyncio.timeout(SETTLED_S):
            await asyncio.gather(*map(follow, self._people))

    async def _await_phase(self, name: str, phase: str) -> None:
        async with asyncio.timeout(SETTLED_S):
            while [(one.id, one.phase) for one in (await self._deployments()).deployments] != [(name, phase)]:  # noqa: ASYNC110 - asked of another process
                await asyncio.sleep(LOOK_S)

    async def _deployments(self) -> Deployments:
        return msgspec.convert(await self._report("deployments"), Deployments)

    async def _report(self, view: str) -> dict[str, dict[str, list[str]]]:
        question = Message("CANARY_GET_REPORT", {"view": view, "cache": "no"}, service="canary", server=".")
        reply = await self._leader.request(question, "CANARY_CURRENT_REPORT")
        report: dict[str, dict[str, list[str]]] = json.loads(reply.get("report"))
        return report


def _active(reply: Message) -> str:
    """The version that a router takes for the active one; empty: none."""
    colours = json.loads(reply.get("colours") or "[]")
    return str(colours[0]["active"]) if colours else ""


def _weighs(reply: Message) -> bool:
    """Whether a router obeys a weight."""
    return bool(json.loads(reply.get("policy") or "{}").get("weights"))
