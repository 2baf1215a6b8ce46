"""Whole clusters of C++ routers (c) and ours (b), named a, b, c … by rising address, in which clients say one line."""

from collections import Counter

import pytest

from communicator.protocol import decode
from simulation.mixed import Cast, Mixed

EVERYWHERE = {"plain": "a", "filed": "a"}
FILED = {"filed": "a"}


@pytest.fixture
def cluster():
    """A settled cluster, and what its routers have written to each other since."""

    def make(kinds, edges=None, services=EVERYWHERE, files=FILED, **told):
        written = []
        mixed = Mixed(
            Cast(kinds=kinds, edges=edges, services=services, files=files, **told),
            wire=lambda host, other, line: written.append((host, other, line)),
        )
        mixed.settle()
        written.clear()
        return mixed, written

    return make


def receipts(mixed, host, line, *, lasts_s=0.1):
    heard = mixed.say(host, f"cli_{host}", f"{line} n=1", lasts_s)
    return Counter(f"{each.host}:{each.client}" for each in heard if b"n=1" in each.line)


# What reviews saw beside real C++ routers.


@pytest.mark.parametrize(("kinds", "host"), [("ccc", "c"), ("cbc", "c"), ("ccb", "b"), ("cbcb", "c"), ("bcbc", "d")])
@pytest.mark.parametrize("service", ["plain", "filed"])
@pytest.mark.parametrize("form", ["{}", "*:{}", "?:{}", "a:{}"])
def test_what_one_host_asks_another_arrives_once(cluster, kinds, host, service, form):
    mixed, _ = cluster(kinds)
    assert receipts(mixed, host, f"{form.format(service)}/PAYLOAD") == {f"a:{service}": 1}


@pytest.mark.parametrize("kinds", ["cbc", "cbb", "ccb"])
def test_what_a_c_router_relays_for_another_is_believed(cluster, kinds):
    """A, dialled by both, gives its messages to the first of them alone."""
    mixed, _ = cluster(kinds, services={"plain": "b", "filed": "c"}, files={"filed": "c"})
    assert receipts(mixed, "a", "plain/PAYLOAD") == {"b:plain": 1}
    assert receipts(mixed, "a", "filed/PAYLOAD") == {"c:filed": 1}


@pytest.mark.parametrize("scope", ["*", "?"])
def test_a_broadcast_of_a_c_router_reaches_ours_by_way_of_others(cluster, scope):
    mixed, _ = cluster("cbcb", services={})
    for host in "abcd":
        assert receipts(mixed, host, f"{scope}/NOTIFY") == {f"{other}:cli_{other}": 1 for other in "abcd"}


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "cba"])
def test_c_routers_find_each_other_through_ours(cluster, order):
    mixed, _ = cluster("bcc", services={"plain": "b"}, files={}, order=order)
    assert receipts(mixed, "c", "b:plain/PAYLOAD") == {"b:plain": 1}
    assert receipts(mixed, "b", "c:cli_c/PAYLOAD") == {"c:cli_c": 1}


def test_a_service_without_a_file_is_found_from_ours_and_through_ours(cluster):
    mixed, _ = cluster("cbc", edges=("ab", "bc"), services={"plain": "c"}, files={})
    for host in "ab":
        for form in ("plain", "*:plain", "?:plain"):
            assert receipts(mixed, host, f"{form}/PAYLOAD") == {"c:plain": 1}
    assert receipts(mixed, "b", ".:plain/PAYLOAD") == {}


# How ours go about it.


def test_ours_that_have_a_message_send_it_to_each_c_router_once(cluster):
    """B and c can both reach a and d: one of them sends."""
    mixed, written = cluster("cbbc", services={"plain": "d"}, files={})
    assert receipts(mixed, "b", "plain/PAYLOAD") == {"d:plain": 1}
    copies = [(host, other) for host, other, line in written if b"plain/PAYLOAD" in line]
    assert Counter(other for _, other in copies if other in "ad") == {"a": 1, "d": 1}


def test_a_c_router_behind_another_of_ours_is_asked_over_that_one(cluster):
    mixed, written = cluster("bbc", edges=("ab", "bc"), services={"plain": "c"}, files={})
    assert receipts(mixed, "a", "?:plain/PAYLOAD") == {"c:plain": 1}
    first, second = [decode(line) for _, _, line in written if b"plain/PAYLOAD" in line]
    assert (first.server, first.get("broadcast_to")) == ("*", "c")
    assert (second.server, second.get("broadcast_to")) == ("*", "")
    assert second.get("broadcast_msgid") == first.get("broadcast_msgid") != ""
    assert second.get("broadcast_timeout").isdecimal()
    assert second.get("broadcast_informed_neighbors") == "10.9.0.1,10.9.0.2,10.9.0.3"


