import pytest

from tests.timekeeper.simulation.large import choose_steps, draw_cluster, time_solve
from timekeeper.solution import Judge, Patience, solve


@pytest.mark.parametrize(("hosts", "degree"), [(30, 28), (300, 20), (1000, 20)])
def test_each_host_has_its_links(hosts, degree):
    steps = choose_steps(hosts, degree)
    assert len(set(steps)) == len(steps) == degree // 2
    assert all(1 <= step <= hosts // 2 + degree for step in steps)
    assert len(draw_cluster(hosts, degree).measurements) == hosts * degree // 2


@pytest.mark.parametrize("lies", [0, 12])
@pytest.mark.parametrize(("hosts", "degree"), [(30, 28), (200, 20), (400, 20)])
def test_exactly_the_wrong_are_accused_in_a_large_cluster(hosts, degree, lies):
    cluster = draw_cluster(hosts, degree, lies=lies if hosts > 100 else 0)
    solution = solve(cluster.clocks, cluster.measurements, cluster.claims)
    judged = Judge(patience=Patience(bursts=1, grace_s=0.0)).judge(solution, 0.0)
    assert set(judged.wrong) == cluster.wrong
    reference_s = cluster.clocks[solution.reference]
    for host in solution.hosts:
        assert host.claim_holds is (host.host not in cluster.wrong)
        if not lies:
            assert abs(cluster.clocks[host.host] - reference_s - host.offset_s) <= host.bound_s + 1e-9


def test_the_time_is_measured():
    assert set(time_solve(30, 28, runs=1)) == {"links", "solve_s", "judge_s"}
