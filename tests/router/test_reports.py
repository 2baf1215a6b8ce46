import pytest

from communicator.protocol import Message, decode
from communicator.router.cores.statistics import Statistics
from communicator.router.cores.voice import Voice
from communicator.router.delivery.reports import send_on
from communicator.router.vocabulary.envelope import own_envelope
from communicator.router.vocabulary.events import Instant, LinkKind
from communicator.router.vocabulary.registry import Link, Peer, Registry
from simulation.cluster import Cluster, chain

ASK = "transmission_report=failure"


@pytest.fixture(scope="module")
def five():
    """A - b - c - d - e, with alpha on a, epsilon on e, and a service that each host knows and none has."""
    cluster = Cluster(chain("abcde"), known_services=frozenset({"absent"}))
    return cluster, cluster.service("a", "alpha", "PING,NOTE"), cluster.service("e", "epsilon", "PING,NOTE")


@pytest.fixture
def three():
    cluster = Cluster(chain("abc"), known_services=frozenset({"absent"}))
    return cluster, cluster.service("a", "alpha", "PING")


def asked(cluster, voice, line):
    cluster.say(voice, line)
    return [decode(heard.encode()) for heard in voice.take()]


@pytest.mark.parametrize(
    ("line", "by", "status", "reason"),
    [
        ("nobody/PING ", "a", "failed", "service_unknown"),
        ("*:nobody/PING ", "a", "failed", "service_unknown"),
        (".:epsilon/PING ", "a", "failed", "service_unknown"),
        ("a:nobody/PING ", "a", "failed", "service_unknown"),
        ("zz:nobody/PING ", "a", "failed", "server_unknown"),
        ("b:nobody/PING ", "b", "failed", "service_unknown"),
        ("e:nobody/PING ", "e", "failed", "service_unknown"),
        ("e:absent/PING cache=no;", "e", "failed", "service_absent"),
        ("e:absent/PING ", "e", "cached", "service_absent"),
        ("absent/PING ", "a", "cached", "service_absent"),
        ("absent/PING cache=no;", "a", "failed", "service_absent"),
    ],
)
@pytest.mark.parametrize("ack", ["", ";ack=required"])
def test_who_knows_what_became_of_a_message_reports_it(five, line, by, status, reason, ack):
    """Where it is to be acknowledged, the sender's own router hears of it, and reports."""
    cluster, alpha, _ = five
    [report] = asked(cluster, alpha, f"{line}{ASK}{ack}")
    address = line.partition("/")[0]
    assert (report.command, report.get("status"), report.get("reason")) == ("TRANSMISSION_REPORT", status, reason)
    assert report.sent_from_server == ("a" if ack else by)
    assert (report.get("command"), report.get("destination_service")) == ("PING", address.rpartition(":")[2])
    assert report.get("destination_server") == address.rpartition(":")[0]


@pytest.fixture(autouse=True)
def _nothing_left(request):
    """What one test leaves to be heard is not for the next."""
    if "five" in request.fixturenames:
        for voice in request.getfixturevalue("five")[1:]:
            voice.take()


@pytest.mark.parametrize("asks", ["", "transmission_report=no", "transmission_report=success"])
def test_who_has_not_asked_is_not_told(five, asks):
    cluster, alpha, _ = five
    assert asked(cluster, alpha, f"zz:nobody/PING {asks};x=1".replace(" ;", " ")) == []
    assert asked(cluster, alpha, f"e:nobody/PING {asks};x=1".replace(" ;", " ")) == []


def test_a_server_that_was_there_is_told_from_one_that_never_was(three):
    cluster, alpha = three
    cluster.cut("b", "c")
    cluster.run(20)
    [report] = asked(cluster, alpha, f"c:svc/PING {ASK}")
    assert (report.get("reason"), report.sent_from_server) == ("no_route", "a")
    [report] = asked(cluster, alpha, f"zz:svc/PING {ASK}")
    assert report.get("reason") == "server_unknown"


def test_a_router_on_the_way_reports_that_there_is_no_way(three):
    cluster, alpha = three
    cluster.cut("b", "c")
    cluster.run()
    cluster.hosts["a"]._send(cluster["a"]._board.mesh.peers["b"].id, f"<a:alpha c:svc/PING {ASK}\n".encode())
    [report] = asked(cluster, alpha, "./UNHEARD")
    assert (report.get("reason"), report.sent_from_server) == ("no_route", "b")


def test_a_message_that_passed_too_many_routers_is_reported(five):
    cluster, alpha, _ = five
    link = cluster["b"]._board.mesh.peers["c"].id
    line = f"<a:alpha e:epsilon/PING hops_left=2;{ASK}\n"
    cluster.hosts["b"]._send(link, line.encode())
    cluster.run()
    [report] = [decode(heard.encode()) for heard in alpha.take()]
    assert (report.get("reason"), report.sent_from_server) == ("hops", "d")


def test_a_sender_without_a_name_is_told_by_its_own_router_only(five):
    cluster, _, _ = five
    client = cluster.client("a")
    [report] = asked(cluster, client, f"zz:nobody/PING {ASK}")
    assert report.get("reason") == "server_unknown"
    assert asked(cluster, client, f"e:nobody/PING {ASK}") == []


# ---------------------------------------------------------------------------------------------------------------- traces


def hops(cluster, voice, line):
    """Of each TRACE_HOP: who, at which hop, did what, and to whom or why; in the order of the hops."""
    told = asked(cluster, voice, line)
    assert {(one.command, one.get("trace"), one.get("command")) for one in told} == {
        ("TRACE_HOP", "t", told[0].get("command"))
    }
    assert all(one.sent_from_server == one.get("server") for one in told)
    steps = [
        (int(one.get("hop")), one.get("server"), one.get("action"), one.get("next") or one.get("reason"))
        for one in told
    ]
    return sorted(steps)


