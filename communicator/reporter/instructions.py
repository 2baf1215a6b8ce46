"""PURE: what each instruction does to the state, as one table by its name; when it runs is the machine's concern.

An instruction that needs something from outside adds an effect and has the state wait; it never waits itself.
"""

from collections.abc import Callable
from itertools import count

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.reporter.arithmetic import EQUAL, GREATER, LESS, UNORDERED
from communicator.reporter.catalogue import BRANCHES, CATALOGUE
from communicator.reporter.conversion import convert, read
from communicator.reporter.effects import (
    Ask,
    Close,
    Connect,
    Drain,
    Effect,
    End,
    Kill,
    Listen,
    Print,
    Question,
    Send,
    StopListening,
    Transport,
)
from communicator.reporter.events import Connected
from communicator.reporter.state import CALLS, Pause, State, StepFailedError
from communicator.reporter.values import (
    Address,
    Items,
    Type,
    Value,
    parse_address,
    parse_seconds,
    text_of,
    type_of,
)
from communicator.reporter.verification import (
    data_difference,
    differences,
    matches,
    own_field,
    show_bytes,
    to_bytes,
)

Arguments = dict[str, Value]
Do = Callable[[State, Arguments], None]

_TRUE, _FALSE = GREATER, EQUAL
_POSITIVE_64 = (1 << 63) - 1
_SORTABLE = (Type.INTEGER, Type.FLOATING_POINT, Type.STRING)
_WRITABLE = (Type.INTEGER, Type.TIMESTAMP, Type.STRING, Type.IDENTIFIER, Type.ADDRESS)
_NO_MESSAGE = Message("")


def _run(state: State, _: Arguments) -> None:
    if state.has_run:
        raise StepFailedError("the script runs already: run() is said once")
    state.has_run = True


def _listen(state: State, arguments: Arguments) -> None:
    _open(state, Listen, arguments)


def _connect(state: State, arguments: Arguments) -> None:
    _open(state, Connect, arguments)


def _open(state: State, effect: type[Listen | Connect], arguments: Arguments) -> None:
    if state.has_door:
        raise StepFailedError("a script listens or connects once")
    given = arguments["address"]
    address = given if isinstance(given, Address) else parse_address(text_of(given))
    kind = text_of(arguments.get("connection_type"))
    cut_lines = kind == "messenger" or not state.program.reads_data
    state.has_door = True
    state.effects.append(effect(address, _transport(kind, address), cut_lines))
    state.wait(Pause.ANSWER)


def _transport(kind: str, address: Address) -> Transport:
    transport = Transport.UNIX if address.path else Transport.UDP if address.scheme == "cdu" else Transport.TCP
    if kind:
        transport = Transport.TCP if kind == "messenger" else Transport(kind)
    if (transport is Transport.UNIX) != bool(address.path):
        raise StepFailedError(f"{str(address)!r} is not an address for {transport}")
    return transport


def _disconnect(state: State, _: Arguments) -> None:
    if not state.is_listening:
        return
    state.is_listening = False
    state.effects.append(StopListening())
    unseen = {arrival.link for arrival in state.arrivals if isinstance(arrival, Connected)}
    state.effects += [Close(link) for link in sorted(unseen)]
    kept = [arrival for arrival in state.arrivals if arrival.link not in unseen]
    state.arrivals.clear()
    state.arrivals.extend(kept)


def _wait(state: State, arguments: Arguments) -> None:
    span_s = parse_seconds(arguments["timeout"])
    match text_of(arguments.get("mode")):
        case "drain":
            state.effects.append(Drain())
            state.wait(Pause.DRAIN, span_s)
        case mode:
            if not (state.is_listening or state.links or state.arrivals):
                raise StepFailedError("there is nobody to wait for: no listener, and no connection")
            state.wait(Pause.PERHAPS if mode == "timeout" else Pause.ARRIVAL, span_s)


def _has_message(state: State, arguments: Arguments) -> None:
    held, command = state.message, arguments.get("command")
    _answer(state, held is not None and (command is None or held.command == text_of(command)))


def _answer(state: State, is_so: bool) -> None:  # noqa: FBT001 - it is the answer
    state.comparison = _TRUE if is_so else _FALSE


def _show_message(state: State, _: Arguments) -> None:
    state.effects.append(Print(state.held or "(no message)"))


def _show_data(state: State, arguments: Arguments) -> None:
    size = arguments.get("size")
    shown = show_bytes(bytes(state.data), size if isinstance(size, int) else len(state.data))
    state.effects.append(Print(shown or "(no data)"))


def _clear_message(state: State, _: Arguments) -> None:
    state.message = None


def _clear_data(state: State, _: Arguments) -> None:
    state.data.clear()


def _verify_message(state: State, arguments: Arguments) -> None:
    if state.message is None:
        raise StepFailedError("no message is held")
    found = differences(state.message, arguments)
    if found:
        raise StepFailedError("; ".join(found))


def _message_has_parameter(state: State, arguments: Arguments) -> None:
    held = state.message or _NO_MESSAGE
    _answer(state, text_of(arguments["name"]) in held.parameters)


