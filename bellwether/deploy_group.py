"""SHELL: the command line of ``bellwether deploy``; what it does is loaded when it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bellwether.options import FLAG, CommunicatorOption, JsonOption, told

if TYPE_CHECKING:  # see the module's docstring
    from bellwether.deploy_commands import Wanted

application = typer.Typer(
    help="Bring a new version to the hosts of a cluster, step by step, and back if it is bad.", no_args_is_help=True
)

WhatArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE|SERVICE", help="A file of deployments.d by its name, any file, or a service without a file."
    ),
]
VersionArgument = Annotated[
    str, typer.Argument(metavar="[VERSION]", help="Which version; else the one that the file names.")
]
AboutArgument = Annotated[str, typer.Argument(metavar="SERVICE|ID", help="A service, or the identifier of one.")]
DirectoryOption = Annotated[
    Path, typer.Option("--dir", metavar="DIR", help="Where files are looked for by their name.")
]
ExecutorOption = Annotated[
    str,
    typer.Option("--executor", metavar="NAME", help="Who puts the version on a host; 'none': somebody else does."),
]
StrategyOption = Annotated[str, typer.Option("--strategy", metavar="NAME", help="canary, blue-green or shadow.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the ledger.")]
DIRECTORY = Path("/etc/bellwether/deployments.d")
ENDS = "Exit code 0: done. 1: refused. 2: nothing is known of it. 3: proposed, and no majority of the canaries holds it yet. "
AWAY = "69: no router or no canary answers. 75: nobody leads; try again. 77: you may not."


def _wanted(what: str, version: str, directory: Path, executor: str, strategy: str) -> "Wanted":
    from bellwether.deploy_commands import Wanted  # noqa: PLC0415 - see the module's docstring

    said = {"executor": executor, "strategy": strategy}
    return Wanted(what, version, directory, {name: value for name, value in said.items() if value})


@application.command(
    epilog="Examples:  bellwether deploy start billing 2.5.0 --reason 'ticket 812'  ·  bellwether deploy start ./billing.toml",
    help=f"""Begin a deployment, once all hosts say that they can do it.

    Exit code 0: it has begun. 1: a host cannot do it, or it is refused. 2: nothing is known of that name or service.
    3: proposed, and no majority of the canaries holds it yet. {AWAY} 78: the file is wrong.""",
)
def start(  # noqa: PLR0913, PLR0917 - each is one option
    what: WhatArgument,
    version: VersionArgument = "",
    reason: ReasonOption = "",
    executor: ExecutorOption = "",
    strategy: StrategyOption = "",
    directory: DirectoryOption = DIRECTORY,
    dry_run: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--dry-run", metavar=FLAG, help="Only show what it would do, and who could not.")
    ] = False,
    anyway: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--anyway", metavar=FLAG, help="Begin although a host says that it cannot do it.")
    ] = False,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """See ``help``."""
    with told():
        from bellwether import deploy_commands  # noqa: PLC0415 - see the module's docstring

        wanted = _wanted(what, version, directory, executor, strategy)
        if dry_run:
            deploy_commands.rehearse(communicator, wanted, as_json=as_json)
        else:
            deploy_commands.start(communicator, wanted, reason, anyway=anyway, as_json=as_json)


@application.command(epilog="Example:  bellwether deploy check ./billing.toml 2.5.0")
def check(  # noqa: PLR0913, PLR0917 - each is one option
    what: WhatArgument,
    version: VersionArgument = "",
    executor: ExecutorOption = "",
    strategy: StrategyOption = "",
    directory: DirectoryOption = DIRECTORY,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Ask all hosts whether they can do a deployment, and show what is missing where. Nothing begins.

    Exit code 0: all that are in reach can. 1: one cannot. 2: nothing is known of that name or service. 69: no router or no
    canary answers. 78: the file is wrong.
    """
    with told():
        from bellwether import deploy_commands  # noqa: PLC0415 - see the module's docstring

        deploy_commands.check(communicator, _wanted(what, version, directory, executor, strategy), as_json=as_json)


