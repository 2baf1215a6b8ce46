"""What any carrier must do, said in messages and in what it answers the core; a new carrier is one more kind in conftest."""

from itertools import pairwise

import pytest

from communicator.protocol import decode
from communicator.router.vocabulary.events import LinesReceived, LoadSampled

ALL = "abcd"
ORDERED = 500


def pairs():
    return [(one, other) for one in ALL for other in ALL if one != other]


# ------------------------------------------------------------------------------------------------- what it answers the core


def test_it_knows_everyone_else_and_the_way_there(carried):
    carried = carried()
    for own in ALL:
        carrier = carried.carrier(own)
        assert carrier.reachable() == frozenset(ALL) - {own}
        for other in carrier.reachable():
            path = carrier.path(other)
            assert (path[0], path[-1]) == (own, other)
            assert carrier.cost(other) == len(path) - 1
            assert carrier.hop(other).is_last == (len(path) == 2)
            assert carrier.leaf(other) is None


def test_it_knows_neither_strangers_nor_a_way_to_ourselves(carried):
    carrier = carried().carrier("a")
    for server in ("zz", "", "*"):
        assert (carrier.hop(server), carrier.cost(server), carrier.path(server)) == (None, None, ())
    assert (carrier.hop("a"), carrier.cost("a"), carrier.path("a")) == (None, 0.0, ())


def test_it_forgets_who_has_departed_and_finds_who_comes_back(carried):
    carried = carried()
    before = carried.carrier("a").generation
    carried.cut_off("d")
    assert carried.carrier("a").generation > before
    for own in "abc":
        carrier = carried.carrier(own)
        assert carrier.reachable() == frozenset("abc") - {own}
        assert (carrier.hop("d"), carrier.cost("d"), carrier.path("d")) == (None, None, ())
    assert carried.carrier("d").reachable() == frozenset()
    carried.let_back("d")
    for own in ALL:
        assert carried.carrier(own).reachable() == frozenset(ALL) - {own}


def test_it_believes_what_can_have_come_over_a_link_and_nothing_else(carried):
    carried = carried()
    carried.cluster.run(30)  # the ways have settled
    now_s = carried.cluster.hosts["a"].clocks.read().monotonic_s
    carrier = carried.carrier("a")
    registry = carried.cluster["a"]._board.registry
    local = carried.voices["a"]._link
    for server in "bcd":
        hop = carrier.hop(server)
        for link in registry.links.values():
            assert carrier.may_carry(link, server, now_s) is (link is hop.link), (server, link)
    for link in registry.links.values():
        assert not carrier.may_carry(link, "a", now_s)
        assert not carrier.may_carry(link, "zz", now_s)
    assert not carrier.may_carry(registry.links[local], "b", now_s)


def test_news_is_told_to_everyone_else_and_not_back(carried):
    carrier = carried().carrier("a")
    links = carrier.onward(None)
    assert links
    for link in links:
        assert link not in carrier.onward(link)


# --------------------------------------------------------------------------------------------------------- what is carried


def test_messages_arrive_once_in_order_both_ways_between_any_two(carried):
    carried = carried()
    for one, other in pairs():
        for number in range(0, ORDERED, 50):
            lines = [f"svc_{other}/P n={each}" for each in range(number, number + 50)]
            carried.voices[one].write("".join(f"{line}\n" for line in lines).encode())
    carried.cluster.run(2)
    heard = carried.heard()
    for one, other in pairs():
        numbers = [decode(line.encode()).get("n") for line in heard[other] if line.startswith(f"<{one}:svc_{one} ")]
        assert numbers == [str(number) for number in range(ORDERED)]
    assert sum(map(len, heard.values())) == ORDERED * len(pairs())


@pytest.mark.parametrize("how", ["", ";trace=t", ";ack=required"])
def test_order_holds_whether_messages_are_read_on_the_way_or_not(carried, how):
    carried = carried()
    carried.say("a", *[f"svc_d/P n={number}{how if number % 3 == 0 else ''}" for number in range(90)])
    assert [decode(line.encode()).get("n") for line in carried.heard()["d"]] == [str(number) for number in range(90)]


