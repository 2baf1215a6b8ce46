import random
from collections import Counter

import pytest

from communicator.router.delivery import delivery, flooding, seeking
from simulation.comparison import (
    Line,
    compare,
    judge,
    lines_of,
    play_five,
    play_graph,
    random_cast,
    services_of,
    small_casts,
)
from simulation.mixed import Mixed


@pytest.mark.parametrize(
    ("text", "twin", "mixed", "wrong"),
    [
        ("svc/P", {("a", "svc"): 1}, {("a", "svc"): 1}, ""),
        ("svc/P", {("a", "svc"): 1}, {}, "lost"),
        ("svc/P", {}, {("a", "svc"): 1}, ""),
        ("svc/P", {("a", "svc"): 1}, {("a", "svc"): 2}, "doubled"),
        ("svc/P", {}, {("a", "svc"): 2}, "doubled"),
        ("svc/P", {("a", "svc"): 1}, {("a", "svc"): 1, ("b", "svc"): 1}, ""),
        ("svc/P", {("a", "svc"): 1}, {("a", "svc"): 1, ("b", "svc"): 1, ("c", "svc"): 1}, "doubled"),
        ("*/N", {("a", "x"): 1, ("b", "x"): 1}, {("a", "x"): 1}, "lost"),
        ("*/N", {("a", "x"): 1}, {("a", "x"): 1, ("b", "x"): 1}, ""),
        ("*/N", {("a", "x"): 1}, {("a", "x"): 2}, "doubled"),
    ],
)
def test_what_is_wrong(text, twin, mixed, wrong):
    assert judge(Line("a", text, 2), Counter(twin), Counter(mixed)).partition(" ")[0] == wrong


def test_every_form_of_address_is_said():
    forms = {line.text.replace("plain_a", "svc").partition("/")[0] for line in lines_of("abc") if line.host == "b"}
    assert {"svc", "*:svc", "?:svc", ".:svc", "a:svc", ".", "?", "*"} <= forms
    assert {"filed_ab", "b:filed_ab", "nobody"} <= forms


def test_the_twin_has_the_links_of_the_cluster_in_their_order():
    chance = random.Random(5)
    for _ in range(5):
        mixed = Mixed(random_cast(chance))
        mixed.settle()  # compare asserts it for the twin
        assert compare(mixed.cast, lines_of("abcde")[:3]) == []


@pytest.mark.parametrize("size", [pytest.param(2, marks=pytest.mark.short), 3])
def test_every_small_cluster_does_as_c_routers_would(size):
    for cast in small_casts(size, random.Random(size)):
        assert play_graph(cast) == []


def test_clusters_of_four_do_as_c_routers_would():
    chance = random.Random(4)
    for cast in small_casts(4, chance):
        if chance.random() < 0.02:
            assert play_graph(cast) == []


@pytest.mark.parametrize("seed", range(8))
def test_clusters_of_five_do_as_c_routers_would_whatever_befalls_them(seed):
    assert play_five(seed) == []


def test_a_router_that_sends_to_who_was_told_is_found(monkeypatch):
    flood_targets = flooding.flood_targets
    monkeypatch.setattr(seeking, "flood_targets", lambda *given: flood_targets(*given[:-1], frozenset()))
    found = [finding for seed in range(5) for finding in play_five(seed)]
    assert "doubled" in {finding.wrong.partition(" ")[0] for finding in found}


def test_a_router_that_looks_for_nobody_is_found(monkeypatch):
    monkeypatch.setattr(delivery, "seek", lambda _board, _envelope, _now: False)
    found = [finding for cast in small_casts(2, random.Random(2)) for finding in play_graph(cast)]
    assert "lost" in {finding.wrong.partition(" ")[0] for finding in found}
    assert services_of("ab").services["plain_a"] == "a"
