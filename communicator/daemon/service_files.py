"""Reads the ``.service`` files of this host: which services it has and what each file says of its service; it decides nothing."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from communicator.errors import ConfigError, RemoteProtocolError
from communicator.protocol.names import ROUTER_SERVICE, is_command_name, is_service_name
from communicator.protocol.values import parse_duration_s
from communicator.router.vocabulary.cache_policy import LONGEST_TTL_S, SHORTEST_TTL_S, CachePolicy, parse_cache_policy
from communicator.router.vocabulary.config import PackagedService
from communicator.router.vocabulary.effects import QueuePolicy
from communicator.runtime.kept_file import read_file

FILE_BYTES = 256 * 1024
"""The largest file read: 1,000 commands of the longest names take half of it."""
TEXT_CHARACTERS = 256
"""Bound of version and description: they are told with every list of services."""

NEAR = 0.8
"""How like one of our keys another one must be to be taken for a slip; 1 is the same."""

_KEY = "services_path"
_SUFFIX = ".service"
_COMMENTS = ("#", ";")
_TTL = "ttl="


class ServiceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    user: str = ""
    """Who may register the name, beside root and the router's own user; empty where anybody may."""
    packaged: PackagedService


class Doubt(msgspec.Struct, frozen=True):
    """What is probably a slip; the file is read without it."""

    path: Path
    text: str
    line: int = 0
    """From 1; 0 where the whole file is meant."""
    key: str = ""
    """As it is written; empty where the whole file is meant."""
    meant: str = ""
    """The key it is taken for a slip of."""

    @property
    def fields(self) -> dict[str, str | int]:
        """For the log."""
        if not self.key:
            return {"path": str(self.path), "reason": self.text}
        return {"path": str(self.path), "line": self.line, "key": self.key, "meant": self.meant}

    def __str__(self) -> str:
        """``file:line: warning: text``, as of definition files."""
        return f"{self.path}:{self.line}: warning: {self.text}"


def read_service_files(directory: Path) -> dict[str, ServiceFile]:
    """The services of a directory; none when it is not there.

    A file holds ``key = value`` lines, blank ones, and comments after ``#`` or ``;``. Keys that are not ours are those of others,
    and not looked at; `find_doubts` names those that are almost ours. An empty file names a service that anybody may register.

    Returns:
        The name of each service to what its file says.

    Raises:
        ConfigError: The directory or a file cannot be read, or a line is none of these, or a value is wrong; the text names the
            file, the line and the key.
    """
    return {path.stem: _read(path) for path in _paths(directory) if is_service_name(path.stem)}


def find_doubts(directory: Path) -> list[Doubt]:
    """What is probably a slip in the files of a directory: keys that are almost ours, and names that no service can have.

    Raises:
        ConfigError: The directory or a file cannot be read.
    """
    return [doubt for path in _paths(directory) for doubt in _doubts_of(path)]


def _doubts_of(path: Path) -> Iterator[Doubt]:
    name = path.name.removesuffix(_SUFFIX)
    if not is_service_name(name):
        yield Doubt(path, "not read: a service has a name of letters, digits and '_', not starting with a digit")
        return
    if name == ROUTER_SERVICE:
        yield Doubt(path, f"no service can register as {ROUTER_SERVICE}: that is the router itself")
    for number, content in _lines(path):
        key = content.partition("=")[0].strip()
        meant = "" if key in _READERS else _nearest(key)
        if meant:
            yield Doubt(
                path, f"{key[:80]!r} is no key of ours, and not read: did you mean {meant!r}?", number, key, meant
            )


def _nearest(key: str) -> str:
    """The key of ours that was probably meant; empty when it is none."""
    near = difflib.get_close_matches(key.lower(), _READERS, 1, NEAR)
    return near[0] if near else ""


