"""SHELL: the command line of ``bellwether canary``; what it does is loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from bellwether.failure import CommandError
from bellwether.options import FLAG, CommunicatorOption, JsonOption, told
from communicator.wording.releases import NO_VERSION

application = typer.Typer(invoke_without_command=True)

ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="As 'bellwether canary' names it.")]
VersionArgument = Annotated[
    str, typer.Argument(metavar="VERSION", help="As 'bellwether canary' names it; '' where it has none.")
]
BuildOption = Annotated[str, typer.Option("--build", metavar="BUILD", help="This build alone; else each.")]
ServerOption = Annotated[
    str, typer.Option("--server", metavar="SERVER", help="On this server alone; else in the whole cluster.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the ledger; required.")]
ForOption = Annotated[
    str, typer.Option("--for", metavar="SPAN", help="For how long, such as 24h, at most 30d; required.")
]
UnseenOption = Annotated[
    bool, typer.Option("--unseen", metavar=FLAG, help="Also about a version that has not run anywhere yet.")
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", metavar=FLAG, help="Be content only when it is in force also on hosts that are away."),
]
WhoseOption = Annotated[
    str | None, typer.Option("--server", metavar="SERVER", help="The ledger of this server; else that of this host.")
]
_OVERRIDES = {
    "block": "Keep a version from running, whatever the rules find.",
    "allow": "Let a version run, whatever the rules find.",
    "pin": "Let a version run, and name it the one to fall back to.",
}


@application.callback(
    epilog="One service, again and again: bellwether canary get SERVICE --watch  ·  "
    "Why: bellwether canary explain SERVER/SERVICE/VERSION  ·  In deployments: bellwether canary status SERVICE VERSION"
)
def canary(
    context: typer.Context,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show which versions of which service work where, and which are kept from running, and why.

    Exit code 0: it was shown, be it good or bad. 1: what the canary tells makes no sense. 69: no router or no canary answers.
    """
    with told():
        if context.invoked_subcommand is not None:
            if as_json:
                raise CommandError(
                    "--json is for 'bellwether canary' alone; its commands take it behind their names", 2
                )
            context.obj = communicator
            return
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.show(communicator, None, watch=False, as_json=as_json)


@application.command()
def get(
    context: typer.Context,
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="This service alone.")] = None,
    communicator: CommunicatorOption = None,
    watch: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--watch", metavar=FLAG, help="Look again each second, until Ctrl-C.")
    ] = False,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show services, their versions, and how these do on each server."""
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.show(communicator or context.obj, service, watch=watch, as_json=as_json)


@application.command(epilog="Example:  bellwether canary explain alpha/billing/2.0")
def explain(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SERVER/SERVICE/VERSION[/BUILD]", help="Which version where.")],
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show why a version is where it is: each number with its limit, each event that counted or did not, what comes next."""
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.explain(communicator or context.obj, scope, as_json=as_json)


def _add_override(name: str, about: str) -> None:
    @application.command(
        name,
        help=about,
        epilog=f"Example:  bellwether canary {name} billing 2.0 --reason 'it loses invoices' --for 24h",
    )
    def command(  # noqa: PLR0913, PLR0917 - each is one option
        context: typer.Context,
        service: ServiceArgument,
        version: VersionArgument,
        reason: ReasonOption = "",
        span: ForOption = "",
        build: BuildOption = "",
        server: ServerOption = "",
        communicator: CommunicatorOption = None,
        unseen: UnseenOption = False,  # noqa: FBT002 - a flag
        strict: StrictOption = False,  # noqa: FBT002 - a flag
        as_json: JsonOption = False,  # noqa: FBT002 - a flag
    ) -> None:
        with told():
            from bellwether import canary_orders  # noqa: PLC0415 - see the module's docstring

            order = canary_orders.read_order(
                name,
                service=service,
                version=version or NO_VERSION,
                build=build,
                server=server,
                reason=reason,
                span=span,
            )
            canary_orders.give(communicator or context.obj, order, unseen=unseen, strict=strict, as_json=as_json)


for _name, _about in _OVERRIDES.items():
    _add_override(_name, _about)


def _add_undoing(name: str, about: str) -> None:
    @application.command(
        name, help=about, epilog=f"Example:  bellwether canary {name} billing 2.0 --reason 'it is mended'"
    )
    def command(  # noqa: PLR0913, PLR0917 - each is one option
        context: typer.Context,
        service: ServiceArgument,
        version: VersionArgument,
        reason: ReasonOption = "",
        build: BuildOption = "",
        server: ServerOption = "",
        communicator: CommunicatorOption = None,
        unseen: UnseenOption = False,  # noqa: FBT002 - a flag
        strict: StrictOption = False,  # noqa: FBT002 - a flag
        as_json: JsonOption = False,  # noqa: FBT002 - a flag
    ) -> None:
        with told():
            from bellwether import canary_orders  # noqa: PLC0415 - see the module's docstring

            order = canary_orders.read_order(
                name, service=service, version=version or NO_VERSION, build=build, server=server, reason=reason
            )
            canary_orders.give(communicator or context.obj, order, unseen=unseen, strict=strict, as_json=as_json)


