"""Whom a host measures, and how: each pair is measured by both."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import HostPort
from timekeeper.cluster.assignment import Assignment, assign


def at(*hosts):
    return {host: HostPort(host, 4044) for host in hosts}


CASES = {
    "alone": (("beta", {}, {"beta"}, True), ({}, set())),
    "the lower name probes": (("beta", at("gamma"), {"beta", "gamma"}, True), (at("gamma"), set())),
    "the higher one probes too": (("beta", at("alpha"), {"alpha", "beta"}, True), (at("alpha"), set())),
    "who answers none is asked through the routers": (("beta", {}, {"alpha", "gamma"}, True), ({}, {"alpha", "gamma"})),
    "each in its way": (
        ("beta", at("alpha", "delta"), {"alpha", "beta", "gamma", "delta"}, True),
        (at("alpha", "delta"), {"gamma"}),
    ),
    "who may not probe asks all": (
        ("beta", at("alpha", "delta"), {"alpha", "beta", "gamma", "delta"}, False),
        ({}, {"alpha", "gamma", "delta"}),
    ),
    "what it said of itself is no matter": (("beta", at("beta", "gamma"), {"gamma"}, True), (at("gamma"), set())),
}


@pytest.mark.parametrize(("given_", "expected"), CASES.values(), ids=CASES)
def test_who_is_measured_how(given_, expected):
    own, answering, members, may_probe = given_
    probed, routed = expected
    assert assign(own, answering, members, may_probe=may_probe) == Assignment(probed, frozenset(routed))


hosts = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.booleans(), min_size=1, max_size=12)


@given(hosts)
def test_each_pair_is_measured_from_both_ends(answers):
    answering = at(*(host for host, does in answers.items() if does))
    known = {
        host: assign(host, {peer: where for peer, where in answering.items() if peer != host}, answers, may_probe=does)
        for host, does in answers.items()
    }
    for one, other in itertools.combinations(sorted(answers), 2):
        assert other in known[one].probed.keys() | known[one].routed
        assert one in known[other].probed.keys() | known[other].routed
    for host, assignment in known.items():
        assert not assignment.probed.keys() & assignment.routed
        assert host not in assignment.routed | assignment.probed.keys()


def test_in_a_large_cluster_it_is_measured_by_some_only():
    names = [f"host{number:03}" for number in range(200)]
    assignment = assign(names[0], at(*names[1:150]), names, may_probe=True)
    assert 8 <= len(assignment.probed) + len(assignment.routed) <= 32