def test_a_message_is_heard_by_whom_it_is_for(carried):
    carried = carried()
    for other in "bcd":
        carried.say("a", f"svc_{other}/P x=1", f"{other}:svc_{other}/P x=2")
        assert carried.heard() == {other: [f"<a:svc_a {other}:svc_{other}/P x={number}" for number in (1, 2)]}
    carried.say("a", *[f"{other}:svc_b/P x=3" for other in "cd"])
    assert carried.heard() == {}


def test_services_hear_nothing_of_what_routers_write(carried):
    carried = carried()
    carried.say("a", "svc_d/P x=1;ack=required", "*/NOTE x=1", "svc_d/P x=1;deliver=all")
    for line in (line for lines in carried.heard().values() for line in lines):
        assert set(decode(line.encode()).parameters) <= {"x", "ack", "deliver"}


@pytest.mark.parametrize("scope", ["*", "?"])
@pytest.mark.parametrize("ack", ["", ";ack=required"])
def test_a_broadcast_reaches_each_once_though_all_may_share_one_link(carried, scope, ack):
    carried = carried()
    for host in ALL:
        carried.say(host, f"{scope}/NOTE x=1{ack}", seconds=10)
        parameters = "ack=required;x=1" if ack else "x=1"
        assert carried.heard() == {each: [f"<{host}:svc_{host} {scope}/NOTE {parameters}"] for each in ALL}
    carried.say("a", f"{scope}/UNHEARD x=1{ack}", "./NOTE x=2")
    assert carried.heard() == {"a": ["<a:svc_a ./NOTE x=2"]}


def test_a_broadcast_is_not_carried_to_servers_that_do_not_accept_it(carried):
    carried = carried()
    carried.voices["e"] = carried.cluster.service("c", "other", "RARE")
    before = len(carried.cluster.wire.lines)
    carried.say("a", "*/RARE x=1")
    assert set(carried.heard()) == {"e"}
    path = carried.carrier("a").path("c")
    crossed = {(one, other) for one, other, line in carried.cluster.wire.lines[before:] if b"RARE" in line}
    assert crossed == set(pairwise(path))


@pytest.mark.parametrize("ack", ["", ";ack=required"])
def test_deliver_all_reaches_every_instance_once_but_its_sender(carried, ack):
    carried = carried()
    many = {host: carried.cluster.service(host, "many") for host in ALL}
    for sender, voice in [*many.items(), ("a", carried.voices["a"])]:
        carried.cluster.say(voice, f"many/P deliver=all;x=1{ack}", seconds=10)
        got = {host: len(one.take()) for host, one in many.items()}
        own = {sender: 0} if voice is many[sender] else {}
        assert got == dict.fromkeys(ALL, 1) | own


def test_what_cannot_arrive_is_reported(carried):
    carried = carried()
    asked = {
        "zz:svc/P": "server_unknown",
        "nobody/P": "service_unknown",
        "d:nobody/P": "service_unknown",
        "*:nobody/P": "service_unknown",
    }
    for line, reason in asked.items():
        for ack in ("", ";ack=required"):
            carried.say("a", f"{line} transmission_report=failure{ack}")
            [report] = carried.heard()["a"]
            assert decode(report.encode()).command == "TRANSMISSION_REPORT"
            assert decode(report.encode()).get("reason") == reason
    carried.cut_off("d")
    carried.say("a", "d:svc_d/P transmission_report=failure")
    assert decode(carried.heard()["a"][0].encode()).get("reason") == "no_route"
    carried.say("a", "svc_d/P transmission_report=failure")
    assert decode(carried.heard()["a"][0].encode()).get("reason") == "service_unknown"


def test_who_has_departed_is_in_no_broadcast_and_back_in_it_later(carried):
    carried = carried()
    carried.cut_off("d")
    carried.say("a", "*/NOTE x=1")
    assert set(carried.heard()) == set("abc")
    carried.say("d", "*/NOTE x=2")
    assert set(carried.heard()) == {"d"}
    carried.let_back("d")
    carried.say("a", "*/NOTE x=3")
    assert set(carried.heard()) == set(ALL)


