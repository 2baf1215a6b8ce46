"""Messages are held to their definitions: what becomes of faulty ones, on every way through the router."""

import pytest

from communicator.definitions import load_catalogue
from communicator.definitions.loading import packaged_files
from communicator.protocol.definitions import Checker, Checking, SourceFile, read_catalogue
from communicator.router.config import MessageChecks
from communicator.router.events import DatagramReceived, Instant
from simulation.cluster import Cluster, chain

FILES = {
    "PRINT": "[file]\nflags = required\n[copies]\nflags = optional\nvalidator = integer(1...9)\n[secret]\nflags = optional\n",
    "NEWS": "broadcast = forbidden\n[text]\nflags = required\n",
    "HOME": "scope = local\nbroadcast = allowed\n[text]\nflags = required\n",
}
CATALOGUE, REMARKS = read_catalogue(
    [
        *(SourceFile(f"{name}.conf", name, text.encode()) for name, text in FILES.items()),
        *(file for file in packaged_files() if file.command == "global"),
    ]
)
ENFORCE = MessageChecks(Checking.ENFORCE, Checker(CATALOGUE))
DEBUG = MessageChecks(Checking.DEBUG, Checker(CATALOGUE))
TWO = """
+ A unix bob
A > REGISTER service=svc_a;version=1
A < HELP
A < READY my_address=*
A > COMMANDS list=INVALID,NEWS,HOME,PRINT
+ B unix bob
B > REGISTER service=svc_b;version=1
B < HELP
B < READY my_address=*
B > COMMANDS list=INVALID,NEWS,HOME,PRINT
"""
FAULTS = [
    ("svc_b/PRINT file=a;colour=red", "PRINT", "parameter 'colour' is not known in PRINT: it has copies, file, secret"),
    ("svc_b/PRINT file=a;copies=10", "PRINT", "parameter copies: '10' is not an integer from 1 to 9"),
    ("svc_b/PRINT copies=1", "PRINT", "parameter file is missing"),
    ("svc_b/PRINT", "PRINT", "parameter file is missing"),
    ("./NEWS text=a", "NEWS", "NEWS may not be broadcast"),
    ("*/NEWS text=a", "NEWS", "NEWS may not be broadcast"),
    ("*/HOME text=a", "HOME", "HOME stays on its host: it may be broadcast to '.' only, not to '*'"),
    ("beta:svc_b/HOME text=a", "HOME", "HOME stays on its host: it may not be sent to 'beta'"),
    ("svc_b/HOME deliver=all;text=a", "HOME", "HOME stays on its host: deliver=all takes the server '.'"),
    ('{"command":"PRINT","service":"svc_b","parameters":{"copies":"x"}}', "PRINT", "parameter copies: 'x' is not *"),
]
GOOD = [
    "svc_b/PRINT file=a",
    "svc_b/PRINT file=a;copies=3;transmission_report=failure",
    'svc_b/PRINT copies=3;file="a;b"',
    "svc_b/NEWS text=a",
    "svc_b/HOME text=a",
    "svc_b/UNHEARD_OF x=y",
    ".:svc_b/HOME deliver=all;text=a",
]


def test_the_definitions_of_these_tests_are_good():
    assert not [remark for remark in REMARKS if remark.severity == "error"]


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize(("line", "command", "reason"), FAULTS)
def test_a_faulty_message_is_not_delivered_and_its_sender_hears_why(playbook, line, command, reason, times):
    book = playbook(checks=ENFORCE).play(TWO)
    book.write("A", f"{line}\n".encode() * times)
    for _ in range(times):
        heard = book.hear("A")
        assert (heard.command, heard.get("command")) == ("INVALID", command)
        assert heard.get("message").startswith(reason.removesuffix("*"))
    book.play("B < (nothing)\nA < (nothing)")
    statistics = book.router._board.statistics
    assert (statistics.faulty_messages, statistics.dropped["faulty"]) == (times, times)


@pytest.mark.parametrize("checks", [None, DEBUG, ENFORCE])
@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize("line", GOOD)
def test_a_good_message_is_passed_on_whoever_checks(playbook, line, times, checks):
    book = playbook(checks=checks).play(TWO)
    book.write("A", f"{line}\n".encode() * times)
    for _ in range(times):
        assert book.hear("B").sender == "peer:svc_a"
    book.play("A < (nothing)")
    assert book.router._board.statistics.faulty_messages == 0


