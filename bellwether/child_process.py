"""SHELL: one daemon as a child of ``bellwether up``, from start to stop; which daemon it is, it is told."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bellwether.failure import CommandError
from bellwether.places import Layout
from bellwether.suite import Program, Setting, arguments, settings_of_ports

READY_S = 60.0
"""How long a daemon may take to become ready: a hundred times the bar, for a machine that boots or stands still."""
STOP_S = 10.0
"""How long it may take to stop, before it is killed."""
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The pauses before each new start; the last one repeats."""
STEADY_S = 60.0
"""A daemon that ran this long starts again without a long pause."""
_LOOK_S = 0.02
_TAIL_BYTES = 4096
_TAIL_LINES = 8
_TAIL_CHARACTERS = 240
_NOT_FOR_CHILDREN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ChildProcess:
    """A daemon and the process it runs in at present.

    Args:
        program: Which daemon.
        layout: The private directory.
        config: Its configuration file.
        settings: What is set over that file.
        communicator: The router's URL.
        say: Tells the user a line.
    """

    def __init__(
        self,
        program: Program,
        layout: Layout,
        *,
        config: Path,
        settings: list[Setting],
        communicator: str,
        say: Callable[[str], None],
    ) -> None:
        self.program = program
        self.ports: dict[str, object] = {}
        """What it bound to, from its ports file."""
        self._layout = layout
        self._config = config
        self.settings = settings
        """What the next start is told."""
        self._communicator = communicator
        self._say = say
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            CommandError: It ended first, or took too long.
        """
        ports_file = self._layout.ports_file(self.program.name)
        ports_file.unlink(missing_ok=True)
        self._process = await self._spawn(ports_file)
        try:
            async with asyncio.timeout(READY_S):
                self.ports = await self._ready(self._process, ports_file)
        except TimeoutError:
            await self.stop()
            raise CommandError(self._failure(f"was not ready within {READY_S:g} s")) from None

    async def keep(self) -> None:
        """Start it again whenever it fails; returns when it ends of its own will (exit code 0)."""
        failures = 0
        loop = asyncio.get_running_loop()
        while self._process is not None:
            since_s = loop.time()
            code = await self._process.wait()
            if code == 0:
                self._say(f"{self.program.name} ended, as it was asked to")
                return
            failures = 0 if loop.time() - since_s > STEADY_S else failures
            self._say(self._failure(f"died ({_cause(code)})"))
            failures = await self._start_again(failures)

    async def _start_again(self, failures: int) -> int:
        while True:
            pause_s = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            self._say(f"starting {self.program.name} again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            failures += 1
            try:
                await self.start()
            except CommandError as error:
                self._say(str(error))
            else:
                self._say(f"{self.program.name} is ready again")
                return failures

    async def stop(self) -> None:
        """Ask it to end, and kill it when it does not."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            self._say(f"{self.program.name} does not end: killed")
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _spawn(self, ports_file: Path) -> asyncio.subprocess.Process:
        settings = [*self.settings, *settings_of_ports(self.program, self.ports)]
        line = arguments(self.program, str(self._config), settings, self._communicator, str(ports_file))
        environment = {key: value for key, value in os.environ.items() if key not in _NOT_FOR_CHILDREN}
        with self._layout.log_file(self.program.name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bellwether.child", str(os.getpid()), self.program.module),
                *line,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                process_group=0,  # Ctrl-C is for `up` alone: it stops its children in order
            )

    async def _ready(self, process: asyncio.subprocess.Process, ports_file: Path) -> dict[str, object]:
        while True:
            with suppress(OSError, ValueError):
                return _read_ports(ports_file)
            if process.returncode is not None:
                raise CommandError(self._failure(f"did not start ({_cause(process.returncode)})"))
            await asyncio.sleep(_LOOK_S)

    def _failure(self, what: str) -> str:
        log = self._layout.log_file(self.program.name)
        tail = last_lines(log)
        told = "".join(f"\n  | {line}" for line in tail) or " and its log is empty"
        return f"{self.program.name} {what}; see {log}{told}"


def last_lines(log: Path) -> list[str]:
    """The end of a log, short enough to be shown."""
    try:
        with log.open("rb") as source:
            source.seek(max(0, source.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = source.read().decode(errors="replace").splitlines()
            return [line[:_TAIL_CHARACTERS] for line in lines[-_TAIL_LINES:]]
    except OSError:
        return []


def _read_ports(path: Path) -> dict[str, object]:
    """What a ports file says; it is written in one step, so what is there is whole."""
    found = json.loads(path.read_bytes())
    return found if isinstance(found, dict) else {}


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
