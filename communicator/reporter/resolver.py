"""PURE: the syntax tree to a program that can run: every instruction known, every type right; it runs nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from communicator.errors import ScriptError
from communicator.reporter.catalogue import BRANCHES, CATALOGUE, EXCLUSIVE, ParameterRule, Role, parameter_rule
from communicator.reporter.conversion import convert
from communicator.reporter.evaluation import evaluate, infer, pieces_of, variables_in
from communicator.reporter.parser import parse
from communicator.reporter.syntax import Expression, Instruction, ListDisplay, Literal, MisfitError, Parameter, Position
from communicator.reporter.values import Regex, Type, Value, ValueTypeError, compile_regex, text_of

_SIMILAR = 3
"""Letters that are enough to tell what a name begins with."""
_READS_DATA = frozenset({"has_data", "verify_data", "show_data", "clear_data"})
_HOLD_PATTERNS = frozenset({Type.REGEX, Type.LIST})
_KEEPS_PATTERNS = frozenset({"set_variable"})
"""What takes a regular expression without matching with it: it may be a part, to be joined with others later."""


class Label(NamedTuple):
    """A label that an instruction may jump to, and where the instruction names it."""

    name: str
    position: Position


class Step(msgspec.Struct, frozen=True):
    """One instruction, ready to run."""

    name: str
    arguments: dict[str, Expression]
    jumps: dict[str, Label]
    """Its labels, by parameter."""
    position: Position

    def names(self, role: Role) -> Iterator[Expression]:
        """What stands for the names of variables that it looks at, or sets."""
        for name, expression in self.arguments.items():
            rule = parameter_rule(self.name, name)
            if rule is not None and rule.role is role:
                yield expression


@dataclass(frozen=True, slots=True)
class Program:
    """A script, ready to run."""

    source: str
    """The file it came from."""
    steps: tuple[Step, ...]
    labels: dict[str, int]
    """Each label that is defined, and the number of the step it is."""
    lines: tuple[str, ...] = field(repr=False)
    """Its text, for error messages."""

    @property
    def reads_data(self) -> bool:
        """Whether the script looks at bytes: what it receives is not cut into messages then."""
        return any(step.name in _READS_DATA for step in self.steps)

    def may_look_at(self, variable: str) -> bool:
        """Whether some instruction takes the value of a variable, or computes the name of one, which may be this."""
        return any(name in (None, variable) for name, _ in self.looked_at())

    def looked_at(self) -> Iterator[tuple[str | None, Position]]:
        """The name of each variable whose value an instruction takes, and where it stands; None: it is computed."""
        for step in self.steps:
            for expression in step.arguments.values():
                yield from ((variable.name, variable.position) for variable in variables_in(expression))
            for expression in step.names(Role.VARIABLE):
                yield constant_text(expression), expression.position

    def undefined_label(self, label: str) -> str:
        """Why no jump to a label can be made that is not among `labels`."""
        return f"label {label!r} is not defined{instead_of(label, self.labels)}"

    def line(self, position: Position) -> str:
        """The line of the script at a position."""
        return self.lines[position.line - 1] if position.line <= len(self.lines) else ""


def constant_text(expression: Expression) -> str | None:
    """The text of an expression that is always worth the same; None of any other, and of one that cannot be computed."""
    if any(variables_in(expression)):
        return None
    try:
        return text_of(evaluate(expression, {}))
    except ValueTypeError:
        return None


class Flaw(msgspec.Struct, frozen=True):
    """Something wrong in a script."""

    position: Position
    text: str


def load(text: str, source: str = "script") -> Program:
    """Read a script, and make sure that it can run.

    Args:
        text: The script.
        source: What errors call it.

    Returns:
        The program.

    Raises:
        ScriptError: It cannot run; every flaw is named, of the grammar only the first.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    instructions = parse(text, source)
    labels, flaws = _collect_labels(instructions)
    for instruction in instructions:
        flaws += _check(instruction)
    if flaws:
        flaws.sort(key=lambda flaw: flaw.position)
        raise ScriptError(source, [(*flaw.position, flaw.text) for flaw in flaws])
    return Program(source, tuple(map(_step, instructions)), labels, tuple(lines))


def _collect_labels(instructions: tuple[Instruction, ...]) -> tuple[dict[str, int], list[Flaw]]:
    labels: dict[str, int] = {}
    places: dict[str, Position] = {}
    flaws = []
    for number, instruction in enumerate(instructions):
        for parameter in _parameters(instruction, Role.LABEL_DEFINED):
            name = _label(parameter)
            if name in labels:
                first = places[name]
                flaws.append(Flaw(parameter.value.position, f"label {name!r} is already defined in line {first.line}"))
            elif name:
                labels[name], places[name] = number, parameter.value.position
    return labels, flaws


def _parameters(instruction: Instruction, role: Role) -> Iterator[Parameter]:
    for parameter in instruction.parameters:
        rule = parameter_rule(instruction.name, parameter.name)
        if rule is not None and rule.role is role:
            yield parameter


def _label(parameter: Parameter) -> str:
    """The name of a label; empty where it is none, which is told of as a wrong type."""
    value = parameter.value
    return str(value.value) if isinstance(value, Literal) and isinstance(value.value, str) else ""


