import itertools
import math
import random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timekeeper.probes.overlay import FULL_MESH_HOSTS, _repair, choose_pairs, choose_peers

names = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789_"), min_size=1, max_size=12)
small_clusters = st.sets(names, max_size=FULL_MESH_HOSTS)
large_clusters = st.sets(names, min_size=FULL_MESH_HOSTS + 1, max_size=140)


def numbered(hosts):
    return [f"host_{number}" for number in range(hosts)]


def degree(hosts):
    return max(8, 2 * math.ceil(math.log2(hosts)))


@given(small_clusters)
def test_in_a_small_cluster_every_two_hosts_are_a_pair(hosts):
    assert choose_pairs(hosts) == set(itertools.combinations(sorted(hosts), 2))


@given(large_clusters)
@settings(max_examples=25)
def test_in_a_large_cluster_the_pairs_are_a_connected_regular_graph(hosts):
    pairs = choose_pairs(hosts)
    graph = nx.Graph(pairs)
    assert set(graph) == hosts
    assert all(lower < higher for lower, higher in pairs)
    assert {number for _, number in graph.degree()} == {degree(len(hosts))}
    assert nx.is_connected(graph)


@given(large_clusters, st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_every_host_chooses_the_same_whatever_the_order_it_learnt_the_names_in(hosts, chance):
    shuffled = sorted(hosts)
    chance.shuffle(shuffled)
    assert choose_pairs(shuffled + shuffled[:3]) == choose_pairs(hosts)


@pytest.mark.parametrize("hosts", [31, 32, 33, 64, 65, 100, 128, 300, 1000])
def test_at_each_size(hosts):
    graph = nx.Graph(choose_pairs(numbered(hosts)))
    assert {number for _, number in graph.degree()} == {degree(hosts)}
    assert nx.diameter(graph) <= math.ceil(math.log2(hosts))


@pytest.mark.parametrize("hosts", [40, 100, 300, 600])
def test_a_host_that_joins_changes_little(hosts):
    """Half a degree of pairs must end and a whole one begin; what repairs change beside that stays as small."""
    before = choose_pairs(numbered(hosts))
    changes = [len(before ^ choose_pairs([*numbered(hosts), f"late_{number}"])) for number in range(8)]
    assert sum(changes) / len(changes) <= 5 * degree(hosts)


@given(st.one_of(small_clusters, large_clusters))
@settings(max_examples=10)
def test_each_pair_is_probed_from_both_ends(hosts):
    """So no host is known by its own word alone, wherever its name stands in the alphabet."""
    probed = {(host, peer) for host in hosts for peer in choose_peers(host, hosts)}
    assert probed == {ends for one, other in choose_pairs(hosts) for ends in ((one, other), (other, one))}


def test_a_stranger_probes_nobody():
    assert choose_peers("zeta", ["alpha", "beta"]) == frozenset()
    assert choose_peers("alpha", []) == frozenset()


def test_nearly_full():
    """The tightest case: 31 hosts of which each is paired with 10."""
    for seed in range(20):
        hosts = [f"n{random.Random(seed * 1000 + number).random()}" for number in range(FULL_MESH_HOSTS + 1)]
        assert {number for _, number in nx.Graph(choose_pairs(hosts)).degree()} == {10}


def test_an_order_that_no_exchange_of_places_can_mend():
    assert not _repair(list("abcd"), nx.complete_graph("abcd"))
