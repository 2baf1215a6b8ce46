"""Messages are held to their definitions: what becomes of faulty ones, on every way through the router."""

import pytest

from communicator.definitions import load_catalogue
from communicator.definitions.loading import packaged_files
from communicator.protocol import decode
from communicator.protocol.definitions import Checker, Checking, SourceFile, read_catalogue
from communicator.router.cores.voice import WORK_PER_TURN
from communicator.router.vocabulary.config import MessageChecks
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import DatagramReceived, Instant, LinesReceived
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


WATCHED = MessageChecks(
    Checking.ENFORCE,
    Checker(
        read_catalogue(
            [
                *(SourceFile(f"/theirs/{name}.conf", name, text.encode()) for name, text in FILES.items()),
                SourceFile("/ours/OURS.conf", "OURS", b"[file]\nflags = required\n"),
                *(file for file in packaged_files() if file.command == "global"),
            ]
        )[0],
        watched=frozenset(("/theirs",)),
    ),
)
"""Messages are held to what is ours; what others define is only watched."""


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize(("line", "command", "reason"), [fault for fault in FAULTS if "beta" not in fault[0]])
def test_a_definition_that_is_only_watched_refuses_nothing(playbook, line, command, reason, times):
    book = playbook(checks=WATCHED).play(TWO)
    book.write("A", f"{line}\n".encode() * times)
    for _ in range(times):
        assert book.hear("B").command == command
    told = [notice.fields for notice in book.notices if notice.event == "message_faulty"]
    assert told[0]["reason"].startswith(reason.removesuffix("*"))
    statistics = book.router._board.statistics
    assert (statistics.faulty_messages, statistics.dropped["faulty"]) == (times, 0)
    assert {book.hear("A").command for _ in range(len(book.heard[book.links["A"]]))} <= {command}  # a broadcast


def test_beside_it_all_else_is_held_to_its_definition(playbook):
    book = playbook(checks=WATCHED).play(TWO).run("A > svc_b/PRINT copies=1\nA > svc_b/OURS copies=1")
    assert (book.hear("B").command, book.hear("A").get("command")) == ("PRINT", "OURS")
    book.play("A < (nothing)\nB < (nothing)")


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


def hold_to(cluster, **checks):
    """Let routers check as they are told."""
    for name, each in checks.items():
        host = cluster.hosts[name]
        host.changes = {"checks": each}
        cluster[name].reconfigure(host._config(), Instant(*host.clocks.read()))


def faults_told(cluster, name):
    return [notice.fields for notice in cluster.hosts[name].notices if notice.event == "message_faulty"]


@pytest.mark.parametrize("times", [1, 100])
def test_the_router_of_the_receiver_checks_what_comes_from_elsewhere(line, times):
    cluster, voices = line
    hold_to(cluster, a=None)
    cluster.say(voices["one"], *["two/PRINT copies=1"] * times, "two/PRINT file=a")
    assert voices["two"].take() == ["<a:one c:two/PRINT file=a"]
    told = voices["one"].take()
    assert len(told) == times
    assert all("INVALID" in each and "parameter file is missing" in each for each in told)


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize(
    "bad", ["two/PRINT copies=1", "c:two/PRINT file=", "*/NEWS text=a", "?/NEWS text=a", "two/HOME text=a"]
)
def test_who_has_no_name_is_checked_by_the_router_of_the_receiver_too(line, bad, times):
    cluster, _ = line
    hold_to(cluster, a=None, b=None)
    listener = cluster.service("c", "three", "NEWS,HOME")
    tool = cluster.client("a")
    cluster.say(tool, *[bad.replace("two", "three")] * times, "three/PRINT file=a")
    assert listener.take() == ["c:three/PRINT file=a"]
    assert cluster["c"]._board.statistics.dropped["faulty"] == times
    assert tool.take() == []  # a router cannot tell who it was


