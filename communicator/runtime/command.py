"""The command line every daemon has, and one way to fail; it knows a daemon by name and settings only."""

import asyncio
import gc
import os
import pwd
import signal
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import msgspec
from structlog.typing import FilteringBoundLogger

from communicator.errors import ConfigError
from communicator.runtime.daemon import SIGNALS, Daemon
from communicator.runtime.logs import LogFormat, LogLevel, configure_logs
from communicator.runtime.settings import configuration_files, load_settings
from communicator.version import __version__
from communicator.wording.characters import printable

S = TypeVar("S", bound=msgspec.Struct)
Serve = Callable[[Daemon[S]], Awaitable[None]]


class Shortcut(NamedTuple):
    """An option of one daemon that is short for one of its settings."""

    option: str
    """``--name``, or ``--name/--no-name`` for a setting that is true or false."""
    key: str
    """The setting, by its dotted path."""
    help: str
    metavar: str = ""
    """What stands for the value; empty for true or false."""


class Mode(NamedTuple, Generic[S]):
    """An option of one daemon that has it do something else once, and end."""

    option: str
    help: str
    run: Callable[[S, FilteringBoundLogger], Coroutine[Any, Any, int]]
    """Does it, and gives the exit code."""


CONFIG_DIRECTORY = Path("/etc/bellwether")
UNIT_USER = "bellwether"
"""Whom all units in deploy/systemd run as."""
_ENVIRONMENT = {"communicator": "BELLWETHER_COMMUNICATOR"}
"""Settings that a variable of the environment names too; an option lies over it."""
_OF_A_SETTING = (
    Shortcut(
        "--communicator",
        "communicator",
        f"Where the router listens (cd://HOST:PORT, cd:///PATH) [env var: {_ENVIRONMENT['communicator']}].",
        metavar="URL",
    ),
    Shortcut("--role", "role", "What it does on this host; short for --set role=ROLE.", metavar="ROLE"),
)
"""Options that a daemon has which knows a setting of that name."""


def daemon_command(  # noqa: PLR0913 - each is one thing that daemons differ in
    name: str,
    settings_type: type[S],
    serve: Serve[S],
    *,
    help: str,  # noqa: A002 - the word of every command line
    check: Callable[[S], None] = lambda _: None,
    survey: Callable[[S], list[str]] = lambda _: [],
    shortcuts: Sequence[Shortcut] = (),
    mode: Mode[S] | None = None,
) -> Callable[[], None]:
    """The ``main`` of a daemon's console script.

    Args:
        name: The program; its file is ``/etc/bellwether/NAME.toml``, without a leading ``bellwether-``.
        settings_type: A msgspec Struct that forbids unknown fields; a field ``communicator`` or ``role`` brings
            the option of that name.
        serve: Runs the daemon, see `Daemon.run`.
        help: What the daemon is for, shown by ``--help``.
        check: Checks what the settings name on this host, such as files; raises `ConfigError`. Called whenever settings
            are read: at the start, by ``--check-config`` and on SIGHUP.
        survey: Says what else is wrong on this host that the daemon would live with; asked by ``--check-config`` only.
        shortcuts: Its further options; what they set is over all files and ``--set``.
        mode: What else it can do.
    """
    own = [*(each for each in _OF_A_SETTING if each.key in settings_type.__struct_fields__), *shortcuts]

    def main() -> None:
        given = _parser(name, help, own, mode).parse_args()
        assignments = [*given.set, *_assigned(own, vars(given))]

        def load() -> S:
            settings = load_settings(settings_type, _files(name, given.config), assignments)
            check(settings)
            return settings

        settings = _first_settings(name, load, survey if given.check_config else None)
        log = configure_logs(LogLevel(given.log_level), LogFormat(given.log_format))
        if mode is not None and given.instead:
            sys.exit(asyncio.run(mode.run(settings, log)))
        sys.exit(run_loop(Daemon(name, settings, log, load=load, ports_file=given.ports_file), serve))

    return main