def _check(instruction: Instruction) -> Iterator[Flaw]:
    name = instruction.name
    rules = CATALOGUE.get(name)
    if rules is None:
        yield Flaw(instruction.position, f"unknown instruction {name!r}{instead_of(name, CATALOGUE)}")
        return
    given: set[str] = set()
    for parameter in instruction.parameters:
        if parameter.name in given:
            yield Flaw(parameter.position, f"parameter {parameter.name!r} of {name!r} is given twice")
        given.add(parameter.name)
        yield from _check_parameter(instruction, parameter)
    missing = [each for each, rule in rules.items() if rule.is_required and each not in given]
    for each in missing:
        yield Flaw(instruction.position, f"{name!r} lacks its parameter {each!r}")
    if (exclusive := EXCLUSIVE.get(name)) and given.issuperset(exclusive):
        yield Flaw(instruction.position, f"{name!r} takes either {' or '.join(map(repr, exclusive))}, not both")
    if name == "if":
        yield from _check_branches(instruction)
    if name == "set_variable":
        yield from _check_conversion(instruction)


def _check_parameter(instruction: Instruction, parameter: Parameter) -> Iterator[Flaw]:
    rule = parameter_rule(instruction.name, parameter.name)
    if rule is None:
        known = CATALOGUE[instruction.name]
        what = f"{instruction.name!r} has no parameter {parameter.name!r}{instead_of(parameter.name, known)}"
        yield Flaw(parameter.position, what)
        return
    yield from _check_value(parameter, rule)
    if rule.types & _HOLD_PATTERNS and instruction.name not in _KEEPS_PATTERNS:
        yield from _check_patterns(parameter.value)


def _check_value(parameter: Parameter, rule: ParameterRule) -> Iterator[Flaw]:
    value = parameter.value
    try:
        found = infer(value)
    except MisfitError as error:
        yield Flaw(error.position, str(error))
        return
    if found is None and rule.role.is_label:
        yield Flaw(value.position, f"{parameter.name!r} is the name of a label, known before the script runs")
    elif found is not None and found not in rule.types:
        yield Flaw(value.position, f"{parameter.name!r} is {_one_of(rule.types)}, not {found}")
    elif not any(variables_in(value)):
        yield from _check_constant(parameter, rule)
    if isinstance(value, ListDisplay):
        yield from _check_items(value)


def _check_patterns(value: Expression) -> Iterator[Flaw]:
    """Whether each regular expression that no variable has a part in is one, once its parts are joined."""
    for piece in pieces_of(value):
        if not any(variables_in(piece)) and (fault := pattern_fault(piece, {})):
            yield Flaw(piece.position, fault)


def pattern_fault(expression: Expression, variables: Mapping[str, Value]) -> str:
    """Why the regular expression that an expression stands for is none; empty for one, and for any other value."""
    try:
        value = evaluate(expression, variables)
    except ValueTypeError:
        return ""
    try:
        if isinstance(value, Regex):
            compile_regex(value.source)
    except ValueTypeError as error:
        return str(error)
    return ""


def _check_constant(parameter: Parameter, rule: ParameterRule) -> Iterator[Flaw]:
    """What a value that no variable has a part in stands for."""
    try:
        value = evaluate(parameter.value, {})
        if rule.choices and text_of(value) not in rule.choices:
            choices = ", ".join(sorted(rule.choices))
            yield Flaw(parameter.value.position, f"{parameter.name!r} is one of {choices}, not {text_of(value)!r}")
        if rule.read is not None:
            rule.read(value)
    except ValueTypeError as error:
        yield Flaw(parameter.value.position, f"{parameter.name!r}: {error}")


def _check_conversion(instruction: Instruction) -> Iterator[Flaw]:
    """Whether a value that is written out can have the type that is asked for."""
    given = {parameter.name: parameter.value for parameter in instruction.parameters}
    if "value" not in given or "type" not in given or constant_text(given["value"]) is None:
        return
    kind = constant_text(given["type"])
    if kind is None or kind not in CATALOGUE["set_variable"]["type"].choices:
        return
    try:
        convert(evaluate(given["value"], {}), kind)
    except ValueTypeError as error:
        yield Flaw(given["value"].position, str(error))


def _check_items(items: ListDisplay) -> Iterator[Flaw]:
    seen: set[str] = set()
    for item in items.items:
        if item.name in seen:
            yield Flaw(item.position, f"{item.name!r} stands twice in this list")
        seen.add(item.name)


def _check_branches(instruction: Instruction) -> Iterator[Flaw]:
    branches = [parameter for parameter in instruction.parameters if parameter.name in BRANCHES]
    if not branches:
        yield Flaw(instruction.position, "'if' goes nowhere: it lacks a label such as 'true: LABEL'")
    for number, branch in enumerate(branches):
        for other in branches[:number]:
            if other.name != branch.name and BRANCHES[branch.name] & BRANCHES[other.name]:
                yield Flaw(branch.position, f"{branch.name!r} and {other.name!r} overlap")


def _one_of(types: frozenset[Type]) -> str:
    *most, last = sorted(types)
    return f"{', '.join(most)} or {last}" if most else str(last)


def instead_of(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name; empty when none of those known is near."""
    begun = [each for each in known if len(name) >= _SIMILAR and each.startswith(name)]
    near = begun or get_close_matches(name, known, 1)
    return f": did you mean {near[0]!r}?" if near else ""


def _step(instruction: Instruction) -> Step:
    jumps = {
        parameter.name: Label(_label(parameter), parameter.value.position)
        for parameter in _parameters(instruction, Role.LABEL)
    }
    arguments = {parameter.name: parameter.value for parameter in instruction.parameters if parameter.name not in jumps}
    return Step(instruction.name, arguments, jumps, instruction.position)
