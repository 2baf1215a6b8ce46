"""PURE: every instruction of the language and its parameters, as one table; what they do is told in `instructions`."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import partial

import msgspec

from communicator.reporter.values import Type, Value, parse_seconds, read_address

TEXT = frozenset({Type.IDENTIFIER, Type.STRING})
NUMBER = frozenset({Type.INTEGER, Type.FLOATING_POINT})
SPAN = NUMBER | TEXT
INTEGER = frozenset({Type.INTEGER})
PATTERN = TEXT | {Type.REGEX}
PLACE = TEXT | {Type.ADDRESS}
LIST = frozenset({Type.LIST})
ARRAY = frozenset({Type.ARRAY})
ANY = frozenset(Type)

TYPE_NAMES = ANY - ARRAY
CONNECTION_TYPES = frozenset({"tcp", "unix", "udp", "messenger"})
"""``messenger`` is TCP that carries messages, whatever else the script does."""
WAIT_MODES = frozenset({"wait", "drain", "timeout"})
"""``timeout`` is ``wait`` that does not mind when nothing comes."""


class Role(StrEnum):
    """What a parameter's value is for the script as a whole."""

    VALUE = "a value"
    LABEL = "a label to jump to"
    LABEL_DEFINED = "a label that is here"
    VARIABLE = "the name of a variable that is looked at"
    VARIABLE_SET = "the name of a variable that is set"

    @property
    def is_label(self) -> bool:
        """Whether it is no value at all, but a name that is known before the script runs."""
        return self in {Role.LABEL, Role.LABEL_DEFINED}


class ParameterRule(msgspec.Struct, frozen=True):
    """What one parameter of an instruction may be."""

    types: frozenset[Type]
    choices: frozenset[str] = frozenset()
    """When not empty, its text is one of these."""
    is_required: bool = True
    role: Role = Role.VALUE
    read: Callable[[Value], object] | None = None
    """Reads what it stands for, and raises ValueTypeError where a value of the right type stands for nothing."""


_must = ParameterRule
_may = partial(ParameterRule, is_required=False)
_span = partial(ParameterRule, SPAN, read=parse_seconds)
_looked_at = partial(ParameterRule, TEXT, role=Role.VARIABLE)
_TARGET = ParameterRule(frozenset({Type.IDENTIFIER}), role=Role.LABEL)
_BRANCH = ParameterRule(frozenset({Type.IDENTIFIER}), is_required=False, role=Role.LABEL)
_SET = ParameterRule(TEXT, role=Role.VARIABLE_SET)
_VARIABLE = {"variable_name": _SET}
_DOOR = {"address": ParameterRule(PLACE, read=read_address), "connection_type": _may(TEXT, CONNECTION_TYPES)}
_ENVELOPE = ("sent_server", "sent_service", "server", "service")

BRANCHES: dict[str, frozenset[int]] = {
    "less": frozenset({-1}),
    "less_or_equal": frozenset({-1, 0}),
    "greater": frozenset({1}),
    "greater_or_equal": frozenset({0, 1}),
    "equal": frozenset({0}),
    "false": frozenset({0}),
    "not_equal": frozenset({-1, 1}),
    "true": frozenset({-1, 1}),
    "ordered": frozenset({-1, 0, 1}),
    "unordered": frozenset({-2}),
}
"""Which results of a comparison each operator of `if` takes."""

CATALOGUE: dict[str, dict[str, ParameterRule]] = {
    "run": {},
    "listen": _DOOR,
    "connect": _DOOR,
    "disconnect": {},
    "wait": {"timeout": _span(), "mode": _may(TEXT, WAIT_MODES)},
    "has_message": {"command": _may(TEXT)},
    "show_message": {},
    "show_data": {"size": _may(INTEGER)},
    "clear_message": {},
    "clear_data": {},
    "verify_message": {
        "command": _must(PATTERN),
        **{name: _may(PATTERN) for name in _ENVELOPE},
        "required_parameters": _may(LIST),
        "optional_parameters": _may(LIST),
        "forbidden_parameters": _may(LIST),
    },
    "message_has_parameter": {"name": _must(TEXT)},
    "message_has_parameter_with_value": {"name": _must(TEXT), "value": _must(ANY - LIST - ARRAY)},
    "save_parameter_value": {
        "parameter_name": _must(TEXT),
        "variable_name": _SET,
        "type": _may(TEXT, TYPE_NAMES - {Type.LIST, Type.REGEX, Type.VOID}),
    },
    "send_message": {
        "command": _must(TEXT),
        **{name: _may(TEXT) for name in _ENVELOPE},
        "parameters": _may(LIST),
    },
    "has_data": {"min_size": _may(INTEGER)},
    "send_data": {"values": _must(ARRAY)},
    "verify_data": {"values": _must(ARRAY)},
    "set_variable": {
        "name": _SET,
        "value": _must(ANY),
        "type": _may(TEXT, TYPE_NAMES - {Type.LIST, Type.REGEX}),
    },
    "unset_variable": {"name": _looked_at()},
    "has_type": {"name": _looked_at(), "type": _must(TEXT, TYPE_NAMES)},
    "compare": {"expression": _must(INTEGER)},
    "if": {"variable": _looked_at(is_required=False), **dict.fromkeys(BRANCHES, _BRANCH)},
    "label": {"name": ParameterRule(frozenset({Type.IDENTIFIER}), role=Role.LABEL_DEFINED)},
    "goto": {"label": _TARGET},
    "call": {"label": _TARGET},
    "return": {},
    "print": {"message": _must(TEXT)},
    "error": {"message": _must(TEXT)},
    "now": _VARIABLE,
    "hostname": _VARIABLE,
    "max_pid": _VARIABLE,
    "random": {**_VARIABLE, "negative": _may(INTEGER)},
    "hex": {**_VARIABLE, "value": _must(INTEGER), "uppercase": _may(INTEGER), "width": _may(INTEGER)},
    "strlen": {**_VARIABLE, "string": _must(TEXT)},
    "sort": {"var1": _looked_at()},
    "sleep": {"seconds": _span()},
    "kill": {"signal": _may(TEXT | INTEGER)},
    "exit": {"error_message": _may(TEXT), "timeout": _span(is_required=False)},
}
"""The instructions, by name, and their parameters, by name."""

EXCLUSIVE = {"exit": ("error_message", "timeout")}
"""Parameters of which an instruction takes one at most."""

_FURTHER = re.compile(r"var[1-9][0-9]{0,3}")


def parameter_rule(instruction: str, name: str) -> ParameterRule | None:
    """What a parameter may be; `sort` takes as many as are needed, var1, var2 and so on.

    Args:
        instruction: Its name.
        name: The parameter.

    Returns:
        Its rule; None when there is no such instruction, or it has no such parameter.
    """
    if instruction == "sort" and _FURTHER.fullmatch(name):
        return CATALOGUE["sort"]["var1"]
    return CATALOGUE.get(instruction, {}).get(name)