@application.command()
def status(
    about: Annotated[str, typer.Argument(metavar="[SERVICE|ID]", help="This one alone.")] = "",
    watch: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--watch", metavar=FLAG, help="Look again each second, until Ctrl-C.")
    ] = False,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show where deployments stand and why, what is next, what was seen, and how each server does.

    Exit code 0: it was shown, be it good or bad. 2: nothing is known of it. 69: no router or no canary answers.
    """
    with told():
        from bellwether import deploy_views  # noqa: PLC0415 - see the module's docstring

        deploy_views.status(communicator, about, watch=watch, as_json=as_json)


@application.command(
    epilog="Example:  bellwether deploy start billing 2.5.0 && bellwether deploy wait billing --timeout 4h"
)
def wait(
    about: AboutArgument,
    timeout: Annotated[str, typer.Option("--timeout", metavar="SPAN", help="How long to wait, such as 4h.")] = "2h",
    until: Annotated[
        str, typer.Option("--until", metavar="WHAT", help="done, paused, or 'step 2': that step has begun.")
    ] = "done",
    wait_paused: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--wait-paused", metavar=FLAG, help="Wait on at a pause that needs a person.")
    ] = False,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Wait for what becomes of a deployment, for scripts.

    Exit code 0: done, or what --until says. 1: rolled back, on its way back, or superseded. 2: nothing is known of it. 3: paused,
    and it needs a person. 69: no router or no canary answers. 75: it takes more time than that. Only 0 is a success.
    """
    with told():
        from bellwether import deploy_views  # noqa: PLC0415 - see the module's docstring
        from bellwether.canary_scope import read_span_s  # noqa: PLC0415 - the same
        from bellwether.deploy_wait import parse_until  # noqa: PLC0415 - the same

        patience = deploy_views.Patience(parse_until(until), read_span_s("--timeout", timeout), wait_paused)
        raise typer.Exit(deploy_views.wait(communicator, about, patience, as_json=as_json))


def _steer(name: str, about: str, reason: str, communicator: str | None, *, full: bool, as_json: bool) -> None:
    with told():
        from bellwether import deploy_commands  # noqa: PLC0415 - see the module's docstring

        deploy_commands.steer(communicator, name, about, reason, full=full, as_json=as_json)


def _add_steering(name: str, about_it: str) -> None:
    @application.command(name, help=f"{about_it}\n\n{ENDS}{AWAY}")
    def command(
        about: AboutArgument,
        reason: ReasonOption = "",
        communicator: CommunicatorOption = None,
        as_json: JsonOption = False,  # noqa: FBT002 - a flag
    ) -> None:
        _steer(name, about, reason, communicator, full=False, as_json=as_json)


def _add_full_steering(name: str, about_it: str, about_full: str) -> None:
    @application.command(name, help=f"{about_it}\n\n{ENDS}{AWAY}")
    def command(
        about: AboutArgument,
        full: Annotated[bool, typer.Option("--full", metavar=FLAG, help=about_full)] = False,  # noqa: FBT002 - a flag
        reason: ReasonOption = "",
        communicator: CommunicatorOption = None,
        as_json: JsonOption = False,  # noqa: FBT002 - a flag
    ) -> None:
        _steer(name, about, reason, communicator, full=full, as_json=as_json)


_add_full_steering("promote", "Go on with the next step, whatever this one waits for.", "Skip all steps that are left.")
_add_steering("pause", "Stay where it is until somebody says resume; its timeout counts.")
_add_steering("resume", "Go on after 'pause'.")
_add_steering("abort", "Go back to the version before, on all servers.")
_add_steering("retry", "Try again what was rolled back, from the first step.")
_add_full_steering(
    "undo", "Go back to the version before one that is done, at once where it is good there.", "Take all steps."
)


@application.command()
def history(
    service: Annotated[str, typer.Argument(metavar="[SERVICE]", help="This service alone.")] = "",
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show each change of each deployment, one line each: when, which, where it went, by whom, and why."""
    with told():
        from bellwether import deploy_views  # noqa: PLC0415 - see the module's docstring

        deploy_views.history(communicator, service, as_json=as_json)


@application.command("list")
def list_(communicator: CommunicatorOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - a flag
    """Show the newest deployment of each service, one line each."""
    with told():
        from bellwether import deploy_views  # noqa: PLC0415 - see the module's docstring

        deploy_views.list_all(communicator, as_json=as_json)
