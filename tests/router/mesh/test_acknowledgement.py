import pytest

from communicator.router.vocabulary.config import ALL_FEATURES, RouterLimits
from simulation.cluster import Cluster, chain, star

MESSAGE = "gamma/PING ack=required;transmission_report=failure;x=1"
REPORT = "<a:communicatord TRANSMISSION_REPORT command=PING;destination_service=gamma;reason={};status={}"


@pytest.fixture
def pair():
    """A - b - c, with alpha on a and gamma on c."""
    cluster = Cluster(chain("abc"))
    return cluster, cluster.service("a", "alpha", "PING"), cluster.service("c", "gamma", "PING")


def sent(cluster, word):
    """When lines with this word left a, in whole milliseconds after the first."""
    return [line for one, _, line in cluster.passed(word) if one == "a"]


def lose(cluster, word, times):
    """Lose so many lines that hold a word and are not part of the exchange of link states."""
    left = [times]

    def loses(_sender, _receiver, line):
        if word in line and b"LINK_STATE" not in line and left[0]:
            left[0] -= 1
            return True
        return False

    cluster.wire.loses = loses


def test_a_message_that_arrives_is_sent_once(pair):
    cluster, alpha, gamma = pair
    cluster.say(alpha, MESSAGE, seconds=200)
    assert gamma.take() == ["<a:alpha c:gamma/PING ack=required;transmission_report=failure;x=1"]
    assert alpha.take() == []
    assert len(sent(cluster, "gamma/PING")) == 1
    assert (len(cluster["a"]._board.pending), cluster["a"]._board.pending.bytes.taken) == (0, 0)


@pytest.mark.parametrize("lost", [b"gamma/PING", b"/ACKNOWLEDGED"])
@pytest.mark.parametrize(("times", "after"), [(1, 1.0), (2, 3.0), (3, 7.0), (4, 15.0), (5, 25.0)])
def test_a_message_is_repeated_until_it_is_acknowledged_and_delivered_once(pair, lost, times, after):
    cluster, alpha, gamma = pair
    lose(cluster, lost, times)
    cluster.say(alpha, MESSAGE, seconds=after - 0.1)
    assert len(cluster["a"]._board.pending) == 1
    cluster.run(0.2)
    assert len(cluster["a"]._board.pending) == 0
    cluster.run(100)
    assert len(gamma.take()) == 1
    assert alpha.take() == []
    assert cluster["a"]._board.pending.repeated_total == times


def test_a_message_that_never_arrives_is_given_up_after_a_minute(pair):
    cluster, alpha, gamma = pair
    lose(cluster, b"gamma/PING", 1_000_000)
    cluster.say(alpha, MESSAGE + ";trace=t", seconds=59.9)
    assert [line for line in alpha.take() if "action=failed" in line or "REPORT" in line] == []
    cluster.run(0.2)
    report, trace = alpha.take()
    assert report == REPORT.format("not_acknowledged", "failed")
    assert "action=failed" in trace
    assert "reason=not_acknowledged" in trace
    assert cluster["a"]._board.statistics.dropped["unacknowledged"] == 1
    assert (len(cluster["a"]._board.pending), cluster["a"]._board.pending.bytes.taken) == (0, 0)
    cluster.wire.loses = lambda *_: False
    cluster.run(100)
    assert (gamma.take(), alpha.take()) == ([], [])


def test_a_message_waits_out_a_partition(pair):
    cluster, alpha, gamma = pair
    cluster.cut("b", "c")
    cluster.run(5)
    cluster.say(alpha, "c:" + MESSAGE, seconds=20)
    assert (gamma.take(), alpha.take()) == ([], [])
    cluster.heal("b", "c")
    cluster.run(30)
    assert len(gamma.take()) == 1
    assert alpha.take() == []