def test_a_service_that_came_while_its_router_was_away_is_known_afterwards(carried):
    carried = carried()
    carried.cut_off("d")
    late = carried.cluster.service("d", "late", "NOTE")
    carried.say("a", "late/P x=1")
    assert late.take() == []
    carried.let_back("d")
    carried.say("a", "late/P x=2")
    assert late.take() == ["<a:svc_a d:late/P x=2"]
    late.leave()
    carried.cluster.run()
    carried.heard()
    carried.say("a", "late/P transmission_report=failure")
    assert "service_unknown" in carried.heard()["a"][0]


def test_a_message_that_must_arrive_waits_for_who_is_away(carried):
    carried = carried()
    carried.cut_off("d")
    carried.say("a", "d:svc_d/P x=1;ack=required", seconds=5)
    assert carried.heard() == {}
    carried.let_back("d")
    carried.cluster.run(15)
    assert carried.heard() == {"d": ["<a:svc_a d:svc_d/P ack=required;x=1"]}
    assert len(carried.cluster["a"]._board.pending) == 0


@pytest.mark.parametrize("lost", [b"svc_d/P", b"/ACKNOWLEDGED"])
def test_what_is_lost_on_the_way_is_sent_again_and_delivered_once(carried, lost):
    carried = carried()
    losses = []

    def loses(_sender, _receiver, line):
        if lost in line and b"LINK_STATE" not in line and len(losses) < 3:
            losses.append(line)
            return True
        return False

    carried.cluster.wire.loses = loses
    carried.say("a", "svc_d/P ack=required;x=1", seconds=30)
    assert carried.heard() == {"d": ["<a:svc_a d:svc_d/P ack=required;x=1"]}
    assert carried.cluster["a"]._board.pending.repeated_total == 3


def test_a_trace_tells_of_the_whole_way(carried):
    carried = carried()
    path = carried.carrier("a").path("d")
    carried.say("a", "svc_d/P trace=t")
    told = [decode(line.encode()) for line in carried.heard()["a"]]
    steps = sorted((int(one.get("hop")), one.get("server"), one.get("action"), one.get("next")) for one in told)
    forwarded = [(hop, server, "forwarded", path[hop + 1]) for hop, server in enumerate(path[:-1])]
    assert steps == [*forwarded, (len(path) - 1, "d", "delivered", "svc_d")]


@pytest.mark.parametrize("trace", ["", ";trace=t"])
def test_nobody_speaks_under_a_name_that_cannot_come_this_way(carried, trace):
    carried = carried()
    carried.cluster.run(30)
    link = carried.carrier("a").hop("b").link
    for sender in ("a:svc_a", "zz:svc", "a:communicatord"):
        line = f"<{sender} a:svc_a/P x=1{trace}\n".encode()
        carried.cluster.hosts["a"].tell(LinesReceived(link.id, line))
        carried.cluster.run()
        assert carried.heard() == {}
    line = f"<b:svc_b a:svc_a/P x=1{trace}\n".encode()
    carried.cluster.hosts["a"].tell(LinesReceived(link.id, line))
    carried.cluster.run()
    assert len(carried.heard()["a"]) == 1


def test_the_router_of_another_host_can_be_asked(carried):
    carried = carried()
    carried.say("a", "d:communicatord/SERVICE_STATUS service=svc_d")
    [answer] = carried.heard()["a"]
    assert answer.startswith("<d:communicatord a:svc_a/STATUS ")


def test_who_has_no_name_is_heard_all_the_same(carried):
    carried = carried()
    client = carried.cluster.client("a")
    carried.cluster.say(client, "svc_d/P x=1", "*/NOTE x=2")
    assert carried.heard()["d"] == ["d:svc_d/P x=1", "*/NOTE x=2"]


def test_the_load_of_any_host_is_heard_where_somebody_listens(carried):
    carried = carried()
    address = carried.cluster["d"]._board.config.my_address
    carried.say("a", f"LISTEN_LOADAVG ips={address}")
    for host in ALL:
        carried.cluster.hosts[host].tell(LoadSampled(0.5))
    carried.cluster.run(0.2)
    [[host, [line]]] = carried.heard().items()
    told = decode(line.encode())
    assert (host, told.sender, told.command) == ("a", "d:communicatord", "LOADAVG")
    assert (told.get("avg"), told.get("my_address")) == ("0.500", address)