_add_undoing("withdraw", "Take back a block, allow or pin of exactly this version, build and server.")
_add_undoing("pardon", "Forget what speaks against a version: it begins anew.")


@application.command(epilog="Example:  bellwether canary freeze --reason 'the data centre is moving' --for 4h")
def freeze(  # noqa: PLR0913, PLR0917 - each is one option
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="[SERVICE]", help="For this service alone; else for all.")] = "",
    reason: ReasonOption = "",
    span: ForOption = "",
    server: ServerOption = "",
    communicator: CommunicatorOption = None,
    unseen: UnseenOption = False,  # noqa: FBT002 - a flag
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Have no rule act for a while: what they find is still told."""
    with told():
        from bellwether import canary_orders  # noqa: PLC0415 - see the module's docstring

        order = canary_orders.read_order("freeze", service=service, server=server, reason=reason, span=span)
        canary_orders.give(communicator or context.obj, order, unseen=unseen, strict=strict, as_json=as_json)


@application.command(epilog="Example:  bellwether canary unfreeze --reason 'we have moved'")
def unfreeze(  # noqa: PLR0913, PLR0917 - each is one option
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="[SERVICE]", help="As it was frozen.")] = "",
    reason: ReasonOption = "",
    server: ServerOption = "",
    communicator: CommunicatorOption = None,
    strict: StrictOption = False,  # noqa: FBT002 - a flag
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Let the rules act again."""
    with told():
        from bellwether import canary_orders  # noqa: PLC0415 - see the module's docstring

        order = canary_orders.read_order("unfreeze", service=service, server=server, reason=reason)
        canary_orders.give(communicator or context.obj, order, unseen=True, strict=strict, as_json=as_json)


@application.command(epilog="One service:  bellwether canary history billing")
def history(
    context: typer.Context,
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="This service alone.")] = None,
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show who ordered what and what was decided, when, and why."""
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.history(communicator or context.obj, service, as_json=as_json)


@application.command(epilog="Example:  bellwether canary events > events.jsonl")
def events(
    context: typer.Context,
    server: WhoseOption = None,
    after: Annotated[int, typer.Option("--after", metavar="NUMBER", min=0, help="Only entries behind this one.")] = 0,
    limit: Annotated[int | None, typer.Option("--limit", metavar="COUNT", min=1, help="No more than this.")] = None,
    communicator: CommunicatorOption = None,
) -> None:
    """Print the ledger of a canary, the oldest first: each entry is one line of JSON."""
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.events(communicator or context.obj, server=server, after=after, limit=limit)


@application.command(epilog="Example:  bellwether canary replay events.jsonl --policy new-canaryd.toml")
def replay(
    file: Annotated[Path, typer.Argument(metavar="EVENTS", help="What 'bellwether canary events' has written.")],
    settings: Annotated[Path, typer.Option("--policy", metavar="FILE", help="A canaryd.toml with other rules.")],
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Show what other rules would have decided over the same facts, beside what was decided. Needs no router."""
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring

        canary_commands.replay(file, settings, as_json=as_json)


@application.command()
def verify(
    context: typer.Context,
    server: WhoseOption = None,
    timeout: Annotated[str, typer.Option("--timeout", metavar="SPAN", help="How long it may take, such as 5m.")] = "5m",
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Check a ledger: is each entry there, and as it was written? It finds damage; it proves nothing against a forger.

    Exit code 0: the ledger holds. 1: it does not. 69: no router or no canary answers. 75: it takes more time than that.
    """
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring
        from bellwether.canary_scope import read_span_s  # noqa: PLC0415 - the same

        timeout_s = read_span_s("--timeout", timeout)
        canary_commands.verify(communicator or context.obj, server=server, timeout_s=timeout_s, as_json=as_json)


@application.command(epilog="Example:  bellwether canary status billing 2.0 --timeout 15m; [ $? -ne 1 ] || roll-back")
def status(  # noqa: PLR0913, PLR0917 - each is one option
    context: typer.Context,
    service: ServiceArgument,
    version: VersionArgument,
    build: Annotated[str | None, typer.Option("--build", metavar="BUILD", help="This build alone; else each.")] = None,
    timeout: Annotated[str, typer.Option("--timeout", metavar="SPAN", help="How long to wait, such as 15m.")] = "15m",
    communicator: CommunicatorOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
) -> None:
    """Wait for a verdict on a version, for scripts that deploy.

    Exit code 0: good wherever it runs. 1: blocked or held somewhere. 3: nobody can tell, such as when it runs nowhere. 69: no
    router or no canary answers. 75: it takes more time than that. Only 1 is a reason to roll back.
    """
    with told():
        from bellwether import canary_commands  # noqa: PLC0415 - see the module's docstring
        from bellwether.canary_scope import read_span_s  # noqa: PLC0415 - the same

        timeout_s = read_span_s("--timeout", timeout)
        address = communicator or context.obj
        exit_code = canary_commands.status(address, service, version, build=build, timeout_s=timeout_s, as_json=as_json)
        raise typer.Exit(exit_code)
