"""How late the loop is: counted by how much, from real late calls."""

import time

import pytest

from communicator.answers.histogram import Bucket
from communicator.daemon import loop_lag
from communicator.daemon.loop_lag import BOUNDS_S, LoopLag


@pytest.mark.parametrize(
    ("lags_s", "counts"),
    [
        ((), (0, 0, 0, 0, 0, 0)),
        ((0.0,), (1, 1, 1, 1, 1, 1)),
        ((0.001, 0.0011, 0.2), (1, 2, 2, 2, 3, 3)),
        ((2.0, 1.0), (0, 0, 0, 0, 0, 1)),
    ],
)
def test_a_bucket_holds_all_that_were_no_later(lags_s, counts):
    lag = LoopLag()
    for lag_s in lags_s:
        lag.note(lag_s)
    measured = lag.measure()
    assert measured.buckets == tuple(map(Bucket, BOUNDS_S, counts))
    assert (measured.count, measured.sum_seconds) == (len(lags_s), pytest.approx(sum(lags_s)))


async def test_a_handler_that_holds_up_the_loop_is_seen(monkeypatch, eventually):
    monkeypatch.setattr(loop_lag, "INTERVAL_S", 0.01)
    lag = LoopLag()
    lag.start()
    time.sleep(0.06)  # noqa: ASYNC251 - what is measured: nothing else can run meanwhile

    async def measured():
        return lag.measure()

    found = await eventually(measured, lambda one: one.count > 0)
    assert found.sum_seconds >= 0.04
    assert next(one.count for one in found.buckets if one.le_seconds == 0.025) < found.count
    lag.stop()
    assert lag._timer.cancelled()
