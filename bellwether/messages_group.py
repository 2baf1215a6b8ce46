"""SHELL: the command line of ``bellwether messages``; what it does is loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from bellwether.options import told

application = typer.Typer(
    help="See what may be in each message, check one, and check files that define them. No router is needed.",
    no_args_is_help=True,
)

DefinitionsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--definitions",
        metavar="DIR",
        help="A directory of further definitions; may be repeated, the first counts first. Default: definitions_path in "
        "/etc/bellwether/communicatord.toml.",
    ),
]


@application.command(
    epilog="Examples:  bellwether messages lint  ·  bellwether messages lint /usr/share/eventdispatcher/messages PRINT.conf"
)
def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Definition files, or directories of them. Without any, those the router of this host reads.",
        ),
    ] = None,
) -> None:
    """Say what is wrong with definition files, as 'file:line: severity: text'; fails when there is an error.

    A warning says what was passed over or is odd; what an error is said of would not be taken by a router.
    """
    with told():
        from bellwether import messages_commands  # noqa: PLC0415 - see the module's docstring

        messages_commands.lint(paths)


@application.command()
def show(
    command: Annotated[
        str,
        typer.Argument(metavar="COMMAND", help="Which; without it, all are listed. 'global' is what any may have."),
    ] = "",
    definitions: DefinitionsOption = None,
) -> None:
    """Show what may be in a message, who says it to whom, and what answers it."""
    with told():
        from bellwether import messages_commands  # noqa: PLC0415 - see the module's docstring

        messages_commands.show(command, definitions)


@application.command(
    epilog="Examples:  bellwether messages check 'printer/PRINT file=a.txt;copies=2'  ·  "
    "bellwether messages check STATUS service=printer status=up"
)
def check(
    message: Annotated[
        list[str],
        typer.Argument(
            metavar="LINE",
            help="A line as it goes over the wire, in quotes; or its parts as separate words, as for 'send'.",
        ),
    ],
    definitions: DefinitionsOption = None,
    server: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The server of the router that would check it: some messages may not be sent to another one.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Print OK, or what is wrong with a message, and fail then. A command without a definition is not checked."""
    with told():
        from bellwether import messages_commands  # noqa: PLC0415 - see the module's docstring

        if not messages_commands.check(message, definitions, server):
            raise typer.Exit(1)
