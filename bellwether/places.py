"""SHELL: where things are: the files of a private suite, and the router a command talks to; it opens no socket."""

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bellwether.failure import UNREACHABLE, CommandError
from communicator.protocol.addresses import parse_host_port

ENVIRONMENT = "BELLWETHER_COMMUNICATOR"
SYSTEM_SOCKET = Path("/run/bellwether/communicatord.sock")
SYSTEM_UNITS = tuple(
    Path(directory, "communicatord.service")
    for directory in (
        "/etc/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    )
)
"""Where the unit of an installed router may be."""
PRIVATE_DIRECTORY = Path(".bellwether")
_START_UNIT = "start it with 'systemctl start communicatord', and see 'journalctl -u communicatord' for why it ended"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
SOCKET_PATH_BYTES = 107
"""The longest path a Unix socket may have: sun_path of unix(7) has 108 bytes, the last for a NUL."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The private directory of a suite started by ``bellwether up``."""

    root: Path

    @property
    def run(self) -> Path:
        """Sockets, ports files and the lock."""
        return self.root / "run"

    @property
    def data(self) -> Path:
        """What the daemons keep."""
        return self.root / "data"

    @property
    def flags(self) -> Path:
        """Raised flags."""
        return self.root / "flags"

    @property
    def log(self) -> Path:
        """One log for each daemon."""
        return self.root / "log"

    @property
    def socket(self) -> Path:
        """Where the router listens, unless that path is too long."""
        return self.run / "communicatord.sock"

    @property
    def lock(self) -> Path:
        """Held by the ``up`` that runs here."""
        return self.run / "up.lock"

    def ports_file(self, daemon: str) -> Path:
        """Where a daemon tells what it bound to."""
        return self.run / f"{daemon}.ports"

    def log_file(self, daemon: str) -> Path:
        """Where a daemon's log goes."""
        return self.log / f"{daemon}.log"

    def make(self) -> None:
        """Make the directories; only this user may look into them.

        Raises:
            CommandError: That is not possible here, or others could exchange what is in them.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            fault = _fault_of_parent(self.root) or why_not_own(self.root)
            for directory in (self.run, self.data, self.flags, self.log):
                if not fault:
                    directory.mkdir(mode=0o700, exist_ok=True)
                    fault = why_not_own(directory)
        except OSError as error:
            raise CommandError(
                f"cannot make {str(self.root)!r}: {error.strerror} (choose another with --dir)"
            ) from None
        if fault:
            raise CommandError(f"{fault} (choose another with --dir)")


def why_not_own(directory: Path) -> str:
    """Why a directory is not this user's alone to write to; empty when it is.

    Raises:
        OSError: It cannot be looked at.
    """
    for status in (directory.lstat(), directory.stat()):  # a link of somebody else's leads where they like
        if status.st_uid != os.geteuid():
            return f"{str(directory)!r} belongs to another user"
    return f"others may write to {str(directory)!r}" if status.st_mode & _OTHERS_WRITE else ""


def _fault_of_parent(directory: Path) -> str:
    """Where everybody may rename everything, what was looked at is soon something else; the sticky bit is against that."""
    parent = directory.resolve().parent
    mode = parent.stat().st_mode
    may_rename = mode & stat.S_IWOTH and not mode & stat.S_ISVTX
    return f"everybody may rename what is in {str(parent)!r}" if may_rename else ""


def fits_socket_path(path: Path) -> bool:
    """Whether a Unix socket may have this path."""
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES


def find_router(
    option: str | None,
    environment: Mapping[str, str] = os.environ,
    *,
    system_socket: Path = SYSTEM_SOCKET,
    private: Path = PRIVATE_DIRECTORY,
    system_units: Sequence[Path] = SYSTEM_UNITS,
) -> str:
    """The address of the router a command talks to: what it is told, the system's, or the one started here.

    Its Unix socket goes before its TCP port: it needs no look into /proc to know who asks, and no web page can reach it.

    Args:
        option: What ``--communicator`` said.
        environment: Where ``BELLWETHER_COMMUNICATOR`` may stand.
        system_socket: Where the packaged router listens.
        private: The directory of a suite started by ``bellwether up``.
        system_units: Where the unit of an installed router may be.

    Raises:
        CommandError: There is none, or none that may be looked for.
    """
    told = option or environment.get(ENVIRONMENT)
    if told:
        return told
    if system_socket.exists():
        return f"cd://{system_socket}"
    found = _private_router(Layout(private))
    if found:
        return found
    if any(unit.exists() for unit in system_units):
        raise CommandError(
            f"the router of this host does not run: there is no {system_socket}; {_START_UNIT}", UNREACHABLE
        )
    raise CommandError(
        f"no router found: there is neither {system_socket} nor a suite started here; "
        f"start one with 'bellwether up', or name one with --communicator or ${ENVIRONMENT}",
        UNREACHABLE,
    )


def _private_router(layout: Layout) -> str:
    """The socket named by the ports file, which also tells of one that had to be elsewhere; else its port on this host."""
    try:
        if why_not_own(layout.root):
            raise PermissionError
        ports = json.loads(layout.ports_file("communicatord").read_text(encoding="utf-8"))
        unix = ports.get("unix")
        return f"cd://{_first(unix) if unix else parse_host_port(ports['local'])}"
    except PermissionError:
        raise CommandError(
            f"the suite in {str(layout.root)!r} belongs to another user: name its router, "
            "such as --communicator cd://127.0.0.1:4040",
            UNREACHABLE,
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""


def _first(paths: str | list[str]) -> str:
    return paths if isinstance(paths, str) else paths[0]
