"""SHELL: the command line of ``bellwether cluster``; what it does is loaded when it runs."""

import sys
from typing import Annotated

import typer

from bellwether.options import FLAG, CommunicatorOption, JsonOption, told

application = typer.Typer(invoke_without_command=True)


@application.callback(epilog="To remove a server that will not come back: bellwether cluster forget --help")
def cluster(
    context: typer.Context,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show the servers of the cluster, how they are linked, whether they are enough, and who is missing."""
    if context.invoked_subcommand is not None:
        context.obj = communicator
        return
    with told():
        from bellwether import cluster_commands  # noqa: PLC0415 - see the module's docstring

        cluster_commands.cluster(communicator, as_json=as_json)


@application.command(
    epilog="Examples:  bellwether cluster forget gamma  ·  bellwether cluster forget 10.0.0.7:4042  ·  "
    "bellwether cluster forget '\\[fd00::7]:4042'"
)
def forget(
    context: typer.Context,
    member: Annotated[str, typer.Argument(metavar="SERVER|IP:PORT", help="Who is gone for good.")],
    communicator: CommunicatorOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar=FLAG, help="Do not ask back.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Remove a server from the cluster for good: it is no longer dialled, and no longer counted for the quorum.

    Root, the router's own user and, where the router allows it, its socket's group may do this.
    """
    with told():
        from bellwether import cluster_commands  # noqa: PLC0415 - see the module's docstring

        question = cluster_commands.forget_message(member)
        if not yes and sys.stdin.isatty():
            typer.confirm(f"Forget {member} in the whole cluster?", abort=True, err=True)
        cluster_commands.forget(communicator or context.obj, member, question)
