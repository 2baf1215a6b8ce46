"""Some small clusters with a known truth; ``make soak`` plays thousands."""

import pytest

from tests.timekeeper.simulation.draw import draw
from tests.timekeeper.simulation.play import Play, run_seed
from tests.timekeeper.simulation.scenario import Category
from tests.timekeeper.simulation.tally import Tally, percentile

pytestmark = pytest.mark.timeout(300)  # ten seconds of work, for which a busy machine takes minutes
SEEDS = 6 * len(Category)


@pytest.mark.takes(8)
def test_what_is_concluded_agrees_with_the_truth_and_is_concluded_soon():
    tally = Tally()
    for seed in range(SEEDS):
        tally.add(run_seed(seed))
    assert all(tally.counts[f"clusters: {category}"] == SEEDS / len(Category) for category in Category)
    assert percentile(tally.wrong_s, 95) <= 15
    assert percentile(tally.off_s, 95) <= 30
    # The play is worth nothing if it never comes to the point.
    named = ("bounds", "claims that exclude each other", "accusations held against the truth", "stories compared")
    assert min(tally.counts[name] for name in named) > 200, str(tally)
    assert tally.counts["had to be accused"] > 30


@pytest.mark.parametrize(("shift_s", "seeds"), [(0.75, range(2, len(Category), 2)), (4e4, range(3, len(Category), 2))])
def test_what_all_clocks_have_in_common_changes_no_verdict(shift_s, seeds):
    for seed in seeds:
        plain, shifted = Play(draw(seed)), Play(draw(seed), shift_s=shift_s)
        assert plain.run().counts == shifted.run().counts
        assert [_faults(node) for node in plain.nodes.values()] == [_faults(node) for node in shifted.nodes.values()]


def _faults(node):
    return node.judgement and [(host.host, host.verdict, host.faults) for host in node.judgement.hosts]


def test_a_seed_is_played_alike_each_time():
    assert run_seed(5) == run_seed(5)
