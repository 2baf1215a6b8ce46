"""PURE: what a script that can run may fail on later: labels and variables that are not there; it refuses nothing."""

from collections.abc import Collection, Iterator

from communicator.reporter.catalogue import Role
from communicator.reporter.evaluation import pieces_of, variables_in
from communicator.reporter.resolver import Flaw, Program, constant_text, instead_of, pattern_fault
from communicator.reporter.syntax import Position

_ORDINARY = "x"
"""A value that changes nothing in a regular expression."""


def lint(program: Program, variables: Collection[str] = ()) -> list[Flaw]:
    """Find what is probably a slip.

    Args:
        program: The script.
        variables: The names of those that are set before it starts.

    Returns:
        What was found, in the order of the script; each name once, where it stands first.
    """
    found = [*_labels(program), *_variables(program, variables), *_patterns(program)]
    return sorted(found, key=lambda flaw: flaw.position)


def _labels(program: Program) -> Iterator[Flaw]:
    named = {label.name: label for step in reversed(program.steps) for label in reversed(step.jumps.values())}
    for name, label in named.items():
        if name not in program.labels:
            yield Flaw(label.position, program.undefined_label(name))


def _variables(program: Program, given: Collection[str]) -> Iterator[Flaw]:
    set_here = {constant_text(name) for step in program.steps for name in step.names(Role.VARIABLE_SET)}
    if None in set_here:
        return  # one of them is computed, and may be any
    known = {name for name in set_here if name is not None}.union(given)
    first: dict[str, Position] = {}
    for name, position in program.looked_at():
        if name is not None:
            first[name] = min(position, first.get(name, position))
    for name in first.keys() - known:
        what = f"variable {name!r} is never set, so it is empty unless --param sets it{instead_of(name, known)}"
        yield Flaw(first[name], what)


def _patterns(program: Program) -> Iterator[Flaw]:
    for step in program.steps:
        for expression in step.arguments.values():
            for piece in pieces_of(expression):
                names = {variable.name: _ORDINARY for variable in variables_in(piece)}
                if fault := pattern_fault(piece, names):
                    taken = f" ({', '.join(f'${name}' for name in names)} taken as {_ORDINARY!r})" if names else ""
                    yield Flaw(piece.position, f"{fault}{taken}")
