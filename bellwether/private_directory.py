"""SHELL: takes a private directory for one run of a suite: its lock, its logs, its socket; what runs there it does not know."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bellwether.failure import CommandError
from bellwether.places import Layout, fits_socket_path
from bellwether.suite import PROGRAMS


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the private directory; the kernel lets go of it however this process ends.

    Raises:
        CommandError: Another ``up`` holds it.
    """
    with layout.lock.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"a suite runs in {layout.root} already (process {lock.read().strip() or 'unknown'}): "
                "stop it first, or take another directory with --dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def socket_path(layout: Layout) -> Iterator[str]:
    """The path of the router's socket: in the private directory, or a short one when that would be too long."""
    if fits_socket_path(layout.socket):
        yield str(layout.socket)
        return
    with tempfile.TemporaryDirectory(prefix="bellwether-") as short:
        path = Path(short) / layout.socket.name
        if not fits_socket_path(path):
            raise CommandError(f"the path of a socket would be too long: {path} (set TMPDIR to a shorter one)")
        yield str(path)


def put_logs_aside(layout: Layout) -> None:
    """Each run has logs of its own; those of the last one stay beside them."""
    for program in PROGRAMS:
        log = layout.log_file(program.name)
        with suppress(FileNotFoundError):
            log.replace(log.with_suffix(".log.1"))
