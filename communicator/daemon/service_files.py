"""Reads the ``.service`` files of this host: which services it has, and who may register them; it decides nothing."""

from collections.abc import Iterator
from pathlib import Path

from communicator.errors import ConfigError
from communicator.protocol.names import is_service_name

_KEY = "services_path"
_COMMENTS = ("#", ";")


def read_service_files(directory: Path) -> dict[str, str]:
    """The services of a directory; none when it is not there.

    A file holds ``key = value`` lines, blank ones, and comments after ``#`` or ``;``. Of the keys only ``user`` is read, the others
    are those of the C++ router. An empty file names a service that anybody may register.

    Returns:
        The name of each service to the user who may register it; empty where anybody may.

    Raises:
        ConfigError: The directory or a file cannot be read, or a line is none of these.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".service")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(_KEY, f"{str(directory)!r} cannot be read: {error.strerror}") from error
    return {path.stem: _owner(path) for path in paths if is_service_name(path.stem)}


def _owner(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(_KEY, f"{str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(_KEY, f"{str(path)!r} is not UTF-8") from None
    users = [value for key, value in _settings(path, text) if key == "user"]
    if len(users) > 1:
        raise ConfigError(_KEY, f"{str(path)!r} names more than one user")
    if users and not users[0]:
        raise ConfigError(_KEY, f"{str(path)!r}: user names nobody")
    return users[0] if users else ""


def _settings(path: Path, text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith(_COMMENTS):
            continue
        key, separator, value = content.partition("=")
        if not (separator and key.strip()):
            raise ConfigError(_KEY, f"{str(path)!r}, line {number}: {content!r} is not KEY = VALUE")
        yield key.strip(), value.strip()
