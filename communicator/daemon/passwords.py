"""The password file: who may come in as what; it reads and writes entries, and verifies no password."""

import base64
import binascii
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from communicator.errors import ConfigError
from communicator.protocol.limits import TOKEN_CHARACTERS
from communicator.protocol.names import is_server_name, is_service_name
from communicator.router.vocabulary.events import Credential, Opens
from communicator.runtime.kept_file import reason_of, write_file
from communicator.runtime.own_file import locked_beside
from communicator.runtime.secret_file import read_private_file

# RFC 9106, section 4, second recommended option (3 passes over 64 MiB), but in one lane instead of four: a router has other
# work for its cores than four threads at once.
LOCK_S = 10.0
"""How long another command may take to change the file: each hashes before, and writes one file."""
_PASSES = 3
_MEMORY_KIB = 64 * 1024
_LANES = 1

_MOST_PASSES = 64
_MOST_MEMORY_KIB = 1024 * 1024
_MOST_LANES = 4
"""What an entry may ask for: a router that verifies it must go on working."""
_KIB_PER_LANE = 8  # RFC 9106, section 3.1: at least so much
_SALT_BYTES = range(8, 65)
_TAG_BYTES = range(16, 129)

_FILE_BYTES = 1024 * 1024
"""Some 7,000 entries."""
_FORM = "USERNAME service|router NAME[,NAME...] $argon2id$..."
_USERNAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.@-]{{0,{TOKEN_CHARACTERS - 1}}}")
_HASH = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,10}),t=([0-9]{1,10}),p=([0-9]{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    username: str
    opens: Opens
    names: frozenset[str]
    hash: str = field(repr=False)
    """As argon2 writes it: its parameters, the salt and the tag."""

    @property
    def credential(self) -> Credential:
        """What the router is told of it once the password was right."""
        return Credential(self.username, self.opens, self.names)


def read_password_file(path: Path, key: str) -> dict[str, Entry]:
    """Read all entries.

    Args:
        path: The file; its mode must give nothing to group and others.
        key: The setting that names the file, for the error.

    Returns:
        The entries by user, in the order of the file; none when it holds none.

    Raises:
        ConfigError: It cannot be read, or others may read it, or a line is no entry; never quotes a hash.
    """
    return _entries(path, key, _read_lines(path, key))


def write_entry(path: Path, key: str, entry: Entry) -> bool:
    """Add an entry, or put it in the place of the one this user has; the file is made when it is not there.

    Returns:
        Whether it replaced one.

    Raises:
        ConfigError: The file is not a good one, or cannot be written.
    """
    line = f"{entry.username} {entry.opens} {','.join(sorted(entry.names))} {entry.hash}"
    with _changing(path, key, is_made=True) as lines:
        replaced = entry.username in map(_user_of, lines)
        lines[:] = [line if _user_of(old) == entry.username else old for old in lines]
        if not replaced:
            lines.append(line)
    return replaced


def remove_entry(path: Path, key: str, username: str) -> bool:
    """Remove the entry of a user.

    Returns:
        Whether there was one.

    Raises:
        ConfigError: The file is not a good one, or cannot be written.
    """
    with _changing(path, key) as lines:
        left = [line for line in lines if _user_of(line) != username]
        is_there = left != lines
        lines[:] = left
    return is_there


def make_entry(username: str, opens: Opens, names: frozenset[str], password: str) -> Entry:
    """An entry for a new password, which is hashed: that takes some 0.2 s.

    Raises:
        ValueError: A name is none; says which and why.
    """
    check_names(username, opens, names)
    from argon2 import PasswordHasher  # noqa: PLC0415 - 4 MiB that only routers with a password file need

    hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
    return Entry(username, opens, names, hasher.hash(password))


def check_names(username: str, opens: Opens, names: list[str] | frozenset[str]) -> None:
    """See whether an entry may be called so.

    Args:
        username: The user.
        opens: What it is to be good for.
        names: Services or servers.

    Raises:
        ValueError: A name is none; says which and why.
    """
    if not _USERNAME.fullmatch(username):
        raise ValueError(f"{username!r} is not the name of a user (letters, digits, '_', '.', '@', '-')")
    is_name = is_service_name if opens is Opens.SERVICE else is_server_name
    for name in names:
        if name != "*" and not is_name(name):
            owner = "service" if opens is Opens.SERVICE else "server"
            raise ValueError(f"{name!r} is not the name of a {owner}, nor '*' for any")
    if not names:
        raise ValueError(f"{username!r} needs a name to come in under, or '*' for any")


def hash_of_nobody(like: str = "") -> str:
    """A hash that no known password has, and that costs as much to verify as another.

    Args:
        like: The other hash; empty for one of a new entry.
    """
    cost = like.rsplit("$", 2)[0] if like else f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}"
    return f"{cost}${_to_base64(bytes(16))}${_to_base64(bytes(32))}"


def _entries(path: Path, key: str, lines: list[str]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines, 1):
        if not _user_of(line):
            continue
        try:
            entry = _parse(line)
            if entry.username in entries:
                raise ValueError(f"{entry.username!r} has an entry already")
        except ValueError as error:
            raise ConfigError(key, f"{str(path)!r}, line {number}: {error}") from None
        entries[entry.username] = entry
    return entries


def _read_lines(path: Path, key: str) -> list[str]:
    try:
        return read_private_file(path, key, _FILE_BYTES).decode().splitlines()
    except UnicodeDecodeError:
        raise ConfigError(key, f"{str(path)!r} is not UTF-8") from None


def _user_of(line: str) -> str:
    """The first word of a line; empty when it is blank or a comment."""
    first = line.strip().partition("#")[0].split()
    return first[0] if first else ""


def _parse(line: str) -> Entry:
    words = line.split()
    if len(words) != len(_FORM.split()) or any("$" in word for word in words[:-1]):
        raise ValueError(f"is not {_FORM}")
    username, opened, listed, hashed = words
    _check_hash(hashed)
    try:
        opens = Opens(opened)
    except ValueError:
        raise ValueError(f"{opened!r} is neither 'service' nor 'router'") from None
    names = listed.split(",")
    check_names(username, opens, names)
    return Entry(username, opens, frozenset(names), hashed)


def _check_hash(text: str) -> None:
    found = _HASH.fullmatch(text)
    if not found or not (_is_base64(found[4], _SALT_BYTES) and _is_base64(found[5], _TAG_BYTES)):
        raise ValueError("its hash is not one of argon2id, version 19 (make entries with 'bellwether password add')")
    memory_kib, passes, lanes = map(int, found.group(1, 2, 3))
    if memory_kib > _MOST_MEMORY_KIB:
        raise ValueError(f"its hash asks for {memory_kib} KiB of memory, more than {_MOST_MEMORY_KIB}")
    if not 1 <= lanes <= _MOST_LANES:
        raise ValueError(f"its hash asks for a parallelism of {lanes}, not 1 to {_MOST_LANES}")
    if not 1 <= passes <= _MOST_PASSES:
        raise ValueError(f"its hash asks for {passes} passes, not 1 to {_MOST_PASSES}")
    if memory_kib < _KIB_PER_LANE * lanes:
        raise ValueError(f"its hash asks for {memory_kib} KiB of memory, less than argon2 can do with")


def _is_base64(text: str, sizes: range) -> bool:
    """Whether this is base64 without padding, in its one canonical form, as argon2 demands it."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return False
    return len(data) in sizes and _to_base64(data) == text


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


@contextmanager
def _changing(path: Path, key: str, *, is_made: bool = False) -> Iterator[list[str]]:
    """The lines of a good file, written as they are left; others who change it are kept out, readers see the old or the new one."""
    path = path.resolve()  # where it is a symbolic link, it stays one
    with ExitStack() as held:
        try:
            held.enter_context(locked_beside(path, LOCK_S))
        except BlockingIOError:
            raise ConfigError(key, f"{str(path)!r} is being changed by another command: try again") from None
        except OSError as error:
            raise ConfigError(key, f"{str(path)!r} cannot be changed: {reason_of(error)}") from error
        before = [] if is_made and not path.exists() else _read_lines(path, key)
        _entries(path, key, before)
        lines = before.copy()
        yield lines
        if lines == before:
            return
        try:
            write_file(path, "".join(f"{line}\n" for line in lines), 0o600, _owner_to_keep(path))
        except OSError as error:
            raise ConfigError(key, f"{str(path)!r} cannot be written: {error.strerror}") from error


def _owner_to_keep(path: Path) -> tuple[int, int] | None:
    """Root may change what the router's user has to read: the new file is that user's, as the old one was."""
    like = (path if path.exists() else path.parent).stat()
    owner = (like.st_uid, like.st_gid)
    return owner if os.geteuid() == 0 and owner != (0, 0) else None
