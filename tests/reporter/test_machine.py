"""The machine, played event by event on a clock that is a number."""

import pytest

from communicator.reporter.effects import (
    Close,
    Drain,
    End,
    Kill,
    Open,
    Print,
    Question,
    Send,
    StopListening,
    Transport,
)
from communicator.reporter.events import (
    Answered,
    BytesReceived,
    Connected,
    HungUp,
    LineReceived,
    Refused,
    TimePassed,
)
from communicator.reporter.machine import STEPS, Machine
from communicator.reporter.resolver import load
from communicator.reporter.values import Address, Timestamp

HERE = Address("127.0.0.1", 20002)
LISTEN = Open(HERE, Transport.TCP, as_client=False, cut_lines=True)
LISTENING = "listen(address: <127.0.0.1:20002>)\n"


class Playbook:
    """A script, and what is said to it and what it does, in order."""

    def __init__(self, text, **variables):
        self.machine = Machine(load(text), variables)
        self.now_s = 1000.0

    def start(self):
        return self.machine.start(self.now_s)

    def __call__(self, *events):
        effects = []
        for event in events:
            effects += self.machine.handle(event, self.now_s)
        return effects

    def later(self, seconds):
        self.now_s += seconds
        return self(TimePassed())

    def listening(self, *events):
        assert self.start() == [LISTEN]
        return self(Answered(), *events)


def reason_of(effects):
    (failure,) = [effect.failure for effect in effects if isinstance(effect, End)]
    assert failure is not None
    return failure.reason


def test_falling_off_the_end_is_a_good_end():
    play = Playbook('print(message: "hello $who")', who="you")
    assert play.start() == [Print("hello you"), End()]
    assert play.machine.state.has_ended
    assert play(Connected(1)) == []


def test_one_wait_handles_one_event():
    play = Playbook(
        LISTENING
        + "label(name: again) clear_message() wait(timeout: 12) print(message: turn) has_message() if(false: again)"
        + "verify_message(command: REGISTER, required_parameters: { service: responder, version: 1 })"
        + "send_message(command: READY, sent_server: a, sent_service: b, parameters: { when: @1.5, n: 1 })"
    )
    assert play.listening() == []
    assert play.machine.next_deadline == 1012.0
    assert play(Connected(7)) == [Print("turn")]
    assert play(LineReceived(7, b"REGISTER service=responder;version=1")) == [
        Print("turn"),
        Send(7, b"<a:b READY n=1;when=1.500000000\n"),
        End(),
    ]


def test_what_came_early_waits_for_its_wait():
    play = Playbook(
        LISTENING + "sleep(seconds: 5) wait(timeout: 1) wait(timeout: 1) show_message() wait(timeout: 1) show_message()"
    )
    assert play.listening(Connected(1), LineReceived(1, b"A"), LineReceived(1, b"B")) == []
    assert play.later(4.9) == []
    assert play.later(0.1) == [Print("A"), Print("B"), End()]


def test_everything_is_sent_to_every_client_that_is_still_there():
    play = Playbook(
        LISTENING + "wait(timeout: 1) wait(timeout: 1) wait(timeout: 1) wait(timeout: 1) send_message(command: X)"
    )
    assert play.listening(Connected(1), Connected(2), Connected(3), HungUp(2)) == [
        Send(1, b"X\n"),
        Send(3, b"X\n"),
        End(),
    ]


def test_a_failure_names_place_and_message():
    play = Playbook(LISTENING + "wait(timeout: 1) wait(timeout: 1)\n  verify_message(command: B)")
    [end] = play.listening(Connected(1), LineReceived(1, b"A x=1"))
    assert (end.failure.reason, end.failure.held) == ("command is 'A', not 'B'", "A x=1")
    assert (end.failure.line, end.failure.column, end.failure.shown) == (3, 3, "  verify_message(command: B)")


