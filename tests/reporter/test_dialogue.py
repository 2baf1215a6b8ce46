"""What is asked about the message held: scripts, and where they go."""

import pytest

from communicator.protocol import Message
from communicator.reporter.dialogue import DIALOGUE
from communicator.reporter.machine import Machine
from communicator.reporter.resolver import load
from communicator.reporter.values import Word, type_of

HELD = Message("PRINT", {"file": "a.txt", "copies": "2"}, service="printer", sent_from_service="asker")


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("has_message()", "true"),
        ("has_message(command: PRINT)", "true"),
        ("has_message(command: SCAN)", "false"),
        ("message_has_parameter(name: file)", "true"),
        ("message_has_parameter(name: size)", "false"),
        ("message_has_parameter_with_value(name: file, value: `.*[.]txt`)", "true"),
        ("message_has_parameter_with_value(name: copies, value: 2)", "true"),
        ("message_has_parameter_with_value(name: copies, value: 3)", "false"),
        ("message_has_parameter_with_value(name: size, value: '')", "false"),
        ("clear_message() has_message()", "false"),
        ("has_data()", "false"),
    ],
)
def test_questions_about_what_is_held(text, branch):
    machine = Machine(load(f"{text} if({branch}: there) error(message: 'no') label(name: there)"))
    machine.state.message = HELD
    assert machine.start(0.0)[-1].failure is None


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("file", "string", "a.txt"),
        ("copies", "integer", 2),
        ("file", "identifier", Word("a.txt")),
        ("command", "string", "PRINT"),
        ("service", "string", "printer"),
        ("sent_service", "string", "asker"),
        ("sent_server", "string", ""),
    ],
)
def test_a_parameter_is_saved(name, kind, value):
    machine = Machine(load(f"save_parameter_value(parameter_name: {name}, variable_name: v, type: {kind})"))
    machine.state.message = HELD
    machine.start(0.0)
    assert machine.state.variables["v"] == value
    assert type_of(machine.state.variables["v"]) == kind


def test_a_dialogue_changes_nothing_it_is_only_asked_about():
    machine = Machine(load("has_message() message_has_parameter(name: file)"))
    machine.state.message = HELD
    machine.start(0.0)
    assert machine.state.message == HELD


def test_every_door_and_message_is_part_of_the_dialogue():
    assert {"listen", "connect", "wait", "send_message", "verify_message", "verify_data"} <= DIALOGUE.keys()