def test_a_router_on_the_way_that_knows_no_way_does_not_end_it(pair):
    """B has lost c, and a has not heard of it yet."""
    cluster, alpha, gamma = pair
    cluster.cut("b", "c")
    cluster.say(alpha, MESSAGE, seconds=0.05)
    assert cluster["b"]._board.mesh.peers.keys() == {"a"}
    assert [pair for *pair, _ in cluster.passed("gamma/PING")] == [["a", "b"]]
    cluster.run(1)
    cluster.heal("b", "c")
    cluster.run(40)
    assert not cluster.passed("status=failed")
    assert len(gamma.take()) == 1
    assert alpha.take() == []


@pytest.mark.parametrize("lost", [0, 1])
def test_what_the_other_router_says_of_a_message_is_reported(lost):
    cluster = Cluster(chain("abc"), known_services=frozenset({"gamma", "absent"}))
    alpha = cluster.service("a", "alpha", "PING")
    lose(cluster, b"c:nobody", lost)
    cluster.say(alpha, "c:nobody/PING ack=required;transmission_report=failure", seconds=3)
    assert alpha.take() == [
        REPORT.format("service_unknown", "failed").replace(
            "destination_service=gamma", "destination_server=c;destination_service=nobody"
        )
    ]
    lose(cluster, b"c:absent", lost)
    cluster.say(alpha, "c:absent/PING ack=required;transmission_report=failure;x=1", seconds=3)
    [report] = alpha.take()
    assert report.endswith("reason=service_absent;status=cached")
    lose(cluster, b"c:absent", lost)
    cluster.say(alpha, "c:absent/PING ack=required;cache=no;transmission_report=failure;x=2", seconds=3)
    [report] = alpha.take()
    assert report.endswith("reason=service_absent;status=failed")
    assert len(cluster["a"]._board.pending) == 0
    late = cluster.client("c")
    cluster.say(late, "REGISTER service=absent;version=1")
    assert [line for line in late.take() if "x=" in line] == [
        "<a:alpha c:absent/PING ack=required;transmission_report=failure;x=1"
    ]


def test_what_was_not_kept_is_not_said_to_have_arrived():
    """The acknowledgement that the cache is full is lost: the copy is no second one."""
    cluster = Cluster(chain("ab"), known_services=frozenset({"absent"}), limits=RouterLimits(cache_messages=0))
    alpha = cluster.service("a", "alpha")
    lose(cluster, b"/ACKNOWLEDGED", 1)
    cluster.say(alpha, "b:absent/PING ack=required;transmission_report=failure", seconds=3)
    [report] = alpha.take()
    assert "status=failed" in report


def test_what_was_kept_is_kept_once_however_often_it_comes():
    cluster = Cluster(chain("ab"), known_services=frozenset({"absent"}))
    alpha = cluster.service("a", "alpha")
    lose(cluster, b"/ACKNOWLEDGED", 2)
    cluster.say(alpha, "b:absent/PING ack=required;x=1", seconds=9)
    late = cluster.client("b")
    cluster.say(late, "REGISTER service=absent;version=1")
    assert len([line for line in late.take() if "x=1" in line]) == 1
    assert cluster["b"]._board.statistics.dropped["duplicate"] == 2


@pytest.mark.parametrize("limits", [RouterLimits(pending_messages=3), RouterLimits(pending_bytes=200)])
def test_what_waits_is_bounded(limits):
    cluster = Cluster(chain("ab"), limits=limits)
    alpha, beta = cluster.service("a", "alpha"), cluster.service("b", "beta")
    lose(cluster, b"/ACKNOWLEDGED", 1_000)
    cluster.say(
        alpha, *[f"beta/PING ack=required;transmission_report=failure;x={number}" for number in range(10)], seconds=0.5
    )
    reports = alpha.take()
    assert len(reports) >= 7
    assert all("reason=overload;status=failed" in report for report in reports)
    assert len(reports) + len(beta.take()) == 10
    assert cluster["a"]._board.statistics.dropped["overload"] == len(reports)
    cluster.wire.loses = lambda *_: False
    cluster.run(20)
    cluster.say(alpha, "beta/PING ack=required;transmission_report=failure;x=11")
    assert len(beta.take()) == 1