def test_a_time_out_is_a_failure():
    play = Playbook(LISTENING + "wait(timeout: '2s')")
    play.listening()
    assert play.later(1.9) == []
    assert reason_of(play.later(0.2)) == "nothing arrived in time"


def test_nothing_need_come_in_mode_timeout():
    play = Playbook(
        LISTENING + "wait(timeout: 2, mode: timeout) has_message() if(false: none) error(message: x) label(name: none)"
    )
    play.listening()
    assert play.later(2) == [End()]


def test_a_time_that_passed_too_early_changes_nothing():
    play = Playbook("sleep(seconds: 2)")
    play.start()
    assert play(TimePassed(), Answered(5)) == []
    assert play.later(2) == [End()]


def test_drain_waits_for_what_was_sent_and_for_nothing_else():
    play = Playbook(LISTENING + "wait(timeout: 1) send_message(command: X) wait(timeout: 3, mode: drain)")
    assert play.listening(Connected(1)) == [Send(1, b"X\n"), Drain()]
    assert play.machine.next_deadline == 1003.0
    assert play(LineReceived(1, b"A")) == []
    assert play(Answered()) == [End()]


def test_drain_fails_in_time():
    play = Playbook("wait(timeout: 3, mode: drain)")
    assert play.start() == [Drain()]
    assert "could not be written in time" in reason_of(play.later(3))


def test_connect_goes_on_once_connected():
    play = Playbook("connect(address: $router) send_message(command: X) wait(timeout: 1)", router="cd:///run/r.sock")
    assert play.start() == [
        Open(Address(path="/run/r.sock", scheme="cd"), Transport.UNIX, as_client=True, cut_lines=True)
    ]
    assert play(Answered(4)) == [Send(4, b"X\n")]
    assert play(HungUp(4)) == [End()]


def test_what_cannot_be_opened_is_a_failure():
    play = Playbook(LISTENING)
    play.start()
    assert reason_of(play(Refused("cannot listen"))) == "cannot listen"


def test_disconnect_stops_listening_and_drops_who_was_not_seen():
    play = Playbook(LISTENING + "wait(timeout: 1) sleep(seconds: 1) disconnect() disconnect() send_message(command: X)")
    assert play.listening(Connected(1), Connected(2), LineReceived(2, b"A")) == []
    assert play.later(1) == [StopListening(), Close(2), Send(1, b"X\n"), End()]


def test_exit_with_a_time_out_wants_silence():
    play = Playbook(LISTENING + "wait(timeout: 1) exit(timeout: 2.5) error(message: never)")
    assert play.listening(Connected(1), HungUp(1)) == []
    assert play.later(2.5) == [End()]
    for noise, words in (
        (LineReceived(1, b"A"), "'A' came"),
        (Connected(2), "a client connected"),
        (BytesReceived(1, b"ab"), "2 bytes came"),
    ):
        play = Playbook(LISTENING + "exit(timeout: 2.5)")
        assert words in reason_of(play.listening(noise))


@pytest.mark.parametrize(
    ("instruction", "question", "answer"),
    [
        ("now", Question.NOW, Timestamp(5)),
        ("hostname", Question.HOSTNAME, "alpha"),
        ("max_pid", Question.MAX_PID, 32768),
        ("random", Question.RANDOM, -5),
    ],
)
def test_what_only_the_shell_knows(instruction, question, answer):
    play = Playbook(f"{instruction}(variable_name: v)")
    assert play.start() == [question]
    assert play(Answered(answer)) == [End()]
    assert play.machine.state.variables["v"] == answer


def test_random_without_a_sign():
    play = Playbook("random(variable_name: v, negative: 0)")
    play.start()
    play(Answered(-1))
    assert play.machine.state.variables["v"] == 2**63 - 1


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("kill()", "SIGINT"),
        ("kill(signal: SIGCONT)", "SIGCONT"),
        ("kill(signal: 'cont')", "cont"),
        ("kill(signal: 18)", 18),
    ],
)
def test_kill(text, signal):
    play = Playbook(text)
    assert play.start() == [Kill(signal)]
    assert play(Answered()) == [End()]


