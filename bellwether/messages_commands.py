"""SHELL: what ``bellwether messages`` does with definition files; it talks to no router."""

import difflib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bellwether.failure import CommandError
from bellwether.message_text import MessageTextError, parse_message
from bellwether.screen import Screen
from bellwether.screen_text import tell, write
from communicator.definitions.loading import load_catalogue, packaged_files, read_directory, read_file
from communicator.errors import ProtocolError
from communicator.protocol.definitions import Catalogue, Checker, Definition, Parameter, Scope, Severity, SourceFile
from communicator.protocol.definitions import read_catalogue as read_files
from communicator.protocol.definitions.reader import GLOBAL
from communicator.protocol.definitions.speakers import describe_rule
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.protocol.names import THIS_SERVER, is_server_name
from communicator.runtime.settings import configuration_files, load_settings
from communicator.wording.characters import printable
from communicator.wording.counts import count

CONFIG = Path("/etc/bellwether/communicatord.toml")
_KEY = "definitions_path"


class _Configured(msgspec.Struct):
    """The one setting we need; the rest of the file is the router's business."""

    definitions_path: list[str] = msgspec.field(default_factory=lambda: ["/usr/share/bellwether/messages"])


def lint(paths: list[Path] | None) -> None:
    """Print what there is to say about definition files.

    Args:
        paths: Files and directories; None or none for those of the router's configuration and the suite's own.

    Raises:
        CommandError: There is an error among it; a file that is not there, or cannot be read, is one.
        ConfigError: A directory cannot be read.
    """
    shipped = packaged_files()
    own = [file for path in paths or _directories(None) for file in _files(path, must_be_there=bool(paths))]
    _, remarks = read_files([*own, *shipped])
    linted = {file.source for file in (own if paths else [*own, *shipped])}
    told = [remark for remark in remarks if remark.source in linted]
    for remark in told:
        write(printable(str(remark)))
    errors = sum(remark.severity is Severity.ERROR for remark in told)
    summary = f"{count(len(linted), 'file')}, {count(errors, 'error')}, {count(len(told) - errors, 'warning')}"
    if errors:
        raise CommandError(summary)
    tell(summary)


def show(command: str, definitions: list[Path] | None) -> None:
    """Print one definition, or a list of all.

    Args:
        command: Which; empty for the list, ``global`` for the parameters of every message.
        definitions: Directories of further ones; None for those of the router's configuration.

    Raises:
        CommandError: There is no such definition.
        ConfigError: A directory cannot be read.
    """
    catalogue = _catalogue(definitions)
    console = Screen(highlight=False)
    if not command:
        _show_all(catalogue, console)
    elif command == GLOBAL:
        console.print("What any message may have besides its own parameters:\n")
        console.print(_parameter_table(catalogue.global_parameters.values()))
    else:
        _show_one(_find(catalogue, command), console)


def check(words: list[str], definitions: list[Path] | None, server: str = "") -> bool:
    """Print whether a message is as its definition has it, or what is wrong with it.

    Args:
        words: A line of the wire, or its parts.
        definitions: Directories of further definitions; None for those of the router's configuration.
        server: The server of the router that would check it; empty where none is meant.

    Returns:
        Whether nothing is wrong.

    Raises:
        CommandError: No server can be called so.
        ConfigError: A directory cannot be read.
    """
    if server and not is_server_name(server):
        raise CommandError(f"--server: {server!r} is not a name: letters, digits and '_', not starting with a digit")
    checker = Checker(_catalogue(definitions))
    try:
        message = _read(words)
    except (ProtocolError, MessageTextError, UnicodeEncodeError) as error:
        write(printable(str(error)))
        return False
    fault = checker.fault(message, server)
    write(printable(fault or _approval(checker, message, server)))
    return not fault


def _approval(checker: Checker, message: Message, server: str) -> str:
    """OK, and what that does not cover."""
    if checker.definition(message.command) is None:
        return f"OK: {message.command} has no definition, so nothing was checked"
    if checker.is_local(message.command) and not server and message.server not in ("", THIS_SERVER):
        return (
            f"OK, but {message.command} stays on its host, and whether {message.server!r} is that one was not judged: "
            "say --server NAME"
        )
    return "OK"


def _directories(given: list[Path] | None) -> list[Path]:
    if given is not None:
        return given
    return [Path(path) for path in load_settings(_Configured, configuration_files(CONFIG)).definitions_path]


def _catalogue(definitions: list[Path] | None) -> Catalogue:
    catalogue, remarks = load_catalogue(_directories(definitions))
    for remark in remarks:
        if remark.severity is Severity.ERROR:
            tell(printable(str(remark)))
    return catalogue


def _files(path: Path, *, must_be_there: bool) -> list[SourceFile]:
    if path.is_dir():
        return read_directory(path, "PATH")
    return [read_file(path)] if must_be_there else []


def _read(words: list[str]) -> Message:
    return parse_message(words) if len(words) > 1 else decode(words[0].encode())


def _find(catalogue: Catalogue, command: str) -> Definition:
    definition = catalogue.definitions.get(command)
    if definition is not None:
        return definition
    near = difflib.get_close_matches(command.upper(), catalogue.definitions, 1)
    hint = f"did you mean {near[0]}?" if near else "'bellwether messages show' lists those that there are"
    raise CommandError(f"{command!r} has no definition: {hint}")


def _show_all(catalogue: Catalogue, console: Console) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("COMMAND", no_wrap=True)
    table.add_column("FROM", ratio=2)
    table.add_column("MEANING", ratio=5)
    for command, definition in sorted(catalogue.definitions.items()):
        table.add_row(command, _plain(definition.sender), _plain(definition.description.partition(". ")[0]))
    console.print(table)


def _show_one(definition: Definition, console: Console) -> None:
    console.print(f"[bold]{definition.command}[/bold]  {_plain(definition.description) or '(not described)'}\n")
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(no_wrap=True)
    facts.add_column()
    for name, value in _facts(definition).items():
        if value:
            facts.add_row(name, _plain(value))
    console.print(facts)
    console.print()
    if definition.parameters:
        console.print(_parameter_table(definition.parameters.values()))
    else:
        console.print("It has no parameters of its own.")
    console.print("\nAny message may also have those that 'bellwether messages show global' lists.")


def _facts(definition: Definition) -> dict[str, str]:
    return {
        "from": definition.sender,
        "taken from": describe_rule(definition.rule) if definition.rule else "",
        "to": definition.receiver,
        "answer": ", ".join(definition.replies),
        "repeatable": "it may be said twice without harm" if definition.is_repeatable else "",
        "broadcast": "allowed" if definition.may_be_broadcast else "forbidden",
        "scope": "stays on its host" if definition.scope is Scope.LOCAL else "the whole cluster",
        "defined in": definition.source,
    }


def _parameter_table(parameters: Iterable[Parameter]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("PARAMETER", "", "VALUES", "MEANING"):
        table.add_column(column, no_wrap=column in ("PARAMETER", ""), ratio=2 if column == "MEANING" else None)
    for parameter in parameters:
        values = ", ".join(validator.text for validator in parameter.validators) or "any text"
        table.add_row(parameter.name, _need(parameter), _plain(values), _plain(parameter.description))
    return table


def _need(parameter: Parameter) -> str:
    if parameter.forbidden:
        return "forbidden"
    need = "required" if parameter.required else "optional"
    return need + ", may be empty" * parameter.may_be_empty + ", secret" * parameter.secret


def _plain(text: str) -> str:
    """A text from a file, which steers neither the terminal nor its colours."""
    return escape(printable(text))
