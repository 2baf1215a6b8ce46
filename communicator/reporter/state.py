"""PURE: all that a running script is: its place, its variables, what it holds, and what it waits for; no rule of the language."""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

import msgspec

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode
from communicator.protocol.message import Message
from communicator.reporter.arithmetic import EQUAL, GREATER
from communicator.reporter.effects import Effect
from communicator.reporter.evaluation import evaluate, variables_in
from communicator.reporter.events import BytesReceived, Connected, HungUp, LineReceived
from communicator.reporter.resolver import Program, Step
from communicator.reporter.syntax import START
from communicator.reporter.values import Type, Value, ValueTypeError, type_of

CALLS = 1000
"""How deep calls may nest: a script that calls itself for ever is told so."""

Arrival = Connected | LineReceived | BytesReceived | HungUp
"""What one `wait` handles one of."""


class StepFailedError(Exception):
    """The instruction that runs cannot be done, or what it expects is not so; its text is the reason."""


class Pause(StrEnum):
    """What a script waits for."""

    ARRIVAL = "something to arrive"
    PERHAPS = "something to arrive, or not"
    SILENCE = "nothing to arrive"
    TIME = "time to pass"
    ANSWER = "an answer of the shell"


class Waiting(msgspec.Struct, frozen=True):
    """What a script waits for, and for how long."""

    pause: Pause
    deadline_s: float | None = None
    """On the clock of the shell, in seconds."""
    take: Callable[[Value], None] | None = None
    """What to do with the answer."""


class State(msgspec.Struct):
    """One run of one script."""

    program: Program
    variables: dict[str, Value]
    now_s: float = 0.0
    next_step: int = 0
    step: Step = Step("", {}, {}, START)
    """The instruction that runs."""
    comparison: int | None = None
    calls: list[int] = []
    message: Message | None = None
    data: bytearray = msgspec.field(default_factory=bytearray)
    links: list[int] = []
    """The clients, in the order they came; as a client, the one connection."""
    is_listening: bool = False
    has_door: bool = False
    """Whether `listen` or `connect` was done."""
    has_run: bool = False
    arrivals: deque[Arrival] = msgspec.field(default_factory=deque)
    effects: list[Effect] = []
    waiting: Waiting | None = None
    has_ended: bool = False
    """Whether the script is over; no event does anything then."""

    @property
    def held(self) -> str:
        """The message held, as it would stand on the wire; empty for none."""
        if self.message is None:
            return ""
        try:
            return encode(self.message).decode()
        except LocalProtocolError:
            return repr(self.message)

    def wait(self, pause: Pause, span_s: float | None = None, take: Callable[[Value], None] | None = None) -> None:
        """Stop after this instruction.

        Args:
            pause: What for.
            span_s: For how long, in seconds from now; None without limit.
            take: What to do with the answer.
        """
        self.waiting = Waiting(pause, None if span_s is None else self.now_s + span_s, take)

    def ask(self, effect: Effect, span_s: float | None = None, take: Callable[[Value], None] | None = None) -> None:
        """Have something done that the shell answers, and stop until it does.

        Args:
            effect: What.
            span_s: As for `wait`.
            take: As for `wait`.
        """
        self.effects.append(effect)
        self.wait(Pause.ANSWER, span_s, take)

    def opened(self, link: Value) -> None:
        """Take what was to be opened: the connection as a client, or without a link the listener."""
        if isinstance(link, int):
            self.links.append(link)
        else:
            self.is_listening = True

    def answer(self, *, is_so: bool) -> None:
        """Keep the answer to a question of the script: true is *not equal*, false is *equal*."""
        self.comparison = GREATER if is_so else EQUAL

    def jump(self, parameter: str) -> None:
        """Go on at the label of a parameter of the instruction that runs.

        Raises:
            StepFailedError: The script does not define it.
        """
        label = self.step.jumps[parameter].name
        if label not in self.program.labels:
            raise StepFailedError(self.program.undefined_label(label))
        self.next_step = self.program.labels[label]

    def arguments(self) -> dict[str, Value]:
        """The arguments of the instruction that runs, computed.

        Raises:
            ValueTypeError: One cannot be computed.
        """
        return {name: evaluate(value, self.variables) for name, value in self.step.arguments.items()}

    def unset_variables(self) -> list[str]:
        """The variables that the instruction that runs takes as empty strings, because they are not set."""
        used = dict.fromkeys(
            variable.name for value in self.step.arguments.values() for variable in variables_in(value)
        )
        return [name for name in used if name not in self.variables]

    def variable_of(self, name: str, *types: Type) -> Value:
        """The value of a variable that must be set.

        Raises:
            ValueTypeError: It is not set, or of none of these types.
        """
        if name not in self.variables:
            raise ValueTypeError(f"variable {name!r} is not set")
        value = self.variables[name]
        if type_of(value) not in types:
            raise ValueTypeError(f"variable {name!r} is {type_of(value)}, not {' or '.join(types)}")
        return value


Arguments: TypeAlias = dict[str, Value]
"""The arguments of an instruction, computed."""
Do: TypeAlias = Callable[[State, Arguments], None]
"""What an instruction does; raises StepFailedError or ValueTypeError when it cannot."""