@pytest.mark.parametrize("options", [{"leaves": "b"}, {"features": ALL_FEATURES - {"ack/1"}}])
def test_a_router_that_does_not_acknowledge_gets_a_message_once_as_it_is(options):
    cluster = Cluster(chain("ab"), **options)
    alpha = cluster.service("a", "alpha")
    beta = cluster.service("b", "beta")
    cluster.say(alpha, "b:beta/PING ack=required;x=1", "*/PING ack=required;x=2", seconds=90)
    assert beta.take() == ["<a:alpha b:beta/PING ack=required;x=1"]
    assert len(cluster["a"]._board.pending) == 0
    assert alpha.take() == []
    assert not cluster.passed("ack_id")


@pytest.mark.parametrize(
    "line",
    [
        "gamma/PING ack=required;x=1",
        'gamma/PING x=1;ack="required"',
        '{"command":"PING","service":"gamma","parameters":{"ack":"required"}}',
        "c:gamma/PING ack=required;x=1",
        "*:gamma/PING ack=required",
    ],
)
@pytest.mark.parametrize("around", [[], ["gamma/PING n=1"] * 20])
def test_it_is_asked_for_however_it_is_written_and_wherever_it_stands(pair, line, around):
    cluster, alpha, gamma = pair
    cluster.say(alpha, *around, line, *around)
    heard = gamma.take()
    assert len(heard) == 1 + 2 * len(around)
    assert all("ack_id" not in line for line in heard)
    assert len(cluster.passed("/ACKNOWLEDGED")) == 2  # over two links


@pytest.mark.parametrize("look_alike", ["ack=req", "back=required", "ack=no", "task=required", 'a="ack=required"'])
def test_what_only_looks_like_it_is_not_acknowledged(pair, look_alike):
    cluster, alpha, gamma = pair
    cluster.say(alpha, f"gamma/PING {look_alike}", f"gamma/PING {look_alike};n=2")
    assert len(gamma.take()) == 2
    assert not cluster.passed("/ACKNOWLEDGED")


def test_order_holds_among_messages_that_are_acknowledged_and_others(pair):
    cluster, alpha, gamma = pair
    cluster.say(alpha, *[f"gamma/PING n={number}{';ack=required' if number % 3 == 0 else ''}" for number in range(30)])
    assert [int(line.partition("n=")[2]) for line in gamma.take()] == list(range(30))


def test_a_sender_that_is_not_registered_can_ask_for_it_too(pair):
    cluster, _, gamma = pair
    client = cluster.client("a")
    lose(cluster, b"/ACKNOWLEDGED", 1)
    cluster.say(client, "gamma/PING ack=required;x=1", seconds=90)
    assert gamma.take() == ["c:gamma/PING ack=required;x=1"]
    assert cluster["a"]._board.pending.repeated_total == 1
    assert client.take() == []


def test_only_the_router_of_the_receiver_acknowledges(pair):
    cluster, alpha, gamma = pair
    lose(cluster, b"/ACKNOWLEDGED", 1)
    cluster.say(alpha, "gamma/PING ack=required;x=1")
    identity = sent(cluster, "ack_id")[0].partition("ack_id=")[2].partition(";")[0]
    link = cluster["b"]._board.mesh.peers["a"].id
    cluster.hosts["b"]._send(
        link, f"<b:communicatord a:communicatord/ACKNOWLEDGED message_id={identity};status=delivered\n".encode()
    )
    cluster.run(0.1)
    assert len(cluster["a"]._board.pending) == 1
    cluster.run(2)
    assert len(cluster["a"]._board.pending) == 0
    assert len(gamma.take()) == 1


