"""What is not taken: how often the log tells it, and what becomes of messages that were kept and are faulty by now."""

import pytest

from communicator.definitions.loading import packaged_files
from communicator.protocol.definitions import Checker, Checking, SourceFile, read_catalogue
from communicator.router.vocabulary.config import MessageChecks
from communicator.router.vocabulary.events import Instant, LinesReceived
from simulation.cluster import Cluster, chain

CATALOGUE, _ = read_catalogue(
    [
        SourceFile("PRINT", "PRINT", b"[copies]\nvalidator = integer(1...9)\n"),
        SourceFile("HOME", "HOME", b"scope = local\n[text]\n"),
        *(file for file in packaged_files() if file.command == "global"),
    ]
)
ENFORCE = MessageChecks(Checking.ENFORCE, Checker(CATALOGUE))
DEBUG = MessageChecks(Checking.DEBUG, Checker(CATALOGUE))
WATCHED = MessageChecks(Checking.ENFORCE, Checker(CATALOGUE, watched=frozenset(("",))))
REASON = "parameter copies: '0' is not an integer from 1 to 9"


@pytest.fixture
def pair():
    """A - b; only b enforces."""
    cluster = Cluster(chain("ab"))
    return cluster, cluster.service("a", "one"), cluster.service("b", "two")


def hold(cluster, name, checks, **changes):
    host = cluster.hosts[name]
    host.changes = {"checks": checks, **changes}
    cluster[name].reconfigure(host._config(), Instant(*host.clocks.read()))


def refusals(cluster, name):
    return [notice.fields for notice in cluster.hosts[name].notices if notice.event == "message_refused"]


@pytest.mark.parametrize("senders", [1, 3])
def test_a_flood_from_another_host_is_no_flood_of_the_log(pair, senders):
    cluster, one, two = pair
    hold(cluster, "b", ENFORCE)
    voices = [one, *(cluster.service("a", f"one_{number}") for number in range(1, senders))]
    for _ in range(100):
        for voice in voices:
            cluster.say(voice, "two/PRINT copies=0", seconds=0.01)
    told = refusals(cluster, "b")
    assert len(told) == (100 * senders).bit_length()
    assert {(notice["link"], notice["command"], notice["reason"]) for notice in told} == {("a", "PRINT", REASON)}
    assert told[0]["sender"] == "a:one"
    assert [len(voice.take()) for voice in voices] == [100] * senders
    assert two.take() == []


FAILED = "destination_server=b;destination_service=nobody;reason=service_unknown;status=failed"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("two/PRINT copies=0", f"<b:communicatord a:one/INVALID command=PRINT;{{id}}message={REASON}"),
        (
            "b:nobody/NOTE transmission_report=failure",
            "<b:communicatord a:one/TRANSMISSION_REPORT command=NOTE;{id}" + FAILED,
        ),
        ("NONSENSE", "<a:communicatord UNKNOWN command=NONSENSE{end}"),
        ("b:./NOTE", "<a:communicatord INVALID command=NOTE;{id}message=a broadcast to one server, 'b', is none"),
    ],
)
@pytest.mark.parametrize("named", ["", "7f-1", "x" * 128])
def test_what_is_refused_is_named_by_its_id(pair, said, heard, named):
    cluster, one, two = pair
    hold(cluster, "b", ENFORCE)
    told = f"correlation_id={named}" if named else ""
    cluster.say(one, f"{said}{';' if ' ' in said else ' '}{told}" if told else said)
    assert two.take() == []
    assert one.take() == [heard.format(id=told and f"{told};", end=told and f";{told}")]


def test_an_id_that_is_too_long_is_not_repeated(pair):
    cluster, one, _ = pair
    cluster.say(one, f"NONSENSE correlation_id={'x' * 129}")
    assert one.take() == ["<a:communicatord UNKNOWN command=NONSENSE"]


def test_a_message_that_has_to_arrive_is_refused_once(pair):
    cluster, one, two = pair
    hold(cluster, "b", ENFORCE)
    cluster.say(one, "two/PRINT copies=0;ack=required;transmission_report=failure", seconds=100)
    assert two.take() == []
    assert one.take() == [
        f"<b:communicatord a:one/INVALID command=PRINT;message={REASON}",
        "<a:communicatord TRANSMISSION_REPORT command=PRINT;destination_service=two;reason=faulty;status=failed",
    ]
    assert cluster["a"]._board.pending.repeated_total == 0
    assert len(cluster["a"]._board.pending) == 0


def test_each_copy_of_a_message_for_all_is_refused_once(pair):
    cluster, one, two = pair
    hold(cluster, "b", ENFORCE)
    cluster.say(one, "*:two/PRINT copies=0;ack=required;deliver=all", seconds=100)
    assert two.take() == []
    assert len(one.take()) == 1
    assert len(cluster["a"]._board.pending) == 0


KEPT = ["b:late/PRINT copies=0", "b:late/PRINT copies=1", "b:late/HOME text=a"]


@pytest.mark.parametrize(
    ("checks", "arrives"), [(None, [0, 1, 2]), (DEBUG, [0, 1, 2]), (WATCHED, [0, 1, 2]), (ENFORCE, [1])]
)
def test_what_was_kept_is_checked_by_the_rules_of_the_day_it_is_handed_over(pair, checks, arrives):
    cluster, one, _ = pair
    hold(cluster, "b", None, known_services=frozenset({"late"}))
    cluster.say(one, *KEPT)
    assert len(cluster["b"]._board.cache) == 3
    hold(cluster, "b", checks, known_services=frozenset({"late"}))
    late = cluster.client("b")
    cluster.say(late, "REGISTER service=late;version=1")
    assert [line.split(" ", 1)[1] for line in late.take() if "<a:one" in line] == [KEPT[number] for number in arrives]
    assert len(one.take()) == 3 - len(arrives)
    board = cluster["b"]._board
    assert (board.cache.delivered_total, board.statistics.dropped["faulty"]) == (len(arrives), 3 - len(arrives))
    assert board.statistics.faulty_messages == 3 - len(arrives)


def test_a_kept_message_of_nobody_is_refused_without_a_word(playbook, make_config):
    book = playbook().run(
        "+ A unix bob\nA > REGISTER service=svc_a;version=1\nA < HELP\nA < READY my_address=*\n+ U unix bob"
    )
    book.play("A > offline/PRINT copies=0\nU > offline/PRINT copies=0\nU > offline/PRINT copies=2")
    book.router.reconfigure(make_config(checks=ENFORCE), book.now)
    book.run("+ O unix bob\nO > REGISTER service=offline;version=1\nO < HELP\nO < READY my_address=*")
    assert book.hear("O").parameters == {"copies": "2"}
    assert book.hear("A").parameters == {"command": "PRINT", "message": REASON}
    book.play("A < (nothing)\nO < (nothing)\nU < (nothing)")


def test_what_a_router_has_said_itself_is_handed_over(pair):
    cluster, _, _ = pair
    hold(cluster, "b", None, known_services=frozenset({"late"}))
    cluster.hosts["b"].tell(
        LinesReceived(cluster["b"]._board.mesh.peers["a"].id, b"<a:communicatord b:late/PRINT x=1\n")
    )
    hold(cluster, "b", ENFORCE, known_services=frozenset({"late"}))
    late = cluster.client("b")
    cluster.say(late, "REGISTER service=late;version=1")
    assert "<a:communicatord b:late/PRINT x=1" in late.take()
