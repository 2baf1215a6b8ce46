import itertools
from collections import Counter

import pytest

from simulation.cluster import Cluster, chain, everyone, star
from simulation.mixed import Cast, Mixed

TOPOLOGIES = {
    "chain": chain("abcde"),
    "star": star("a", "bcde"),
    "mesh": everyone("abcde"),
    "ring": [*chain("abcde"), ("e", "a")],
}


@pytest.fixture(scope="module", params=TOPOLOGIES)
def shaped(request):
    """Five routers; a service that lists NOTE on all but c, and one that does not on all; `all` is on b, c and e."""
    cluster = Cluster(TOPOLOGIES[request.param])
    voices = {f"hears_{host}": cluster.service(host, f"hears_{host}", "NOTE") for host in "abde"}
    voices |= {f"deaf_{host}": cluster.service(host, f"deaf_{host}", "PING") for host in "abcde"}
    voices |= {f"many_{host}": cluster.service(host, "many", "PING") for host in "bce"}
    return cluster, voices


def heard(voices):
    return {name: said for name, voice in voices.items() if (said := voice.take())}


@pytest.mark.parametrize("scope", ["*", "?"])
@pytest.mark.parametrize("sender", ["hears_a", "hears_d", "deaf_c"])
def test_a_broadcast_reaches_each_who_lists_its_command_once(shaped, scope, sender):
    """Its sender too, when it lists it."""
    cluster, voices = shaped
    cluster.say(voices[sender], f"{scope}/NOTE x=1")
    said = [f"<{sender[-1]}:{sender} {scope}/NOTE x=1"]
    assert heard(voices) == {f"hears_{host}": said for host in "abde"}


def test_a_broadcast_goes_only_to_servers_that_accept_it(shaped):
    cluster, voices = shaped
    before = len(cluster.wire.lines)
    cluster.say(voices["hears_a"], "*/NOTE x=1")
    [*lines] = [line for _, _, line in cluster.wire.lines[before:] if b"NOTE" in line]
    served = Counter(
        name for line in lines for name in line.partition(b"broadcast_to=")[2].partition(b";")[0].decode().split(",")
    )
    assert "c" not in served
    cluster.say(voices["hears_a"], "*/UNHEARD x=1", "./NOTE x=2")
    assert not [line for _, _, line in cluster.wire.lines if b"UNHEARD" in line]
    assert heard(voices)["hears_a"] == ["<a:hears_a */NOTE x=1", "<a:hears_a ./NOTE x=2"]


def test_one_copy_serves_all_servers_behind_a_link(shaped):
    cluster, voices = shaped
    before = len(cluster.wire.lines)
    cluster.say(voices["hears_a"], "*/NOTE x=9")
    crossed = Counter((one, other) for one, other, line in cluster.wire.lines[before:] if b"NOTE" in line)
    assert set(crossed.values()) == {1}
    assert not [pair for pair in crossed if pair[::-1] in crossed]  # nothing comes back
    heard(voices)


@pytest.mark.parametrize("address", ["many", "*:many", "?:many"])
@pytest.mark.parametrize("sender", ["deaf_a", "deaf_b", "many_b", "many_e"])
def test_deliver_all_reaches_every_instance_once_but_its_sender(shaped, address, sender):
    cluster, voices = shaped
    cluster.say(voices[sender], f"{address}/PING deliver=all;x=1")
    name = "many" if sender.startswith("many") else sender
    said = [f"<{sender[-1]}:{name} {address}/PING deliver=all;x=1"]
    assert heard(voices) == {f"many_{host}": said for host in "bce" if f"many_{host}" != sender}


@pytest.mark.parametrize(("address", "listening"), [(".:many", ""), ("b:many", "b"), ("e:many", "e")])
def test_deliver_all_within_a_narrower_scope(shaped, address, listening):
    cluster, voices = shaped
    cluster.say(voices["deaf_a"], f"{address}/PING deliver=all;x=1")
    assert set(heard(voices)) == {f"many_{host}" for host in listening}
    cluster.say(voices["deaf_b"], ".:many/PING deliver=all;x=1")
    assert set(heard(voices)) == {"many_b"}


