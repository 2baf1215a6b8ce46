import pytest

from timekeeper.pairs import Exchange, RealtimeReading
from timekeeper.probes.loopback import LoopbackErrors, Spread, measure_loopback, summarise


def exchange(there_ns, held_ns, back_ns, stamp_error_ns=0):
    reading = RealtimeReading(0, 0, 0)
    t2_ns = 1000 + there_ns
    t3_ns = t2_ns + held_ns
    return Exchange(1000, t2_ns, t3_ns, t3_ns + back_ns, stamp_error_ns, reading, reading, "boot", 0, 0)


def test_errors_are_counted_against_the_truth():
    bursts = [
        [exchange(40, 7, 20), exchange(10, 7, 30)],  # [-20, 40], [-30, 10]
        [exchange(-4, 7, 30), exchange(6, 7, 30)],  # [-30, -4], [-30, 6]: a stamp is false by 4
        [exchange(-4, 7, 30, stamp_error_ns=4), exchange(6, 7, 30)],
    ]
    assert summarise(bursts) == LoopbackErrors(
        exchanges=6,
        bursts=3,
        of_exchanges=Spread(12.0, 17.0, 17.0),
        of_bursts=Spread(17.0, 17.0, 17.0),
        half_width=Spread(13.0, 15.0, 15.0),
        exchanges_beyond=2,
        bursts_beyond=2,
        bursts_beyond_stamps=1,
    )


@pytest.mark.parametrize("kernel", [True, False])
async def test_this_host_is_measured(kernel):
    errors = await measure_loopback(3, peers=3, kernel_timestamps=kernel, key=b"key")
    assert errors.bursts >= 3
    assert errors.exchanges == 8 * errors.bursts
    assert errors.of_bursts.p50_ns <= errors.of_bursts.max_ns < 50_000_000
    assert errors.bursts_beyond_stamps == 0
