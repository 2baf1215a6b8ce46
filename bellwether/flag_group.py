"""SHELL: the command line of ``bellwether flag``; what it does is loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from bellwether.options import FLAG, JsonOption, told

application = typer.Typer(
    help="See what needs a hand on this host, and raise or take down a flag yourself.", no_args_is_help=True
)

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="UNIT/SECTION/NAME", help="Which flag. Lower case letters, digits and dashes; '_' is taken as '-'."
    ),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="The directory of flags. Default: flags_path in /etc/bellwether/communicatord.toml, /var/lib/communicator/flags, "
        "then that of the suite started here by 'bellwether up'.",
    ),
]


@application.command("list")
def list_(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """List the flags that are up, the most urgent first."""
    with told():
        from bellwether import flag_commands  # noqa: PLC0415 - see the module's docstring

        flag_commands.show_all(directory, as_json=as_json)


@application.command(epilog="Example:  bellwether flag show communicatord/neighbors/file-write")
def show(name: NameArgument, directory: DirectoryOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """Show all of a flag, with what it means and what to do. Fails when it is down."""
    with told():
        from bellwether import flag_commands  # noqa: PLC0415 - see the module's docstring

        flag_commands.show(name, directory, as_json=as_json)


@application.command(
    "raise",
    epilog="Example:  bellwether flag raise backup/nightly/failed 'the backup of Monday is missing' --priority 60",
)
def raise_(  # noqa: PLR0913, PLR0917 - each is one option
    name: NameArgument,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="What is wrong, in one sentence.")],
    directory: DirectoryOption = None,
    priority: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=100, help="Mailed from 10 on weekly, from 50 every third day, from 90 daily."
        ),
    ] = 5,
    manual: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--manual", metavar=FLAG, help="No program may take it down, only a person.")
    ] = False,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="May be repeated.")] = None,
    help_text: Annotated[str, typer.Option("--help-text", metavar="TEXT", help="What it means, and what to do.")] = "",
    help_uri: Annotated[str, typer.Option("--help-uri", metavar="URI", help="Where more is told.")] = "",
) -> None:
    """Raise a flag. While it is up, its message and priority stay as they are."""
    with told():
        from bellwether import flag_commands  # noqa: PLC0415 - see the module's docstring

        extras = flag_commands.Extras(priority, manual, frozenset(tags or ()), help_text, help_uri)
        flag_commands.raise_(name, message, extras, directory)


@application.command()
def lower(name: NameArgument, directory: DirectoryOption = None) -> None:
    """Take a flag down, whoever has raised it. Fails when it is down already."""
    with told():
        from bellwether import flag_commands  # noqa: PLC0415 - see the module's docstring

        flag_commands.lower(name, directory)
