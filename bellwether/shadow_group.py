"""SHELL: the command line of ``bellwether shadow``; what it does is loaded when it runs."""

from typing import Annotated

import typer

from bellwether.options import FLAG, CommunicatorOption, JsonOption, told

application = typer.Typer(
    help="Watch a version that gets copies of live traffic, and whose own words reach nobody.", no_args_is_help=True
)

ServiceArgument = Annotated[str, typer.Argument(metavar="[SERVICE]", help="Shadows of this service alone.")]
ENDS = """Exit code 0: no shadow differs. 1: one does. 2: the service has no shadow. 3: nothing was compared yet, or too
    little to tell. 69: no router answers."""


@application.command(
    help=f"""Show each shadow: what is copied for it, what of it was compared, what that came to, and what to do next.

    {ENDS}""",
    epilog="Example:  bellwether shadow status billing --watch",
)
def status(
    service: ServiceArgument = "",
    watch: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--watch", metavar=FLAG, help="Look again each second, until Ctrl-C.")
    ] = False,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """See ``help``."""
    with told():
        from bellwether import shadow_commands  # noqa: PLC0415 - see the module's docstring

        raise typer.Exit(shadow_commands.status(communicator, service, watch=watch, as_json=as_json))


@application.command(
    help=f"""Show where replies of shadows differ from those of the primary: paths, how often, the noise beside it, examples.

    {ENDS}"""
)
def diff(
    service: ServiceArgument = "",
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """See ``help``."""
    with told():
        from bellwether import shadow_commands  # noqa: PLC0415 - see the module's docstring

        raise typer.Exit(shadow_commands.differences(communicator, service, as_json=as_json))


@application.command()
def discarded(communicator: CommunicatorOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """Show what shadows of the router's host have said to somebody who is not to hear it. It reached nobody.

    Exit code 0: it was shown. 69: no router answers, or it knows no shadows.
    """
    with told():
        from bellwether import shadow_commands  # noqa: PLC0415 - see the module's docstring

        shadow_commands.discarded(communicator, as_json=as_json)
