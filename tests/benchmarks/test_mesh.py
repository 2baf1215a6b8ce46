"""Linked routers are measured for a moment, for real; how fast they are, is no matter of tests."""

import pytest

from benchmarks.clusters import run_line
from benchmarks.convergence import HEAL, JOIN, LOSS, measure_convergence
from benchmarks.crowd import idle_bytes
from benchmarks.hops import HopRates, measure_chain
from benchmarks.measure import Load
from benchmarks.passwords import measure_attacks
from benchmarks.shapes import SHAPES
from benchmarks.workers import run_workers

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.takes(6),
]  # others run beside: what takes ten seconds may take a minute

MOMENT_S = 0.02


@pytest.fixture(scope="module")
def workers():
    with run_workers() as workers:
        yield workers


@pytest.mark.parametrize("line_bytes", [100, 1024])
def test_all_that_is_sent_arrives_at_the_other_router_and_is_what_was_sent(workers, line_bytes):
    load = Load(shape=SHAPES[0], transport="tcp", line_bytes=line_bytes, duration_s=MOMENT_S)
    rates = HopRates([], [])
    with run_line(2) as line:
        for _ in range(2):
            rates.take(line, load, workers)
        assert idle_bytes(line.first, 10, workers) > 1024 * 1024
    for run in (*rates.local, *rates.hop):
        assert (run.error, run.lost) == ("", 0)
        assert run.sent > 0
        assert run.verified > 0
        assert run.per_s is not None
    assert all(run.far_cpu_us == 0 for run in rates.local)


def test_numbered_messages_are_counted_at_the_end_of_the_line(workers):
    with run_line(3) as line:
        chain = measure_chain(line, 20_000, 100, workers)
    assert (chain.hops, chain.sent, chain.tally.received) == (2, 20_000, 20_000)
    assert (chain.tally.lost, chain.tally.doubled, chain.tally.disordered, chain.tally.foreign) == (0, 0, 0, 0)
    assert len(chain.cpu_us) == 3
    assert chain.per_s > 0


def test_every_attempt_with_a_wrong_password_is_accounted_for(workers):
    attack = measure_attacks(rounds=2, attempts=6, sources=3, pings=10, workers=workers)
    assert sum(attack.reasons.values()) == 12
    assert attack.reasons["wrong username or password"] == 6
    assert attack.idle.count == 40
    assert attack.attacked.count >= 400
    assert attack.p99_ratio > 0


def test_five_routers_are_asked_until_they_agree():
    taken_s = measure_convergence(1)
    assert list(taken_s) == [JOIN, LOSS, HEAL]
    assert all(len(times) == 1 and times[0] > 0 for times in taken_s.values())