@pytest.mark.parametrize(
    "line",
    [
        "many/PING deliver=all;x=1",
        'many/PING x=1;deliver="all"',
        "many/PING x=1;deliver=all;y=2",
        '{"command":"PING","service":"many","parameters":{"deliver":"all"}}',
    ],
)
@pytest.mark.parametrize("around", [[], ["many/PING n=1"] * 20])
def test_deliver_all_is_noticed_however_it_is_written_and_wherever_it_stands(shaped, line, around):
    cluster, voices = shaped
    cluster.say(voices["deaf_a"], *around, line, *around)
    got = {name: len(said) for name, said in heard(voices).items()}
    assert sorted(got) == ["many_b", "many_c", "many_e"]
    assert sum(got.values()) == 3 + 2 * len(around)


@pytest.mark.parametrize(
    "look_alike", ["server=all", "deliver=allways", "deliver=none", "over=all", "xdeliver=all", 'a="r=all"']
)
def test_what_only_looks_like_deliver_all_is_delivered_once(shaped, look_alike):
    cluster, voices = shaped
    cluster.say(voices["deaf_a"], f"many/PING {look_alike}", f"many/PING {look_alike}")
    assert list(map(len, heard(voices).values())) == [2]


def test_deliver_all_to_nobody_is_reported(shaped):
    cluster, voices = shaped
    cluster.say(voices["deaf_a"], "nobody/PING deliver=all;transmission_report=failure")
    [report] = voices["deaf_a"].take()
    assert "reason=service_unknown;status=failed" in report


def test_who_speaks_to_all_its_peers_and_has_none_loses_nothing():
    cluster = Cluster([("a", "b")])
    lone = cluster.service("a", "svc", "PING")
    cluster.say(lone, "svc/PING deliver=all;transmission_report=failure")
    assert "reason=service_unknown;status=failed" in lone.take()[0]
    assert cluster["a"]._board.statistics.dropped["unroutable"] == 0
    cluster.say(lone, "svc_b/PING deliver=all")
    assert cluster["a"]._board.statistics.dropped["unroutable"] == 1


@pytest.mark.parametrize(
    "forged",
    [
        "hops_left=1",
        "broadcast_to=c",
        "broadcast_msgid=b-000000000000-1",
        "ack_id=b-000000000000-1",
        "broadcast_informed_neighbors=10.0.0.99",
    ],
)
@pytest.mark.parametrize("line", ["*/NOTE ", "many/PING deliver=all;", "*/NOTE trace=t;"])
def test_what_only_routers_write_does_nothing_when_a_service_writes_it(shaped, line, forged):
    cluster, voices = shaped
    for _ in range(2):
        cluster.say(voices["deaf_a"], line + forged)
        hearing = set(heard(voices)) - {"deaf_a"}  # who hears of the trace
        wanted = {f"many_{host}" for host in "bce"} if "many" in line else {f"hears_{host}" for host in "abde"}
        assert hearing == wanted


def test_standbys_hear_broadcasts_and_shadows_do_not():
    cluster = Cluster(chain("ab"))
    sender = cluster.service("a", "sender")
    voices = {role: cluster.service("b", "svc", "NOTE", role=role) for role in ("live", "standby", "shadow", "probe")}
    cluster.say(sender, "*/NOTE x=1", "*:svc/P deliver=all;x=2")
    assert {role: len(said) for role, said in heard(voices).items()} == {"live": 2, "standby": 1}


def test_a_second_copy_of_a_broadcast_is_known_as_one():
    cluster = Cluster(chain("ab"))
    voice = cluster.service("b", "svc", "NOTE")
    link = cluster["a"]._board.mesh.peers["b"].id
    for identity, number in itertools.product(("a-0-1", "a-0-2"), (1, 2)):
        line = f"<a:s */NOTE broadcast_msgid={identity};broadcast_to=b;n={number}\n"
        cluster.hosts["a"]._send(link, line.encode())
    cluster.run()
    assert voice.take() == ["<a:s */NOTE n=1", "<a:s */NOTE n=1"]
    assert cluster["b"]._board.statistics.dropped["duplicate"] == 2


def test_a_broadcast_passes_no_more_routers_than_it_may():
    cluster = Cluster(chain("abc"))
    voices = {host: cluster.service(host, f"svc_{host}", "NOTE") for host in "bc"}
    link = cluster["a"]._board.mesh.peers["b"].id
    for left in (2, 1):
        line = f"<a:s */NOTE hops_left={left};broadcast_msgid=a-0-{left};broadcast_to=b,c\n"
        cluster.hosts["a"]._send(link, line.encode())
        cluster.run()
    assert {host: len(said) for host, said in heard(voices).items()} == {"b": 2, "c": 1}


