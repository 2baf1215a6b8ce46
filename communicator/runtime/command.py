"""The command line every daemon has, and one way to fail; it knows a daemon by name and settings only."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, NoReturn, TypeVar

import msgspec
import typer
from structlog.typing import FilteringBoundLogger
from typer.core import TyperOption

from communicator.errors import ConfigError
from communicator.runtime.daemon import SIGNALS, Daemon
from communicator.runtime.logs import LogFormat, LogLevel, configure_logs
from communicator.runtime.settings import configuration_files, load_settings
from communicator.version import __version__

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
_OF_A_SETTING = frozenset(("communicator", "role"))
"""Options that a daemon has which knows a setting of that name."""
_FLAG = " "  # a flag takes no value: without this its column would say <bool>


def _require_value(value: str | None) -> str | None:
    """The value of an option, which is not the next option."""
    if value is not None and value.startswith("-"):
        raise typer.BadParameter(f"a value is missing before {value}")
    return value


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Read settings from FILE, then from the drop-ins beside it (NAME.d/*.toml for NAME.toml).",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set one key by its dotted path, over all files; repeatable."),
]
CommunicatorOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="BELLWETHER_COMMUNICATOR",
        help="Where the router listens (cd://HOST:PORT, cd:///PATH).",
    ),
]
RoleOption = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="What it does on this host; short for --set role=ROLE.",
        callback=_require_value,
    ),
]
CheckOption = Annotated[
    bool,
    typer.Option(
        "--check-config",
        metavar=_FLAG,
        help="Check the settings and exit: 0 when they are good, 78 when not.",
    ),
]
PortsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Once ready, write the addresses bound to into FILE as JSON; removed at the end."
    ),
]
LevelOption = Annotated[
    LogLevel,
    typer.Option(metavar="LEVEL", help="The least severe event to log: debug, info, warning or error."),
]
FormatOption = Annotated[LogFormat, typer.Option(metavar="FORMAT", help="How a line of the log looks: logfmt or json.")]
VersionOption = Annotated[
    bool, typer.Option("--version", metavar=_FLAG, is_eager=True, help="Print the version and exit.")
]


def daemon_command(  # noqa: PLR0913 - each is one thing that daemons differ in
    name: str,
    settings_type: type[S],
    serve: Serve[S],
    *,
    help: str,  # noqa: A002 - the word typer uses
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
    further = _Further(shortcuts, mode)

    def command(  # noqa: PLR0913, PLR0917 - each is one option
        config: ConfigOption = None,
        assignments: SetOption = None,
        communicator: CommunicatorOption = None,
        role: RoleOption = None,
        check_config: CheckOption = False,  # noqa: FBT002 - a flag of the command line
        ports_file: PortsOption = None,
        log_level: LevelOption = LogLevel.INFO,
        log_format: FormatOption = LogFormat.LOGFMT,
        version: VersionOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        if version:
            typer.echo(f"{name} {__version__}")
            return
        assigned = [*(assignments or ()), *_assignment("communicator", communicator), *_assignment("role", role)]

        def load() -> S:
            return _checked(load_settings(settings_type, _files(name, config), assigned + further.assignments), check)

        settings = _first_settings(name, load, survey if check_config else None)
        log = configure_logs(log_level, log_format)
        if mode is not None and further.is_mode_wanted:
            sys.exit(asyncio.run(mode.run(settings, log)))
        sys.exit(run_loop(Daemon(name, settings, log, load=load, ports_file=ports_file), serve))

    return _program(name, command, help, settings_type.__struct_fields__, further.options)


class _Further:
    """The options that only one daemon has, and what was given of them."""

    def __init__(self, shortcuts: Sequence[Shortcut], mode: Mode[Any] | None) -> None:
        self.assignments: list[str] = []
        self.is_mode_wanted = False
        self.options = [self._shortcut(shortcut) for shortcut in shortcuts]
        if mode is not None:
            self.options.append(_option(mode.option, mode.help, _FLAG, is_flag=True, callback=self._want_mode))

    def _shortcut(self, shortcut: Shortcut) -> TyperOption:
        def take(context: typer.Context, option: TyperOption, value: str | bool) -> None:  # noqa: FBT001 - so it is called
            source = context.get_parameter_source(str(option.name))
            if source is None or source.name == "DEFAULT":
                return
            checked = value if isinstance(value, bool) else _require_value(value)
            self.assignments.append(f"{shortcut.key}={msgspec.json.encode(checked).decode()}")

        is_flag = not shortcut.metavar
        return _option(shortcut.option, shortcut.help, shortcut.metavar or _FLAG, is_flag=is_flag, callback=take)

    def _want_mode(self, _context: typer.Context, _option: TyperOption, value: bool) -> None:  # noqa: FBT001 - so it is called
        self.is_mode_wanted = value


def _option(names: str, about: str, metavar: str, *, is_flag: bool, callback: Callable[..., None]) -> TyperOption:
    """An option that nobody hears of but its callback."""
    return TyperOption(
        param_decls=[names, re.sub(r"\W+", "_", names).strip("_")],
        help=about,
        metavar=metavar,
        is_flag=is_flag,
        default=False if is_flag else None,
        callback=callback,
        expose_value=False,
        show_default=False,
    )


def _first_settings(name: str, load: Callable[[], S], survey: Callable[[S], list[str]] | None) -> S:
    """The settings, which are good; ends the process where they are not, or where they were only to be checked."""
    try:
        settings = load()
        if survey is not None:
            _end_check(name, survey(settings))
    except ConfigError as error:
        _refuse(name, error)
    return settings


def _end_check(name: str, faults: list[str]) -> NoReturn:
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        typer.echo(f"{name}: settings are good, but what they name on this host is not", err=True)
        sys.exit(os.EX_CONFIG)
    typer.echo(f"{name}: settings are good")
    sys.exit(os.EX_OK)


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
    return exit_code


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - an extra; absent on many machines
    except ImportError:
        return None
    return uvloop.new_event_loop


def _program(
    name: str, command: Callable[..., None], about: str, fields: Collection[str], further: Sequence[TyperOption]
) -> Callable[[], None]:
    application = typer.Typer(
        name=name,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.command(help=about)(command)
    program = typer.main.get_command(application)
    program.params = [option for option in program.params if option.name in fields or option.name not in _OF_A_SETTING]
    program.params += further

    def main() -> None:
        program(prog_name=name)

    return main


def _refuse(name: str, error: ConfigError) -> NoReturn:
    typer.echo(f"{name}: {error}", err=True)
    sys.exit(os.EX_CONFIG)


def _assignment(key: str, value: str | None) -> list[str]:
    """An option as the assignment it stands for; none when it was not given."""
    return [] if value is None else [f"{key}={msgspec.json.encode(value).decode()}"]


def _checked(settings: S, check: Callable[[S], None]) -> S:
    check(settings)
    return settings