def test_bytes():
    play = Playbook(
        "listen(address: <127.0.0.1:20002>)\nlabel(name: more) wait(timeout: 1) has_data(min_size: 3) if(false: more)"
        "show_data(size: 2) verify_data(values: [1, 'ab']) send_data(values: [0x0a, \"x\"]) show_data() clear_data() show_data()"
    )
    assert play.start() == [Open(HERE, Transport.TCP, as_client=False, cut_lines=False)]
    assert play(Answered(), Connected(1), BytesReceived(1, b"\x01a")) == []
    assert play(BytesReceived(1, b"bcd")) == [
        Print("01 61 …"),
        Send(1, b"\nx"),
        Print("63 64"),
        Print("(no data)"),
        End(),
    ]


def test_messenger_cuts_lines_whatever_else_the_script_does():
    play = Playbook("listen(address: <127.0.0.1:20002>, connection_type: messenger) clear_data()")
    assert play.start() == [LISTEN]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run() run()", "said once"),
        ("wait(timeout: 1)", "nobody to wait for"),
        ("send_message(command: X)", "nobody to send to"),
        ("verify_message(command: X)", "no message is held"),
        ("label(name: a) if(true: a)", "nothing was compared"),
        ("return()", "no call to return from"),
        ("label(name: a) call(label: a)", "deeper than 1000"),
        ("label(name: a) goto(label: a)", f"{STEPS:,} instructions without a pause"),
        ('error(message: "it broke")', "it broke"),
        ("exit(error_message: 'wrong')", "wrong"),
        ("compare(expression: 5)", "'5' is not the result of a comparison"),
        ("set_variable(name: a, value: 's') compare(expression: $a)", "'expression' of 'compare' cannot be string 's'"),
        ("set_variable(name: m, value: never) wait(timeout: 1, mode: $m)", "'mode' is one of"),
        ("set_variable(name: a, value: 's') label(name: l) if(variable: a, less: l)", "variable 'a' is string"),
        ("set_variable(name: n, value: $a + 1) sleep(seconds: -$a)", "no negative (not set, and so empty: $a)"),
        ("set_variable(name: n, value: $a - $b)", "between string and string (not set, and so empty: $a, $b)"),
        ("compare(expression: $a <=> 5)", "between string and integer (not set, and so empty: $a)"),
        ("compare(expression: $a)", "cannot be string '' (not set, and so empty: $a)"),
        ("hex(variable_name: h, value: $a)", "cannot be string '' (not set, and so empty: $a)"),
        ("set_variable(name: n, value: $a, type: integer)", "'' is not an integer (not set, and so empty: $a)"),
        ("sleep(seconds: $a)", "(not set, and so empty: $a)"),
        ("listen(address: $a)", "'' is not an address"),
        ("listen(address: $a)", "(not set, and so empty: $a)"),
        ("wait(timeout: 1, mode: $a)", "'mode' is one of drain, timeout, wait, not '' (not set, and so empty: $a)"),
        ('error(message: "$a $a!")', " ! (not set, and so empty: $a)"),
        ("goto(label: nowhere)", "label 'nowhere' is not defined"),
        ("call(label: nowhere)", "label 'nowhere' is not defined"),
        ("has_message() if(true: nowhere, false: agian) label(name: again)", "'agian' is not defined: did you mean"),
        ("sort(var1: a)", "variable 'a' is not set"),
        ("set_variable(name: a, value: 1) sort(var1: a, var3: a)", "'var2' is missing"),
        ("set_variable(name: a, value: 1) set_variable(name: b, value: 's') sort(var1: a, var2: b)", "of one type"),
        ("hex(variable_name: a, value: 1, width: 5000)", "width is 5000"),
        ("listen(address: '/a', connection_type: tcp)", "not an address for tcp"),
        ("listen(address: <127.0.0.1>, connection_type: unix)", "not an address for unix"),
        ("set_variable(name: s, value: -1) sleep(seconds: $s)", "not a span of time"),
    ],
)
def test_what_fails_while_it_runs(text, words):
    assert words in reason_of(Playbook(text).start())