def test_a_c_router_sends_on_what_it_gets_only_where_somebody_may_be_missing(cluster):
    whole, written = cluster("bcc", services={"plain": "b"}, files={})
    receipts(whole, "a", "nobody/PAYLOAD")
    assert {host for host, _, line in written if b"nobody/PAYLOAD" in line} == {"a"}
    behind, written = cluster("bcc", edges=("ab", "bc"), services={"plain": "c"}, files={})
    assert receipts(behind, "a", "plain/PAYLOAD") == {"c:plain": 1}
    assert [host for host, _, line in written if b"plain/PAYLOAD" in line] == ["a", "b"]


def test_a_copy_that_comes_again_is_dropped_whatever_way_it_takes(cluster):
    mixed, _ = cluster("cbb", services={"plain": "b"}, files={})
    copy = (
        b"<a:cli_a plain/PAYLOAD broadcast_hops=1;broadcast_informed_neighbors=10.9.0.1;broadcast_msgid=a-77;"
        b"broadcast_originator=10.9.0.1;broadcast_timeout=9999999999;n=1;secure_remote=false\n"
    )
    for host in "bbc":  # c passes on what it got by way of a
        node = mixed.nodes["a"]
        link = next(link for link, (other, _) in node.far.items() if other.name == host)
        mixed._send(node, link, copy)
    mixed.run(1)
    assert [each.client for each in mixed.heard if b"n=1" in each.line] == ["plain"]


def test_identifiers_of_a_new_life_are_new(cluster):
    """A C++ router numbers its messages from 1 in each of its lives."""
    mixed, _ = cluster("cb", services={"plain": "b"}, files={})
    for _ in range(3):
        assert receipts(mixed, "a", "plain/PAYLOAD") == {"b:plain": 1}
    mixed.kill("a")
    mixed.run(3)
    mixed.start("a")
    mixed.run(10)
    for _ in range(3):
        assert receipts(mixed, "a", "plain/PAYLOAD") == {"b:plain": 1}


def test_a_message_that_only_one_of_ours_has_goes_where_the_directory_says(cluster):
    """C has no link to a, but ours on b knows the service there."""
    mixed, _ = cluster("bbc", edges=("ab", "bc"), services={"plain": "a"}, files={})
    for form in ("plain", "*:plain"):
        assert receipts(mixed, "c", f"{form}/PAYLOAD") == {"a:plain": 1}


# What is heard, and what is asked too often.


def test_who_answers_is_learnt_and_for_a_while_only(cluster):
    mixed, written = cluster("cbc", services={"plain": "c"}, files={})

    def copies():
        written.clear()
        assert receipts(mixed, "b", "plain/PAYLOAD") == {"c:plain": 1}
        return sorted(other for _, other, line in written if b"plain/PAYLOAD" in line)

    assert copies() == ["a", "c"]
    mixed.say("c", "plain", "b:cli_b/PAYLOAD answer=1", 0.1)
    assert copies() == ["c"]
    mixed.run(10)
    assert copies() == ["a", "c"]


def test_a_service_that_has_moved_is_found_again(cluster):
    mixed, _ = cluster("cbc", services={"plain": "c"}, files={})
    mixed.say("c", "plain", "b:cli_b/PAYLOAD answer=1", 0.1)
    node = mixed.nodes["c"]
    link = next(link for link, client in node.clients.items() if client == "plain")
    mixed._close(node, link, "hup")
    mixed.join("a", "plain")
    mixed.run(10)
    assert receipts(mixed, "b", "plain/PAYLOAD") == {"a:plain": 1}


def test_a_sender_has_unknown_services_looked_for_ten_times_a_second(cluster):
    mixed, written = cluster("bc", services={}, files={})
    for _ in range(30):
        mixed.say("a", "cli_a", "nobody/PAYLOAD transmission_report=failure", 0.0)
    assert sum(b"nobody/PAYLOAD" in line for _, _, line in written) == 10
    [report] = [each.line for each in mixed.heard]
    assert b"reason=too_often" in report
    mixed.run(1)
    mixed.say("a", "cli_a", "nobody/PAYLOAD n=1", 0.0)
    assert b"nobody/PAYLOAD" in written[-1][2]


def test_without_c_routers_nothing_is_looked_for(cluster):
    mixed, _ = cluster("bb", services={}, files={})
    [report] = mixed.say("a", "cli_a", "nobody/PAYLOAD transmission_report=failure", 0.1)
    assert b"reason=service_unknown" in report.line


