"""All definitions together: which file counts, the parameters of every message, and that nobody uses their names otherwise.

A parameter that every message may have means the same everywhere, so a definition that gives one of their names a meaning of its
own is refused. One that only repeats it, as the ancestor's STATUS does with ``cache``, is taken; the global one counts.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from communicator.protocol.definitions.definition import Definition, Parameter
from communicator.protocol.definitions.reader import GLOBAL, read_definition
from communicator.protocol.definitions.remark import Remark, Severity


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file with definitions."""

    source: str
    """Its name, as people know it."""
    command: str
    """Its name without directory and ``.conf``."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is known of messages."""

    definitions: Mapping[str, Definition] = field(default_factory=dict)
    """By command; without the parameters of every message."""
    global_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """By name: what any message may have besides its own."""


def read_catalogue(files: Iterable[SourceFile]) -> tuple[Catalogue, list[Remark]]:
    """Read definition files.

    Args:
        files: The more important first: of two files for one command the first counts, unless it is refused. The parameters of
            every message add up; here the last file is the firmest, since what the suite ships means the same everywhere.

    Returns:
        What they define, and what there is to say about them, file by file.
    """
    remarks: list[Remark] = []
    globals_read: list[Definition] = []
    messages: list[Definition] = []
    for file in files:
        read = read_definition(file.command, file.content, file.source)
        remarks += read.remarks
        if read.definition is not None:
            (globals_read if file.command == GLOBAL else messages).append(read.definition)
    common: dict[str, Parameter] = {}
    for definition in reversed(globals_read):
        common |= _fitting(definition, common, remarks)
    definitions: dict[str, Definition] = {}
    for definition in messages:
        if definition.command not in definitions:
            fitting = _without_globals(definition, common, remarks)
            if fitting is not None:
                definitions[definition.command] = fitting
    remarks += _unknown_replies(definitions)
    order = {remark.source: number for number, remark in reversed(list(enumerate(remarks)))}
    return Catalogue(definitions, common), sorted(remarks, key=lambda remark: (order[remark.source], remark.line))


def _fitting(definition: Definition, common: Mapping[str, Parameter], remarks: list[Remark]) -> dict[str, Parameter]:
    """The parameters of every message that a file adds; one that is known already stays what it is."""
    added = {}
    for parameter in definition.parameters.values():
        known = common.get(parameter.name)
        if known is None:
            added[parameter.name] = parameter
        else:
            remarks.append(_repeated(parameter, known, _contradiction(parameter, known)))
    return added


def _without_globals(
    definition: Definition, common: Mapping[str, Parameter], remarks: list[Remark]
) -> Definition | None:
    """The definition without what any message may have; None when it means something else by one of those names."""
    is_refused = False
    for parameter in definition.parameters.values():
        known = common.get(parameter.name)
        if known is not None:
            contradiction = _contradiction(parameter, known)
            is_refused = is_refused or bool(contradiction)
            remarks.append(_repeated(parameter, known, contradiction))
    if is_refused:
        return None
    own = {name: parameter for name, parameter in definition.parameters.items() if name not in common}
    return dataclasses.replace(definition, parameters=own)


def _contradiction(parameter: Parameter, known: Parameter) -> str:
    """How a parameter differs from the global one of its name; empty when it only repeats it."""
    if parameter.required and parameter.has_flags and not known.required:
        return "it is required here"
    if parameter.forbidden and not known.forbidden:
        return "it is forbidden here"
    if parameter.type not in ("string", known.type):
        return f"it is of type {parameter.type} here"
    texts = {validator.text for validator in known.validators}
    other = [validator.text for validator in parameter.validators if validator.text not in texts | {parameter.type}]
    return f"its values are restricted here to {other[0]}" if other else ""


def _repeated(parameter: Parameter, known: Parameter, contradiction: str) -> Remark:
    where = f"[{parameter.name}] is a parameter of every message ({known.source}:{known.line})"
    if contradiction:
        text = f"{where}: {contradiction}, so it needs another name"
        return Remark(parameter.source, parameter.line, Severity.ERROR, text)
    return Remark(parameter.source, parameter.line, Severity.WARNING, f"{where}: it need not be repeated")


def _unknown_replies(definitions: Mapping[str, Definition]) -> list[Remark]:
    return [
        Remark(definition.source, 0, Severity.WARNING, f"reply: {command} has no definition")
        for definition in definitions.values()
        for command in definition.replies
        if command not in definitions
    ]