def test_a_label_that_is_never_defined_is_no_error_until_a_jump():
    play = Playbook("has_message()\nif(true: nowhere) print(message: on)\n  goto(label: nowhere)")
    printed, end = play.start()
    assert printed == Print("on")
    assert (end.failure.reason, end.failure.line, end.failure.column) == ("label 'nowhere' is not defined", 3, 3)


def test_a_variable_that_is_not_set_is_an_empty_string():
    play = Playbook(
        LISTENING + 'print(message: "[$nobody]") wait(timeout: 1) wait(timeout: 1)'
        "verify_message(command: A, sent_server: $nobody, required_parameters: { x: ${nobody}, y: `1$nobody` })"
        "send_message(command: B, service: $nobody, parameters: { z: $nobody })"
    )
    assert play.listening(Connected(1), LineReceived(1, b"A x=;y=1")) == [Print("[]"), Send(1, b"B z=\n"), End()]


PATTERN = r"verify_message(command: A, required_parameters: { x: `^10\\|[0-9]+\\|(${host}|two)$` })"


@pytest.mark.parametrize("name", ["alpha", "two"])
def test_a_variable_in_a_regular_expression(name):
    play = Playbook(LISTENING + f"wait(timeout: 1) wait(timeout: 1) {PATTERN}", host="alpha")
    assert play.listening(Connected(1), LineReceived(1, f"A x=10|1|{name}".encode())) == [End()]


def test_what_does_not_match_shows_what_the_variable_stood_for():
    play = Playbook(LISTENING + f"wait(timeout: 1) wait(timeout: 1) {PATTERN}", host="alpha")
    reason = reason_of(play.listening(Connected(1), LineReceived(1, b"A x=10|1|beta")))
    assert reason == r"parameter 'x' is '10|1|beta', not regex '^10\\|[0-9]+\\|(alpha|two)$'"


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        ("verify_message(command: A, required_parameters: { x: `^($host$` })", "parameter 'x' cannot be compared: "),
        ("verify_message(command: `$host*`)", "command cannot be compared: "),
        ("message_has_parameter_with_value(name: x, value: `($host`)", ""),
    ],
)
def test_what_is_no_regular_expression_once_its_variable_is_in_it(instruction, words):
    play = Playbook(LISTENING + f"wait(timeout: 1) wait(timeout: 1)\n {instruction}", host="*")
    (end,) = play.listening(Connected(1), LineReceived(1, b"A x=1"))
    assert (end.failure.line, end.failure.column) == (3, 2)
    assert end.failure.reason.startswith(words)
    assert "is not a regular expression" in end.failure.reason


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("{ a: 3.05 }", "write it as a string"),
        ('{ a: "\\0" }', "NUL"),
        ("{ a }", "is void"),
    ],
)
def test_what_cannot_be_sent(parameters, words):
    play = Playbook(LISTENING + f"wait(timeout: 1) send_message(command: X, parameters: {parameters})")
    assert words in reason_of(play.listening(Connected(1)))


def test_what_comes_must_be_messages():
    play = Playbook(LISTENING + "wait(timeout: 1) wait(timeout: 1)")
    assert "what came is no message" in reason_of(play.listening(Connected(1), LineReceived(1, b"no message")))


def test_a_second_door_is_refused():
    play = Playbook(LISTENING + LISTENING)
    play.start()
    assert "once" in reason_of(play(Answered()))


def test_a_broken_link_is_a_failure():
    play = Playbook(LISTENING + "wait(timeout: 1) wait(timeout: 1)")
    assert reason_of(play.listening(Connected(1), HungUp(1, "too long"))) == "too long"
