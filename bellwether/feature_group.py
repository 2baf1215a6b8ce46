"""SHELL: the command line of ``bellwether feature``; what it does is loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from bellwether.options import FLAG, CommunicatorOption, JsonOption, told

application = typer.Typer(
    help="Feature flags: switch a feature off and on, define it, see what it serves, and find those that are stale. "
    "(What needs a hand on a host is 'bellwether flag'.)",
    no_args_is_help=True,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As 'bellwether feature list' names it.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the ledger; required.")]
WhyOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the ledger.")]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", metavar=FLAG, help="Be content only when it is in force also on hosts that are away."),
]


@application.command("list", epilog="In CI:  bellwether feature list --stale || echo 'time to tidy up'")
def list_(
    communicator: CommunicatorOption = None,
    stale: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--stale", metavar=FLAG, help="Only those that have outlived their purpose; 1 if any has.")
    ] = False,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """List the flags of the cluster: what each serves, whose it is, when it expires, when it was last evaluated.

    Exit code 0: it was shown; of --stale: none is stale. 1: of --stale: one is. 69: no router or no canary answers.
    """
    with told():
        from bellwether import feature_commands  # noqa: PLC0415 - see the module's docstring

        is_stale = feature_commands.list_(communicator, stale=stale, as_json=as_json)
        raise typer.Exit(1 if stale and is_stale else 0)


@application.command()
def show(
    name: NameArgument,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show all of one flag: its definition, what switched it off, how often it was evaluated, and why it is stale."""
    with told():
        from bellwether import feature_commands  # noqa: PLC0415 - see the module's docstring

        feature_commands.show(communicator, name, as_json=as_json)


@application.command(epilog="Example:  bellwether feature off new-parser --reason 'it loses invoices' --for 2h")
def off(  # noqa: PLR0913, PLR0917 - each is one option
    name: NameArgument,
    reason: ReasonOption = "",
    span: Annotated[
        str,
        typer.Option("--for", metavar="SPAN", help="For how long, such as 2h, at most 30d; else until 'feature on'."),
    ] = "",
    communicator: CommunicatorOption = None,
    unseen: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unseen", metavar=FLAG, help="Also a flag that nobody has defined or asked for yet.")
    ] = False,
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Switch a feature off on every host, at once, whatever its definition says; only 'feature on' undoes it.

    Everybody gets the variant for off: the one that 'metadata.off' names, else 'off', else the only one that is false. Where there
    is none, services use the default in their code.
    Exit code 0: it is in force wherever a canary is up. 1: it was refused. 2: nobody knows such a flag. 3: it is given, and not in
    force everywhere yet. 69: no router or no canary answers. 77: you may not.
    """
    with told():
        from bellwether import feature_orders  # noqa: PLC0415 - see the module's docstring

        feature_orders.off(communicator, name, reason=reason, span=span, unseen=unseen, strict=strict, as_json=as_json)


@application.command(epilog="Example:  bellwether feature on new-parser --reason 'it is mended'")
def on(
    name: NameArgument,
    reason: ReasonOption = "",
    communicator: CommunicatorOption = None,
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Undo 'feature off': the definition counts again. An order that was not known here when this was said stands."""
    with told():
        from bellwether import feature_orders  # noqa: PLC0415 - see the module's docstring

        feature_orders.on(communicator, name, reason=reason, strict=strict, as_json=as_json)


@application.command(
    "set", epilog="Example:  bellwether feature set new-parser new-parser.json --reason 'ten per cent'"
)
def set_(
    name: NameArgument,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="Its definition, alone or in a document, or as 'show --json' prints it; '-' is what comes in.",
        ),
    ],
    reason: WhyOption = "",
    communicator: CommunicatorOption = None,
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Define a flag in the whole cluster, or define it anew. What a file of features.d defines is changed there, not here.

    Exit code 1: a canary refuses it, such as when a file defines it. 78: the definition is wrong; nothing was sent.
    """
    with told():
        from bellwether import feature_orders  # noqa: PLC0415 - see the module's docstring

        feature_orders.set_(communicator, name, file, reason=reason, strict=strict, as_json=as_json)


@application.command(epilog="Example:  bellwether feature remove new-parser --reason 'it is the only parser now'")
def remove(
    name: NameArgument,
    reason: WhyOption = "",
    communicator: CommunicatorOption = None,
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Take a flag away: services use the default in their code. Remove the code that asks for it first."""
    with told():
        from bellwether import feature_orders  # noqa: PLC0415 - see the module's docstring

        feature_orders.remove(communicator, name, reason=reason, strict=strict, as_json=as_json)


@application.command()
def history(
    name: NameArgument,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show who has defined, switched off, switched on and removed a flag, when, and why."""
    with told():
        from bellwether import feature_commands  # noqa: PLC0415 - see the module's docstring

        feature_commands.history(communicator, name, as_json=as_json)


@application.command(epilog="Example:  bellwether feature check /etc/bellwether/features.d/*.json")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Flags in flagd's form.")],
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Check files of flags as a canary does before it takes them. Needs no router.

    Exit code 0: all is well. 78: something is wrong; each fault names file, flag and key, and what to do.
    """
    with told():
        from bellwether import feature_commands  # noqa: PLC0415 - see the module's docstring

        feature_commands.check(files, as_json=as_json)


@application.command(epilog="Example:  bellwether feature scan src --features features.d/web.json")
def scan(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Of code.")],
    features: Annotated[
        list[Path] | None,
        typer.Option(
            "--features", metavar="FILE", help="What defines the flags; may be repeated. Else those of the cluster."
        ),
    ] = None,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Find flags that no code names, and names in code that are no flags. With --features it needs no router.

    Python is read by its syntax: calls of OpenFeature such as get_boolean_value('NAME', …). Other languages are searched for such
    calls by a pattern. A text that equals a flag's name counts as a reference too, and is told as less certain.
    Exit code 0: nothing was found. 1: something was. 69: no router or no canary answers. 78: a FILE is wrong.
    """
    with told():
        from bellwether import feature_commands  # noqa: PLC0415 - see the module's docstring

        is_clean = feature_commands.scan(communicator, directories, features or [], as_json=as_json)
        raise typer.Exit(0 if is_clean else 1)