def test_a_service_cannot_have_the_message_of_another_taken_for_a_copy(pair):
    """Identifiers can be guessed; what a service writes as one is not believed."""
    cluster, alpha, gamma = pair
    boot = cluster["a"]._board._boot.hex[:12]
    for form in ("gamma/PING ack=required;ack_id={}", "gamma/PING ack_id={}", "gamma/PING trace=t;ack_id={}"):
        cluster.say(alpha, *[form.format(f"a-{boot}-{number}") for number in range(1, 9)])
    gamma.take()
    cluster.say(alpha, *[f"gamma/PING ack=required;n={number}" for number in range(20)])
    assert len(gamma.take()) == 20


@pytest.mark.parametrize("to", ["b", "d"])
@pytest.mark.parametrize("signed", ["<c:liar ", "<c:communicatord ", ""])
@pytest.mark.parametrize("front", ["ack=required;ack_id={}", "hops_left=9;ack_id={};ack=required"])
def test_a_member_cannot_have_the_messages_of_another_host_taken_for_copies(to, signed, front):
    """It uses up what the router of that host is going to write on its messages: they would be dropped, and acknowledged."""
    cluster = Cluster(star("b", "acd"))
    alpha, gamma = cluster.service("a", "alpha"), cluster.service(to, "gamma", "PING")
    boot = cluster["a"]._board._boot.hex[:12]
    link = cluster["c"]._board.mesh.peers["b"].id
    for number in range(1, 9):
        line = f"{signed}{to}:gamma/PING {front.format(f'a-{boot}-{number}')}\n"
        cluster.hosts["c"]._send(link, line.encode())
    cluster.run(1)
    gamma.take()
    cluster.say(alpha, *[f"gamma/PING ack=required;n={number}" for number in range(8)])
    assert len(gamma.take()) == 8


def test_a_member_cannot_have_what_is_lost_acknowledged():
    """The router of the receiver would tell the one whose message that is said to be that it has arrived."""
    cluster = Cluster(chain("abc"))
    alpha, gamma = cluster.service("a", "alpha"), cluster.service("b", "gamma", "PING")
    lose(cluster, b"gamma/PING", 1)
    cluster.say(alpha, "gamma/PING ack=required;n=1", seconds=0.1)
    [line] = sent(cluster, "ack_id")
    identity = line.partition("ack_id=")[2].partition(";")[0]
    cluster.hosts["c"]._send(
        cluster["c"]._board.mesh.peers["b"].id, f"<c:liar b:gamma/PING ack=required;ack_id={identity}\n".encode()
    )
    cluster.run(3)
    assert gamma.take() == ["<a:alpha b:gamma/PING ack=required;n=1"]


def test_every_instance_acknowledges_for_itself():
    cluster = Cluster(chain("abcd"))
    alpha = cluster.service("a", "alpha")
    voices = {host: cluster.service(host, "many", "NOTE") for host in "bcd"}
    for line in ("many/PING deliver=all;ack=required;x=1", "*/NOTE ack=required;x=2"):
        lost = []

        def loses(sender, _receiver, line, lost=lost):
            if sender == "d" and b"ACKNOWLEDGED" in line and len(lost) < 2:
                lost.append(line)
                return True
            return False

        cluster.wire.loses = loses
        before = cluster["a"]._board.pending.repeated_total
        cluster.say(alpha, line, seconds=20)
        assert cluster["a"]._board.pending.repeated_total == before + 2
        assert {host: len(voice.take()) for host, voice in voices.items()} == dict.fromkeys("bcd", 1)
        assert len(cluster["a"]._board.pending) == 0


def test_an_instance_that_has_gone_is_not_said_to_have_it():
    cluster = Cluster(chain("ab"))
    link = cluster["a"]._board.mesh.peers["b"].id
    line = "<a:s *:gone/PING deliver=all;ack=required;ack_id=a-0-1;broadcast_to=b;x=1\n"
    cluster.hosts["a"]._send(link, line.encode())
    cluster.run()
    [(_, _, told)] = cluster.passed("/ACKNOWLEDGED")
    assert "status=failed" in told
