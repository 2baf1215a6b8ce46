import pytest

from communicator.protocol import decode
from communicator.router.cores.voice import BYTES_PER_WORK, WORK_PER_LOOK, WORK_PER_TURN
from communicator.router.path.inspection import STRANGER_LINE_BYTES
from communicator.router.vocabulary.effects import Identify
from communicator.router.vocabulary.events import LinesReceived, LinkEnded
from simulation.cluster import Cluster, chain

UNREGISTERED = "+ U unix bob\n"
LOOKS_PER_TURN = WORK_PER_TURN // (WORK_PER_LOOK + 1)
"""Of short lines to the router itself, for which a route is sought in vain."""


def test_a_flood_of_bad_lines_is_no_flood_of_the_log(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"\xff\n" * 1000)
    assert len([notice for notice in book.notices if notice.event == "message_refused"]) == 10
    assert book.router._board.statistics.dropped["invalid"] == 1000


def test_refused_commands_change_nothing_and_say_why(trio):
    trio.play(
        """
        A > STOP
        A < INVALID command=STOP;message=*
        B > ./STOP
        B < INVALID command=STOP;message=*
        A > svc_b/RUN_STARTED run_id=x
        A < INVALID command=RUN_STARTED;message=*
        A > CLOCK_STABLE clock_resolution=verified
        A < INVALID command=CLOCK_STABLE;message=*
        A > CONNECT version=1;my_address=192.0.2.7:4042;server_name=peer2
        A < INVALID command=CONNECT;message=*
        A > CLOCK_STATUS
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )
    assert trio.router._board.statistics.acl_denied == 5
    assert trio.router._board.statistics.dropped["acl"] == 5


def test_an_unknown_user_is_identified_once_and_then_remembered(playbook):
    book = playbook().play("+ A local alice")
    book.play("A > LOG_ROTATE\nA > LOG_ROTATE")
    assert len(book.effects_of(Identify)) == 1


def test_lines_behind_a_question_wait_for_its_answer(playbook):
    book = playbook().play(
        "+ A local bob\n+ B unix bob\nB > REGISTER service=svc_b;version=1\nB < HELP\nB < READY my_address=*"
    )
    book.write("A", b"svc_b/P n=1\nSTOP\nsvc_b/P n=2\nALIVE\n")
    assert [book.hear("B").get("n") for _ in range(2)] == ["1", "2"]
    assert [book.hear("A").command for _ in range(2)] == ["INVALID", "ABSOLUTELY"]


def test_the_actor_of_a_canary_command_is_written_by_the_router(playbook):
    book = playbook().play(
        "+ C unix alice\nC > REGISTER service=canary;version=1\nC < HELP\nC < READY my_address=*\n"
        "C < canary/RUN_STARTED run_id=*;service=canary;role=live;pid=13;user=alice;by_owner=true"
    )
    book.play("+ A local alice")
    book.write("A", b"canary/CANARY_COMMAND command=freeze;actor_user=root;actor_server=elsewhere\n")
    heard = book.hear("C")
    assert heard.parameters == {"command": "freeze", "actor_user": "alice", "actor_server": "peer"}


def test_many_lines_that_must_be_looked_into_give_others_a_turn(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"ALIVE\n" * 1000)
    assert len(book.heard[book.links["U"]]) == 1000
    assert book.continued == 1000 // LOOKS_PER_TURN - 1


@pytest.mark.parametrize("length", [1_000, 10_000, 60_000])
def test_long_lines_that_must_be_looked_into_give_others_a_turn_the_sooner(playbook, length):
    book = playbook().play(UNREGISTERED)
    book.write("U", (b"ALIVE serial=".ljust(length, b"x") + b"\n") * 20)
    assert len(book.heard[book.links["U"]]) == 20
    assert book.continued >= 20 * length // (WORK_PER_TURN * BYTES_PER_WORK + length)


def test_routes_that_must_be_found_give_others_a_turn(playbook):
    book = playbook().play(UNREGISTERED + "+ B unix root\nB > REGISTER service=svc_b;version=1\nB < ...\n")
    lines = b"".join(b"svc_b/C%d\n" % number for number in range(1000))
    book.write("U", lines)
    assert [book.hear("B").command for _ in range(1000)] == [f"C{number}" for number in range(1000)]
    assert book.continued == (1000 - 1) // WORK_PER_TURN
    book.write("U", lines)
    assert book.continued == (1000 - 1) // WORK_PER_TURN, "they are known by now"


def test_a_newcomer_from_another_host_says_short_lines(playbook):
    book = playbook().play("+ R remote")
    book.write("R", b"GOSSIP my_address=10.0.0.1:4042;a=".ljust(STRANGER_LINE_BYTES, b"x") + b"\n")
    assert book.hear("R") != "EOF"
    book.write("R", b"GOSSIP my_address=10.0.0.1:4042;a=".ljust(STRANGER_LINE_BYTES + 1, b"x") + b"\nALIVE\n")
    assert book.hear("R").get("message").startswith("a line of a link that has not shown who it is")
    assert book.hear("R") == "EOF"
    assert book.router._board.statistics.dropped["too_long"] == 1


def test_a_newcomer_names_all_services_and_neighbors_of_a_large_cluster(mesh):
    book = mesh(demands_credentials=False).play("+ R remote")
    services = ",".join(f"service_{number:04}" for number in range(1000))
    neighbors = ",".join(f"10.0.{number // 250}.{number % 250 + 1}:4042" for number in range(1000))
    said = f"CONNECT my_address=10.9.0.1:4042;neighbors={neighbors};server_name=far;services={services};version=1\n"
    assert len(said) > 3 * STRANGER_LINE_BYTES
    book.write("R", said.encode())
    assert book.hear("R").command == "ACCEPT"


def test_long_answers_give_others_a_turn(playbook):
    book = playbook(known_services=frozenset(f"service_{number:05}" for number in range(2000))).play(UNREGISTERED)
    book.write("U", b"LIST_SERVICES limit=2000\n" * 30)
    assert len(book.heard[book.links["U"]]) == 30
    assert book.continued >= 2


def test_what_was_said_before_an_end_is_dealt_with_even_in_several_turns(playbook):
    book = playbook().play(UNREGISTERED)
    with book.waiting():
        book.write("U", b"ALIVE\n" * 300)
        book.handle(LinkEnded(book.links["U"]))
        assert len(book.heard[book.links["U"]]) == LOOKS_PER_TURN
    assert len(book.heard[book.links["U"]]) == 301
    assert book.heard[book.links["U"]][-1] == "EOF"


def test_blank_lines_say_nothing(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"\n\r\n  \n")
    book.play("U < (nothing)")
    assert book.router._board.statistics.dropped["invalid"] == 0


def test_a_reason_is_short_however_long_the_message(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"REGISTER version=1;service=" + b"\x01" * 60_000 + b"\n")
    assert len(book.hear("U").get("message")) <= 302
    assert all(len(str(notice.fields)) < 1000 for notice in book.notices)


def test_an_answer_without_an_encoding_is_the_askers_fault(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b'{"command":"ALIVE","parameters":{"serial":";\\\\"}}\n')
    assert book.hear("U").command == "INVALID"


def test_a_reason_has_an_encoding_wherever_it_is_cut(playbook):
    book = playbook().play(UNREGISTERED)
    for length in range(290, 310):
        book.write("U", b"REGISTER version=1;service=;%b\n" % (b"\\" * length))
        assert book.hear("U").command == "INVALID"
    book.write("U", b'REGISTER version=1;service="a;%b"\n' % (b"\\" * 400))
    assert book.hear("U").command == "INVALID"


# ------------------------------------------------------------------------------------------- what another router brings


@pytest.fixture
def cluster():
    """A - b - c, with alpha on a."""
    cluster = Cluster(chain("abc"))
    return cluster, cluster.service("a", "alpha", "CLOCK_UNSTABLE,STATUS,INVALID")


def brought(cluster, line, host="b", peer="a"):
    """A line that a router brings, as that router wrote it; what it gets back over the link."""
    before = len(cluster.wire.lines)
    cluster.hosts[host].tell(LinesReceived(cluster[host]._board.mesh.peers[peer].id, line.encode() + b"\n"))
    cluster.run()
    written = [told.decode() for one, other, told in cluster.wire.lines[before:] if (one, other) == (host, peer)]
    return [told for told in written if "communicatord ALIVE" not in told]


@pytest.mark.parametrize("host", ["b", "c"])
def test_a_service_asks_the_router_of_another_host(cluster, host):
    cluster, alpha = cluster
    cluster.say(alpha, f"{host}:communicatord/SERVICE_STATUS service=alpha", f"{host}:communicatord/CLOCK_STATUS")
    assert [line.split()[:2] for line in alpha.take()] == [
        [f"<{host}:communicatord", "a:alpha/STATUS"],
        [f"<{host}:communicatord", "a:alpha/CLOCK_UNSTABLE"],
    ]


@pytest.mark.parametrize("host", ["b", "c"])
@pytest.mark.parametrize(
    "command", ["STOP", "TAP enabled=true", "POLICY_SET policy={}", "REGISTER service=x;version=1", "RUN_STARTED"]
)
def test_what_takes_a_user_of_the_host_is_not_done_from_afar(cluster, host, command):
    """Its own router refuses it for most; where one believes it, the other does not."""
    cluster, alpha = cluster
    name = command.partition(" ")[0]
    for line in (f"<a:alpha {host}:communicatord/{command}", f"<a:communicatord {host}:communicatord/{command}"):
        brought(cluster, line)
        refusals = [
            heard for _, heard_by, heard in cluster.passed("INVALID") if heard_by == "a" and f"command={name}" in heard
        ]
        assert refusals, line
        cluster.wire.lines.clear()
        assert not cluster[host]._board.draining
    alpha.take()


def test_what_only_passes_is_judged_where_it_is_for(cluster):
    """B neither obeys nor refuses what is for c."""
    cluster, _ = cluster
    denied = [cluster[host]._board.statistics.acl_denied for host in "bc"]
    brought(cluster, "<a:communicatord c:communicatord/STOP")
    assert [cluster[host]._board.statistics.acl_denied for host in "bc"] == [denied[0], denied[1] + 1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<b:svc alpha/P x=1", "our own name"),
        ("<c:svc b:svc/P x=1", "nothing of 'c' comes by way of 'a'"),
        ("<zz:svc c:svc/P x=1", "nothing of 'zz'"),
        ("<a:svc c:svc/P hops_left=-1", "hops_left"),
        ("<a:svc c:svc/P hops_left=many", "many"),
        ("\x01", ""),
        ("<a:svc c:svc/P x", "parameter 1"),
    ],
)
def test_what_is_wrong_is_refused_and_counted(cluster, line, reason):
    cluster, _ = cluster
    dropped = sum(cluster["b"]._board.statistics.dropped.values())
    [told] = brought(cluster, line)
    assert decode(told.encode()).command == "INVALID"
    assert reason in decode(told.encode()).get("message")
    assert sum(cluster["b"]._board.statistics.dropped.values()) == dropped + 1


def test_a_line_without_a_sender_is_the_word_of_the_router_itself(cluster):
    cluster, alpha = cluster
    told, *_ = brought(cluster, "ALIVE serial=7")  # the routers ask each other, too
    assert told.startswith("<b:communicatord ABSOLUTELY ")
    assert decode(told.encode()).get("serial") == "7"
    told, *_ = brought(cluster, "<a:communicatord ALIVE serial=8")
    assert told.startswith("<b:communicatord ABSOLUTELY ")
    assert decode(told.encode()).get("serial") == "8"
    assert alpha.take() == []


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"svc_b/P x", "P"),
        (b"P x", "P"),
        (b"  b:svc_b/P =1", "P"),
        (b"<a:x svc_b/P x", "P"),
        (b'svc_b/P x="1', "P"),
        (b"svc_b/P x=\xff", "P"),
        (b"svc_b/P x=\0", "P"),
        (b"/P x=1", ""),
        (b"<a:x", ""),
        (b"\xff x=1", ""),
        (b'{"command":"P","parameters":1}', ""),
    ],
)
def test_the_command_of_a_line_that_cannot_be_read_is_named_where_it_can(playbook, line, command):
    book = playbook().play(UNREGISTERED)
    book.write("U", line + b"\n")
    heard = book.hear("U")
    assert (heard.command, heard.get("command")) == ("INVALID", command)
    assert ("command" in heard.parameters) == bool(command)
    [notice] = [notice.fields for notice in book.notices if notice.event == "message_refused"]
    assert notice["command"] == command


@pytest.mark.parametrize("command", ["STOP", "POLICY_SET"])
def test_what_is_not_allowed_is_not_sent_again(cluster, command):
    cluster, alpha = cluster
    told = brought(cluster, f"<a:alpha b:communicatord/{command} ack=required;ack_id=a-1-1")
    assert [decode(line.encode()).command for line in told] == ["INVALID", "ACKNOWLEDGED"]
    acknowledged = decode(told[1].encode())
    assert acknowledged.parameters == {"message_id": "a-1-1", "status": "failed", "reason": "not_allowed"}
    assert len(alpha.take()) == 1


def test_what_is_not_for_us_is_not_ours_to_acknowledge(cluster):
    cluster, _ = cluster
    told = brought(cluster, "<a:alpha */STOP ack=required;ack_id=a-1-1;broadcast_to=c;broadcast_msgid=a-1-2")
    assert [decode(line.encode()).command for line in told] == ["INVALID"]


@pytest.mark.parametrize(
    "line",
    [
        "REGISTER service=a;version=1;=hunter2",
        "REGISTER service=a;version=1;hunter2",
        "CONNECT username=a;pass word=hunter2",
        'CONNECT username=a;password="hunter2',
        "CONNECT;password=hunter2",
        "<a:b REGISTER=hunter2",
        'REGISTER service=a;password="hunter2"x',
        '{"command":"REGISTER","parameters":{"password":"hunter2"',
        '{"command":"REGISTER","parameters":{"password":["hunter2"]}}',
        "REGISTER password=hunter2\0",
    ],
)
def test_a_line_that_cannot_be_read_is_not_quoted_for_it_may_hold_a_password(playbook, line):
    book = playbook().play("+ T unix root\n+ A unix bob\nT > TAP\n")
    book.write("A", f"{line}\n".encode())
    refused = book.hear("A")
    assert refused.command == "INVALID"
    told = [refused, *book.heard[book.links["T"]], *(notice.fields for notice in book.notices)]
    assert len(told) > 2
    assert "hunter2" not in str(told)
