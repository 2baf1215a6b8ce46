"""SHELL: what ``bellwether flag`` does to the directory of flags; how a flag looks is told elsewhere."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import RenderableType

from bellwether.answers import to_json
from bellwether.failure import CommandError
from bellwether.flags_view import document, to_page, to_table
from bellwether.places import PRIVATE_DIRECTORY, Layout
from bellwether.screen import Screen
from bellwether.screen_text import tell
from communicator.errors import FlagError
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName, Source, parse_flag_name
from communicator.flags.flag_directory import SITTER_READS, FlagDirectory, Listing
from communicator.flags.flag_file import DEFAULT_DIRECTORY
from communicator.runtime.settings import configuration_files, load_settings
from communicator.version import __version__
from communicator.wording.characters import printable
from communicator.wording.spans import age

CONFIG = Path("/etc/bellwether/communicatord.toml")
_USAGE = 2


@dataclass(frozen=True, slots=True)
class Extras:
    """What a flag may say besides its message."""

    priority: int = 5
    manual: bool = False
    tags: frozenset[str] = frozenset()
    help: str = ""
    help_uri: str = ""


class _Configured(msgspec.Struct):
    """The one setting we need; the rest of the file is the router's business."""

    flags_path: str = ""


def show_all(directory: Path | None, *, as_json: bool) -> None:
    """Print the flags that are up; files that hold none are told beside them.

    Raises:
        CommandError: There is no directory to look in.
        FlagsPathError: It cannot be read.
    """
    place = _directory(directory)
    listing = place.read_all()
    _print(to_json([document(flag) for flag in listing.flags]) if as_json else to_table(listing.flags, time.time()))
    _warn(place, listing)


def show(name: str, directory: Path | None, *, as_json: bool) -> None:
    """Print one flag.

    Raises:
        CommandError: It is down, or that is no name of one.
        FlagError: Its file holds none.
        FlagsPathError: It cannot be read.
    """
    wanted, place = _name(name), _directory(directory)
    flag = place.find(wanted)
    if flag is None:
        declared = declarations().get(wanted)
        more = f"; it would mean: {declared.help}" if declared else ""
        raise CommandError(f"{wanted} is down in {str(place.path)!r}{more}")
    _print(to_json([document(flag)]) if as_json else to_page(flag, time.time()))


def raise_(name: str, message: str, extras: Extras, directory: Path | None) -> None:
    """Raise a flag for a person.

    Raises:
        CommandError: What is asked for makes no flag, or none may be raised there.
        FlagsPathError: It could not be written.
    """
    wanted, place = _name(name), _writable(directory)
    flag = Flag(
        name=wanted,
        message=message,
        priority=extras.priority,
        manual_down=extras.manual,
        tags=extras.tags,
        source=Source(function="bellwether flag raise"),
        version=__version__,
        hostname=socket.gethostname(),
        help=extras.help,
        help_uri=extras.help_uri,
    )
    now_s = int(time.time())
    try:
        raised = place.raise_(flag, now_s)
    except FlagError as error:
        raise CommandError(str(error), _USAGE) from None
    if raised is None:
        _say(f"{wanted} is up already, and was written less than a minute ago: left as it is")
    elif raised.count > 1:
        _say(
            f"{wanted} was up already, for {age(raised.date_s, now_s)}: counted, and its message and priority stay; "
            "take it down first to change them"
        )
    else:
        _say(f"raised {wanted} in {str(place.path)!r}")


def lower(name: str, directory: Path | None) -> None:
    """Take a flag down, whoever has raised it.

    Raises:
        CommandError: It is down, or that is no name of one.
        FlagsPathError: It could not be taken down.
    """
    wanted, place = _name(name), _writable(directory)
    if not place.lower(wanted, by_person=True):
        raise CommandError(f"{wanted} is not up in {str(place.path)!r}")
    _say(f"took {wanted} down")


def find_directory(option: Path | None, config: Path, standard: Path, private: Path) -> Path:
    """Where flags are: what one is told, the settings say, the standard place, or that of the suite started here.

    Args:
        option: What ``--dir`` said.
        config: The settings of the router.
        standard: Where the sitter looks.
        private: The directory of a suite started by ``bellwether up``.

    Raises:
        CommandError: There is none.
        ConfigError: The settings cannot be read.
    """
    if option is not None:
        return option
    configured = load_settings(_Configured, configuration_files(config)).flags_path
    if configured:
        return Path(configured)
    for path in (standard, Layout(private).flags):
        if path.is_dir():
            return path
    raise CommandError(
        f"no directory of flags found: there is neither {standard} nor a suite started here; name one with --dir"
    )


def _directory(option: Path | None) -> FlagDirectory:
    return FlagDirectory(find_directory(option, CONFIG, Path(DEFAULT_DIRECTORY), PRIVATE_DIRECTORY))


def _writable(option: Path | None) -> FlagDirectory:
    """The directory, where flags may be raised.

    Raises:
        CommandError: They may not.
    """
    place = _directory(option)
    fault = place.fault()
    if fault:
        raise CommandError(f"no flag can be changed in {str(place.path)!r}: {fault}")
    return place


def _name(text: str) -> FlagName:
    try:
        return parse_flag_name(text)
    except FlagError as error:
        raise CommandError(str(error), _USAGE) from None


def _warn(place: FlagDirectory, listing: Listing) -> None:
    for name, reason in listing.unreadable:
        _say(f"bellwether: {str(place.path / name)!r} cannot be read: {reason}")
    count = len(listing.flags) + len(listing.unreadable)
    if count > SITTER_READS:
        _say(f"bellwether: {count} flags are up, and the sitter reads no more than {SITTER_READS}")


def _print(shown: RenderableType) -> None:
    Screen().print(shown, markup=False, highlight=False, soft_wrap=isinstance(shown, str))


def _say(text: str) -> None:
    tell(printable(text))
