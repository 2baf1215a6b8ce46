"""SHELL: reads who may ask: the files of ``[auth]``; it verifies nobody."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from communicator.errors import ConfigError
from communicator.runtime.secret_file import read_private_file

SERVICE = "exporter"
"""What an entry of a password file has to be good for."""

_FILE_BYTES = 1024 * 1024
_FORM = "USERNAME service NAME[,NAME...] $argon2id$..."
_MOST_PASSES, _MOST_MEMORY_KIB, _MOST_LANES = 64, 256 * 1024, 4
"""What a hash may ask for: an exporter that verifies it must go on working, within some 300 MiB."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
_TOKEN_CHARACTERS = range(16, 1025)
"""A shorter one could be guessed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may ask."""

    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The hash of each user's password, argon2id or bcrypt."""
    tokens: frozenset[bytes] = field(default_factory=frozenset, repr=False)
    """The SHA-256 of each token."""

    def __bool__(self) -> bool:
        return bool(self.users or self.tokens)


def read_users(path: Path, key: str) -> dict[str, str]:
    """Read a password file, as ``bellwether password add`` makes it.

    Args:
        path: The file; its mode must give nothing to group and others.
        key: The setting that names the file, for the error.

    Returns:
        The hash of each user who may ask the exporter; entries for other services and for routers are left out.

    Raises:
        ConfigError: It cannot be read, or others may read it, or a line is no entry, or nobody may ask; never quotes a hash.
    """
    users: dict[str, str] = {}
    for number, line in _lines(path, key):
        words = line.split()
        if len(words) != len(_FORM.split()) or words[1] not in {"service", "router"}:
            raise ConfigError(key, f"{str(path)!r}, line {number}: is not {_FORM}")
        user, opens, names, hashed = words
        if opens != "service" or not {SERVICE, "*"} & set(names.split(",")):
            continue
        if fault := _fault_of_argon2(hashed):
            raise ConfigError(key, f"{str(path)!r}, line {number}: its hash {fault}")
        users[user] = hashed
    if not users:
        made = f"bellwether password add USER --for service --name {SERVICE} --file {path}"
        raise ConfigError(key, f"{str(path)!r} holds no entry for service {SERVICE!r}: {made}")
    return users


def read_tokens(path: Path, key: str) -> frozenset[bytes]:
    """Read a file of tokens, one a line: several while one takes the place of another.

    Returns:
        The SHA-256 of each.

    Raises:
        ConfigError: It cannot be read, or others may read it, or a line is no token, or there is none; never quotes one.
    """
    tokens = set()
    for number, line in _lines(path, key):
        if not _TOKEN.fullmatch(line):
            raise ConfigError(
                key, f"{str(path)!r}, line {number}: is no bearer token (RFC 6750: letters, digits, -._~+/)"
            )
        if len(line) not in _TOKEN_CHARACTERS:
            bounds = f"{_TOKEN_CHARACTERS[0]} to {_TOKEN_CHARACTERS[-1]}"
            raise ConfigError(key, f"{str(path)!r}, line {number}: a token has {bounds} characters")
        tokens.add(digest_of(line))
    if not tokens:
        raise ConfigError(key, f"{str(path)!r} is empty")
    return frozenset(tokens)


def digest_of(token: str) -> bytes:
    """What is compared in place of a token, so that the time it takes tells nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _lines(path: Path, key: str) -> Iterable[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    try:
        text = read_private_file(path, key, _FILE_BYTES).decode()
    except UnicodeDecodeError:
        raise ConfigError(key, f"{str(path)!r} is not UTF-8") from None
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def _fault_of_argon2(hashed: str) -> str:
    from argon2 import extract_parameters  # noqa: PLC0415 - 4 MiB that only exporters with a password file need
    from argon2.exceptions import InvalidHashError  # noqa: PLC0415 - the same
    from argon2.low_level import Type  # noqa: PLC0415 - the same

    try:
        found = extract_parameters(hashed)
    except (InvalidHashError, ValueError):
        return "is not one of argon2id (make entries with 'bellwether password add')"
    if found.type is not Type.ID:
        return "is not one of argon2id (make entries with 'bellwether password add')"
    is_bounded = found.time_cost <= _MOST_PASSES and found.parallelism <= _MOST_LANES
    if not is_bounded or found.memory_cost > _MOST_MEMORY_KIB:
        return f"asks for more than {_MOST_MEMORY_KIB} KiB of memory, {_MOST_PASSES} passes or a parallelism of {_MOST_LANES}"
    return ""
