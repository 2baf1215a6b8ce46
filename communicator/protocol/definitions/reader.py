"""Reads one definition file: the ancestor's keys as it reads them, and ours; what other files say is none of its business.

.. code-block:: ini

    description = prints a file          ; before any section: of the message itself
    broadcast = forbidden                ; or allowed, which it is without this line
    scope = local                        ; or cluster, which it is without this line
    reply = PRINTED, PRINT_FAILED
    repeatable = false                   ; or true: a request that may be said twice without harm

    [copies]                             ; a section for each parameter
    description = how many
    type = integer                       ; string (which it is without this line), integer, address, timespec
    flags = optional                     ; required, optional, forbidden, empty; several with commas or blanks
    validator = integer(1...99)
    secret = false                       ; or true: its value is shown to nobody

The ancestor looks at sections only, so that ours are read by it unchanged. A parameter without ``flags`` is required and may be
empty, as it is there. ``subject``, ``from`` and ``to`` are for the reference that is made of the files; so is ``shape`` of a
parameter, which names what its JSON holds. ``rule`` is for the suite's own files: who may say it, by a word of ``speakers.py``.
"""

import difflib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import msgspec

from communicator.protocol.definitions.conf_file import ConfFile, Entry, Section, read_conf_file
from communicator.protocol.definitions.definition import Definition, Parameter, Scope
from communicator.protocol.definitions.remark import Remark, Severity
from communicator.protocol.definitions.speakers import describe_rule
from communicator.protocol.definitions.validator import Validator, ValidatorError, parse_validator, type_validator
from communicator.protocol.names import is_command_name, is_parameter_name

GLOBAL = "global"
"""The stem of the file that defines the parameters of every message."""
_MESSAGE_KEYS = ("description", "broadcast", "scope", "reply", "repeatable", "rule", "subject", "from", "to")
_PARAMETER_KEYS = ("description", "type", "flags", "validator", "secret", "shape")
_FLAGS = ("required", "optional", "forbidden", "empty", "defined", "allowed")
_BROADCAST = {"allowed": True, "forbidden": False}
_TRUTH = {"true": True, "false": False}
_SHOWN = 60
T = TypeVar("T")


class DefinitionFile(msgspec.Struct):
    """What was read of one file."""

    definition: Definition | None
    """None where the file is none; of a file for every message it has the parameters only."""
    remarks: list[Remark] = []

    @property
    def is_refused(self) -> bool:
        """Whether an error makes it one that cannot be taken: what could be read of it tells what else is wrong."""
        return any(remark.severity is Severity.ERROR for remark in self.remarks)


def read_definition(command: str, content: bytes, source: str) -> DefinitionFile:
    """Read a definition.

    Args:
        command: The name of the file without ``.conf``: a command, or ``global``.
        content: The bytes of the file.
        source: The file, as people know it.
    """
    if command != GLOBAL and not is_command_name(command):
        text = f"{command[:_SHOWN]!r} is not a command: upper case letters, digits and '_'; the file is not read"
        return DefinitionFile(None, [Remark(source, 0, Severity.WARNING, text)])
    return _Reader(source, read_conf_file(content)).read(command)


