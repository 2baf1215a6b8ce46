import json
from collections import Counter

import pytest

from simulation.cluster import Cluster, chain, star

VERSIONS = {"b": "1.0", "c": "2.0", "d": "2.0"}


@pytest.fixture
def shared():
    """A in the middle of b, c and d, each with an instance of `shop`; the canary and a customer on a."""
    cluster = Cluster(star("a", "bcd"))
    shops = {
        host: cluster.service(host, "shop", service_version=version, build=f"{host}1")
        for host, version in VERSIONS.items()
    }
    return cluster, shops, cluster.service("a", "customer"), cluster.service("a", "canary")


def set_policy(cluster, canary, number, *, lease_s=1000, **parts):
    policy = {"generation": [1, number], "lease_s": lease_s, **parts}
    canary.write(json.dumps({"command": "POLICY_SET", "parameters": {"policy": json.dumps(policy)}}).encode() + b"\n")
    cluster.run()
    assert "POLICY_CURRENT" in canary.take()[-1]


def weight(version, share, server="*"):
    return {"service": "shop", "version": version, "build": "*", "server": server, "weight": share}


def denial(version, server="*", until_s=500):
    return {"service": "shop", "version": version, "build": "*", "server": server, "until_s": until_s, "reason": "bad"}


def shopping(cluster, shops, customer, address="shop", times=1000, reads=1):
    """How many messages each instance gets."""
    for _ in range(reads):
        cluster.say(customer, *[f"{address}/BUY x=1"] * (times // reads), seconds=2)
    return {host: count for host, shop in shops.items() if (count := len(shop.take()))}


# ------------------------------------------------------------------------------------------------------------- who is near


def test_without_a_policy_one_sender_keeps_to_one_instance(shared):
    cluster, shops, customer, _ = shared
    first = shopping(cluster, shops, customer)
    assert list(first.values()) == [1000]
    assert shopping(cluster, shops, customer, "*:shop") == first
    assert shopping(cluster, shops, customer, "?:shop") == first
    assert shopping(cluster, shops, customer, ".:shop") == {}


def test_the_instance_of_this_host_comes_first_then_the_nearest():
    cluster = Cluster(chain("abcde"))
    shops = {host: cluster.service(host, "shop") for host in "ade"}
    customers = {host: cluster.service(host, f"customer_{host}") for host in "abce"}
    wanted = {"a": "a", "b": "a", "c": "d", "e": "e"}
    for host, customer in customers.items():
        assert shopping(cluster, shops, customer, times=10) == {wanted[host]: 10}
        assert shopping(cluster, shops, customer, "*:shop", times=10) == {wanted[host]: 10}
    assert shopping(cluster, shops, customers["a"], "e:shop", times=10) == {"e": 10}
    shops["a"].leave()
    cluster.run()
    assert shopping(cluster, shops, customers["a"], times=10) == {"d": 10}
    assert shopping(cluster, shops, shops["d"], times=10) == {"e": 10}  # nobody sends to itself
    cluster.cut("b", "c")
    cluster.run(20)
    assert shopping(cluster, shops, customers["a"], times=10) == {}


def test_only_what_is_live_and_there_is_chosen():
    cluster = Cluster(star("a", "bcd"), known_services=frozenset())
    shops = {
        role: cluster.service(host, "shop", role=role)
        for host, role in (("b", "standby"), ("c", "shadow"), ("d", "live"))
    }
    customer = cluster.service("a", "customer")
    assert shopping(cluster, shops, customer, times=10) == {"live": 10}
    shops["live"].leave()
    cluster.run()
    assert shopping(cluster, shops, customer, times=10) == {}


def test_a_chosen_server_is_written_on_the_message_and_no_one_chooses_again(shared):
    cluster, shops, customer, _ = shared
    [host] = shopping(cluster, shops, customer, times=1)
    [(_, _, line)] = cluster.passed("BUY")
    assert line == f"<a:customer {host}:shop/BUY x=1"


def test_a_message_for_a_server_goes_there_though_another_has_the_service_too():
    cluster = Cluster(chain("abc"))
    shops = {host: cluster.service(host, "shop") for host in "abc"}
    customer = cluster.service("a", "customer")
    assert shopping(cluster, shops, customer, "c:shop", times=10) == {"c": 10}
    shops["c"].leave()
    cluster.run()
    assert shopping(cluster, shops, customer, "c:shop", times=10) == {}  # and nowhere else


# ------------------------------------------------------------------------------------------------- what the policy wants


def test_weights_split_the_traffic_in_proportion(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, weights=[weight("1.0", 0.9), weight("2.0", 0.05)])
    found = shopping(cluster, shops, customer, times=1000, reads=10)
    assert found == {"b": pytest.approx(900, abs=2), "c": pytest.approx(50, abs=2), "d": pytest.approx(50, abs=2)}
    assert shopping(cluster, shops, customer, "c:shop", times=10) == {"c": 10}  # whoever names a server gets it


def test_a_weight_of_nothing_gets_nothing_but_what_names_its_server(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, weights=[weight("1.0", 1, "b"), weight("2.0", 0)])
    assert shopping(cluster, shops, customer, times=100) == {"b": 100}
    assert shopping(cluster, shops, customer, "d:shop", times=10) == {"d": 10}
    here = {"a": cluster.service("a", "shop", service_version="2.0")}
    assert shopping(cluster, shops | here, customer, times=100) == {"b": 100}
    for address in ("a:shop", ".:shop"):
        assert shopping(cluster, here, customer, address, times=10) == {"a": 10}


def test_a_local_instance_of_little_weight_leaves_the_rest_to_others(shared):
    cluster, shops, customer, canary = shared
    shops["a"] = cluster.service("a", "shop", service_version="3.0")
    assert shopping(cluster, shops, customer, times=10) == {"a": 10}
    set_policy(cluster, canary, 1, weights=[weight("3.0", 0.2), weight("1.0", 1), weight("2.0", 0)])
    assert shopping(cluster, shops, customer) == {"a": pytest.approx(200, abs=2), "b": pytest.approx(800, abs=2)}
    set_policy(cluster, canary, 2)
    assert shopping(cluster, shops, customer, times=10) == {"a": 10}


def test_a_blocked_instance_gets_nothing_on_any_path(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, denylist=[denial("2.0")])
    for address in ("shop", "*:shop"):
        assert shopping(cluster, shops, customer, address, times=100) == {"b": 100}
    cluster.say(customer, "shop/BUY deliver=all", "*:shop/BUY deliver=all;trace=t")
    assert Counter(host for host, shop in shops.items() for _ in shop.take()) == {"b": 2}
    set_policy(cluster, canary, 2, denylist=[denial("2.0"), denial("1.0", "b")])
    assert shopping(cluster, shops, customer, times=10) == {}
    customer.take()
    cluster.say(customer, "shop/BUY transmission_report=failure")
    assert "reason=service_unknown;status=failed" in customer.take()[0]


def test_an_entry_of_the_denylist_ends_by_itself(shared):
    cluster, shops, customer, canary = shared
    before = shopping(cluster, shops, customer, times=10)
    [version] = {VERSIONS[host] for host in before}
    set_policy(cluster, canary, 1, denylist=[denial(version, until_s=30)])
    assert shopping(cluster, shops, customer, times=10) != before
    cluster.run(30)
    assert shopping(cluster, shops, customer, times=10) == before


def test_weights_end_with_the_lease(shared):
    cluster, shops, customer, canary = shared
    before = shopping(cluster, shops, customer, times=100)
    set_policy(cluster, canary, 1, lease_s=60, weights=[weight("1.0", 0.5), weight("2.0", 0.25)])
    assert shopping(cluster, shops, customer, times=100) == {"b": 50, "c": 25, "d": 25}
    cluster.run(60)
    assert shopping(cluster, shops, customer, times=100) == before


def test_only_the_canary_sets_the_policy(shared):
    cluster, shops, customer, _ = shared
    before = shopping(cluster, shops, customer, times=10)
    policy = json.dumps({"generation": [1, 1], "lease_s": 9, "denylist": [denial("1.0"), denial("2.0")]})
    said = {"command": "POLICY_SET", "parameters": {"policy": policy}}
    for extra in ({}, {"service": "communicatord", "server": "b"}):
        cluster.say(customer, json.dumps(said | extra))
        assert "INVALID" in customer.take()[0]
    assert shopping(cluster, shops, customer, times=10) == before


def test_as_many_services_as_there_may_be_are_split(shared):
    cluster, _, customer, canary = shared
    board = cluster["a"]._board
    set_policy(cluster, canary, 1, weights=[weight("1.0", 0.5), weight("2.0", 0.5)])
    board.balancers.update({f"s{number}": None for number in range(1024)})
    cluster.say(customer, "shop/BUY x=1")
    assert list(board.balancers) == ["shop"]


# ---------------------------------------------------------------------------------------------------------------- leaves


def test_of_the_routers_a_leaf_tells_one_takes_the_message():
    """The leaf tells both a and b; b has the service, and c, whom a could ask, too."""
    cluster = Cluster([("a", "l"), ("b", "l"), ("a", "b"), ("a", "c")], leaves="l")
    shops = {host: cluster.service(host, "shop") for host in "bc"}
    for host in "ab":
        cluster.hosts["l"]._send(cluster["l"]._board.mesh.peers[host].id, b"<l:customer shop/BUY x=1\n")
    cluster.run()
    assert {host: len(shop.take()) for host, shop in shops.items()} == {"b": 1, "c": 0}
    shops["b"].leave()
    cluster.run()
    for host in "ab":
        cluster.hosts["l"]._send(cluster["l"]._board.mesh.peers[host].id, b"<l:customer shop/BUY x=1\n")
    cluster.run()
    assert {host: len(shop.take()) for host, shop in shops.items()} == {"b": 0, "c": 1}


# --------------------------------------------------------------------------------------------------------- hosts set apart


def apart(*servers, serves=()):
    return [{"server": server, "serves": list(serves)} for server in servers]


def test_a_host_that_is_set_apart_gets_only_what_names_it(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, apart=apart("b", "c"))
    for address in ("shop", "*:shop"):
        assert shopping(cluster, shops, customer, address, times=10) == {"d": 10}
    assert shopping(cluster, shops, customer, "b:shop", times=10) == {"b": 10}
    set_policy(cluster, canary, 2, apart=apart("b", "c", "d"))
    assert shopping(cluster, shops, customer, times=10) == {}


def test_a_service_that_takes_its_part_there_gets_it(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, apart=[*apart("b", "c"), *apart("d", serves=["shop"])])
    assert shopping(cluster, shops, customer, times=10) == {"d": 10}
    set_policy(cluster, canary, 2, apart=apart("b", "c", "d"), weights=[weight("1.0", 0.5)])
    assert shopping(cluster, shops, customer, times=10) == {}


def test_services_of_a_host_that_is_set_apart_serve_each_other(shared):
    cluster, shops, _, canary = shared
    own = cluster.service("b", "customer_b")
    set_policy(cluster, canary, 1, apart=apart("b"))
    set_policy(cluster, cluster.service("b", "canary"), 1, apart=apart("b"))
    assert shopping(cluster, shops, own, times=10) == {"b": 10}
    assert shopping(cluster, shops, own, "*:shop", times=10) == {"b": 10}


def test_a_host_is_set_apart_no_longer_than_the_lease_lasts(shared):
    cluster, shops, customer, canary = shared
    set_policy(cluster, canary, 1, apart=apart("b", "c", "d"), lease_s=100)
    assert shopping(cluster, shops, customer, times=10) == {}
    cluster.run(100)
    assert list(shopping(cluster, shops, customer, times=10).values()) == [10]


@pytest.mark.parametrize("told", ["ab", "a"])
def test_what_a_leaf_tells_is_not_for_the_host_that_is_set_apart(told):
    """Both have the service, and conclude alike which of them takes it, also where the leaf knows that one alone."""
    cluster = Cluster([("a", "b"), *((host, "l") for host in told)], leaves="l")
    shops = {host: cluster.service(host, "shop") for host in "ab"}
    for host in "ab":
        set_policy(cluster, cluster.service(host, "canary"), 1, apart=apart("a"))

    def say(address):
        for host in told:
            line = f"<l:customer {address}/BUY x=1\n".encode()
            cluster.hosts["l"]._send(cluster["l"]._board.mesh.peers[host].id, line)
        cluster.run()
        return {host: len(shop.take()) for host, shop in shops.items()}

    assert say("shop") == {"a": 0, "b": 1}
    assert say("a:shop")["a"] >= 1
