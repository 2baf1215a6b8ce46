"""SHELL: remembers which program files a service was started from when it registered, and sees whether they are others now.

A process that dies before it registers has not said which version it is. After a failure the same is started again, unless
somebody has put another program there meanwhile, without stopping the service: that shows in the files. A file that is
replaced, as packages do it, is another inode; one that is overwritten has another size or time.
"""

import os
import stat
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

SERVICES = 1_000
"""So many are remembered; of the one that registered longest ago nothing is known then."""
FILES = 16
"""Files looked at of one service: its unit, and its commands."""
SCRIPTS = frozenset((".py", ".pl", ".rb", ".js", ".jar", ".sh"))
"""What an interpreter is given, and need not be executable. Other files in a command line may be data, and change all the time."""

Identity = tuple[int, int, int, int] | None
"""Device, inode, size and time of change of its content; None: there is no such file, or it cannot be seen."""


class Programs:
    """Of the services of this host."""

    def __init__(self) -> None:
        self._services: OrderedDict[str, dict[str, Identity]] = OrderedDict()

    def remember(self, service: str, files: Iterable[str]) -> None:
        """A service has registered that was started from these files; nothing can be told of one without any."""
        self._services.pop(service, None)
        found = {file: _identity(file) for file in [*dict.fromkeys(files)][:FILES]}
        if found:
            self._services[service] = found
        if len(self._services) > SERVICES:
            self._services.popitem(last=False)

    def have_changed(self, service: str) -> bool:
        """Whether any file is another one than when the service registered last."""
        known = self._services.get(service, {})
        return any(_identity(file) != identity for file, identity in known.items())


def files_of_command(argv: Sequence[str]) -> list[str]:
    """The program files that a command line names by their full path: what is executed, and what an interpreter is given.

    Args:
        argv: The program first.
    """
    return [word for word in argv if word.startswith("/") and _is_program(word)]


def files_of_process(pid: int) -> list[str]:
    """The program files of a process, as far as /proc shows them to us; none when it is gone."""
    files: list[str] = []
    with suppress(OSError):
        files += files_of_command(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0"))
    with suppress(OSError):  # of another user's process the kernel shows it to root alone
        files.append(str(Path(f"/proc/{pid}/exe").readlink()).removesuffix(" (deleted)"))
    return files


def _is_program(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and (bool(mode & 0o111) or Path(path).suffix in SCRIPTS)


def _identity(file: str) -> Identity:
    try:
        found = os.stat(file)  # noqa: PTH116 - a path may be any text here, also none that pathlib would keep as it is
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