def _parser(name: str, about: str, shortcuts: Sequence[Shortcut], mode: Mode[Any] | None) -> ArgumentParser:
    parser = ArgumentParser(name, description=about, allow_abbrev=False)
    add = parser.add_argument
    files = "Read settings from FILE, then from the drop-ins beside it (NAME.d/*.toml for NAME.toml)."
    add("--config", type=Path, metavar="FILE", help=files)
    over = "Set one key by its dotted path, over all files; repeatable."
    add("--set", action="append", default=[], metavar="KEY=VALUE", help=over)
    add("--check-config", action="store_true", help="Check the settings and exit: 0 when they are good, 78 when not.")
    ports = "Once ready, write the addresses bound to into FILE as JSON; removed at the end."
    add("--ports-file", type=Path, metavar="FILE", help=ports)
    least = "The least severe event to log: debug, info, warning or error. [default: %(default)s]"
    add("--log-level", choices=list(map(str, LogLevel)), default=str(LogLevel.INFO), metavar="LEVEL", help=least)
    look = "How a line of the log looks: logfmt or json. [default: %(default)s]"
    add("--log-format", choices=list(map(str, LogFormat)), default=str(LogFormat.LOGFMT), metavar="FORMAT", help=look)
    add("--version", action="version", version=f"{name} {__version__}", help="Print the version and exit.")
    for each in shortcuts:
        option = each.option.partition("/")[0]
        if each.metavar:
            add(option, dest=each.key, metavar=each.metavar, help=each.help)
        else:
            add(option, dest=each.key, action=BooleanOptionalAction, help=each.help)
    if mode is not None:
        add(mode.option, dest="instead", action="store_true", help=mode.help)
    return parser


def _assigned(shortcuts: Sequence[Shortcut], given: Mapping[str, object]) -> Iterator[str]:
    """The assignments that options stand for, or variables of the environment; none for what was not given."""
    for key in (each.key for each in shortcuts):
        value = given[key] if given[key] is not None else os.environ.get(_ENVIRONMENT.get(key, "")) or None
        if value is not None:
            yield f"{key}={msgspec.json.encode(value).decode()}"


def _first_settings(name: str, load: Callable[[], S], survey: Callable[[S], list[str]] | None) -> S:
    """The settings, which are good; ends the process where they are not, or where they were only to be checked."""
    try:
        settings = load()
        faults = None if survey is None else survey(settings)
    except ConfigError as error:
        _refuse(f"{name}: {error}")
    if faults:
        _refuse(*faults, f"{name}: settings are good, but what they name on this host is not")
    if faults is not None:
        sys.stdout.write(f"{name}: settings are good\n")
        denied = _denied_to_unit_user(load)
        if denied:
            warning = f"{name}: read as root, but the unit runs as user {UNIT_USER!r}: {denied}; give it to that user\n"
            sys.stderr.write(warning)
        sys.exit(os.EX_OK)
    return settings


def _denied_to_unit_user(load: Callable[[], object]) -> str:
    """What the daemon could not read when its unit starts it. Call it last: from then on this process is that user.

    Args:
        load: Reads the settings and what they name, and has succeeded.

    Returns:
        The first file that is denied to that user, with its key; empty when none is, when this process is not root's, or
        when there is no such user. Any other fault may be one only because the unit has not yet made its directories.
    """
    if os.geteuid() != 0:
        return ""
    try:
        user = pwd.getpwnam(UNIT_USER)
    except KeyError:
        return ""
    try:
        os.initgroups(UNIT_USER, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        load()
    except (ConfigError, PermissionError) as error:
        return str(error) if isinstance(error.__cause__ or error, PermissionError) else ""
    return ""


def _refuse(*lines: str) -> NoReturn:
    sys.stderr.writelines(f"{printable(line)}\n" for line in lines)  # a file may name its keys as it likes
    sys.exit(os.EX_CONFIG)


def _files(name: str, named: Path | None) -> list[Path]:
    """What to read: a file that was named has to be there, the daemon's own need not."""
    files = configuration_files(named or CONFIG_DIRECTORY / f"{name.removeprefix('bellwether-')}.toml")
    return [named, *files] if named and named not in files else files


def run_loop(daemon: Daemon[S], serve: Serve[S]) -> int:
    """Run a daemon on an event loop of its own, uvloop's when that is installed; returns its exit code."""

    async def serve_to_the_end(daemon: Daemon[S]) -> None:
        try:
            await serve(daemon)
        finally:  # a request to end that comes now is late: it must not turn a clean end into a death by signal
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        exit_code = runner.run(daemon.run(serve_to_the_end))
        for number in SIGNALS:  # the mask is this thread's alone, and another may still be there to hear
            signal.signal(number, signal.SIG_IGN)
    gc.freeze()  # what is left goes with the process: looking through it at its end takes longer than all else there
    return exit_code


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - an extra; absent on many machines
    except ImportError:
        return None
    return uvloop.new_event_loop