def test_one_faulty_line_among_many_costs_nobody_else_anything(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    lines = [f"svc_b/PRINT file=a;copies={1 + number % 9}\n".encode() for number in range(200)]
    lines[100] = b"svc_b/PRINT file=a;copies=0\n"
    book.write("A", b"".join(lines))
    assert book.hear("A").command == "INVALID"
    assert [book.hear("B").get("copies") for _ in range(199)] == [
        str(1 + number % 9) for number in range(200) if number != 100
    ]


def test_faults_are_found_in_mixed_reads_too(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    good = [b"svc_b/PRINT file=a\n", b"svc_b/UNHEARD_OF x=1\n", b"svc_b/NEWS text=a\n"]
    book.write("A", b"".join([*good, b"svc_b/PRINT x=1\n", *good]))
    assert book.hear("A").get("command") == "PRINT"
    assert [book.hear("B").command for _ in range(6)] == ["PRINT", "UNHEARD_OF", "NEWS"] * 2


def test_where_messages_are_watched_they_go_on_and_the_log_names_them(playbook):
    book = playbook(checks=DEBUG).play(TWO)
    book.write("A", b"svc_b/PRINT file=a;copies=0;secret=hidden\n" * 20)
    for _ in range(20):
        assert book.hear("B").get("copies") == "0"
    book.play("A < (nothing)")
    notices = [notice.fields for notice in book.notices if notice.event == "message_faulty"]
    assert [notice["faults"] for notice in notices] == [1, 2, 4, 8, 16]
    assert notices[0] | {"link": "svc_a"} == {
        "link": "svc_a",
        "command": "PRINT",
        "sender": "svc_a",
        "reason": "parameter copies: '0' is not an integer from 1 to 9",
        "faults": 1,
    }
    assert book.router._board.statistics.faulty_messages == 20


@pytest.mark.parametrize("line", ["*/HOME text=a", "./NEWS text=a", "svc_b/HOME deliver=all;text=a"])
def test_where_messages_are_watched_even_those_that_may_not_spread_do(playbook, line):
    book = playbook(checks=DEBUG).play(TWO).run(f"A > {line}")
    assert book.hear("B").get("text") == "a"
    assert book.router._board.statistics.faulty_messages == 1


def test_what_is_said_to_the_router_is_held_to_the_suite_s_definitions(playbook):
    book = playbook(checks=MessageChecks(Checking.ENFORCE, Checker(load_catalogue([])[0])))
    book.play(
        """
        + A unix bob
        A > REGISTER service=svc_a;pid=many
        A < INVALID command=REGISTER;message=*
        A > REGISTER service=svc_a;version=1
        A < HELP
        A < READY my_address=*
        A > SERVICE_STATUS
        A < INVALID command=SERVICE_STATUS;message=parameter service is missing
        """
    )


def test_new_rules_count_at_once(playbook, make_config):
    book = playbook().play(TWO)
    book.write("A", b"svc_b/PRINT x=1\n")
    assert book.hear("B").get("x") == "1"
    book.router.reconfigure(make_config(checks=ENFORCE), book.now)
    book.write("A", b"svc_b/PRINT x=1\n")
    assert book.hear("A").command == "INVALID"
    book.play("B < (nothing)")


def test_a_datagram_is_checked_although_nobody_can_be_told(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    book.handle(DatagramReceived(b"svc_b/PRINT x=1"))
    book.handle(DatagramReceived(b"svc_b/PRINT file=a"))
    assert book.hear("B").get("file") == "a"
    assert book.router._board.statistics.dropped["faulty"] == 1


@pytest.fixture
def line():
    """Three routers in a line, each with a service; all enforce."""
    cluster = Cluster(chain("abc"), checks=ENFORCE)
    return cluster, {"one": cluster.service("a", "one"), "two": cluster.service("c", "two")}


@pytest.mark.parametrize("times", [1, 100])
def test_a_local_message_leaves_its_host_by_no_way(line, times):
    cluster, voices = line
    cluster.say(voices["one"], *["two/HOME text=a"] * times)
    assert voices["two"].take() == []
    told = voices["one"].take()
    assert (
        told
        == ["<a:communicatord INVALID command=HOME;message=HOME stays on its host, and there is no 'two' here"] * times
    )


@pytest.mark.parametrize("times", [1, 100])
def test_the_router_of_the_receiver_checks_what_comes_from_elsewhere(line, times):
    cluster, voices = line
    host = cluster.hosts["a"]
    host.changes = {"checks": None}
    cluster["a"].reconfigure(host._config(), Instant(*host.clocks.read()))
    cluster.say(voices["one"], *["two/PRINT copies=1"] * times, "two/PRINT file=a")
    assert voices["two"].take() == ["<a:one c:two/PRINT file=a"]
    told = voices["one"].take()
    assert len(told) == times
    assert all("INVALID" in each and "parameter file is missing" in each for each in told)
