from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.solution.paths import find_negative_ring, make_arcs, measure_all, measure_from, turn_round


def arcs(nodes, rows):
    tails, heads, lengths = zip(*rows, strict=True)
    return make_arcs(nodes, np.array(tails), np.array(heads), np.array(lengths, dtype=np.float64))


def both_ways(rows):
    return [*rows, *((head, tail, length) for tail, head, length in rows)]


TRIANGLE = arcs(3, both_ways([(0, 1, 1.0), (1, 2, 1.0), (0, 2, 5.0)]))


def test_the_shortest_way_may_be_a_detour():
    assert measure_from(TRIANGLE, 0).tolist() == [0.0, 1.0, 2.0]
    assert measure_all(TRIANGLE).tolist() == [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]


def test_arcs_have_a_direction():
    one_way = arcs(3, [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 7.0)])
    assert measure_from(one_way, 0).tolist() == [0.0, 1.0, 2.0]
    assert measure_from(turn_round(one_way), 0).tolist() == [0.0, 8.0, 7.0]


def test_the_shorter_of_two_arcs_counts():
    doubled = arcs(2, [(0, 1, 3.0), (0, 1, 2.0), (1, 0, 1.0)])
    assert measure_all(doubled).tolist() == [[0.0, 2.0], [1.0, 0.0]]


def test_a_search_for_paths_ends_even_on_a_negative_ring():
    assert measure_from(arcs(2, [(0, 1, -2.0), (1, 0, 1.0)]), 0).tolist() == [-1.0, -2.0]


@pytest.mark.parametrize(
    ("rows", "ring", "length"),
    [
        (both_ways([(0, 1, 1.0), (1, 2, 1.0)]), None, None),
        ([(0, 1, -1.0), (1, 0, 1.0)], None, None),
        ([(0, 1, -1.0), (1, 0, 0.75)], {0, 1}, -0.25),
        ([(0, 1, 1.0), (1, 2, 1.0), (2, 0, -3.0), (1, 0, 9.0), (2, 1, 9.0), (0, 2, 9.0)], {0, 1, 2}, -1.0),
        # Less than the slack.
        ([(0, 1, -1.0), (1, 0, 0.95)], None, None),
    ],
)
def test_rings(rows, ring, length):
    graph = arcs(1 + max(row[0] for row in rows), rows)
    found = find_negative_ring(graph, slack=0.1)
    if ring is None:
        assert found is None
    else:
        assert set(found[0]) == ring
        assert found[1] == pytest.approx(length)


@st.composite
def graphs(draw):
    nodes = draw(st.integers(2, 7))
    lengths = st.integers(-3, 9).map(float)
    rows = [(n, (n + 1) % nodes, draw(lengths)) for n in range(nodes)]
    ends = st.integers(0, nodes - 1)
    more = draw(st.lists(st.tuples(ends, ends, lengths).filter(lambda row: row[0] != row[1]), max_size=20))
    return nodes, rows + more


@given(graphs())
def test_rings_and_paths_agree_with_a_plain_search(graph):
    nodes, rows = graph
    best = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(best, 0.0)
    for tail, head, length in rows:
        best[tail, head] = min(best[tail, head], length)
    for via in range(nodes):
        for tail in range(nodes):
            for head in range(nodes):
                best[tail, head] = min(best[tail, head], best[tail, via] + best[via, head])
    built = arcs(nodes, rows)
    found = find_negative_ring(built, slack=0.5)
    assert (found is not None) == bool((np.diag(best) < 0).any())
    if found:
        ring, length = found
        cheapest = {}
        for tail, head, cost in rows:
            cheapest[tail, head] = min(cost, cheapest.get((tail, head), np.inf))
        assert sum(cheapest[step] for step in pairwise([*ring, ring[0]])) <= length < 0
    else:
        assert measure_all(built) == pytest.approx(best)
        for node in range(nodes):
            assert measure_from(built, node) == pytest.approx(best[node])
            assert measure_from(turn_round(built), node) == pytest.approx(best[:, node])