def _message_has_parameter_with_value(state: State, arguments: Arguments) -> None:
    text = (state.message or _NO_MESSAGE).parameters.get(text_of(arguments["name"]))
    _answer(state, text is not None and matches(arguments["value"], text))


def _save_parameter_value(state: State, arguments: Arguments) -> None:
    held, name = state.message or _NO_MESSAGE, text_of(arguments["parameter_name"])
    text = held.parameters.get(name)
    if text is None:
        text = own_field(held, name) or ""
    kind = text_of(arguments.get("type")) or Type.STRING
    state.variables[text_of(arguments["variable_name"])] = read(text, kind)


def _send_message(state: State, arguments: Arguments) -> None:
    listed = arguments.get("parameters")
    pairs = listed.pairs if isinstance(listed, Items) else ()
    for name, value in pairs:
        if type_of(value) not in _WRITABLE:
            raise StepFailedError(f"parameter {name!r} is {type_of(value)}: write it as a string")
    message = Message(
        text_of(arguments["command"]),
        {name: text_of(value) for name, value in pairs},
        service=text_of(arguments.get("service")),
        server=text_of(arguments.get("server")),
        sent_from_server=text_of(arguments.get("sent_server")),
        sent_from_service=text_of(arguments.get("sent_service")),
    )
    try:
        _send(state, encode_line(message))
    except LocalProtocolError as error:
        raise StepFailedError(str(error)) from None


def _send(state: State, data: bytes) -> None:
    if not state.links:
        raise StepFailedError("there is nobody to send to: no connection")
    state.effects += [Send(link, data) for link in state.links]


def _has_data(state: State, arguments: Arguments) -> None:
    size = arguments.get("min_size")
    _answer(state, len(state.data) >= max(1, size if isinstance(size, int) else 1))


def _send_data(state: State, arguments: Arguments) -> None:
    _send(state, to_bytes(arguments["values"]))


def _verify_data(state: State, arguments: Arguments) -> None:
    expected = to_bytes(arguments["values"])
    if difference := data_difference(bytes(state.data), expected):
        raise StepFailedError(difference)
    del state.data[: len(expected)]


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
        _answer(state, type_of(state.variables[name]) == text_of(arguments["type"]))


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
    for branch in state.step.jumps if state.step else ():
        if result in BRANCHES[branch]:
            state.jump(branch)


def _sign(state: State, name: str) -> int:
    """How a variable compares with zero; unordered when it is not set."""
    if name not in state.variables:
        return UNORDERED
    value = state.variable_of(name, Type.INTEGER, Type.FLOATING_POINT)
    if not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - only NaN differs from itself
        return UNORDERED
    return int(value > 0) - int(value < 0)


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


def _ask(question: Question) -> Do:
    def ask(state: State, arguments: Arguments) -> None:
        name = text_of(arguments["variable_name"])
        has_sign = bool(arguments.get("negative", 1))

        def take(value: Value) -> None:
            unsigned = isinstance(value, int) and question is Question.RANDOM and not has_sign
            state.variables[name] = value & _POSITIVE_64 if unsigned and isinstance(value, int) else value

        _request(state, Ask(question), take)

    return ask


def _request(state: State, effect: Effect, take: Callable[[Value], None] | None = None) -> None:
    state.effects.append(effect)
    state.wait(Pause.ANSWER, take=take)


def _hex(state: State, arguments: Arguments) -> None:
    value, width = arguments["value"], arguments.get("width", 1)
    if not isinstance(value, int) or not isinstance(width, int) or not 0 <= width <= CALLS:
        raise StepFailedError(f"width is {text_of(width)}, not 0 to {CALLS}")
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
    _request(state, Kill(signal if isinstance(signal, int) else text_of(signal)))


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
    "run": _run,
    "listen": _listen,
    "connect": _connect,
    "disconnect": _disconnect,
    "wait": _wait,
    "has_message": _has_message,
    "show_message": _show_message,
    "show_data": _show_data,
    "clear_message": _clear_message,
    "clear_data": _clear_data,
    "verify_message": _verify_message,
    "message_has_parameter": _message_has_parameter,
    "message_has_parameter_with_value": _message_has_parameter_with_value,
    "save_parameter_value": _save_parameter_value,
    "send_message": _send_message,
    "has_data": _has_data,
    "send_data": _send_data,
    "verify_data": _verify_data,
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
    "now": _ask(Question.NOW),
    "hostname": _ask(Question.HOSTNAME),
    "max_pid": _ask(Question.MAX_PID),
    "random": _ask(Question.RANDOM),
    "hex": _hex,
    "strlen": _strlen,
    "sort": _sort,
    "sleep": _sleep,
    "kill": _kill,
    "exit": _exit,
}
"""What each instruction does; the same names as in the catalogue."""

if DO.keys() != CATALOGUE.keys():
    raise AssertionError(f"catalogue and instructions differ by {sorted(DO.keys() ^ CATALOGUE.keys())}")
