"""The definitions the suite ships: without a remark, and true of what is really said."""

import ast
import re
from pathlib import Path

import pytest

from communicator.definitions import load_catalogue
from communicator.protocol import Message, decode
from communicator.protocol.definitions import Checker, Scope
from communicator.router.vocabulary.envelope import ROUTER_PARAMETERS

ROOT = Path(__file__).parents[2]
CATALOGUE, REMARKS = load_catalogue([])
CHECKER = Checker(CATALOGUE)


def test_nothing_is_to_be_said_about_them():
    assert [str(remark) for remark in REMARKS] == []


def test_parameters_of_routers_are_parameters_of_every_message():
    assert set(CATALOGUE.global_parameters) >= ROUTER_PARAMETERS
    assert {"cache", "transmission_report", "secret_code", "deliver", "trace", "ack"} <= set(
        CATALOGUE.global_parameters
    )


def test_what_stays_on_its_host_goes_nowhere_else():
    told = {command for command, definition in CATALOGUE.definitions.items() if definition.scope is Scope.LOCAL}
    assert {"REGISTER", "STOP", "TAP", "POLICY_SET", "RUN_ENDED"} <= told
    assert told.isdisjoint(("CONNECT", "ALIVE", "CLOCK_REPORT", "SHUTDOWN", "CLUSTER_GET_STATUS"))


HEARD = re.compile(r"    [A-Z] <<< (b?['\"]?<peer:communicatord .*)")
TRANSCRIPT = (ROOT / "tests" / "transcripts" / "local-tcp.md").read_text()


def heard_of_the_ancestor():
    for found in HEARD.finditer(TRANSCRIPT):
        text = found[1]
        yield ast.literal_eval(text) if text.startswith("b") else text.encode()


def test_what_the_ancestor_was_heard_to_say_passes():
    lines = list(heard_of_the_ancestor())
    assert len(lines) > 50
    assert {line: fault for line in lines if (fault := CHECKER.fault(decode(line), "peer"))} == {}


REQUIRED_OF_THE_ANCESTOR = {
    "REGISTER": {"service": "a", "version": "1"},
    "UNREGISTER": {"service": "a"},
    "CONNECT": {"version": "1", "my_address": "10.0.0.1:4042", "server_name": "beta"},
    "ACCEPT": {"my_address": "10.0.0.1:4042", "server_name": "beta"},
    "REFUSE": {},
    "GOSSIP": {"my_address": "10.0.0.1:4042"},
    "RECEIVED": {},
    "COMMANDS": {"list": "HELP,STOP"},
    "READY": {"my_address": "10.0.0.1:4042"},
    "ALIVE": {"serial": "1", "timestamp": "1795500000.123456789"},
    "ABSOLUTELY": {"reply_timestamp": "1795500000.123456789"},
    "CLUSTER_UP": {"neighbors_count": "3"},
    "CLOCK_STABLE": {},
    "CLOCK_UNSTABLE": {"clock_error": "invalid"},
    "SERVICE_STATUS": {"service": "a"},
    "STATUS": {"service": "a", "status": "up", "server": "b", "up_since": "1795500000", "cache": "no"},
    "DISCONNECTED": {"server_name": "beta"},
    "UNREACHABLE": {"who": "10.0.0.1:4042"},
    "FORGET": {"ip": "10.0.0.1"},
    "TRANSMISSION_REPORT": {"command": "A", "status": "cached"},
    "SERVICE_UNAVAILABLE": {"destination_service": "a", "unsent_command": "B"},
    "LISTEN_LOADAVG": {"ips": "10.0.0.1,10.0.0.2"},
    "LOADAVG": {"avg": "0.25", "my_address": "10.0.0.1:4042", "timestamp": "1795500000.5"},
    "BLOCK": {"uri": "10.0.0.1", "period": "day", "profile": "smtp", "reason": "spam"},
    "UNKNOWN": {"command": "A"},
    "INVALID": {"command": "A", "message": "no"},
    "QUITTING": {},
    "LOG_ROTATE": {},
}


def test_what_the_ancestor_defines_passes_here_too():
    faults = {name: CHECKER.fault(Message(name, values)) for name, values in REQUIRED_OF_THE_ANCESTOR.items()}
    assert {name: fault for name, fault in faults.items() if fault} == {}


MARKS = {"correlation_id": "7f3a09c1-1a", "shadow": "1", "shadow_id": "alpha-0-17"}
ELDER_FILE = "[file]\nflags = required\n\n[copies]\ntype = integer\nflags = optional\n\n# vim: syntax=dosini\n"
"""As a C++ service has it: sections only."""


@pytest.mark.parametrize("named", [MARKS, {"correlation_id": "a b;c"}])
def test_ids_and_marks_of_copies_pass_with_every_command(named, tmp_path):
    (tmp_path / "PRINT.conf").write_text(ELDER_FILE)
    catalogue, remarks = load_catalogue([tmp_path])
    assert remarks == []
    checker = Checker(catalogue)
    assert checker.fault(Message("PRINT", {"file": "a.txt", **named})) == ""
    for command in catalogue.definitions:
        fault = checker.fault(Message(command, {**named, **REQUIRED_OF_THE_ANCESTOR.get(command, {})}))
        assert fault == "" or "is missing" in fault, f"{command}: {fault}"


def test_lines_with_ids_pass_together(tmp_path):
    (tmp_path / "PRINT.conf").write_text(ELDER_FILE)
    checker = Checker(load_catalogue([tmp_path])[0])
    line = b"printer/PRINT copies=2;correlation_id=7f3a09c1-%x;file=a.txt;shadow=1;shadow_id=k-1;transmission_report=failure\n"
    assert checker.passes_all(b"printer/PRINT", b"".join(line % number for number in range(100)))


QUESTIONS = {"CLOCK_STATUS", "CLUSTER_STATUS", "LIST_SERVICES", "POLICY_GET", "PUBLIC_IP", "SERVICE_STATUS"}


def test_questions_that_change_nothing_are_repeatable():
    told = {command for command, definition in CATALOGUE.definitions.items() if definition.is_repeatable}
    assert told == QUESTIONS | {command for command in CATALOGUE.definitions if "_GET_" in command}
    assert all(CATALOGUE.definitions[command].replies for command in told)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("REGISTER version=1", "parameter service is missing"),
        ("REGISTER service=a-b;version=1", "parameter service: 'a-b' is not a name"),
        ("REGISTER service=a;version=1;role=boss", "is not one of live, standby, shadow, probe"),
        ("STATUS service=a;status=maybe", "is not one of up, down, unknown"),
        ("POLICY_SET policy={", "parameter policy: '{' is not JSON"),
        ("*/STOP", "STOP may not be broadcast"),
        ("beta:communicatord/STOP", "STOP stays on its host"),
        ("LIST_SERVICES offset=-1", "is not an integer of at least 0"),
        ("x/HELP transmission_report=success", "parameter transmission_report: 'success' is not failure"),
        ("x/HELP secret_code=", "parameter secret_code is empty"),
    ],
)
def test_what_is_wrong_is_found(line, words):
    assert words in CHECKER.fault(decode(line.encode()), "alpha")
