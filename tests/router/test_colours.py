"""Colours as words: which are taken, and what routers tell each other of them."""

import json

import pytest

from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.line_form import encode_line
from communicator.router.cores.colours import (
    COLOURS_BYTES,
    GENERATIONS_AHEAD,
    find_absurd,
    find_conflicts,
    in_effect,
    merge,
    parse_colours,
    render_colours,
)
from communicator.router.cores.comparison import COMPARED_WITHIN_S
from communicator.router.vocabulary.effects import KeptFile
from simulation.cluster import Cluster, chain, everyone

FEATURES = "directory/1,colours/1"


def told(generation, active="1.0", service="svc_a", **changes):
    return {"service": service, "generation": generation, "active": active, **changes}


def by_service(*colours):
    return {one.service: one for one in parse_colours(json.dumps(colours))}


KNOWN = by_service(told(5), told(5, service="svc_b"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "truncated"),
        ("{}", "Expected `array`"),
        ("[" * 3000, ""),
        ('[{"service": "svc_a"}]', "missing required field `generation`"),
        (json.dumps([told(0)]), "$[0].generation"),
        (json.dumps([told(2**53 + 1)]), "$[0].generation"),
        (json.dumps([told(1, active="x" * 257)]), "$[0].active"),
        (json.dumps([told(1), told(2)]), "'svc_a' has two colours - at `$[1].service`"),
        (json.dumps([told(1, service="a b")]), "'a b' is not a service that may have colours"),
        (json.dumps([told(1, service="canary")]), "'canary' is not a service that may have colours"),
        (json.dumps([told(1, service="communicatord")]), "'communicatord' is not a service that may have colours"),
    ],
)
def test_what_is_no_list_of_colours_is_refused(text, reason):
    with pytest.raises(RemoteProtocolError) as caught:
        parse_colours(text)
    assert reason in str(caught.value)


def test_they_are_shown_as_they_are_read():
    assert parse_colours(render_colours(KNOWN)) == (KNOWN["svc_a"], KNOWN["svc_b"])


@pytest.mark.parametrize(("generation", "active"), [(4, "1.0"), (5, "1.0"), (6, "2.0")])
def test_the_larger_generation_counts(generation, active):
    merged = merge(KNOWN, by_service(told(generation, "2.0")).values())
    assert (merged["svc_a"].active, merged["svc_b"]) == (active, KNOWN["svc_b"])


@pytest.mark.parametrize(
    ("service", "generation", "absurd"),
    [
        ("svc_a", 5 + GENERATIONS_AHEAD, False),
        ("svc_a", 6 + GENERATIONS_AHEAD, True),
        ("svc_c", GENERATIONS_AHEAD, False),
        ("svc_c", 1 + GENERATIONS_AHEAD, True),
    ],
)
def test_no_router_counts_so_far_ahead(service, generation, absurd):
    one = by_service(told(generation, service=service))[service]
    assert find_absurd(KNOWN, [one]) == ([one] if absurd else [])


def test_two_words_of_one_generation_contradict_each_other():
    assert find_conflicts(KNOWN, by_service(told(5), told(6, "2.0", service="svc_b")).values()) == []
    [found] = find_conflicts(KNOWN, by_service(told(5, "2.0")).values())
    assert found.active == "2.0"


