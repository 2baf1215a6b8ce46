"""SHELL: the command line of ``bellwether password``; what it does is loaded when it runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bellwether.options import told

application = typer.Typer(
    help="Say who may come in from other hosts: the entries of the router's password file.", no_args_is_help=True
)

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="The name that is said with the password.")]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="The password file. Default: what \\[auth] password_file says in /etc/bellwether/communicatord.toml.",
    ),
]


class Opened(StrEnum):
    """What an entry is good for; the router's own names for it are not loaded for the sake of a help text."""

    SERVICE = "service"
    ROUTER = "router"


@application.command(
    epilog="Examples:  bellwether password add printer --for service --name printer  ·  "
    "bellwether password add beta --for router --name beta"
)
def add(
    user: UserArgument,
    opens: Annotated[Opened, typer.Option("--for", help="Whether a service or a router comes in with it.")],
    names: Annotated[
        list[str],
        typer.Option(
            "--name", metavar="NAME", help="What it may be called: a service, or a server. May be repeated; '*' is any."
        ),
    ],
    file: FileOption = None,
) -> None:
    """Add an entry, or replace the one this user has. The password is asked for twice, or read from standard input.

    The file keeps a hash (argon2id), never the password.
    """
    with told():
        from bellwether import password_commands  # noqa: PLC0415 - see the module's docstring

        password_commands.add(user, opens.value, names, file)


@application.command()
def remove(user: UserArgument, file: FileOption = None) -> None:
    """Remove the entry of a user."""
    with told():
        from bellwether import password_commands  # noqa: PLC0415 - see the module's docstring

        password_commands.remove(user, file)


@application.command("list")
def list_(file: FileOption = None) -> None:
    """List the entries: who, what for, under which names."""
    with told():
        from bellwether import password_commands  # noqa: PLC0415 - see the module's docstring

        password_commands.show(file)
