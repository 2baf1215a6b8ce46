"""In which control group a process is, or the one that made a socket: paths, from the kernel alone; no path means anything here."""

import os
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")
_UNIFIED = "0"
"""The number of the hierarchy of version 2, and the name that systemd gives its own where there are those of version 1 too."""
_OF_SYSTEMD = "name=systemd"
MISSING_KEPT = 10_000
"""Numbers remembered of groups that are nowhere: the tree is walked once for each."""


def group_of(pid: int | str, processes: Path = PROCESSES) -> str:
    """The control group of a process as a path such as ``/system.slice/billing.service``.

    Args:
        pid: It; ``self`` for our own.
        processes: Where the kernel tells of processes.

    Returns:
        The path; empty where it cannot be told: the process is gone, or hidden from us.
    """
    try:
        text = (processes / str(pid) / "cgroup").read_text()
    except (OSError, UnicodeDecodeError):
        return ""
    found: dict[str, str] = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found[number if number == _UNIFIED else controllers] = path
    unified, of_systemd = found.get(_UNIFIED, ""), found.get(_OF_SYSTEMD, "")
    return of_systemd if unified in ("", "/") and of_systemd else unified


def find_root(processes: Path = PROCESSES) -> Path | None:
    """Where the hierarchy of version 2 is mounted; None where it is nowhere."""
    try:
        mounts = (processes / "self" / "mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return None
    for mount in mounts:  # see proc_pid_mountinfo(5): what is mounted stands behind a hyphen, where it is, is the fifth
        fields, _, kind = mount.partition(" - ")
        if kind.startswith("cgroup2 "):
            return Path(fields.split(" ")[4])
    return None


class ControlGroups:
    """Paths of control groups by the number that the kernel tells of a socket, which is that of their directory.

    Args:
        root: Where the hierarchy of version 2 is mounted; None: nowhere.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._paths: dict[int, str] = {}
        self._missing: dict[int, None] = {}

    def path_of(self, number: int) -> str:
        """The path of a group; empty where it cannot be told.

        A number that was not known has the tree walked. No number is ever given again, so what was found stays true.
        """
        if number and number not in self._paths and number not in self._missing:
            self._paths = dict(self._walk())
            if number not in self._paths:
                self._missing[number] = None
                if len(self._missing) > MISSING_KEPT:
                    del self._missing[next(iter(self._missing))]
        return self._paths.get(number, "")

    def _walk(self) -> Iterator[tuple[int, str]]:
        waiting = [] if self._root is None else [("/", self._root)]
        while waiting:
            path, directory = waiting.pop()
            try:
                yield directory.stat().st_ino, path
                with os.scandir(directory) as entries:
                    below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue  # it has ended meanwhile
            waiting += [(f"{path.rstrip('/')}/{name}", directory / name) for name in below]
