"""All definitions together: which file counts, the parameters of every message, and that nobody uses their names otherwise.

A parameter that every message may have means the same everywhere, so a definition that gives one of their names a meaning of its
own is refused. One that only repeats it, as the ancestor's STATUS does with ``cache``, is taken; the global one counts.

A definition may stand before another one of its command, as the ancestor's REGISTER before the suite's, and know less. What the
later one has besides stays known, so that whoever keeps to that one is not refused.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from communicator.protocol.definitions.definition import Definition, Parameter
from communicator.protocol.definitions.reader import GLOBAL, DefinitionFile, read_definition
from communicator.protocol.definitions.remark import Remark, Severity


class SourceFile(msgspec.Struct, frozen=True):
    """One file with definitions."""

    source: str
    """Its name, as people know it."""
    command: str
    """Its name without directory and ``.conf``."""
    content: bytes
    fault: str = ""
    """Why it could not be read; empty when it could."""


class Catalogue(msgspec.Struct, frozen=True):
    """What is known of messages."""

    definitions: Mapping[str, Definition] = {}
    """By command; without the parameters of every message."""
    global_parameters: Mapping[str, Parameter] = {}
    """By name: what any message may have besides its own."""


def read_catalogue(files: Iterable[SourceFile]) -> tuple[Catalogue, list[Remark]]:
    """Read definition files.

    Args:
        files: The more important first: of two files for one command the first counts, unless it is refused; parameters that
            only the others have are optional then. The parameters of every message add up; here the last file is the
            firmest, since what the suite ships means the same everywhere.

    Returns:
        What they define, and what there is to say about them, file by file.
    """
    order: dict[str, int] = {}
    assembly = _Assembly()
    globals_read: list[DefinitionFile] = []
    messages: list[DefinitionFile] = []
    for file in files:
        order.setdefault(file.source, len(order))
        read = _read(file)
        assembly.remarks += read.remarks
        (globals_read if file.command == GLOBAL else messages).append(read)
    for read in reversed(globals_read):
        assembly.add_global(read)
    for read in messages:
        assembly.add(read)
    assembly.look_for_replies()
    remarks = sorted(assembly.remarks, key=lambda remark: (order[remark.source], remark.line))
    return Catalogue(assembly.definitions, assembly.common), remarks


def _read(file: SourceFile) -> DefinitionFile:
    if file.fault:
        return DefinitionFile(None, [Remark(file.source, 0, Severity.ERROR, f"cannot be read: {file.fault}")])
    return read_definition(file.command, file.content, file.source)


class _Assembly(msgspec.Struct):
    """What was put together so far. What is refused is looked at whole, so that all its errors are told at once."""

    common: dict[str, Parameter] = {}
    definitions: dict[str, Definition] = {}
    refused: list[Definition] = []
    remarks: list[Remark] = []

    def add_global(self, read: DefinitionFile) -> None:
        """Add the parameters of every message that a file has; one that is known already stays what it is."""
        if read.definition is None:
            return
        self._compare(read.definition)
        if not read.is_refused:
            for name, parameter in read.definition.parameters.items():
                self.common.setdefault(name, parameter)

    def add(self, read: DefinitionFile) -> None:
        """Add a definition, or what it knows besides the one of its command that is there."""
        definition = read.definition
        if definition is None:
            return
        first = self.definitions.get(definition.command)
        if first is not None:
            if not read.is_refused:
                self.definitions[definition.command] = self._completed(first, definition)
        elif self._compare(definition) and not read.is_refused:
            own = {name: parameter for name, parameter in definition.parameters.items() if name not in self.common}
            self.definitions[definition.command] = msgspec.structs.replace(definition, parameters=own)
        else:
            self.refused.append(definition)

    def look_for_replies(self) -> None:
        """Tell of answers that nobody defines."""
        known = self.definitions.keys() | {definition.command for definition in self.refused}
        for definition in [*self.definitions.values(), *self.refused]:
            for command in definition.replies:
                if command not in known:
                    self._warn(definition, f"reply: {command} has no definition")

    def _compare(self, definition: Definition) -> bool:
        """Whether a definition means by the names of global parameters what they mean; told for each it uses."""
        fits = True
        for parameter in definition.parameters.values():
            known = self.common.get(parameter.name)
            if known is not None:
                contradictions = list(_contradictions(parameter, known))
                fits = fits and not contradictions
                self.remarks.append(_repeated(parameter, known, contradictions))
        return fits

    def _completed(self, first: Definition, later: Definition) -> Definition:
        """The definition that counts, with the parameters that only a later one has."""
        kept = {
            name: msgspec.structs.replace(parameter, required=False)
            for name, parameter in later.parameters.items()
            if name not in first.parameters and name not in self.common and not parameter.forbidden
        }
        if not kept:
            return first
        names = ", ".join(f"[{name}]" for name in kept)
        self._warn(first, f"kept from {later.source}, as optional: {names}")
        return msgspec.structs.replace(first, parameters={**first.parameters, **kept})

    def _warn(self, definition: Definition, text: str) -> None:
        self.remarks.append(Remark(definition.source, 0, Severity.WARNING, text))


def _contradictions(parameter: Parameter, known: Parameter) -> Iterator[str]:
    """How a parameter differs from the global one of its name; none when it only repeats it."""
    if parameter.required and parameter.has_flags and not known.required:
        yield "it is required here"
    if parameter.forbidden and not known.forbidden:
        yield "it is forbidden here"
    if parameter.type not in ("string", known.type):
        yield f"it is of type {parameter.type} here"
    texts = {validator.text for validator in known.validators}
    for validator in parameter.validators:
        if validator.text not in texts | {parameter.type}:
            yield f"its values are restricted here to {validator.text}"


def _repeated(parameter: Parameter, known: Parameter, contradictions: list[str]) -> Remark:
    where = f"[{parameter.name}] is a parameter of every message ({known.source}:{known.line})"
    if contradictions:
        text = f"{where}: {', '.join(contradictions)}, so it needs another name"
        return Remark(parameter.source, parameter.line, Severity.ERROR, text)
    return Remark(parameter.source, parameter.line, Severity.WARNING, f"{where}: it need not be repeated")
