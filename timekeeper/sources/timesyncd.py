"""SHELL: asks systemd-timesyncd over D-Bus, through busctl, within a deadline; what the answer means is not its business."""

import asyncio
import os
import signal
from contextlib import suppress
from subprocess import DEVNULL, PIPE

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.sources.timesyncd_message import DAEMON, TimesyncdError, describe_timesyncd

TIMEOUT_S = 2.0
"""busctl answers within some milliseconds; a machine under load takes longer to start it."""
OUTPUT_BYTES = 65_536
"""More than this is not read of what busctl prints; an answer has less than one kilobyte."""
BUSCTL = "busctl"
"""The program, which comes with systemd as timedatectl does."""

_QUESTION = (
    "--auto-start=no",  # to ask must not start a daemon that an operator has stopped
    "--json=short",
    "call",
    "org.freedesktop.timesync1",
    "/org/freedesktop/timesync1",
    "org.freedesktop.DBus.Properties",
    "GetAll",
    "s",
    "org.freedesktop.timesync1.Manager",
)


async def read_timesyncd(program: str = BUSCTL, timeout_s: float = TIMEOUT_S) -> Discipline | NoAnswer:
    """Ask systemd-timesyncd what it knows of the clock and of its server.

    Args:
        program: The busctl to run.
        timeout_s: How long it may take, in seconds; it is killed then.

    Returns:
        Its word, or why there is none.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *_QUESTION,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=os.environ | {"LC_ALL": "C"},
            start_new_session=True,  # so that all it may have started can be ended
        )
    except OSError as error:
        return NoAnswer(f"{DAEMON} cannot be asked: {program}: {error.strerror}")
    try:
        async with asyncio.timeout(timeout_s):
            output, complaint = await asyncio.gather(*map(_read_all, _streams(process)))
            return _conclude(await process.wait(), output, complaint)
    except TimeoutError:
        return NoAnswer(f"{DAEMON} did not answer in {timeout_s:g} s")
    finally:
        await _end(process)


def _streams(process: asyncio.subprocess.Process) -> tuple[asyncio.StreamReader, asyncio.StreamReader]:
    assert process.stdout is not None  # noqa: S101 - both are pipes
    assert process.stderr is not None  # noqa: S101
    return process.stdout, process.stderr


async def _read_all(stream: asyncio.StreamReader) -> bytes:
    """To the end, or as much as an answer may have."""
    data = b""
    while chunk := await stream.read(OUTPUT_BYTES - len(data)):
        data += chunk
    return data


async def _end(process: asyncio.subprocess.Process) -> None:
    """No process is left behind, also not where the question is cancelled or the answer has no end."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for stream in _streams(process):
        while await stream.read(OUTPUT_BYTES):
            pass  # a pipe that is not empty would keep the end of the process from being noticed
    await process.wait()


def _conclude(returncode: int, output: bytes, complaint: bytes) -> Discipline | NoAnswer:
    if returncode:
        lines = complaint.decode("utf-8", "backslashreplace").split("\n")
        return NoAnswer(f"{DAEMON} cannot be asked: {lines[0].strip() or f'busctl ended with {returncode}'}")
    try:
        return describe_timesyncd(output)
    except TimesyncdError as error:
        return NoAnswer(f"{DAEMON}: {error}")