def test_a_private_broadcast_stays_on_private_networks():
    cluster = Cluster(chain("abc"))
    voices = {host: cluster.service(host, f"svc_{host}", "NOTE") for host in "abc"}
    here = cluster.hosts["c"]
    here.crash(silently=False)
    here.changes = {"my_address": "203.0.113.7:4042"}
    here.start()
    cluster.run(20)
    voices["c"] = cluster.service("c", "svc_c", "NOTE")
    heard(voices)
    cluster.say(voices["a"], "?/NOTE x=1")
    assert set(heard(voices)) == {"a", "b"}
    cluster.say(voices["a"], "*/NOTE x=1", "?:svc_c/P", "*:svc_c/P")
    assert {host: len(said) for host, said in heard(voices).items()} == {"a": 1, "b": 1, "c": 2}


# ---------------------------------------------------------------------------------------------------------------- leaves


@pytest.fixture
def with_leaf():
    """A - b - c, and the leaf l at c."""
    cluster = Cluster([*chain("abc"), ("c", "l")], leaves="l")
    return cluster, {host: cluster.service(host, f"svc_{host}", "NOTE") for host in "acl"}


def test_a_broadcast_is_flooded_to_a_leaf(with_leaf):
    cluster, voices = with_leaf
    cluster.say(voices["a"], "*/NOTE x=1", "*/OTHER x=2")
    assert {host: len(said) for host, said in heard(voices).items()} == {"a": 1, "c": 1, "l": 1}
    [told] = cluster.passed("OTHER")[-1:]
    assert told[:2] == ("c", "l")
    assert "broadcast_to" not in told[2]


def test_a_broadcast_of_a_leaf_reaches_everyone_once(with_leaf):
    cluster, voices = with_leaf
    line = b"<l:svc_l */NOTE broadcast_msgid=1_2;broadcast_hops=1;broadcast_informed_neighbors=10.0.0.9;x=1\n"
    for _ in range(2):
        cluster.hosts["l"]._send(cluster["l"]._board.mesh.peers["c"].id, line)
    cluster.run()
    assert heard(voices) == {host: ["<l:svc_l */NOTE x=1"] for host in "ac"}


def test_whoever_a_leaf_says_has_heard_is_not_told_again(with_leaf):
    cluster, voices = with_leaf
    informed = cluster.hosts["a"].address.partition(":")[0]
    line = f"<l:svc_l */NOTE broadcast_msgid=1_3;broadcast_hops=1;broadcast_informed_neighbors={informed};x=1\n"
    cluster.hosts["l"]._send(cluster["l"]._board.mesh.peers["c"].id, line.encode())
    cluster.run()
    assert set(heard(voices)) == {"c"}


NO_CD = ("ab", "ac", "bc", "ad", "bd")


@pytest.mark.parametrize(
    ("cast", "host", "client", "receivers"),
    [
        pytest.param(
            Cast(kinds="bbcc", edges=NO_CD, services={"svc": "bd"}, files={"svc": "d"}),
            "c",
            "cli_c",
            "bd",
            id="one of ours",
        ),
        pytest.param(
            Cast(kinds="bbcc", services={"svc": "bd"}, files={"svc": "d"}), "c", "cli_c", "bd", id="nobody knows who"
        ),
        pytest.param(
            Cast(kinds="bbcc", edges=("ab", "ac", "cd", "ad", "bd"), services={"svc": "c"}),
            "c",
            "svc",
            "",
            id="its sender",
        ),
    ],
)
def test_a_message_of_a_cpp_host_to_every_instance_comes_once_to_each_other_one(cast, host, client, receivers):
    mixed = Mixed(cast)
    mixed.settle()
    heard = mixed.say(host, client, "svc/PAYLOAD deliver=all")
    assert sorted(each.host for each in heard if each.client == "svc") == list(receivers)


@pytest.mark.parametrize("parameters", ["x=1", "x=1;deliver=all"])
def test_a_service_that_no_list_names_is_found_behind_another_router_and_a_cpp_one(parameters):
    mixed = Mixed(Cast(kinds="bbcc", edges=("ab", "bc", "cd"), services={"svc": "d"}))
    mixed.settle()
    heard = mixed.say("a", "cli_a", f"svc/PAYLOAD {parameters}")
    assert [(each.host, each.client) for each in heard] == [("d", "svc")]
