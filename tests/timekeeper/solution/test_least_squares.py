from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.solution.least_squares import Differences, fit


def differences(nodes, rows):
    """Rows of tail, head, value, scale."""
    tails, heads, values, scales = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Differences(
        nodes, np.array(tails, dtype=np.intp), np.array(heads, dtype=np.intp), np.array(values), np.array(scales)
    )


def full(truth, scale=0.1):
    return [(a, b, truth[b] - truth[a], scale) for a, b in combinations(range(len(truth)), 2)]


def test_one_node():
    assert fit(differences(1, [])).tolist() == [0.0]


def test_what_agrees_is_found_exactly():
    truth = [0.0, 3.0, -5.0, 0.5]
    assert fit(differences(4, full(truth))) == pytest.approx(truth)


def test_a_chain_of_many():
    nodes = 400
    rows = [(n, n + 1, (-1) ** n * 0.7 * n, 1e-4 * (1 + n % 7)) for n in range(nodes - 1)]
    assert fit(differences(nodes, rows)) == pytest.approx(np.cumsum([0.0] + [row[2] for row in rows]), abs=1e-6)


def test_small_errors_are_shared_by_weight():
    # 0 -> 1 -> 2 says 2.0, the direct way says 2.3: variances 1, 1 and 1, so each gives in by a third.
    found = fit(differences(3, [(0, 1, 1.0, 1.0), (1, 2, 1.0, 1.0), (0, 2, 2.3, 1.0)]))
    assert found == pytest.approx([0.0, 1.1, 2.2], abs=0.01)
    # A better direct way is moved less.
    found = fit(differences(3, [(0, 1, 1.0, 1.0), (1, 2, 1.0, 1.0), (0, 2, 2.3, 0.6)]))
    assert 2.24 < found[2] < 2.3


@pytest.mark.parametrize("lie", [1.0, -40.0, 1e9])
def test_a_lie_is_held_back(lie):
    truth = [0.0, 0.2, -0.4, 0.1, 0.6, 0.3, -0.2]
    rows = full(truth)
    rows[0] = (0, 1, rows[0][2] + lie, 1e-9)  # and it boasts of its precision
    assert fit(differences(7, rows)) == pytest.approx(truth, abs=0.1)


def test_many_lies_of_a_minority():
    truth = [0.01 * n for n in range(12)]
    rows = [(a, b, v + (1e6 * (b + 1) if a < 4 else 0), s) for a, b, v, s in full(truth, 1e-4)]
    found = fit(differences(12, rows))
    assert found[4:] - found[4] == pytest.approx(np.array(truth[4:]) - truth[4], abs=1e-3)


def test_scales_that_no_digits_can_bridge_raise_nothing():
    rows = [(0, 1, 1e10, 1e-6), (1, 2, -1e10, 100.0), (0, 2, 5e9, 1e-6), (2, 3, 1.0, 1e-6), (0, 3, -1e10, 100.0)]
    assert np.isfinite(fit(differences(4, rows))).all()


def test_nothing_moves_where_there_is_nothing_to_fit():
    assert fit(differences(3, full([0.0, 0.0, 0.0]))).tolist() == [0.0, 0.0, 0.0]


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_any_offsets_are_found(truth, random):
    rows = [(a, b, v, random.uniform(1e-6, 1.0)) for a, b, v, _ in full(truth)]
    expected = np.array(truth) - truth[0]
    assert fit(differences(len(truth), rows)) == pytest.approx(expected, abs=1e-5)


def test_the_differences_keep_their_digits():
    # A fit that lets all nodes drift together loses them.
    random = np.random.default_rng(5)
    for _ in range(50):
        truth = random.uniform(-5e-4, 5e-4, 5)
        rows = [(a, b, v + random.uniform(-1e-4, 1e-4), 10 ** random.uniform(-5, -3)) for a, b, v, _ in full(truth)]
        found = fit(differences(5, rows))
        order = random.permutation(5)
        again = fit(differences(5, [(order[a], order[b], v, s) for a, b, v, s in rows]))
        assert again[order] - again[order[0]] == pytest.approx(found, abs=1e-8)


@pytest.mark.parametrize(("nodes", "powers"), [(30, (-6, 0)), (200, (-5, -2))])
def test_a_long_ring_of_very_unlike_links(nodes, powers):
    random = np.random.default_rng(1)
    truth = np.concatenate([[0.0], random.uniform(-1, 1, nodes - 1)])
    rows = [
        (node, (node + 1) % nodes, truth[(node + 1) % nodes] - truth[node], 10 ** random.uniform(*powers))
        for node in range(nodes)
    ]
    assert fit(differences(nodes, rows)) == pytest.approx(truth, abs=2e-5)
