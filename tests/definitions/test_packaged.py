"""The definitions the suite ships: for every command it speaks, without a remark, and true of what is really said."""

import ast
import re
from pathlib import Path

import pytest

from communicator.definitions import load_catalogue
from communicator.protocol import Message, decode
from communicator.protocol.definitions import Checker, Scope
from communicator.protocol.names import is_command_name
from communicator.router.authority import RULES
from communicator.router.commands.table import HANDLERS
from communicator.router.envelope import ROUTER_PARAMETERS

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "communicator" / "definitions"
SPEAKERS = ("communicator/router", "communicator/client", "timekeeper", "canary", "exporters", "bellwether")
CATALOGUE, REMARKS = load_catalogue([])
CHECKER = Checker(CATALOGUE)
SAYING = frozenset(("Message", "answer", "tell", "tell_listeners", "reply", "say", "_to_sender", "MessageRefusedError"))
"""Calls with a command among their arguments."""
NO_COMMAND = frozenset(("TEXT",))
"""What a text is written with only to see whether it can be written."""


def commands_said(source):
    """The commands that a module says or listens for, as far as they stand in it."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in SAYING or name in ("on", "request", "Target"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


SAID = {
    command
    for package in SPEAKERS
    for path in (ROOT / package).rglob("*.py")
    for command in commands_said(path.read_text())
    if is_command_name(command)
} - NO_COMMAND


def test_nothing_is_to_be_said_about_them():
    assert [str(remark) for remark in REMARKS] == []


def test_commands_are_found_in_sources():
    assert {"SLOW_CONSUMER", "CLOCK_STABLE", "CANARY_GET_REPORT", "CLUSTER_GET_GRAPH", "ROUTER_GET_STATS"} <= SAID


@pytest.mark.parametrize("command", sorted({*HANDLERS, *RULES, *SAID}))
def test_every_command_the_suite_speaks_is_defined(command):
    definition = CATALOGUE.definitions[command]
    assert definition.description
    assert definition.subject
    assert definition.sender
    assert definition.receiver


def test_parameters_of_routers_are_parameters_of_every_message():
    assert set(CATALOGUE.global_parameters) >= ROUTER_PARAMETERS
    assert {"cache", "transmission_report", "secret_code", "deliver", "trace", "ack"} <= set(
        CATALOGUE.global_parameters
    )


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("*.conf")), ids=lambda path: path.stem)
def test_the_ancestor_can_read_them(path):
    """It ends when it meets a type or a flag that it does not know."""
    text = path.read_text().replace("\\\n", "")
    assert set(re.findall(r"^type = (.*)$", text, re.MULTILINE)) <= {"integer", "address", "timespec"}
    flags = re.findall(r"^flags = (.*)$", text, re.MULTILINE)
    assert {flag.strip() for listed in flags for flag in listed.split(",")} <= {"required", "optional", "empty"}
    if path.stem != "global":
        assert re.findall(r"^(broadcast|scope) = ", text, re.MULTILINE) == ["broadcast", "scope"]


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


@pytest.mark.parametrize("command", REQUIRED_OF_THE_ANCESTOR)
def test_what_the_ancestor_defines_passes_here_too(command):
    assert CHECKER.fault(Message(command, REQUIRED_OF_THE_ANCESTOR[command])) == ""


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