def _paths(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.name.endswith(_SUFFIX))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(_KEY, f"{str(directory)!r} cannot be read: {error.strerror}") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, each with its number."""
    for number, line in enumerate(_text(path).splitlines(), 1):
        content = line.strip()
        if content and not content.startswith(_COMMENTS):
            yield number, content


def _read(path: Path) -> ServiceFile:
    found: dict[str, object] = {}
    for number, content in _lines(path):
        try:
            _take(found, content)
        except ValueError as error:
            raise ConfigError(_KEY, f"{str(path)!r}, line {number}: {error}") from None
    user = str(found.pop("user", ""))
    return ServiceFile(user=user, packaged=PackagedService(**found))  # type: ignore[arg-type]  # each by its own reader


def _text(path: Path) -> str:
    try:
        return read_file(path, FILE_BYTES)
    except OSError as error:
        raise ConfigError(_KEY, f"{str(path)!r} cannot be read: {error.strerror}") from error
    except ValueError as error:
        fault = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigError(_KEY, f"{str(path)!r} is {fault}") from None


def _take(found: dict[str, object], content: str) -> None:
    """Read one line into what was found so far.

    Raises:
        ValueError: It is wrong.
    """
    key, separator, value = (part.strip() for part in content.partition("="))
    if not (separator and key):
        raise ValueError(f"{content[:80]!r} is not KEY = VALUE")
    reader = _READERS.get(key)
    if reader is None:
        return
    if key in found:
        raise ValueError(f"more than one {key}")
    try:
        found[key] = reader(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _user(value: str) -> str:
    if not value:
        raise ValueError("names nobody")
    return value


def _words(value: str) -> str:
    if len(value) > TEXT_CHARACTERS:
        raise ValueError(f"{value[:40]!r}… is longer than {TEXT_CHARACTERS} characters")
    if not value.isprintable():
        raise ValueError(f"{value!r} holds a character that cannot be printed")
    return value


def _commands(value: str) -> frozenset[str]:
    listed = [command.strip() for command in value.split(",")]
    for command in listed:
        if not is_command_name(command):
            raise ValueError(f"{command[:80]!r} is not a command such as PING")
    return frozenset(listed)


def _queue(value: str) -> QueuePolicy:
    if value == "stall":
        raise ValueError(
            "'stall' is not offered, for one service could hold up all others: "
            "with 'disconnect' they wait for it as long as limits.stall_s allows"
        )
    try:
        return QueuePolicy(value)
    except ValueError:
        raise ValueError(f"{value!r} is none of {', '.join(QueuePolicy)}") from None


def read_cache_policy(value: str) -> CachePolicy:
    """Read what a message may say too: ``no``, ``reply`` and ``ttl=DURATION``, separated by ``;``.

    What a message says wrongly is ignored; a file says it for years.

    Raises:
        ValueError: A token is unknown, or has no effect beside the others.
    """
    tokens = [token.strip() for token in value.split(";")]
    for token in tokens:
        if token.startswith(_TTL):
            _check_ttl(token.removeprefix(_TTL))
        elif token not in ("no", "reply"):
            raise ValueError(f"{token!r} is none of no, reply and ttl=DURATION")
    if "reply" in tokens and "no" not in tokens:
        raise ValueError("'reply' counts only beside 'no': a message that is kept is not answered")
    return parse_cache_policy(value)


def _check_ttl(text: str) -> None:
    try:
        ttl_s = parse_duration_s(text)
    except RemoteProtocolError as error:
        raise ValueError(str(error)) from None
    if not SHORTEST_TTL_S <= ttl_s <= LONGEST_TTL_S:
        raise ValueError(f"'ttl={text}' is not between {SHORTEST_TTL_S:g} and {LONGEST_TTL_S:g} seconds")


_READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "user": _user,
        "version": _words,
        "description": _words,
        "commands": _commands,
        "queue": _queue,
        "cache": read_cache_policy,
    }
)
"""Key to what reads its value; each but ``user`` is a field of `PackagedService`."""