def test_what_a_router_says_itself_is_its_own_business(line):
    cluster, voices = line
    cluster.hosts["b"].tell(
        LinesReceived(
            cluster["b"]._board.mesh.peers["a"].id,
            b"<a:communicatord c:two/PRINT x=1\nALIVE serial=1;x=1\ncommunicatord/ALIVE serial=2;x=1\n",
        )
    )
    cluster.run()
    assert voices["two"].take() == ["<a:communicatord c:two/PRINT x=1"]
    answered = {decode(told.encode()).get("serial") for _, _, told in cluster.passed("communicatord ABSOLUTELY")}
    assert {"1", "2"} <= answered
    assert [router._board.statistics.faulty_messages for router in map(cluster.__getitem__, "bc")] == [0, 0]


@pytest.mark.parametrize("checks", [DEBUG, ENFORCE])
def test_a_broadcast_that_only_passes_is_the_business_of_those_it_is_for(line, checks):
    cluster, voices = line
    hold_to(cluster, a=None, b=checks, c=None)
    listener = cluster.service("c", "three", "NEWS")
    cluster.say(voices["one"], "*/NEWS text=a", "*/NEWS text=b;ack=required")
    assert [heard.split(" ", 1)[1] for heard in listener.take()] == ["*/NEWS text=a", "*/NEWS ack=required;text=b"]
    assert cluster["b"]._board.statistics.faulty_messages == 0


@pytest.mark.parametrize("times", [1, 100])
def test_a_local_message_of_another_host_is_refused_by_the_router_of_the_receiver(line, times):
    cluster, voices = line
    hold_to(cluster, a=None, b=None)
    cluster.say(voices["one"], *["two/HOME text=a"] * times)
    assert voices["two"].take() == []
    refusal = (
        "<c:communicatord a:one/INVALID command=HOME;message=HOME stays on its host: it may not come from another one"
    )
    assert voices["one"].take() == [refusal] * times
    statistics = cluster["c"]._board.statistics
    assert (statistics.faulty_messages, statistics.dropped["faulty"]) == (times, times)


@pytest.mark.parametrize("times", [1, 100])
def test_where_messages_are_watched_a_local_one_that_leaves_or_comes_is_told_and_goes_on(line, times):
    cluster, voices = line
    hold_to(cluster, a=DEBUG, b=DEBUG, c=DEBUG)
    cluster.say(voices["one"], *["two/HOME text=a"] * times)
    assert len(voices["two"].take()) == times
    assert voices["one"].take() == []
    assert [router._board.statistics.faulty_messages for router in map(cluster.__getitem__, "abc")] == [times, 0, times]
    assert faults_told(cluster, "a")[0]["reason"] == "HOME stays on its host, and there is no 'two' here"
    assert faults_told(cluster, "c")[0]["reason"] == "HOME stays on its host: it may not come from another one"
    assert faults_told(cluster, "c")[0]["sender"] == "a:one"


@pytest.mark.parametrize("times", [1, 100])
def test_a_local_message_whose_definition_is_only_watched_may_leave_and_come(line, times):
    cluster, voices = line
    hold_to(cluster, a=WATCHED, b=WATCHED, c=WATCHED)
    cluster.say(voices["one"], *["two/HOME text=a"] * times)
    assert len(voices["two"].take()) == times
    assert voices["one"].take() == []
    assert [router._board.statistics.faulty_messages for router in map(cluster.__getitem__, "abc")] == [times, 0, times]


def test_where_messages_are_watched_a_local_one_that_finds_its_receiver_here_is_good(line):
    cluster, voices = line
    hold_to(cluster, a=DEBUG)
    here = cluster.service("a", "two")
    cluster.say(voices["one"], "two/HOME text=a", "a:two/HOME text=b", ".:two/HOME text=c;deliver=all")
    assert len(here.take()) == 3
    assert cluster["a"]._board.statistics.faulty_messages == 0


