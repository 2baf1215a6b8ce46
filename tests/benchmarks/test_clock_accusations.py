import asyncio
from dataclasses import replace

from benchmarks.clock_accusations import Accusations, count_accusations, measure_accusations
from tests.timekeeper.simulation.large import draw_cluster
from timekeeper.solution import Judge, Patience, solve


def test_right_clocks_are_judged_and_not_accused():
    found = asyncio.run(measure_accusations(6.0, agents=3))
    assert found.agents == 3
    assert found.judgements > 0
    assert found.judgements % 3 == 0
    assert (found.wrong, found.false_claims) == (0, 0)
    assert found.widest_s > 0


def test_every_accusation_is_counted():
    cluster = draw_cluster(21, 20, seed=3)
    solution = solve(cluster.clocks, cluster.measurements, cluster.claims)
    impatient = Judge(patience=Patience(bursts=1, grace_s=0.0)).judge(solution, 0.0)
    widest_s = max(pair.bound_s for pair in cluster.measurements)
    assert count_accusations(21, [impatient]) == Accusations(
        agents=21, judgements=21, wrong=1, doubted=0, false_claims=1, widest_s=widest_s
    )
    patient = Judge().judge(solution, 0.0)
    assert count_accusations(21, [impatient, patient]) == Accusations(
        agents=21, judgements=42, wrong=1, doubted=1, false_claims=2, widest_s=widest_s
    )
    nothing = replace(impatient, hosts=(), solution=replace(solution, measurements=()))
    assert count_accusations(0, [nothing]) == Accusations(0, 0, 0, 0, 0, 0.0)