FORWARDED = [
    (0, "a", "forwarded", "b"),
    (1, "b", "forwarded", "c"),
    (2, "c", "forwarded", "d"),
    (3, "d", "forwarded", "e"),
]


@pytest.mark.parametrize(
    "line",
    [
        "epsilon/PING trace=t",
        "e:epsilon/PING x=1;trace=t",
        'epsilon/PING trace="t";x=2',
        "epsilon/PING ack=required;trace=t",
        "*:epsilon/PING trace=t",
        '{"command":"PING","service":"epsilon","parameters":{"trace":"t"}}',
    ],
)
def test_each_router_tells_once_what_it_did(five, line):
    cluster, alpha, epsilon = five
    assert hops(cluster, alpha, line) == [*FORWARDED, (4, "e", "delivered", "epsilon")]
    assert len(epsilon.take()) == 1


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("alpha2/PING trace=t", [(0, "a", "delivered", "alpha2")]),
        ("zz:svc/PING trace=t", [(0, "a", "failed", "server_unknown")]),
        ("nobody/PING trace=t", [(0, "a", "failed", "service_unknown")]),
        ("e:nobody/PING trace=t", [*FORWARDED, (4, "e", "failed", "service_unknown")]),
        ("e:nobody/PING trace=t;ack=required", [*FORWARDED, (4, "e", "failed", "service_unknown")]),
        ("e:absent/PING trace=t", [*FORWARDED, (4, "e", "cached", "absent")]),
        ("e:absent/PING trace=t;cache=no", [*FORWARDED, (4, "e", "failed", "service_absent")]),
        (
            "*/NOTE trace=t",
            sorted([(0, "a", "delivered", "alpha"), *FORWARDED, (4, "e", "delivered", "epsilon")]),
        ),
        ("*:epsilon/PING trace=t;deliver=all", [*FORWARDED, (4, "e", "delivered", "epsilon")]),
    ],
)
def test_the_ends_of_ways(five, line, steps):
    cluster, alpha, epsilon = five
    other = cluster.service("a", "alpha2")
    cluster.service("e", "epsilon_of_another_name")
    alpha.take()
    told = asked(cluster, alpha, line)
    found = sorted(
        (int(one.get("hop")), one.get("server"), one.get("action"), one.get("next") or one.get("reason"))
        for one in told
        if one.command == "TRACE_HOP"
    )
    assert found == steps
    for voice in (other, epsilon):
        voice.take()
    other.leave()
    cluster.run()


@pytest.mark.parametrize("around", [1, 300])
def test_a_trace_is_noticed_among_many(five, around):
    cluster, alpha, epsilon = five
    cluster.say(
        alpha, *["epsilon/PING n=1"] * around, "epsilon/PING trace=t", *["epsilon/PING n=1"] * around, seconds=1
    )
    assert len(alpha.take()) == 5
    assert len(epsilon.take()) == 2 * around + 1


@pytest.mark.parametrize("look_alike", ["race=t", "traces=t", "brace=t", 'x="trace=t"'])
def test_what_only_looks_like_a_trace_is_not_followed(five, look_alike):
    cluster, alpha, epsilon = five
    assert asked(cluster, alpha, f"epsilon/PING {look_alike}") == []
    [heard] = epsilon.take()
    assert look_alike.partition("=")[0] in heard


def test_what_routers_say_of_a_trace_is_not_followed_itself(five):
    """They name the trace in it: at every router that would make as many words again."""
    cluster, alpha, _ = five
    before = len(cluster.wire.lines)
    asked(cluster, alpha, "epsilon/PING trace=t")
    told = [line for _, _, line in cluster.wire.lines[before:] if b"TRACE_HOP" in line]
    assert len(told) == 1 + 2 + 3 + 4
    assert not [line for _, _, line in cluster.wire.lines[before:] if b"UNKNOWN command" in line]


def test_a_trace_may_be_named_as_one_likes(five):
    cluster, alpha, _ = five
    [first, *_] = asked(cluster, alpha, '{"command":"PING","service":"epsilon","parameters":{"trace":"a;b\\\\"}}')
    assert first.command == "INVALID"  # as a message it has no encoding, trace or not
    told = asked(cluster, alpha, 'epsilon/PING trace="a;b"')
    assert {one.get("trace") for one in told} == {"a;b"}
    told = asked(cluster, alpha, f"epsilon/PING trace={'x' * 500}")
    assert {len(one.get("trace")) for one in told} <= set(range(100, 132))


@pytest.mark.parametrize(
    ("link", "following"),
    [
        (Link(1, LinkKind.REMOTE, "192.0.2.1:1", peer=Peer(server="b", address="192.0.2.1:4042")), "b"),
        (Link(1, LinkKind.SECURE, "bus", is_bus=True), "b,c"),
    ],
)
def test_who_is_next_is_a_name_on_a_bus_too(link, following):
    voice = Voice("a", Registry(), None, Statistics())
    envelope = own_envelope(Link(2, LinkKind.UNIX, "here"), Message("PING", {"trace": "t"}, "svc"))
    send_on(voice, envelope, link, b"svc/PING trace=t\n", ["b", "c"], Instant(1.0, 0))
    sent, told = voice.take_effects()
    assert (sent.link, sent.data, told.link) == (1, b"svc/PING trace=t\n", 2)
    assert decode(told.data).get("next") == following
