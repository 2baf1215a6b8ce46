"""SHELL: the command line of ``bellwether clock``; what it does is loaded when it runs."""

from typing import Annotated

import typer

from bellwether.failure import CommandError
from bellwether.options import CommunicatorOption, JsonOption, told

application = typer.Typer(invoke_without_command=True)


@application.callback(
    epilog="One host in detail: bellwether clock explain HOST  ·  Each pair: bellwether clock matrix  ·  "
    "External servers: bellwether clock references  ·  "
    "The last day: bellwether clock history  ·  In boot scripts: bellwether clock wait-synced"
)
def clock(
    context: typer.Context,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show whose clock is true: each host's offset, verdict and claim, and why. Asks the timekeeper of this host.

    Exit code 0: it was shown, be it good or bad. 1: what the timekeeper tells makes no sense. 69: no router or no timekeeper
    answers.
    """
    with told():
        if context.invoked_subcommand is not None:
            if as_json:
                raise CommandError(
                    "--json is for 'bellwether clock' alone, which tells all; 'history' takes it behind its name", 2
                )
            context.obj = communicator
            return
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.clock(communicator, as_json=as_json)


@application.command()
def matrix(context: typer.Context, communicator: CommunicatorOption = None) -> None:
    """Show which clocks agree with which: a mark for each pair, and what the marks mean."""
    with told():
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.matrix(communicator or context.obj)


@application.command()
def references(context: typer.Context, communicator: CommunicatorOption = None) -> None:
    """Show what the external servers of each host say: who hears what, which servers agree, and which give nothing and why."""
    with told():
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.references(communicator or context.obj)


@application.command(epilog="Example:  bellwether clock explain beta")
def explain(
    context: typer.Context,
    host: Annotated[str, typer.Argument(metavar="HOST", help="As 'bellwether clock' names it.")],
    communicator: CommunicatorOption = None,
) -> None:
    """Show all that is known of one host's clock. Fails when nothing is."""
    with told():
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.explain(communicator or context.obj, host)


@application.command()
def history(
    context: typer.Context,
    communicator: CommunicatorOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="COUNT", min=1, help="How many points at most, the newest; a day has 288.")
    ] = 24,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show how this host's clock and the cluster did in the last day: a point every 5 minutes, the newest last."""
    with told():
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.history(communicator or context.obj, limit=limit, as_json=as_json)


def _read_span_s(text: str) -> float:
    """A span such as ``90s``, ``2m``, ``0.1`` or ``inf``, in seconds."""
    from communicator.errors import RemoteProtocolError  # noqa: PLC0415 - see the module's docstring
    from communicator.protocol.values import parse_duration_s  # noqa: PLC0415 - the same

    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parse_duration_s(text)
        except RemoteProtocolError as error:
            raise typer.BadParameter(str(error)) from None
    if not seconds > 0:  # nan is not, either
        raise typer.BadParameter(f"{text!r} is not more than 0")
    return seconds


@application.command("wait-synced", epilog="Example:  bellwether clock wait-synced --timeout 2m --bound 0.1")
def wait_synced(
    context: typer.Context,
    communicator: CommunicatorOption = None,
    timeout_s: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="SPAN", parser=_read_span_s, help="How long to wait, as 90s or 2m; inf for ever."
        ),
    ] = 60.0,
    bound_s: Annotated[
        float | None,
        typer.Option(
            "--bound", metavar="SECONDS", parser=_read_span_s, help="The clock must be off by no more than this, too."
        ),
    ] = None,
) -> None:
    """Wait until this host's clock is synchronized, for scripts that must not start before.

    Waits for the router and the timekeeper, too. A clock that other hosts find wrong, or that another one contradicts, is not good
    enough, whatever its daemon claims. The last reason is told.

    Exit code 0: it is. When the time is over, 1: other hosts find it wrong, or its claim false. 3: hosts contradict each other, or
    external servers contradict most hosts, so that nobody can tell. 69: no router or no timekeeper answers. 75: not synchronized,
    or not compared yet. 2: the command is wrong.
    """
    with told():
        from bellwether import clock_commands  # noqa: PLC0415 - see the module's docstring

        clock_commands.wait_synced(communicator or context.obj, timeout_s=timeout_s, bound_s=bound_s)
