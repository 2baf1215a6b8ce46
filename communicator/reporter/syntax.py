"""PURE: the syntax tree of a script; where a node stood is no part of what it is."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from communicator.reporter.values import Value, ValueTypeError


class Position(NamedTuple):
    """A place in a script; both count from 1."""

    line: int
    column: int


START = Position(1, 1)


class MisfitError(ValueTypeError):
    """What stands at one place of a script stands for nothing, or can never be computed.

    Args:
        position: Where it stands.
        what: Why.
    """

    def __init__(self, position: Position, what: str) -> None:
        super().__init__(what)
        self.position = position


class Operator(StrEnum):
    """What joins two operands, or stands before one."""

    COMPARE = "<=>"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """What stands somewhere; two are the same wherever they stand."""

    position: Position = field(default=START, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Literal(_Placed):
    """A value as written: a word, a number, a raw string, a regular expression, an address or a time."""

    value: Value

    def __eq__(self, other: object) -> bool:
        """Whether the same is written: ``NaN`` is ``NaN`` here, and 1 is not 1.0."""
        if not isinstance(other, Literal):
            return NotImplemented
        return type(self.value) is type(other.value) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@dataclass(frozen=True, slots=True)
class Variable(_Placed):
    """``$name``: the value of a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Template(_Placed):
    """A string in double quotation marks: texts, and the variables between them."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Pattern(_Placed):
    """A regular expression with variables in it: texts, and the variables between them; without any it is a Literal."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Unary(_Placed):
    """A sign before an operand: ADD or SUBTRACT."""

    operator: Operator
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary(_Placed):
    """Two operands."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Item(_Placed):
    """One entry of a list: a name, mostly with a value."""

    name: str
    value: "Expression | None"


@dataclass(frozen=True, slots=True)
class ListDisplay(_Placed):
    """``{ name: value, … }``."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ArrayDisplay(_Placed):
    """``[ value, … ]``."""

    values: tuple["Expression", ...]


Expression: TypeAlias = Literal | Variable | Template | Pattern | Unary | Binary | ListDisplay | ArrayDisplay


@dataclass(frozen=True, slots=True)
class Parameter(_Placed):
    """``name: value`` between the parentheses of an instruction."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Instruction(_Placed):
    """``name(parameter, …)``."""

    name: str
    parameters: tuple[Parameter, ...]
