from simulation.convergence import Convergence

BAR_S = 10.0
"""In virtual time, for 200 routers; `make soak` measures those."""


def test_a_small_cluster_converges():
    measurements = list(Convergence(12, 4, seed=1).measure())
    changes = [measured for measured in measurements if measured.what != "rest"]
    assert len(changes) == 6
    for measured in changes:
        assert measured.took_s <= BAR_S + 0.5, measured
        assert measured.messages > 0
