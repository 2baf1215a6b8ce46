"""PURE: what the instructions do that talk: doors, waiting, messages and bytes, as one table by their names; it opens no socket."""

from collections import deque
from functools import partial

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.reporter import effects
from communicator.reporter.conversion import read
from communicator.reporter.effects import Transport
from communicator.reporter.events import Connected
from communicator.reporter.state import Arguments, Do, Pause, State, StepFailedError
from communicator.reporter.values import Address, Items, Type, parse_seconds, read_address, text_of, type_of
from communicator.reporter.verification import data_difference, differences, matches, own_field, show_bytes, to_bytes

_WRITABLE = (Type.INTEGER, Type.TIMESTAMP, Type.STRING, Type.IDENTIFIER, Type.ADDRESS)
_NO_MESSAGE = Message("")


def _open(state: State, arguments: Arguments, *, as_client: bool) -> None:
    if state.has_door:
        raise StepFailedError("a script listens or connects once")
    address = read_address(arguments["address"])
    kind = text_of(arguments.get("connection_type"))
    cut_lines = kind == "messenger" or not state.program.reads_data
    state.has_door = True
    state.ask(effects.Open(address, _transport(kind, address), as_client, cut_lines), take=state.opened)


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
    state.effects.append(effects.StopListening())
    unseen = {arrival.link for arrival in state.arrivals if isinstance(arrival, Connected)}
    state.effects += [effects.Close(link) for link in sorted(unseen)]
    state.arrivals = deque(arrival for arrival in state.arrivals if arrival.link not in unseen)


def _wait(state: State, arguments: Arguments) -> None:
    span_s = parse_seconds(arguments["timeout"])
    match text_of(arguments.get("mode")):
        case "drain":
            state.ask(effects.Drain(), span_s)
        case mode:
            if not (state.is_listening or state.links or state.arrivals):
                raise StepFailedError("there is nobody to wait for: no listener, and no connection")
            state.wait(Pause.PERHAPS if mode == "timeout" else Pause.ARRIVAL, span_s)


def _has_message(state: State, arguments: Arguments) -> None:
    held, command = state.message, arguments.get("command")
    state.answer(is_so=held is not None and (command is None or held.command == text_of(command)))


def _show_message(state: State, _: Arguments) -> None:
    state.effects.append(effects.Print(state.held or "(no message)"))


def _show_data(state: State, arguments: Arguments) -> None:
    size = arguments.get("size")
    shown = show_bytes(bytes(state.data), size if isinstance(size, int) else len(state.data))
    state.effects.append(effects.Print(shown or "(no data)"))


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
    state.answer(is_so=text_of(arguments["name"]) in held.parameters)


def _message_has_parameter_with_value(state: State, arguments: Arguments) -> None:
    text = (state.message or _NO_MESSAGE).parameters.get(text_of(arguments["name"]))
    state.answer(is_so=text is not None and matches(arguments["value"], text))


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
    state.effects += [effects.Send(link, data) for link in state.links]


def _has_data(state: State, arguments: Arguments) -> None:
    size = arguments.get("min_size")
    state.answer(is_so=len(state.data) >= max(1, size if isinstance(size, int) else 1))


def _send_data(state: State, arguments: Arguments) -> None:
    _send(state, to_bytes(arguments["values"]))


def _verify_data(state: State, arguments: Arguments) -> None:
    expected = to_bytes(arguments["values"])
    if difference := data_difference(bytes(state.data), expected):
        raise StepFailedError(difference)
    del state.data[: len(expected)]


DIALOGUE: dict[str, Do] = {
    "listen": partial(_open, as_client=False),
    "connect": partial(_open, as_client=True),
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
}
"""What each of these instructions does."""