def test_a_copy_of_ours_that_comes_by_way_of_a_c_router_is_passed_on_word_for_word_only(cluster):
    """A and c are ours: b (C++) gives c what a has announced, and c gives it d, if nobody has changed it. E is away."""
    mixed, written = cluster("bcbcc", edges=("ab", "ac", "bc", "cd"), services={"plain": "d"}, files={})
    assert receipts(mixed, "a", "plain/PAYLOAD") == {"d:plain": 1}
    [line] = [line for host, other, line in written if (host, other) == ("b", "c") and b"plain/PAYLOAD" in line]
    forged = line.replace(b"n=1", b"n=1;forged=1").replace(b"-1;", b"-2;")
    written.clear()
    node = mixed.nodes["b"]
    mixed._send(node, next(link for link, (other, _) in node.far.items() if other.name == "c"), forged)
    mixed.run(1)
    assert not any(b"forged" in line for host, _, line in written if host == "c" and b"INVALID" not in line)


# What a C++ router may try.


def bring(mixed, host, other, line):
    """A C++ router writes a line to another router."""
    node = mixed.nodes[host]
    mixed._send(node, next(link for link, (far, _) in node.far.items() if far.name == other), line + b"\n")
    mixed.heard = []
    mixed.run(1)


def test_a_c_router_cannot_use_up_the_identifiers_of_acknowledgements(cluster):
    mixed, written = cluster("cbb", services={}, files={})
    said = "b:cli_b/PAYLOAD ack=required;n=1"
    mixed.say("c", "cli_c", said, 0.1)
    [line] = [line for host, other, line in written if (host, other) == ("c", "b") and b"ack_id=" in line]
    first = decode(line).get("ack_id")
    following = f"{first.rpartition('-')[0]}-{int(first.rpartition('-')[2]) + 1}"
    bring(mixed, "a", "b", f"<a:cli_a b:cli_b/PAYLOAD ack=required;ack_id={following};n=2".encode())
    assert [each.client for each in mixed.say("c", "cli_c", said, 0.1) if b"n=1" in each.line] == ["cli_b"]


def test_a_c_router_does_not_say_which_servers_a_copy_is_for(cluster):
    mixed, _ = cluster("cbb", services={}, files={})
    announced = mixed.nodes["b"].core._board.mesh.announced
    for number in range(20):
        bring(mixed, "a", "b", f"<a:cli_a nobody/PAYLOAD broadcast_msgid=a-{number};broadcast_to=b;n=1".encode())
    assert len(announced) == 0


def test_a_service_of_this_host_is_never_taken_to_be_elsewhere(cluster):
    mixed, written = cluster("cb", services={"pay": "b"}, files={"pay": "b"})
    bring(mixed, "a", "b", b"<a:pay b:cli_b/PAYLOAD n=2")
    node = mixed.nodes["b"]
    mixed._close(node, next(link for link, client in node.clients.items() if client == "pay"), "hup")
    mixed.run(0.1)
    mixed.say("b", "cli_b", "pay/PAYLOAD n=1", 0.1)
    assert not any(b"pay/PAYLOAD" in line for _, _, line in written)
    mixed.join("b", "pay")
    mixed.run(0.1)
    assert [each.client for each in mixed.heard if b"n=1" in each.line] == ["pay"]


@pytest.mark.parametrize(
    "said",
    [
        "ACCEPT server_name=x;my_address=garbage",
        "CONNECT server_name=x;my_address=garbage;version=1",
        "DISCONNECT",
        "REGISTER service=k;version=abc",
        "UNREGISTER_FROM_LOADAVG",
        "STOP",
    ],
)
def test_what_is_about_a_link_is_not_passed_on_to_a_c_router(cluster, said):
    mixed, written = cluster("cbc", edges=("ab", "bc"), services={}, files={})
    bring(mixed, "a", "b", f"<a:cli_a c:communicatord/{said}".encode())
    assert not any(other == "c" and b"cli_a" in line for _, other, line in written)
    assert any(host == "b" and other == "a" and b"INVALID" in line for host, other, line in written)


def test_what_c_routers_say_of_others_is_told_to_nobody_by_gossip(cluster):
    """One CONNECT names a thousand addresses."""
    mixed, written = cluster("bcc", edges=("ab", "ac"), services={}, files={}, order="ab")
    invented = ",".join(f"10.8.{number // 250}.{number % 250 + 1}:4042" for number in range(1000))
    mixed.nodes["a"].core._board.mesh.book.hear(invented.split(","), mixed.now_s)
    mixed.start("c")
    mixed.run(20)
    told = [decode(line) for host, other, line in written if host == "a" and other in "bc"]
    gossip = {message.get("my_address") for message in told if message.command == "GOSSIP"}
    assert gossip <= {"10.9.0.1:4042", "10.9.0.2:4042", "10.9.0.3:4042"}