class _Reader:
    """Collects what is to be said while it reads."""

    def __init__(self, source: str, conf: ConfFile) -> None:
        self._source = source
        self._conf = conf
        self._remarks = [Remark(source, line, Severity.WARNING, text) for line, text in conf.remarks]

    def read(self, command: str) -> DefinitionFile:
        """All of it."""
        message = self._conf.preamble
        self._check_keys(message, _MESSAGE_KEYS if command != GLOBAL else ("description",))
        rule, whom = self._value(message, "rule", lambda text: (text, describe_rule(text)), ("", ""), said="rule: ")
        definition = Definition(
            command=command,
            description=_text(message, "description"),
            subject=_text(message, "subject"),
            rule=rule,
            sender=_text(message, "from") or whom,
            receiver=_text(message, "to"),
            may_be_broadcast=self._choice(message, "broadcast", _BROADCAST, default=True),
            scope=self._choice(message, "scope", {scope.value: scope for scope in Scope}, default=Scope.CLUSTER),
            replies=tuple(self._replies(message)),
            is_repeatable=self._choice(message, "repeatable", _TRUTH, default=False),
            parameters={parameter.name: parameter for parameter in self._parameters()},
            source=self._source,
        )
        self._remarks.sort(key=lambda remark: remark.line)
        return DefinitionFile(definition, self._remarks)

    def _warn(self, line: int, text: str) -> None:
        self._remarks.append(Remark(self._source, line, Severity.WARNING, text))

    def _refuse(self, line: int, text: str) -> None:
        self._remarks.append(Remark(self._source, line, Severity.ERROR, text))

    def _check_keys(self, section: Section, known: tuple[str, ...]) -> None:
        for key, entry in section.entries.items():
            if key not in known:
                self._warn(entry.line, f"{key[:_SHOWN]!r} is no key here, and not read: {_hint(key, known)}")

    def _value(self, section: Section, key: str, read: Callable[[str], T], default: T, said: str) -> T:
        """What is written under a key; the default where nothing is, or where it cannot be read, which is told behind `said`."""
        entry = section.entries.get(key)
        if entry is None:
            return default
        try:
            return read(entry.value)
        except ValueError as error:
            self._refuse(entry.line, f"{said}{error}")
            return default

    def _choice(self, section: Section, key: str, choices: dict[str, T], default: T) -> T:
        return self._value(section, key, partial(_one_of, choices), default, said=f"{key} = ")

    def _replies(self, section: Section) -> Iterator[str]:
        entry = section.entries.get("reply", Entry("", 0))
        for word in entry.value.replace(",", " ").split():
            if is_command_name(word):
                yield word
            else:
                self._refuse(entry.line, f"reply: {word[:_SHOWN]!r} is not a command")

    def _parameters(self) -> Iterator[Parameter]:
        for name, section in self._conf.sections.items():
            if is_parameter_name(name):
                yield self._parameter(name, section)
            else:
                self._warn(section.line, f"[{name[:_SHOWN]}] is not the name of a parameter, and not read")

    def _parameter(self, name: str, section: Section) -> Parameter:
        self._check_keys(section, _PARAMETER_KEYS)
        flags = self._flags(name, section)
        kind = self._type(section)
        return Parameter(
            name=name,
            description=_text(section, "description"),
            type=kind,
            required="required" in flags,
            may_be_empty="empty" in flags,
            forbidden="forbidden" in flags,
            has_flags="flags" in section.entries,
            validators=tuple(self._validators(section, kind)),
            shape=_text(section, "shape"),
            secret=self._choice(section, "secret", _TRUTH, default=False),
            source=self._source,
            line=section.line,
        )

    def _flags(self, name: str, section: Section) -> frozenset[str]:
        entry = section.entries.get("flags")
        if entry is None:
            if not section.entries:  # the ancestor does not see such a section at all
                self._warn(section.line, f"[{name}] says nothing: it may be there, and empty")
                return frozenset(("empty",))
            return frozenset(("required", "empty"))
        words = entry.value.replace(",", " ").split()
        for word in words:
            if word not in _FLAGS:
                self._warn(entry.line, f"{word[:_SHOWN]!r} is no flag, and not read: {_hint(word, _FLAGS)}")
        if {"required", "forbidden"} <= set(words):
            self._warn(entry.line, f"[{name}] is required and forbidden: no message can pass")
        return frozenset(words)

    def _type(self, section: Section) -> str:
        entry = section.entries.get("type")
        if entry is None or entry.value == "default":
            return "string"
        try:
            type_validator(entry.value)
        except ValidatorError as error:
            self._warn(entry.line, f"{error}; taken for a string")
            return "string"
        return entry.value

    def _validators(self, section: Section, kind: str) -> Iterator[Validator]:
        """What a type asks, and what the validator asks beyond it: one of the same kind says both."""
        of_type = type_validator(kind)
        asked = self._value(section, "validator", parse_validator, None, said="validator ")
        if of_type is not None and (asked is None or asked.kind != kind):
            yield of_type
        if asked is not None:
            yield asked


def _one_of(choices: dict[str, T], text: str) -> T:
    if text not in choices:
        raise ValueError(f"{text[:_SHOWN]!r} is none of {', '.join(choices)}")
    return choices[text]


def _hint(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _text(section: Section, key: str) -> str:
    """A text for people, on one line."""
    entry = section.entries.get(key)
    return "" if entry is None else " ".join(entry.value.split())
