"""SHELL: what ``bellwether password`` does to the password file; it shows neither a password nor a hash."""

import getpass
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.table import Table

from bellwether.failure import CommandError
from bellwether.screen import Screen
from bellwether.screen_text import tell
from communicator.daemon.passwords import (
    Entry,
    check_names,
    make_entry,
    read_password_file,
    remove_entry,
    write_entry,
)
from communicator.daemon.peers import user_of
from communicator.router.vocabulary.events import Opens
from communicator.runtime.settings import configuration_files, load_settings

CONFIG = Path("/etc/bellwether/communicatord.toml")
SHORTEST_CHARACTERS = 8
"""NIST SP 800-63B: shorter ones can be guessed."""
_KEY = "auth.password_file"
_USAGE = 2


class _Auth(msgspec.Struct):
    password_file: str = ""


class _Configured(msgspec.Struct):
    """The one setting we need; the rest of the file is the router's business."""

    auth: _Auth = msgspec.field(default_factory=_Auth)


def add(user: str, opens: str, names: Iterable[str], file: Path | None) -> None:
    """Add an entry, or replace one.

    Args:
        user: Whose.
        opens: ``service`` or ``router``.
        names: What it may be called; each may be several with commas.
        file: The password file; None for the configured one.

    Raises:
        CommandError: A name or the password will not do, or there is no file.
        ConfigError: The file is not a good one, or cannot be written.
    """
    wanted = frozenset(name.strip() for listed in names for name in listed.split(","))
    try:
        check_names(user, Opens(opens), wanted)
    except ValueError as error:
        raise CommandError(str(error), _USAGE) from None
    path = _password_file(file)
    is_new = not path.exists()
    if not is_new:
        read_password_file(path, _key(file))  # a bad file is told before anybody types a password
    entry = make_entry(user, Opens(opens), wanted, _ask_password(user))
    replaced = write_entry(path, _key(file), entry)
    _say(f"{'replaced' if replaced else 'added'} {user!r} in {str(path)!r}: opens {_opened(entry)}")
    if is_new:
        _say(
            f"made the file for user {user_of(path.stat().st_uid).name!r} alone: the router must run as that user to read it"
        )
    _say_how_it_counts()


def remove(user: str, file: Path | None) -> None:
    """Remove an entry.

    Raises:
        CommandError: There is none, or no file.
        ConfigError: The file is not a good one, or cannot be written.
    """
    path = _password_file(file)
    if not remove_entry(path, _key(file), user):
        raise CommandError(f"{user!r} has no entry in {str(path)!r}")
    _say(f"removed {user!r} from {str(path)!r}")
    _say_how_it_counts()


def show(file: Path | None) -> None:
    """Print who has an entry, and what it opens.

    Raises:
        CommandError: There is no file.
        ConfigError: The file is not a good one.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("USER", "FOR", "NAMES"):
        table.add_column(column, no_wrap=column != "NAMES")
    for entry in read_password_file(_password_file(file), _key(file)).values():
        table.add_row(entry.username, str(entry.opens), ", ".join(sorted(entry.names)))
    Screen().print(table)


def _password_file(file: Path | None, config: Path | None = None) -> Path:
    if file is not None:
        return file
    config = config or CONFIG
    named = load_settings(_Configured, configuration_files(config)).auth.password_file
    if not named:
        raise CommandError(f"{config} names no password file: set [auth] password_file there, or say which with --file")
    return Path(named)


def _key(file: Path | None) -> str:
    return _KEY if file is None else "--file"


def _ask_password(user: str) -> str:
    password = _ask_twice(user) if sys.stdin.isatty() else _read_input()
    fault = _fault(password)
    if fault:
        raise CommandError(f"{fault}: nothing was changed")
    return password


def _ask_twice(user: str) -> str:
    try:
        password = getpass.getpass(f"Password for {user}: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandError("the two passwords differ: nothing was changed")
    except EOFError:
        raise CommandError("no password was given: nothing was changed") from None
    return password


def _read_input() -> str:
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


def _fault(password: str) -> str:
    if not password:
        return "the password is empty"
    if len(password) < SHORTEST_CHARACTERS:
        return f"the password has fewer than {SHORTEST_CHARACTERS} characters"
    if not password.isprintable() or password != password.strip():
        return "the password is not one line of printable characters without blanks around it"
    return ""


def _opened(entry: Entry) -> str:
    return f"{entry.opens} {', '.join(sorted(entry.names))}"


def _say_how_it_counts() -> None:
    _say(
        "a running daemon takes it with SIGHUP: systemctl reload communicatord, or bellwether-exporter where it is its file"
    )


def _say(text: str) -> None:
    tell(text)