@pytest.mark.parametrize(("checks", "event"), [(DEBUG, "message_faulty"), (ENFORCE, "message_refused")])
def test_a_local_message_without_a_receiver_here_is_counted_and_told(playbook, checks, event):
    book = (
        playbook(checks=checks).play(TWO).run("A > nobody/HOME text=a\nA > nobody/HOME text=a\nA > nobody/HOME text=a")
    )
    told = [notice.fields for notice in book.notices if notice.event == event]
    assert [(notice["link"], notice["command"]) for notice in told] == [("svc_a", "HOME")] * 2
    assert {notice["reason"] for notice in told} == {"HOME stays on its host, and there is no 'nobody' here"}
    assert book.router._board.statistics.faulty_messages == 3


def test_a_good_line_that_no_expression_matches_is_passed_on_as_it_is(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    usual, odd, bad = b"svc_b/PRINT file=a\n", b'svc_b/PRINT file="a\\\\b";\n', b"svc_b/PRINT x=\\n\n"
    book.write("A", (usual * 10 + odd + usual * 10 + bad) * 10)
    heard = [book.hear("B").get("file") for _ in range(210)]
    assert heard == (["a"] * 10 + ["a\\b"] + ["a"] * 10) * 10
    assert [book.hear("A").command for _ in range(10)] == ["INVALID"] * 10
    book.play("A < (nothing)\nB < (nothing)")
    assert next(effect.data for effect in book.effects_of(Send) if b"\\\\" in effect.data).count(b'"a\\\\b";\n') == 1
    assert book.router._board.statistics.routed["local"] == 210


@pytest.mark.parametrize("times", [1, 300])
def test_what_comes_from_elsewhere_is_passed_on_as_it_is_where_it_is_good(line, times):
    cluster, voices = line
    cluster.say(voices["one"], *[r"c:two/PRINT file=a\\b"] * times)
    assert voices["two"].take() == [r"<a:one c:two/PRINT file=a\\b"] * times


def test_lines_that_are_checked_one_by_one_give_others_a_turn(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    book.write("A", b"svc_b/PRINT file=a\\nb\n" * 3000 + b"ALIVE\n")
    assert len({book.hear("B").get("file") for _ in range(3000)}) == 1
    assert book.hear("A").command == "ABSOLUTELY"
    assert book.continued == 3000 // WORK_PER_TURN


def test_a_trace_among_lines_that_are_checked_one_by_one_is_seen(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    book.write("A", b"svc_b/PRINT file=a\\nb\n" * 100 + b"svc_b/PRINT file=c;trace=t\n" + b"svc_b/PRINT file=a\\nb\n")
    assert [book.hear("B").get("file") for _ in range(102)].index("c") == 100
    assert book.hear("A").command == "TRACE_HOP"


def test_a_line_that_cannot_be_read_is_refused_among_good_ones(playbook):
    book = playbook(checks=ENFORCE).play(TWO)
    usual = b"svc_b/PRINT file=a\n"
    book.write("A", usual * 100 + b"svc_b/PRINT file\n" + usual)
    assert [book.hear("B").get("file") for _ in range(101)] == ["a"] * 101
    assert book.hear("A").get("command") == "PRINT"
    book.play("A < (nothing)\nB < (nothing)")


def test_a_message_for_nobody_that_may_leave_is_no_fault(playbook):
    book = playbook(checks=ENFORCE).play(TWO).play("A > nobody/PRINT file=a")
    assert book.router._board.statistics.faulty_messages == 0
    assert book.router._board.statistics.dropped["unroutable"] == 1


def test_lines_from_elsewhere_that_are_checked_one_by_one_give_others_a_turn(line):
    cluster, voices = line
    peer = cluster["c"]._board.mesh.peers["b"].id
    lines = b"<a:one c:two/PRINT file=a\\nb\n" * 3000 + b"<a:one c:two/PRINT x=1\n"
    before = cluster["c"]._board.statistics.messages_received["remote"]
    cluster.hosts["c"].tell(LinesReceived(peer, lines))
    assert len(voices["two"].take()) < 3000
    cluster.run()
    assert cluster["c"]._board.statistics.messages_received["remote"] - before >= 3001
    assert cluster["c"]._board.statistics.routed["local"] >= 3000
    assert cluster["c"]._board.statistics.dropped["faulty"] == 1
