"""Estimates of a clock that is our own are taken for a moment, for real; how far off they are, is no matter of tests."""

import dataclasses

import pytest

from benchmarks.clock_accuracy import guess_by_windows, measure_exchanges, measure_windows
from benchmarks.clock_busy import run_busy
from timekeeper.pairs import Exchange, RealtimeReading

READING = RealtimeReading(0, 0, 0)
GOOD = Exchange(1_000, 41_000, 42_000, 62_000, 0, READING, READING, "boot", 0, 0)


def test_exchanges_are_judged_alone_and_in_bursts():
    singles, bursts, refused = measure_exchanges(200)
    assert singles.count + refused == 200
    assert bursts.count == singles.count // 8
    assert singles.violations == bursts.violations == 0
    assert 0 < singles.bound.p50_s < 1


def test_windows_are_judged_beside_busy_processes():
    with run_busy(2):
        found = measure_windows("ours", 3.0, kernel_timestamps=True, hosts=2)
    assert found.what == "ours"
    assert found.count > 0
    assert found.violations == 0


def test_after_each_exchange_the_window_is_asked_and_what_is_refused_is_no_estimate():
    refused = dataclasses.replace(GOOD, t3_ns=141_000)
    later = dataclasses.replace(GOOD, t1_ns=101_000, t2_ns=121_000, t3_ns=122_000, t4_ns=142_000)
    first, second = guess_by_windows({"peer": [GOOD, refused, later]})
    assert first.error_s == pytest.approx(10e-6, rel=1e-3)  # 40 us there, 20 us back
    assert first.bound_s > second.bound_s > 0
