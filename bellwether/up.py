"""SHELL: ``bellwether up``: all daemons of one private suite, until Ctrl-C; none of them knows of it."""

import asyncio
import shutil
import signal
import sys
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bellwether.child_process import ChildProcess
from bellwether.conversation import connected, missing
from bellwether.failure import CommandError
from bellwether.listeners import any_port, choose
from bellwether.own_settings import read_own_settings
from bellwether.places import PRIVATE_DIRECTORY, SYSTEM_SOCKET, Layout
from bellwether.private_directory import locked, put_logs_aside, socket_path
from bellwether.suite import EXPORTER, PREFERRED, PROGRAMS, ROUTER, TIMEKEEPER, Plan, Program
from bellwether.summary import Running, render

REGISTERED_S = 30.0
"""How long the daemons may take to find the router."""
_DATAGRAMS = frozenset(("listen.signal", "probe_listen"))
_NO_SETTINGS = "# Nothing is set here: 'bellwether up' gives what is needed; --config names your own files.\n"


def run(directory: Path, config: Path | None, talk: Console, out: Console) -> None:
    """Run a suite until it is told to stop.

    Args:
        directory: The private directory; made when it is not there.
        config: A directory with the user's own settings; what they say is left alone.
        talk: Where events are told.
        out: Where the summary goes.

    Raises:
        CommandError: It could not start.
    """
    layout = Layout(directory.absolute())
    configured, files = read_own_settings(config, layout)
    layout.make()
    with ExitStack() as held:
        held.enter_context(locked(layout))
        put_logs_aside(layout)
        plan = Plan(
            layout,
            held.enter_context(socket_path(layout)),
            choose(PREFERRED, _DATAGRAMS),
            configured,
        )
        asyncio.run(_Suite(plan, files, talk, out).run())


class _Suite:
    """The children of one run."""

    def __init__(self, plan: Plan, files: dict[str, Path], talk: Console, out: Console) -> None:
        self._plan = plan
        self._talk = talk
        self._out = out
        self._children = [self._child(program, files[program.name]) for program in PROGRAMS]
        self._interrupted = False

    def _child(self, program: Program, config: Path) -> ChildProcess:
        if config.parent == self._plan.layout.run:
            config.write_text(_NO_SETTINGS, encoding="utf-8")
        return ChildProcess(
            program,
            self._plan.layout,
            config=config,
            settings=self._plan.settings(program),
            communicator=self._plan.communicator,
            say=self._say,
        )

    def _say(self, text: str) -> None:
        self._talk.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    async def run(self) -> None:
        """Start, wait, stop."""
        with self._signals(asyncio.current_task()):
            try:
                await self._start()
                await self._keep()
            except asyncio.CancelledError:
                if not self._interrupted:
                    raise
            finally:
                await self._stop()

    async def _start(self) -> None:
        router, *companions = self._children
        await self._start_one(router)
        await _together(self._start_one(child) for child in companions)
        await self._look_for_services()
        self._out.print(render(self._running()), soft_wrap=True)

    async def _start_one(self, child: ChildProcess) -> None:
        """Start a child; if it fails with a standard address, which another program may have taken, once more on a free one."""
        try:
            await child.start()
        except CommandError:
            # Whether the address is free by now does not matter: the other program may have ended since.
            free = {key: any_port(self._plan.addresses[key]) for key in child.program.addresses}
            plan = replace(self._plan, addresses={**self._plan.addresses, **free})
            if plan.settings(child.program) == child.settings:
                raise
            self._plan = plan
            child.settings = plan.settings(child.program)
            await child.start()

    async def _look_for_services(self) -> None:
        """A daemon may run and yet not get through to the router: say so rather than call that up."""
        wanted = frozenset(program.service for program in PROGRAMS if program.is_companion)
        async with connected(self._plan.communicator) as client:
            for service in sorted(await missing(client, wanted, REGISTERED_S)):
                self._say(f"{service} runs, but has not registered with the router; see its log")

    async def _keep(self) -> None:
        """Watch all children; the suite ends with its router."""
        async with asyncio.TaskGroup() as group:
            router, *others = [group.create_task(child.keep()) for child in self._children]
            await router
            for other in others:
                other.cancel()

    async def _stop(self) -> None:
        self._talk.print("stopping", style="dim")
        router, *companions = self._children
        await _together(child.stop() for child in companions)
        await router.stop()
        self._talk.print("stopped", style="dim")

    @contextmanager
    def _signals(self, task: "asyncio.Task[None] | None") -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            if self._interrupted:
                for child in self._children:
                    child.kill()
            elif task is not None:
                self._interrupted = True
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, interrupt)
        yield

    def _running(self) -> Running:
        ports = {child.program.name: child.ports for child in self._children}
        router, exporter = ports[ROUTER.name], ports[EXPORTER.name]
        http = str(exporter.get("http", ""))
        taken = {
            "listen.local": router.get("local"),
            "listen.signal": router.get("signal"),
            "probe_listen": ports[TIMEKEEPER.name].get("probe"),
            "listen": http,
            "ofrep.listen": exporter.get("ofrep"),
        }
        replaced = {
            PREFERRED[key]: str(taken[key]) for key, address in self._plan.addresses.items() if address.endswith(":0")
        }
        here = self._plan.layout.root == PRIVATE_DIRECTORY.absolute() and not SYSTEM_SOCKET.exists()
        return Running(
            directory=str(self._plan.layout.root),
            router=router,
            http=http,
            replaced=replaced,
            command=command_name(),
            found_here=here,
        )


def command_name() -> str:
    """How the user can call us: by name where that is on the path, else by the path it was called by."""
    return "bellwether" if shutil.which("bellwether") else sys.argv[0]


async def _together(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Do several things at once; when one fails, the others are given up and its error is raised.

    Raises:
        CommandError: The first of those that failed.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* CommandError as failed:
        first = failed.exceptions[0]
    else:
        return
    raise first
