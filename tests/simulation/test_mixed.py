"""Clusters of C++ and Bellwether routers play without delay, and alike each time."""

import pytest

from simulation.mixed import Cast, Mixed, play


def receivers(heard):
    return [(each.host, each.client) for each in heard]


def test_cpp_routers_hand_a_message_to_the_service():
    heard = play(Cast(kinds="ccc", services={"svc": "c"}), "a", "cli_a", "svc/PAYLOAD n=1")
    assert [(each.host, each.client) for each in heard] == [("c", "svc")]
    assert heard[0].line.startswith(b"<a:cli_a svc/PAYLOAD broadcast_hops=2;")


@pytest.mark.parametrize("kinds", ["ccc", "cbc", "bcb", "bbb"])
@pytest.mark.parametrize("order", ["abc", "cba"])
def test_every_broadcast_is_heard_once(kinds, order):
    mixed = Mixed(Cast(kinds=kinds, order=order))
    mixed.settle()
    for host in "abc":
        heard = mixed.say(host, f"cli_{host}", "*/NOTIFY n=1")
        assert sorted(receivers(heard)) == [("a", "cli_a"), ("b", "cli_b"), ("c", "cli_c")]


def test_who_cannot_be_reached_is_not_linked():
    lines = []
    mixed = Mixed(Cast(kinds="ccc", edges=("ab",)), lambda *line: lines.append(line))
    mixed.settle()
    assert {frozenset(line[:2]) for line in lines} == {frozenset("ab")}


def test_a_cluster_plays_alike_each_time():
    def once():
        lines = []
        Mixed(Cast(kinds="cbcb", order="dbca"), lambda *line: lines.append(line)).settle()
        return lines

    assert once() == once()


def test_a_killed_router_comes_back_with_its_neighbors():
    mixed = Mixed(Cast(kinds="cccc", services={"svc": "d"}))
    mixed.settle()
    assert not receivers(mixed.say("c", "cli_c", "d:svc/PAYLOAD n=1"))  # c and d of a new cluster never meet
    for host in "abcd":
        mixed.kill(host)
    mixed.nodes["d"].files[next(iter(mixed.nodes["d"].files))] += "10.9.0.3:4042\n"
    mixed.settle()
    assert receivers(mixed.say("c", "cli_c", "d:svc/PAYLOAD n=1")) == [("d", "svc")]


def test_saved_neighbors_are_known_at_the_start():
    mixed = Mixed(Cast(kinds="cccc", services={"svc": "d"}, saved={"d": "abcd"}))
    mixed.settle()
    assert receivers(mixed.say("c", "cli_c", "d:svc/PAYLOAD n=1")) == [("d", "svc")]
