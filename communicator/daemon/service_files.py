"""Reads the ``.service`` files of this host: which services it has and what each file says of its service; it decides nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from communicator.daemon.service_cache import read_cache_policy
from communicator.errors import ConfigError
from communicator.protocol.names import is_command_name, is_service_name
from communicator.router.config import PackagedService
from communicator.router.effects import QueuePolicy

FILE_BYTES = 256 * 1024
"""The largest file read: 1,000 commands of the longest names take half of it."""
TEXT_CHARACTERS = 256
"""Bound of version and description: they are told with every list of services."""

_KEY = "services_path"
_COMMENTS = ("#", ";")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFile:
    """One file."""

    user: str = ""
    """Who may register the name, beside root and the router's own user; empty where anybody may."""
    packaged: PackagedService


def read_service_files(directory: Path) -> dict[str, ServiceFile]:
    """The services of a directory; none when it is not there.

    A file holds ``key = value`` lines, blank ones, and comments after ``#`` or ``;``. Keys that are not ours are those of others,
    and not looked at. An empty file names a service that anybody may register.

    Returns:
        The name of each service to what its file says.

    Raises:
        ConfigError: The directory or a file cannot be read, or a line is none of these, or a value is wrong; the text names the
            file, the line and the key.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".service")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(_KEY, f"{str(directory)!r} cannot be read: {error.strerror}") from error
    return {path.stem: _read(path) for path in paths if is_service_name(path.stem)}


def _read(path: Path) -> ServiceFile:
    found: dict[str, object] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        content = line.strip()
        if not content or content.startswith(_COMMENTS):
            continue
        try:
            _take(found, content)
        except ValueError as error:
            raise ConfigError(_KEY, f"{str(path)!r}, line {number}: {error}") from None
    user = str(found.pop("user", ""))
    return ServiceFile(user=user, packaged=PackagedService(**found))  # type: ignore[arg-type]  # each by its own reader


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(_KEY, f"{str(path)!r} cannot be read: {error.strerror}") from error
    if len(content) > FILE_BYTES:
        raise ConfigError(_KEY, f"{str(path)!r} is larger than {FILE_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError(_KEY, f"{str(path)!r} is not UTF-8") from None


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
