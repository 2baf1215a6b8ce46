"""PURE: runs a program: an event and the time in, effects out; what an instruction does is told in `instructions`."""

from collections.abc import Callable, Mapping

from communicator.errors import RemoteProtocolError, ScriptFailedError
from communicator.protocol.line_form import decode
from communicator.reporter import events
from communicator.reporter.catalogue import parameter_rule
from communicator.reporter.effects import Effect, End
from communicator.reporter.instructions import DO
from communicator.reporter.resolver import Program
from communicator.reporter.state import Arrival, Pause, State, StepFailedError
from communicator.reporter.values import Value, ValueTypeError, text_of, type_of

STEPS = 250_000
"""Instructions without a pause: a script that runs in a circle is told so."""


class Machine:
    """One run of one program.

    Args:
        program: What to run.
        variables: What is set before it starts.
    """

    def __init__(self, program: Program, variables: Mapping[str, Value] | None = None) -> None:
        self.state = State(program, dict(variables or {}))

    @property
    def next_deadline(self) -> float | None:
        """When TimePassed is due, in seconds on the shell's clock; None when it is not."""
        waiting = self.state.waiting
        return None if waiting is None else waiting.deadline_s

    def start(self, now_s: float) -> list[Effect]:
        """Run up to the first pause.

        Args:
            now_s: The time on the shell's monotonic clock, in seconds.

        Returns:
            What is to be done, in order.
        """
        self.state.now_s = now_s
        self._guarded(self._go_on)
        return self._taken()

    def handle(self, event: events.Event, now_s: float) -> list[Effect]:
        """Take an event, and run up to the next pause.

        Args:
            event: What has happened.
            now_s: The time on the shell's monotonic clock, in seconds.

        Returns:
            What is to be done, in order.
        """
        state = self.state
        if state.has_ended:
            return []
        state.now_s = now_s
        self._guarded(lambda: self._take(event))
        self._guarded(self._go_on)
        return self._taken()

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except (StepFailedError, ValueTypeError) as error:
            self._fail(str(error))

    def _taken(self) -> list[Effect]:
        effects, self.state.effects = self.state.effects, []
        return effects

    def _take(self, event: events.Event) -> None:
        match event:
            case events.Connected() | events.LineReceived() | events.BytesReceived() | events.HungUp():
                self.state.arrivals.append(event)
            case events.Refused(reason):
                raise StepFailedError(reason)
            case events.Answered(value):
                self._resume(value)
            case events.TimePassed():
                self._time_passed()

    def _resume(self, value: Value) -> None:
        waiting = self.state.waiting
        if waiting is None or waiting.pause is not Pause.ANSWER:
            return
        self.state.waiting = None
        if waiting.take is not None:
            waiting.take(value)

    def _time_passed(self) -> None:
        waiting = self.state.waiting
        if waiting is None or waiting.deadline_s is None or self.state.now_s < waiting.deadline_s:
            return
        match waiting.pause:
            case Pause.TIME | Pause.PERHAPS | Pause.SILENCE:
                self.state.waiting = None
            case Pause.ANSWER:
                raise StepFailedError("what was sent could not be written in time")
            case _:
                raise StepFailedError("nothing arrived in time")

    def _go_on(self) -> None:
        while not self.state.has_ended and self._is_free():
            self._run()

    def _is_free(self) -> bool:
        """Give a waiting script what has arrived; whether it waits no more."""
        state = self.state
        if state.waiting is not None and state.waiting.pause is Pause.SILENCE:
            self._listen_to_silence()
        elif state.waiting is not None and state.waiting.pause in (Pause.ARRIVAL, Pause.PERHAPS) and state.arrivals:
            state.waiting = None
            self._arrive(state.arrivals.popleft())
        return state.waiting is None

    def _listen_to_silence(self) -> None:
        while self.state.arrivals:
            arrival = self.state.arrivals.popleft()
            if isinstance(arrival, events.HungUp):
                self._arrive(arrival)
            else:
                raise StepFailedError(f"nothing was to come any more, but {_described(arrival)}")

    def _arrive(self, arrival: Arrival) -> None:
        state = self.state
        match arrival:
            case events.Connected(link):
                state.links.append(link)
            case events.LineReceived(_, line):
                try:
                    state.message = decode(line)
                except RemoteProtocolError as error:
                    raise StepFailedError(f"what came is no message: {error}") from None
            case events.BytesReceived(_, data):
                state.data += data
            case events.HungUp(link, reason):
                if link in state.links:
                    state.links.remove(link)
                if reason:
                    raise StepFailedError(reason)

    def _run(self) -> None:
        """Run up to the next pause."""
        state, steps = self.state, self.state.program.steps
        for _ in range(STEPS):
            if state.next_step >= len(steps):
                state.effects.append(End())
                state.has_ended = True
            else:
                self._do_step()
            if state.waiting is not None or state.has_ended:
                return
        raise StepFailedError(f"{STEPS:,} instructions without a pause: the script runs in a circle")

    def _do_step(self) -> None:
        state = self.state
        step = state.step = state.program.steps[state.next_step]
        state.next_step += 1
        arguments = state.arguments()
        for name, value in arguments.items():
            _require_type(step.name, name, value)
        DO[step.name](state, arguments)

    def _fail(self, reason: str) -> None:
        state = self.state
        if unset := state.unset_variables():
            reason = f"{reason} (not set, and so empty: {', '.join(f'${name}' for name in unset)})"
        program, where = state.program, state.step.position
        failure = ScriptFailedError(program.source, *where, reason, program.line(where), state.held)
        state.effects.append(End(failure))
        state.has_ended = True


def _require_type(instruction: str, name: str, value: Value) -> None:
    """Hold a computed argument to the rule that literal ones were held to before the run."""
    rule = parameter_rule(instruction, name)
    if rule is None or type_of(value) not in rule.types:
        raise ValueTypeError(f"{name!r} of {instruction!r} cannot be {type_of(value)} {text_of(value)!r}")
    if rule.choices and text_of(value) not in rule.choices:
        raise ValueTypeError(f"{name!r} is one of {', '.join(sorted(rule.choices))}, not {text_of(value)!r}")


def _described(arrival: Arrival) -> str:
    match arrival:
        case events.LineReceived(_, line):
            return f"{line.decode(errors='replace')!r} came"
        case events.BytesReceived(_, data):
            return f"{len(data)} bytes came"
        case _:
            return "a client connected"
