"""SHELL: runs a command in a process group of its own, with a limit of time and of output; it knows no deployment."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress

from canary.deployment.execution.plan import Command
from canary.deployment.task import OUTPUT_CHARACTERS, Outcome, Status
from communicator.wording.characters import printable_lines

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""All of it: what the canary was started with is none of the command's business."""
GRACE_S = 5.0
"""From SIGTERM to SIGKILL; and how long the kernel may take to end what it has killed."""
REST_S = 1.0
"""After its end, for output that is still in the pipe: what it has left running may hold that open for ever."""
_CHUNK_BYTES = 65_536
_TAIL_BYTES = 4 * OUTPUT_CHARACTERS
"""A character takes four bytes at most."""


async def run_command(command: Command) -> Outcome:
    """Run it to its end.

    What it has started itself and left running goes on after success, and is killed after a failure, so that nothing of it goes on
    beside another attempt.

    Args:
        command: And how long it may take.
    """
    try:
        child = _Child(command.argv)
    except OSError as error:
        return Outcome(status="refused", text=f"{command.argv[0]!r} cannot be run on this host: {error.strerror}")
    try:
        return await _follow(child, command.limit_s)
    finally:
        child.close()


async def _follow(child: "_Child", limit_s: float) -> Outcome:
    try:
        async with asyncio.timeout(limit_s):
            await child.ended.wait()
    except TimeoutError:
        await child.kill()
        return _outcome(child, "timeout", f"not done within {limit_s:g} s, and killed")
    except asyncio.CancelledError:
        await child.kill()
        raise
    code = child.exit_code
    if code:
        child.signal(signal.SIGKILL)
    await _within(REST_S, child.silent)
    if code == 0:
        return _outcome(child, "done", "exit code 0")
    return _outcome(
        child, "failed", f"exit code {code}" if code > 0 else f"ended by signal {-code}, {signal.strsignal(-code)}"
    )


def _outcome(child: "_Child", status: Status, text: str) -> Outcome:
    output = printable_lines(child.tail.decode(errors="replace").strip())
    return Outcome(status=status, text=text, output=output[-OUTPUT_CHARACTERS:])


class _Child:
    """A process, the end of what it prints, and its end.

    It is not reaped before `close`, so that nobody else can have its number when its group is killed.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, argv: tuple[str, ...]) -> None:
        self.ended = asyncio.Event()
        self.silent = asyncio.Event()
        """Set when nobody can print any more."""
        self.tail = b""
        self._output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(printed, True)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator of this host has written down what is run
                argv,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
            )
            self._end = self._watch_end()
        except OSError:
            os.close(self._output)
            raise
        finally:
            os.close(printed)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._output, self._read)
        loop.add_reader(self._end, self._note_end)

    @property
    def exit_code(self) -> int:
        """Of one that has ended; a signal that ended it is negative."""
        result = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        assert result is not None  # noqa: S101 - it is waited for
        return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status

    async def kill(self) -> None:
        """End the whole group, kindly first."""
        self.signal(signal.SIGTERM)
        try:
            await _within(GRACE_S, self.ended, self.silent)
        finally:
            self.signal(signal.SIGKILL)
        await _within(GRACE_S, self.ended)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of the group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def close(self) -> None:
        """Reap it, and listen to nothing any more."""
        self._process.poll()
        loop = asyncio.get_running_loop()
        for fd in (self._output, self._end):
            loop.remove_reader(fd)
            os.close(fd)

    def _watch_end(self) -> int:
        try:
            return os.pidfd_open(self._process.pid)
        except OSError:
            self._process.kill()
            self._process.wait()
            raise

    def _note_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        self.ended.set()

    def _read(self) -> None:
        chunk = os.read(self._output, _CHUNK_BYTES)
        self.tail = (self.tail + chunk)[-_TAIL_BYTES:]
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._output)
            self.silent.set()


async def _within(limit_s: float, *events: asyncio.Event) -> None:
    """Wait for all of these, but no longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            for event in events:
                await event.wait()
