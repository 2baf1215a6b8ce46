import pytest

from benchmarks.clock_spread import Accuracy, Guess, Spread, describe, spread


def test_estimates_are_held_against_the_truth_and_their_own_bound():
    guesses = [Guess(2e-6, 5e-6), Guess(-4e-6, 4e-6), Guess(-9e-6, 8e-6)]
    assert describe("ours", iter(guesses)) == Accuracy(
        what="ours", count=3, error=Spread(4e-6, 9e-6, 9e-6), bound=Spread(5e-6, 8e-6, 8e-6), violations=1
    )


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, Spread(1, 1, 1)), (2, Spread(1, 2, 2)), (100, Spread(50, 99, 100)), (1000, Spread(500, 990, 1000))],
)
def test_percentiles_are_of_the_sizes_there_are(count, expected):
    assert spread(list(range(count, 0, -1))) == expected
