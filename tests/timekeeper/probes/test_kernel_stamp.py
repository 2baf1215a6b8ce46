import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timekeeper.pairs import RealtimeReading
from timekeeper.probes.kernel_stamp import Stamp, place_on_raw

EPOCH_NS = 1_795_000_000_000_000_000
NOW_NS = 60_000_000_000


def reading(raw_ns=NOW_NS, moved_ns=0, error_ns=300):
    return RealtimeReading(EPOCH_NS + moved_ns, raw_ns, error_ns)


STEADY = reading(NOW_NS - 1_000_000, error_ns=0)
"""What was read a millisecond before, and REALTIME has not moved since."""


def kernel_ns(raw_ns):
    """What the kernel stamps at that time of the raw clock."""
    return EPOCH_NS + raw_ns


@pytest.mark.parametrize(
    ("age_ns", "error_ns"),
    [(0, 300), (1, 301), (20_000, 311), (1_000_000, 801), (1_000_000_000, 500_551)],
)
def test_a_stamp_is_as_old_on_the_raw_clock(age_ns, error_ns):
    assert place_on_raw(kernel_ns(NOW_NS - age_ns), reading(), STEADY) == Stamp(NOW_NS - age_ns, error_ns)


@pytest.mark.parametrize(
    ("age_ns", "now", "last"),
    [
        (-1, reading(), STEADY),  # from the future
        (1_000_000_001, reading(), STEADY),
        (20_000, reading(error_ns=15_001), STEADY),  # interrupted while reading
        (20_000, reading(moved_ns=51_000), reading(NOW_NS - 1)),  # set forth
        (20_000, reading(moved_ns=-51_000), reading(NOW_NS - 1)),  # set back
        (20_000, reading(moved_ns=833_333), reading(NOW_NS - 10_000_000)),  # slewed as fast as chronyd can
        (300_000_000, reading(moved_ns=4_900_000), reading(NOW_NS - 10_000_000_000)),  # set while the process stalled
    ],
)
def test_where_a_stamp_cannot_be_relied_on_there_is_none(age_ns, now, last):
    assert place_on_raw(now.difference_ns + now.raw_ns - age_ns, now, last) is None


@pytest.mark.parametrize(
    ("moved_ns", "span_ns"), [(0, 0), (50_000, 0), (-50_000, 1), (5_000, 10_000_000), (50_600, 10_000_000_000)]
)
def test_what_realtime_moved_by_may_all_be_the_stamps_error(moved_ns, span_ns):
    now = reading(moved_ns=moved_ns)
    stamp = place_on_raw(now.difference_ns + NOW_NS - 20_000, now, reading(NOW_NS - span_ns))
    assert stamp == Stamp(NOW_NS - 20_000, 600 + abs(moved_ns) + 11)


@given(
    st.integers(-(10**18), 10**18),
    st.integers(0, 10**9),
    st.integers(-500, 500),
    st.integers(0, 15_000),
    st.integers(-15_000, 15_000),
)
@example(0, 4_194_001, -500, 0, 0)
def test_the_error_covers_the_truth(epoch_ns, age_ns, ppm, error_ns, off_ns):
    """REALTIME runs `ppm` fast of RAW, and the reading is off within its bracket."""
    off_ns = max(-error_ns, min(error_ns, off_ns))
    came_ns = NOW_NS - age_ns
    stamped_ns = epoch_ns + came_ns
    now = RealtimeReading(epoch_ns + age_ns * ppm // 1_000_000 + off_ns, NOW_NS, error_ns)
    stamp = place_on_raw(stamped_ns, now, RealtimeReading(epoch_ns, came_ns - 1_000_000, 0))
    if stamp is not None:
        assert abs(stamp.raw_ns - came_ns) <= stamp.error_ns + 1  # rounded down above


@given(st.integers(-(10**10), 10**10), st.integers(0, 10**9), st.integers(0, 120 * 10**9), st.integers(-100, 100))
@example(4_900_000, 300_000_000, 10_000_000_000, 0)
@example(40_000, 300_000_000, 10_000_000_000, 0)
def test_no_step_during_a_stall_goes_unnoticed(step_ns, age_ns, pause_ns, ppm):
    """REALTIME is set between the kernel's stamp and its reading, a pause after it was read last."""
    came_ns = NOW_NS - age_ns
    before = RealtimeReading(EPOCH_NS, came_ns - pause_ns, 0)
    then_ns = EPOCH_NS + pause_ns * ppm // 1_000_000
    now = RealtimeReading(then_ns + age_ns * ppm // 1_000_000 + step_ns, NOW_NS, 0)
    stamp = place_on_raw(came_ns + then_ns, now, before)
    off_ns = 0 if stamp is None else abs(stamp.raw_ns - came_ns)
    steered_ns = (pause_ns + age_ns) * abs(ppm) // 1_000_000  # only what steering hides of a step may be missing
    assert stamp is None or off_ns <= stamp.error_ns + steered_ns + 2
