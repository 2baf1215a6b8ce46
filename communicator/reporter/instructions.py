"""PURE: what each instruction does to the state, as one table by its name; when it runs is the machine's concern.

An instruction that needs something from outside adds an effect and has the state wait; it never waits itself.
"""

from functools import partial
from itertools import count

from communicator.reporter.arithmetic import EQUAL, GREATER, LESS, UNORDERED, compare
from communicator.reporter.catalogue import BRANCHES
from communicator.reporter.conversion import convert
from communicator.reporter.dialogue import DIALOGUE
from communicator.reporter.effects import End, Kill, Print, Question
from communicator.reporter.state import CALLS, Arguments, Do, Pause, State, StepFailedError
from communicator.reporter.values import Type, Value, parse_seconds, text_of, type_of

_POSITIVE_64 = (1 << 63) - 1
_SORTABLE = (Type.INTEGER, Type.FLOATING_POINT, Type.STRING)
_WIDTH = 1000


def _run(state: State, _: Arguments) -> None:
    if state.has_run:
        raise StepFailedError("the script runs already: run() is said once")
    state.has_run = True


def _set_variable(state: State, arguments: Arguments) -> None:
    value, kind = arguments["value"], arguments.get("type")
    name = text_of(arguments["name"])
    state.variables[name] = value if kind is None else convert(value, text_of(kind))


def _unset_variable(state: State, arguments: Arguments) -> None:
    state.variables.pop(text_of(arguments["name"]), None)


def _has_type(state: State, arguments: Arguments) -> None:
    name = text_of(arguments["name"])
    if name not in state.variables:
        state.comparison = UNORDERED
    else:
        state.answer(is_so=type_of(state.variables[name]) == text_of(arguments["type"]))


def _compare(state: State, arguments: Arguments) -> None:
    result = arguments["expression"]
    if not isinstance(result, int) or result not in (LESS, EQUAL, GREATER, UNORDERED):
        raise StepFailedError(f"{text_of(result)!r} is not the result of a comparison, which is -2, -1, 0 or 1")
    state.comparison = result


def _if(state: State, arguments: Arguments) -> None:
    name = arguments.get("variable")
    result = state.comparison if name is None else _sign(state, text_of(name))
    if result is None:
        raise StepFailedError("nothing was compared before this 'if'")
    for branch in state.step.jumps:
        if result in BRANCHES[branch]:
            state.jump(branch)


def _sign(state: State, name: str) -> int:
    """How a variable compares with zero; unordered when it is not set."""
    if name not in state.variables:
        return UNORDERED
    return compare(state.variable_of(name, Type.INTEGER, Type.FLOATING_POINT), 0)


def _label(_state: State, _arguments: Arguments) -> None:
    """A label is a place, and does nothing."""


def _goto(state: State, _: Arguments) -> None:
    state.jump("label")


def _call(state: State, _: Arguments) -> None:
    if len(state.calls) >= CALLS:
        raise StepFailedError(f"calls nest deeper than {CALLS}")
    state.calls.append(state.next_step)
    state.jump("label")


def _return(state: State, _: Arguments) -> None:
    if not state.calls:
        raise StepFailedError("there is no call to return from")
    state.next_step = state.calls.pop()


def _print(state: State, arguments: Arguments) -> None:
    state.effects.append(Print(text_of(arguments["message"])))


def _error(_: State, arguments: Arguments) -> None:
    raise StepFailedError(text_of(arguments["message"]))


def _ask(state: State, arguments: Arguments, *, question: Question) -> None:
    name = text_of(arguments["variable_name"])
    is_unsigned = not arguments.get("negative", 1)

    def take(value: Value) -> None:
        state.variables[name] = value & _POSITIVE_64 if is_unsigned and isinstance(value, int) else value

    state.ask(question, take=take)


def _hex(state: State, arguments: Arguments) -> None:
    value, width = arguments["value"], arguments.get("width", 1)
    if not isinstance(value, int) or not isinstance(width, int) or not 0 <= width <= _WIDTH:
        raise StepFailedError(f"width is {text_of(width)}, not 0 to {_WIDTH}")
    letter = "X" if arguments.get("uppercase") else "x"
    state.variables[text_of(arguments["variable_name"])] = f"{value:0{max(1, width)}{letter}}"


def _strlen(state: State, arguments: Arguments) -> None:
    state.variables[text_of(arguments["variable_name"])] = len(text_of(arguments["string"]).encode())


def _sort(state: State, arguments: Arguments) -> None:
    named = [f"var{number}" for number, _ in zip(count(1), arguments, strict=False)]
    if missing := [name for name in named if name not in arguments]:
        raise StepFailedError(f"{missing[0]!r} is missing: variables to sort are var1, var2, … without a gap")
    names = [text_of(arguments[name]) for name in named]
    values = [state.variable_of(name, *_SORTABLE) for name in names]
    if len({type_of(value) for value in values}) > 1:
        raise StepFailedError("variables to sort are of one type")
    in_order = sorted(value for value in values if isinstance(value, str | int | float))
    state.variables.update(zip(names, in_order, strict=True))


def _sleep(state: State, arguments: Arguments) -> None:
    state.wait(Pause.TIME, parse_seconds(arguments["seconds"]))


def _kill(state: State, arguments: Arguments) -> None:
    signal = arguments.get("signal", "SIGINT")
    state.ask(Kill(signal if isinstance(signal, int) else text_of(signal)))


def _exit(state: State, arguments: Arguments) -> None:
    if "error_message" in arguments:
        raise StepFailedError(text_of(arguments["error_message"]))
    state.next_step = len(state.program.steps)
    if "timeout" in arguments:
        state.wait(Pause.SILENCE, parse_seconds(arguments["timeout"]))
    else:
        state.effects.append(End())
        state.has_ended = True


DO: dict[str, Do] = {
    **DIALOGUE,
    "run": _run,
    "set_variable": _set_variable,
    "unset_variable": _unset_variable,
    "has_type": _has_type,
    "compare": _compare,
    "if": _if,
    "label": _label,
    "goto": _goto,
    "call": _call,
    "return": _return,
    "print": _print,
    "error": _error,
    "now": partial(_ask, question=Question.NOW),
    "hostname": partial(_ask, question=Question.HOSTNAME),
    "max_pid": partial(_ask, question=Question.MAX_PID),
    "random": partial(_ask, question=Question.RANDOM),
    "hex": _hex,
    "strlen": _strlen,
    "sort": _sort,
    "sleep": _sleep,
    "kill": _kill,
    "exit": _exit,
}
"""What each instruction does; the same names as in the catalogue."""
