"""Each shape runs for a moment against a real router and is counted right; how fast it is, is no matter of tests."""

import pytest

from benchmarks.crowd import idle_bytes, measure_crowd
from benchmarks.measure import Load, measure_latency, measure_rate
from benchmarks.servers import OURS, run_server
from benchmarks.shapes import SHAPES
from benchmarks.workers import run_workers

pytestmark = pytest.mark.timeout(300)  # others run beside: what takes ten seconds may take a minute

MOMENT_S = 0.02


@pytest.fixture(scope="module")
def workers():
    with run_workers() as workers:
        yield workers


@pytest.fixture(scope="module")
def router():
    with run_server(OURS) as server:
        yield server


@pytest.mark.parametrize("transport", ["tcp", "unix"])
@pytest.mark.parametrize("line_bytes", [100, 1024])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_all_that_is_sent_arrives_and_is_what_was_sent(router, workers, shape, line_bytes, transport):
    load = Load(shape=shape, transport=transport, line_bytes=line_bytes, duration_s=MOMENT_S)
    rate = measure_rate(router, load, workers)
    assert rate.error == ""
    assert rate.lost == 0
    assert rate.sent > 0
    assert rate.sent % shape.copies == 0
    assert rate.verified > 0
    assert rate.per_s is not None
    assert rate.per_s > 0


def test_single_messages_are_timed_one_by_one(router, workers):
    latency = measure_latency(router, "tcp", 100, 5, workers)
    assert len(latency.one_way_s) == 5
    assert min(latency.one_way_s) > 0
    assert latency.server_cpu_us > 0


def test_a_server_that_is_gone_is_an_error_of_the_figure_and_the_workers_live_on(router, workers):
    load = Load(shape=SHAPES[0], transport="tcp", line_bytes=100, duration_s=MOMENT_S)
    with run_server(OURS) as other:
        router_of_the_past = other
    assert "refused" in measure_rate(_at(router, router_of_the_past), load, workers).error.lower()
    assert measure_rate(router, load, workers).error == ""


@pytest.mark.parametrize("joined", [True, False])
def test_a_crowd_is_held_and_counted(workers, joined):
    load = Load(shape=SHAPES[0], transport="tcp", line_bytes=100, duration_s=MOMENT_S)
    with run_server(OURS) as server:
        rates = measure_crowd(server, load, 20, joined=joined, rounds=1, workers=workers)
    assert rates.lost_links == 0
    assert [run.error for run in (*rates.without, *rates.crowded)] == ["", ""]


def test_memory_is_read_while_links_are_held(workers):
    with run_server(OURS) as server:
        assert idle_bytes(server, 10, workers) > 1024 * 1024


def _at(server, other):
    """A living process behind the addresses of a dead one."""
    return type(server)(server.name, server.dialect, server.pid, other.addresses, 0.0)
