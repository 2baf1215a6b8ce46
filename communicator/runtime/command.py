"""The command line every daemon has, and one way to fail; it knows a daemon by name and settings only."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import msgspec
import typer

from communicator.errors import ConfigError
from communicator.runtime.daemon import SIGNALS, Daemon
from communicator.runtime.logs import LogFormat, LogLevel, configure_logs
from communicator.runtime.settings import configuration_files, load_settings
from communicator.version import __version__

S = TypeVar("S", bound=msgspec.Struct)
Serve = Callable[[Daemon[S]], Awaitable[None]]

CONFIG_DIRECTORY = Path("/etc/bellwether")
_FLAG = " "  # a flag takes no value: without this its column would say <bool>

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


def daemon_command(
    name: str,
    settings_type: type[S],
    serve: Serve[S],
    *,
    help: str,  # noqa: A002 - the word typer uses
    check: Callable[[S], None] = lambda _: None,
    survey: Callable[[S], list[str]] = lambda _: [],
) -> Callable[[], None]:
    """The ``main`` of a daemon's console script.

    Args:
        name: The program; its file is ``/etc/bellwether/NAME.toml``, without a leading ``bellwether-``.
        settings_type: A msgspec Struct that forbids unknown fields; a field ``communicator`` brings the option of
            that name.
        serve: Runs the daemon, see `Daemon.run`.
        help: What the daemon is for, shown by ``--help``.
        check: Checks what the settings name on this host, such as files; raises `ConfigError`. Called whenever settings
            are read: at the start, by ``--check-config`` and on SIGHUP.
        survey: Says what else is wrong on this host that the daemon would live with; asked by ``--check-config`` only.
    """
    default_config = CONFIG_DIRECTORY / f"{name.removeprefix('bellwether-')}.toml"

    def command(  # noqa: PLR0913, PLR0917 - each is one option
        config: ConfigOption = None,
        assignments: SetOption = None,
        communicator: CommunicatorOption = None,
        check_config: CheckOption = False,  # noqa: FBT002 - a flag of the command line
        ports_file: PortsOption = None,
        log_level: LevelOption = LogLevel.INFO,
        log_format: FormatOption = LogFormat.LOGFMT,
        version: VersionOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        if version:
            typer.echo(f"{name} {__version__}")
            return
        assigned = [*(assignments or ()), *_assignment("communicator", communicator)]

        def load() -> S:
            return _checked(load_settings(settings_type, _files(config, default_config), assigned), check)

        try:
            settings = load()
            faults = survey(settings) if check_config else []
        except ConfigError as error:
            _refuse(name, error)
        if check_config:
            _end_check(name, faults)
        daemon = Daemon(name, settings, configure_logs(log_level, log_format), load=load, ports_file=ports_file)
        sys.exit(run_loop(daemon, serve))

    return _program(name, command, help, takes_communicator="communicator" in settings_type.__struct_fields__)


def _end_check(name: str, faults: list[str]) -> NoReturn:
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        typer.echo(f"{name}: settings are good, but what they name on this host is not", err=True)
        sys.exit(os.EX_CONFIG)
    typer.echo(f"{name}: settings are good")
    sys.exit(os.EX_OK)


def _files(named: Path | None, default: Path) -> list[Path]:
    """What to read: a file that was named has to be there, the default need not."""
    files = configuration_files(named or default)
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


def _program(name: str, command: Callable[..., None], about: str, *, takes_communicator: bool) -> Callable[[], None]:
    application = typer.Typer(
        name=name,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.command(help=about)(command)
    program = typer.main.get_command(application)
    if not takes_communicator:
        program.params = [option for option in program.params if option.name != "communicator"]

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
