import asyncio

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.features import KINDS, _run_client, measure_evaluations, measure_loading


def test_evaluations_are_taken_in_turn():
    measured = measure_evaluations(3, times=50)
    assert [one.kind for one in measured] == list(KINDS)
    assert [len(taken) for one in measured for taken in (one.ours_s, one.bare_s)] == [3] * 4
    assert min(one.ratio for one in measured) > 0


@pytest.mark.timeout(300)
def test_a_service_loads_flags_and_one_without_them_is_smaller():
    loaded = measure_loading(500)
    assert (loaded.flags, loaded.flags_bytes > 500 * 100) == (500, True)
    assert loaded.peak_bytes > loaded.plain_bytes > 10 * 1024 * 1024
    assert loaded.loaded_s > 0


def test_a_service_that_fails_is_told():
    with pytest.raises(BenchmarkError, match=r"a service with 0 flags failed: [\s\S]*AddressError"):
        asyncio.run(_run_client("nowhere", 0))
