"""SHELL: the directory of flags: raise, take down, read, list; whoever looks meanwhile sees each flag whole or not at all.

The flag that matters most may be the one that says that the disk is full. So a daemon reserves the room of one flag ahead: a file
that is there already is overwritten in place, and renamed, which takes no room.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from communicator.errors import FlagError, FlagsPathError
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName, raise_again
from communicator.flags.flag_file import FILE_BYTES, read_flag, write_flag
from communicator.runtime.own_file import replace_file, sync_directory

SITTER_READS = 100
"""Flags the sitter loads; what is beyond it does not see."""

_FILE_MODE = 0o644
"""The sitter is another user."""
_DRAFT_SUFFIX = ".new"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_DRAFT_S = 60.0
"""A draft that old was left by a process that was killed."""


class Listing(msgspec.Struct, frozen=True):
    """What is in the directory."""

    flags: tuple[Flag, ...]
    """The most urgent first."""
    unreadable: tuple[tuple[str, str], ...]
    """Files that hold no flag, and why; the sitter may stumble over them."""


class FlagDirectory:
    """One directory of flags, as far as this process may use it.

    Args:
        path: Where it is; it is not made when it is not there, since it belongs to the sitter.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fault(self) -> str:
        """Why no flag could be raised here; empty when one could. Nothing is changed by asking."""
        if not os.path.lexists(self.path):
            return "the directory is not there"
        if not self.path.is_dir():
            return "it is no directory"
        return "" if os.access(self.path, os.W_OK | os.X_OK, effective_ids=True) else "this user may not write there"

    def find(self, name: FlagName) -> Flag | None:
        """The flag of this name; None when it is down.

        Raises:
            FlagError: Its file holds none.
            FlagsPathError: It cannot be read.
        """
        path = self.path / name.file_name
        with _told(path):
            try:
                return _read(path)
            except FileNotFoundError:
                return None

    def raise_(self, flag: Flag, now_s: int) -> Flag | None:
        """Raise a flag, see `raise_again`; a file that holds no flag is replaced.

        Args:
            flag: What to raise.
            now_s: Seconds since the epoch.

        Returns:
            What its file holds now; None when that was left as it was.

        Raises:
            FlagError: It cannot be written so that it reads the same again.
            FlagsPathError: It could not be written; what was there is still there.
        """
        try:
            standing = self.find(flag.name)
        except FlagError:
            standing = None
        wanted = raise_again(standing, flag, now_s)
        if wanted is None:
            return None
        path, content = self.path / flag.name.file_name, write_flag(wanted)
        with _told(self.path):
            try:
                _write(path, content)
            except OSError as error:
                reserve = self._reserve_of(flag.name.unit)
                if error.errno not in _NO_ROOM or not reserve.exists():
                    raise
                _overwrite(reserve, content)
                os.replace(reserve, path)  # noqa: PTH105 - beside its neighbors
            self._sync()
            self._clear_drafts(path, now_s)
        return wanted

    def reserve(self, unit: str) -> None:
        """Keep the room of one flag for a unit, where that is not so already; without room there is nothing to keep.

        Args:
            unit: Whose flag it may become.
        """
        reserve = self._reserve_of(unit)
        with suppress(OSError):
            if not reserve.exists():
                _write(reserve, b"\n" * FILE_BYTES)

    def lower(self, name: FlagName, *, by_person: bool = False) -> bool:
        """Take a flag down.

        Args:
            name: Which.
            by_person: Also one that only a person takes down.

        Returns:
            Whether it was up, and is down now.

        Raises:
            FlagError: No flag may be called so.
            FlagsPathError: It is up, and could not be taken down.
        """
        if not by_person and self._is_manual(name):
            return False
        path = self.path / name.file_name
        with _told(path):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            self._sync()
        return True

    def read_all(self) -> Listing:
        """All flags that are up.

        Raises:
            FlagsPathError: The directory cannot be read.
        """
        flags: list[Flag] = []
        unreadable: list[tuple[str, str]] = []
        with _told(self.path):
            paths = sorted(path for path in self.path.iterdir() if path.name.endswith(".flag") and path.name[0] != ".")
        for path in paths:
            try:
                flags.append(_read(path))
            except FileNotFoundError:
                continue  # taken down just now
            except OSError as error:
                unreadable.append((path.name, _reason(error)))
            except FlagError as error:
                unreadable.append((path.name, str(error)))
        return Listing(tuple(sorted(flags, key=lambda flag: (-flag.priority, flag.name))), tuple(unreadable))

    def _reserve_of(self, unit: str) -> Path:
        return self.path / f".{unit}.reserve"

    def _is_manual(self, name: FlagName) -> bool:
        try:
            standing = self.find(name)
        except (FlagError, FlagsPathError):
            return False
        return standing is not None and standing.manual_down

    def _sync(self) -> None:
        """Have the directory on the disk too, where we may; it may be one that we may write, and not read."""
        with suppress(OSError):
            sync_directory(self.path)

    def _clear_drafts(self, path: Path, now_s: float) -> None:
        """Remove what processes have left that were killed while they wrote this flag."""
        for draft in self.path.glob(f".{path.name}.*{_DRAFT_SUFFIX}"):
            with suppress(OSError):
                if now_s - draft.lstat().st_mtime > _DRAFT_S:
                    draft.unlink()


def _write(path: Path, content: bytes) -> None:
    replace_file(path, content, draft=path.with_name(f".{path.name}.{os.getpid()}{_DRAFT_SUFFIX}"), mode=_FILE_MODE)


def _overwrite(reserve: Path, content: bytes) -> None:
    """Write into a file that is large enough: it needs no room that it does not have."""
    descriptor = os.open(reserve, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path, and is not truncated
        file.write(content)
        file.flush()
        file.truncate()
        os.fsync(descriptor)


def _read(path: Path) -> Flag:
    """A flag; the ancestor writes no help, so one of ours has that of its declaration then."""
    flag = read_flag(_content(path))
    declared = declarations().get(flag.name)
    if declared is None:
        return flag
    return replace(flag, help=flag.help or declared.help, help_uri=flag.help_uri or declared.help_uri)


def _content(path: Path) -> bytes:
    """A file as far as a flag may go; what is no file, such as a pipe, does not hold us up."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FlagError("no flag: not a file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > FILE_BYTES:
        raise FlagError(f"no flag: more than {FILE_BYTES} bytes")
    return content


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system says, with the path it is about."""
    try:
        yield
    except OSError as error:
        raise FlagsPathError(str(path), _reason(error)) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
