"""SHELL: the command line of ``bellwether``; each command loads what it needs when it runs, so ``--help`` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from bellwether import (
    canary_group,
    clock_group,
    cluster_group,
    deploy_group,
    feature_group,
    flag_group,
    messages_group,
    password_group,
    shadow_group,
)
from bellwether.options import FLAG, CommunicatorOption, JsonOption, TimeoutOption, WaitOption, told
from bellwether.screen_text import write
from communicator.version import __version__

application = typer.Typer(
    name="bellwether",
    help="Watch a cluster of daemons: are its clocks true, and are its versions sound?",
    epilog="Start everything on this machine with [bold]bellwether up[/bold], then try [bold]bellwether status[/bold].",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
application.add_typer(canary_group.application, name="canary")
application.add_typer(clock_group.application, name="clock")
application.add_typer(cluster_group.application, name="cluster")
application.add_typer(deploy_group.application, name="deploy")
application.add_typer(feature_group.application, name="feature")
application.add_typer(flag_group.application, name="flag")
application.add_typer(messages_group.application, name="messages")
application.add_typer(password_group.application, name="password")
application.add_typer(shadow_group.application, name="shadow")


def _print_version(value: bool) -> None:  # noqa: FBT001 - the shape typer wants
    if value:
        write(f"bellwether {__version__}")
        raise typer.Exit


@application.callback()
def root(
    version: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--version", metavar=FLAG, callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Carry the options that stand before any command."""


@application.command()
def up(
    directory: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Private directory for sockets, data, flags and logs.")
    ] = Path(".bellwether"),
    config: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Your own communicatord.toml, exporter.toml, … are in DIR."),
    ] = None,
) -> None:
    """Run all daemons on this machine until Ctrl-C: router, clock check, canary and /metrics.

    No privileges and no configuration are needed. Standard ports are taken where they are free.
    """
    with told():
        from bellwether.screen import Screen  # noqa: PLC0415 - see the module's docstring
        from bellwether.up import run  # noqa: PLC0415 - the same

        run(directory, config, talk=Screen(stderr=True), out=Screen())


@application.command()
def status(communicator: CommunicatorOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """Show the router, the cluster, this host's clock and the services on one screen."""
    with told():
        from bellwether import commands  # noqa: PLC0415 - see the module's docstring

        commands.status(communicator, as_json=as_json)


@application.command()
def services(
    communicator: CommunicatorOption = None,
    local: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--local", metavar=FLAG, help="Only those of this host.")
    ] = False,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """List the services of the whole cluster, as the router knows them."""
    with told():
        from bellwether import commands  # noqa: PLC0415 - see the module's docstring

        commands.services(communicator, local=local, as_json=as_json)


@application.command(
    epilog="Examples:  bellwether send --wait CLUSTER_GET_STATUS  ·  bellwether send 'printer/PRINT file=a.txt copies=2'  ·  "
    "bellwether send printer/PRINT 'title=two words'  ·  bellwether send '*/CONFIG_CHANGED'"
)
def send(
    message: Annotated[
        list[str],
        typer.Argument(
            metavar="MESSAGE",
            help="\\[\\[server:]service/]COMMAND name=value …, in one text or as separate words. Values with blanks are quoted. "
            "A text with ';' between parameters is taken in the wire's own form.",
        ),
    ],
    communicator: CommunicatorOption = None,
    wait: WaitOption = False,  # noqa: FBT002 - a flag
    timeout_s: TimeoutOption = 5.0,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Send one message; fails when the router knows no receiver. Only --wait tells whether the receiver is there and understood.

    Without a service it goes to the router itself; the service '*' is a broadcast to all who know the command.
    """
    with told():
        from bellwether import commands  # noqa: PLC0415 - see the module's docstring

        commands.send(communicator, message, wait=wait, timeout_s=timeout_s, as_json=as_json)


@application.command()
def tap(
    communicator: CommunicatorOption = None,
    service: Annotated[str, typer.Option(metavar="NAME", help="Only messages from or to this service.")] = "",
    command: Annotated[str, typer.Option(metavar="NAME", help="Only this command.")] = "",
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="End after N lines.")] = None,
) -> None:
    """Watch the messages that pass the router: '<' came in, '>' went out.

    Root, the router's own user and, where the router allows it, its socket's group may do this.
    """
    with told():
        from bellwether import commands  # noqa: PLC0415 - see the module's docstring

        commands.tap(communicator, service=service, command=command, count=count)


@application.command()
def route(
    destination: Annotated[
        str,
        typer.Argument(metavar="DESTINATION", help="SERVER/SERVICE, SERVER:SERVICE, SERVICE, SERVER, or '*'."),
    ],
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show which way a message would go, and why; nothing is sent. Fails when there is no way."""
    with told():
        from bellwether import cluster_commands  # noqa: PLC0415 - see the module's docstring

        cluster_commands.route(communicator, destination, as_json=as_json)


@application.command(epilog="Example:  bellwether trace 'beta:printer/PRINT file=a.txt'")
def trace(
    message: Annotated[list[str], typer.Argument(metavar="MESSAGE", help="As for 'bellwether send'.")],
    communicator: CommunicatorOption = None,
    wait_s: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0.001, help="How long to wait for its arrival.")
    ] = 5.0,
) -> None:
    """Send one message, and print each router it passes as it does; fails when it was delivered nowhere.

    A message to one service is followed until it arrives, a broadcast for as long as --wait says.
    """
    with told():
        from bellwether import cluster_commands  # noqa: PLC0415 - see the module's docstring

        cluster_commands.trace(communicator, message, wait_s=wait_s)


@application.command(
    epilog="Examples:  bellwether reporter --check tests/*.rprtr  ·  "
    "bellwether reporter register.rprtr --param router=cd://127.0.0.1:4040"
)
def reporter(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scripts, as a rule named *.rprtr.")],
    check: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--check", metavar=FLAG, help="Only say what is wrong in the scripts; play none.")
    ] = False,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="Set a variable before each script starts; repeatable."),
    ] = None,
    pid: Annotated[
        int | None, typer.Option("--pid", metavar="PID", min=1, help="The tested process, for kill().")
    ] = None,
) -> None:
    """Play scripts of the reporter language: the other side of a conversation with a service, or with the router.

    Exit code 0: all passed. 1: what a script expects is not so. 2: a script is wrong in itself; none was played.
    """
    with told():
        from bellwether import reporter_commands  # noqa: PLC0415 - see the module's docstring

        reporter_commands.reporter(files, check=check, params=param or [], process_id=pid)


def main() -> None:
    """The console script."""
    application(prog_name="bellwether")