def test_they_have_to_fit_into_a_line():
    many = by_service(*(told(1, "x" * 250, service=f"svc_{number}") for number in range(COLOURS_BYTES // 340)))
    merged = merge({}, many.values())
    more = by_service(*(told(1, "x" * 250, service=f"more_{number}") for number in range(100)))
    with pytest.raises(RemoteProtocolError, match="colours: all together take"):
        merge(merged, more.values())
    assert merge(merged, []) == merged


def test_a_service_may_have_none_any_more():
    assert in_effect(by_service(told(5), told(6, "*", service="svc_b"))) == by_service(told(5))


# ------------------------------------------------------------------------------------------------- between two routers


def set_colours(book, number, *colours):
    policy = json.dumps({"generation": [1, number], "lease_s": 1000, "colours": colours})
    book.write("C", encode_line(Message("POLICY_SET", {"policy": policy})))
    answer = book.hear("C")
    hush(book)
    return answer


def hush(book):
    for heard in book.heard.values():
        heard.clear()


def enter(book, name, role, version):
    book.run(f"+ {name} unix root")
    listed = "HELP,QUITTING,READY,STOP,UNKNOWN,PRINT"
    book.write(
        name,
        f"REGISTER version=1;service=svc_a;role={role};service_version={version}\nCOMMANDS list={listed}\n".encode(),
    )
    hush(book)


@pytest.fixture
def book(mesh):
    """A canary on C, blue (1.0) on B, green (2.0) on G, an asker on A."""
    book = mesh().play("+ C unix root")
    book.write("C", b"REGISTER service=canary;version=1\n")
    enter(book, "B", "live", "1.0")
    enter(book, "G", "standby", "2.0")
    return book.run("+ A unix root")


def link(book, features=FEATURES):
    """Another router links, on R; what it hears of colours."""
    book.run("+ R remote")
    offer = f"CONNECT version=1;server_name=far;my_address=10.0.0.9:4042;boot_id=f-1;features={features}\n"
    book.write("R", offer.encode())
    said = [one for one in book.heard[book.links["R"]] if one.command == "COLOURS"]
    hush(book)
    return [json.loads(one.get("colours")) for one in said]


def tell(book, *colours):
    book.write("R", encode_line(Message("COLOURS", {"colours": json.dumps(colours)}, "", "", "far", "communicatord")))


def events(book, name):
    return [notice.fields for notice in book.notices if notice.event == name]


def full(generation, active, service="svc_a", drain_s=0):
    return {
        "service": service,
        "generation": generation,
        "active": active,
        "active_build": "*",
        "drain_s": float(drain_s),
    }


def test_each_router_is_told_them_when_it_is_linked(book):
    set_colours(book, 1, told(1))
    assert link(book) == [[full(1, "1.0")]]


def test_one_of_an_earlier_release_is_told_nothing_and_nothing_waits_for_it(book):
    set_colours(book, 1, told(1))
    assert link(book, "directory/1") == []
    book.run("A > svc_a/PRINT n=1")
    assert book.hear("B") == Message("PRINT", {"n": "1"}, "svc_a")


def test_newer_ones_are_taken_kept_and_obeyed_without_the_canary(book):
    set_colours(book, 1, told(1))
    link(book)
    tell(book, told(2, "2.0"))
    book.run("@ 0")
    hush(book)
    book.run("A > svc_a/PRINT n=1")
    assert book.hear("G") == Message("PRINT", {"n": "1"}, "svc_a")
    assert '"active":"2.0"' in book.kept[KeptFile.POLICY]
    answer = set_colours(book, 2, told(1))
    assert json.loads(answer.get("colours")) == [full(2, "2.0")]
    book.run("A > svc_a/PRINT n=2")
    assert book.hear("G") == Message("PRINT", {"n": "2"}, "svc_a")
    set_colours(book, 3, told(3))
    book.run("A > svc_a/PRINT n=3")
    assert book.hear("B") == Message("PRINT", {"n": "3"}, "svc_a")


def test_a_router_that_starts_again_obeys_what_it_has_kept(book, mesh):
    set_colours(book, 1, told(1))
    link(book)
    tell(book, told(2, "2.0"))
    again = mesh(policy=book.kept[KeptFile.POLICY])
    assert again.router._board.policy.active["svc_a"].active == "2.0"


def test_a_change_is_told_to_all_who_have_not_told_it(book):
    link(book)
    tell(book)
    set_colours(book, 1, told(1))
    book.run("+ S remote from=10.0.0.8")
    book.write(
        "S", b"CONNECT version=1;server_name=near;my_address=10.0.0.8:4042;boot_id=n-1;features=directory/1,colours/1\n"
    )
    hush(book)
    tell(book, told(2, "2.0"))
    heard = {name: [one for one in book.heard[book.links[name]] if one.command == "COLOURS"] for name in "RS"}
    assert (heard["R"], [json.loads(one.get("colours")) for one in heard["S"]]) == ([], [[full(2, "2.0")]])


def test_an_absurd_generation_is_refused_and_named(book):
    set_colours(book, 1, told(1))
    link(book)
    tell(book, told(2 + GENERATIONS_AHEAD, "2.0"), told(7, "3.0", service="svc_b"))
    assert book.router._board.policy.active["svc_a"].active == "1.0"
    assert book.router._board.policy.active["svc_b"].active == "3.0"
    [refused] = events(book, "colour_refused")
    assert (refused["service"], refused["server"], refused["own_generation"]) == ("svc_a", "far", 1)


@pytest.mark.parametrize("by", ["router", "canary"])
def test_a_contradiction_is_named_and_changes_nothing(book, by):
    set_colours(book, 1, told(1))
    link(book)
    if by == "router":
        tell(book, told(1, "2.0"))
    else:
        set_colours(book, 2, told(1, "2.0"))
    assert book.router._board.policy.active["svc_a"].active == "1.0"
    [named] = events(book, "colour_contradicted")
    assert (named["service"], named["server"]) == ("svc_a", "far" if by == "router" else "peer")


def test_what_is_no_colour_is_refused_and_nothing_waits_on(book):
    set_colours(book, 1, told(1))
    link(book)
    book.write("R", b"<far:communicatord COLOURS colours=[1]\n")
    [refusal] = [one for one in book.heard[book.links["R"]] if one.command == "INVALID"]
    assert refusal.get("command") == "COLOURS"
    book.run(f"@ {COMPARED_WITHIN_S}")
    assert not book.router._board.comparison.holds


# ------------------------------------------------------------------------------------------------- while they are awaited


def test_messages_for_coloured_services_wait_in_order_and_all_others_flow(book):
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > svc_a/PRINT n=1\nA > svc_a/PRINT n=2;deliver=all\nB < (nothing)\nG < (nothing)\nA > ALIVE serial=7")
    assert book.hear("A").command == "ABSOLUTELY"
    tell(book, told(2, "2.0"))
    book.run("A > svc_a/PRINT n=3\nG < (nothing)\n@ 0")
    assert [book.hear("G").get("n") for _ in range(3)] == ["1", "2", "3"]
    book.run("B < (nothing)\nA > svc_a/PRINT n=4")
    assert book.hear("G").get("n") == "4"


def test_nobody_waits_for_longer_than_5_s(book):
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > svc_a/PRINT n=1\n@ 4.9\nB < (nothing)\n@ 0.1")
    assert book.hear("B").get("n") == "1"
    assert events(book, "colours_not_told") == [{"server": "far"}]


def test_nobody_waits_for_a_router_that_is_gone(book):
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > svc_a/PRINT n=1\nR x\n@ 0")
    assert book.hear("B").get("n") == "1"


def test_what_names_another_host_waits_behind_what_names_none(book):
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > far:svc_a/PRINT n=0\nA > far:svc_b/PRINT n=1")
    assert book.hear("R").get("n") == "1"
    book.run("R < (nothing)")
    tell(book)
    book.run("@ 0")
    assert book.hear("R").get("n") == "0"


def test_what_another_host_says_waits_here_too(book):
    set_colours(book, 1, told(1))
    link(book)
    book.write("R", b"<far:asker peer:svc_a/PRINT n=1\n")
    book.run("B < (nothing)")
    tell(book, told(2, "2.0"))
    book.run("@ 0")
    assert book.hear("G").get("n") == "1"


def test_a_version_is_not_tried_from_another_host(book):
    set_colours(book, 1, told(1))
    link(book)
    tell(book)
    hush(book)
    book.write(
        "R", b"<far:asker peer:svc_a/PRINT to_version=2.0;ack=required;ack_id=far-0-1;transmission_report=failure\n"
    )
    book.run("B < (nothing)\nG < (nothing)")
    refused, acknowledged = book.hear("R"), book.hear("R")
    assert (refused.command, refused.service, refused.server) == ("INVALID", "asker", "far")
    assert "and not from another one" in refused.get("message")
    assert (acknowledged.command, acknowledged.get("status")) == ("ACKNOWLEDGED", "failed")


def test_what_is_held_beyond_the_bounds_is_refused_in_words(book, monkeypatch):
    monkeypatch.setattr("communicator.router.cores.comparison.HELD_MESSAGES", 1)
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > svc_a/PRINT n=1\nA > svc_a/PRINT n=2;transmission_report=failure")
    report = book.hear("A")
    assert (report.command, report.get("reason")) == ("TRANSMISSION_REPORT", "overload")


def test_routers_on_the_way_pass_on_what_is_coloured_elsewhere_at_once(wires):
    wires.start("a", "10.0.0.1", "10.0.0.2").start("b", "10.0.0.2", "10.0.0.3").start("c", "10.0.0.3").run(5)
    canary, receiver = wires.service("c", "canary"), wires.service("c", "svc_a", "PRINT", service_version="1.0")
    policy = json.dumps({"generation": [1, 1], "lease_s": 1000, "colours": [told(1)]})
    wires.say(canary, f"POLICY_SET policy={json.dumps(policy)}")
    wires.run(1)
    wires.heard(receiver)
    wires.board("b").comparison.begin(99, wires.now_s)
    sender = wires.service("a", "asker")
    wires.say(sender, "svc_a/PRINT n=1")
    wires.run(0.1)
    assert [message.get("n") for message in wires.heard(receiver)] == ["1"]


def test_a_router_says_which_colours_it_obeys(book):
    book.run("A > CLUSTER_GET_STATUS")
    assert book.hear("A").get("colours") == ""
    set_colours(book, 1, told(3), told(4, "*", service="svc_b"))
    book.run("A > CLUSTER_GET_STATUS")
    shown = json.loads(book.hear("A").get("colours"))
    assert shown == [{"service": "svc_a", "active": "1.0", "active_build": "*", "generation": 3}]


def test_three_routers_in_a_line_agree_after_a_cut(wires):
    wires.start("a", "10.0.0.1", "10.0.0.2").start("b", "10.0.0.2", "10.0.0.3").start("c", "10.0.0.3").run(5)
    canaries = {name: wires.service(name, "canary") for name in "abc"}
    for number, name in enumerate("abc"):
        told_policy = json.dumps({"generation": [1, 1], "lease_s": 1000, "colours": [told(1 + number, f"{number}.0")]})
        wires.say(canaries[name], f"POLICY_SET policy={json.dumps(told_policy)}")
    wires.run(1)
    assert [wires.board(name).policy.active["svc_a"].active for name in "abc"] == ["2.0"] * 3
    wires.cut("a")
    wires.run(1)
    told_policy = json.dumps({"generation": [1, 2], "lease_s": 1000, "colours": [told(9, "9.0")]})
    wires.say(canaries["c"], f"POLICY_SET policy={json.dumps(told_policy)}")
    wires.run(1)
    assert [wires.board(name).policy.active["svc_a"].active for name in "abc"] == ["2.0", "9.0", "9.0"]
    wires.heal()
    wires.run(30)
    assert [wires.board(name).policy.active["svc_a"].active for name in "abc"] == ["9.0"] * 3
    assert not any(wires.board(name).comparison.holds for name in "abc")
    assert not any("colours_not_told" in wires.events(name) for name in "abc")


def test_what_is_held_is_delivered_before_the_router_ends(book):
    set_colours(book, 1, told(1))
    link(book)
    book.run("A > svc_a/PRINT n=1\nB < (nothing)\nC > STOP")
    assert book.hear("B").get("n") == "1"
    book.run("B < EOF")


# ------------------------------------------------------------------------------------------------- over several hosts


@pytest.fixture
def trio():
    """Canaries on a, b, c, which are linked; both versions on b and c; an asker on a."""
    cluster = Cluster(everyone("abc"))
    canaries = [cluster.service(host, "canary") for host in "abc"]
    blue = [cluster.service(host, "svc_a", "PRINT,NEWS", service_version="1.0") for host in "bc"]
    green = [cluster.service(host, "svc_a", "PRINT,NEWS", service_version="2.0", role="standby") for host in "bc"]

    def switch(number, active, drain_s=0.0):
        for canary in canaries:
            cluster.colour(canary, number, "svc_a", active, drain_s)

    def heard():
        return [
            "".join(line.partition("n=")[2][:1] for voice in voices for line in voice.take())
            for voices in (blue, green)
        ]

    return cluster, cluster.service("a", "asker"), switch, heard


def test_other_hosts_send_to_who_is_active_there(trio):
    cluster, asker, switch, heard = trio
    switch(1, "2.0")
    cluster.say(asker, "svc_a/PRINT n=1", "svc_a/PRINT deliver=all;n=2", "*/NEWS n=3")
    assert [sorted(texts) for texts in heard()] == [[], ["1", "2", "2", "3", "3"]]
    switch(2, "1.0")
    cluster.say(asker, "svc_a/PRINT n=4", "b:svc_a/PRINT n=5", "svc_a/PRINT ack=required;n=6")
    assert [sorted(texts) for texts in heard()] == [["4", "5", "6"], []]


def test_a_conversation_goes_on_over_links_and_where_only_the_old_one_is(trio):
    cluster, asker, switch, heard = trio
    switch(1, "1.0", 20.0)
    cluster.say(asker, "svc_a/PRINT n=1")
    switch(2, "2.0", 20.0)
    newcomer = cluster.service("a", "newcomer")
    cluster.say(asker, "svc_a/PRINT n=2")
    cluster.say(newcomer, "svc_a/PRINT n=3")
    assert heard() == ["12", "3"]
    cluster.run(20.0)
    cluster.say(asker, "svc_a/PRINT n=4")
    assert heard() == ["", "4"]


def test_it_goes_on_at_a_host_that_has_only_the_old_version():
    cluster = Cluster(chain("abc"))
    canaries = [cluster.service(host, "canary") for host in "abc"]
    blue = cluster.service("b", "svc_a", "PRINT", service_version="1.0")
    green = cluster.service("c", "svc_a", "PRINT", service_version="2.0")
    asker = cluster.service("a", "asker")
    for number, active in ((1, "1.0"), (2, "2.0")):
        for canary in canaries:
            cluster.colour(canary, number, "svc_a", active, 20.0)
        cluster.say(asker, f"svc_a/PRINT n={number}")
    assert [voice.take() for voice in (blue, green)] == [
        [f"<a:asker b:svc_a/PRINT n={number}" for number in (1, 2)],
        [],
    ]
    blue.leave()
    cluster.run()
    cluster.say(asker, "svc_a/PRINT n=3")
    assert green.take() == ["<a:asker c:svc_a/PRINT n=3"]


def test_who_asks_for_the_way_is_told_who_is_on_standby(trio):
    cluster, asker, switch, _heard = trio
    switch(1, "2.0")
    cluster.say(asker, "CLUSTER_GET_ROUTE destination=svc_a")
    [answer] = [decode(line.encode()) for line in asker.take()]
    found = json.loads(answer.get("route"))["candidates"]
    reasons = {(one["server"], one["version"]): one["reason"] for one in found}
    assert reasons["b", "1.0"] == reasons["c", "1.0"] == "on standby: 2.0 is active"
    assert sum(one["chosen"] for one in found) == 1
    assert all(one["version"] == "2.0" for one in found if one["chosen"])


def test_one_that_shall_have_colours_is_not_looked_for_among_routers_that_know_none():
    cluster = Cluster(chain("ab"), leaves="b")
    canary, asker = cluster.service("a", "canary"), cluster.service("a", "asker")
    there = cluster.service("b", "svc_a", "PRINT", service_version="1.0")
    cluster.colour(canary, 1, "svc_a", "1.0")
    cluster.say(asker, "svc_a/PRINT n=1;transmission_report=failure")
    [report] = [decode(line.encode()) for line in asker.take()]
    assert (report.get("status"), report.get("reason"), there.take()) == ("failed", "service_unknown", [])
