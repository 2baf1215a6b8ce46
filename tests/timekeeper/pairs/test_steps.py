import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs import Direction, RealtimeReading, Step, StepDetector

S = 1_000_000_000
MS = 1_000_000
US = 1_000


def readings(*rows, error_ns=0):
    """(second, difference) of each."""
    return [RealtimeReading(difference_ns, round(at_s * S), error_ns) for at_s, difference_ns in rows]


def observe(detector, *rows, error_ns=0):
    found = [detector.observe(reading) for reading in readings(*rows, error_ns=error_ns)]
    return [step.size_ns for step in found if step]


STEADY = [(second, 0) for second in range(0, 50, 10)]


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        ([(50, 501 * US + 100 * US)], [601 * US]),  # 10 ppm of wander in 10 s are 100 us
        ([(50, 600 * US)], []),
        ([(40.02, 501 * US)], [501 * US]),
        ([(40.02, -501 * US)], [-501 * US]),
        ([(40.02, 500 * US)], []),
        ([(50, 3600 * S), (60, 0)], [3600 * S, -3600 * S]),  # there and back: two
        ([(50, S), (50.02, S), (60, 2 * S)], [S, S]),  # with a quiet reading between: two
        ([(50, S), (60, 2 * S), (70, 3 * S)], [S]),  # one after the other: a fast slew, one event
        ([(39, 3600 * S), (40, 3600 * S)], []),  # older than the last: a late answer
    ],
)
def test_steps(rows, sizes):
    assert observe(StepDetector(), *STEADY, *rows) == sizes


def test_a_step_tells_its_direction_and_when_it_was_seen():
    detector = StepDetector()
    observe(detector, *STEADY)
    [forward, backward] = map(detector.observe, readings((50, S), (60, 0)))
    assert (forward, forward.direction) == (Step(S, 50 * S), Direction.FORWARD)
    assert (backward, backward.direction) == (Step(-S, 60 * S), Direction.BACKWARD)


def test_the_course_is_the_frequency_that_the_daemon_has_set():
    """At 90 ppm the difference grows by 900 us in 10 s: no step; staying where it was is one."""
    course = [(second, 90 * US * second) for second in range(0, 50, 10)]
    assert observe(StepDetector(), *course, (50, 4500 * US)) == []
    assert observe(StepDetector(), *course, (50, 3600 * US)) == [-900 * US]


def test_until_the_frequency_is_known_it_may_be_all_the_kernel_does():
    assert observe(StepDetector(), (0, 0), (10, 5400 * US)) == []
    assert observe(StepDetector(), (0, 0), (10, 5600 * US)) == [5600 * US]


def test_a_lasting_change_of_the_frequency_is_told_once():
    course = [(50 + second, 200 * US * second) for second in range(10, 100, 10)]
    assert observe(StepDetector(), *STEADY, *course) == [2000 * US]
    assert observe(StepDetector(), *STEADY, *course, (141, S), (142, S)) == [2000 * US, S - 18_000 * US - 200 * US]


def test_a_step_does_not_spoil_the_frequency():
    assert observe(StepDetector(), *STEADY, (50, S), *[(s, S) for s in range(60, 100, 10)], (100, S - MS)) == [S, -MS]


def test_the_frequency_is_not_measured_within_a_burst():
    """There the error of a reading would pass for hundreds of ppm."""
    burst = [(40 + number * 0.02, number % 2 * 20 * US) for number in range(8)]
    assert observe(StepDetector(), *STEADY, *burst, (50, 0)) == []


def test_readings_may_be_off_by_their_errors():
    assert observe(StepDetector(), (0, 0), (0.02, 600 * US), error_ns=50 * US) == []
    assert observe(StepDetector(), (0, 0), (0.02, 620 * US), error_ns=50 * US) == [620 * US]


def test_comparing_changes_nothing():
    detector = StepDetector()
    [stepped] = readings((50, S))
    assert detector.compare(stepped) is None
    observe(detector, *STEADY)
    assert detector.compare(stepped) == detector.compare(stepped) == Step(S, 50 * S)
    assert detector.compare(readings((40, S))[0]) is None
    assert detector.observe(stepped) == Step(S, 50 * S)


def test_a_new_boot_is_no_step():
    detector = StepDetector()
    observe(detector, *STEADY)
    detector.forget()
    assert observe(detector, (1, 3600 * S), (2, 3600 * S)) == []


@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(-4e-6, 4e-6)), max_size=20), st.floats(-400e-6, 400e-6))
def test_a_clock_that_is_only_steered_never_steps(pieces, frequency):
    at_s, difference_ns = 0.0, 0.0
    rows = [(0, 0)]
    for length_s, wander in pieces:
        at_s += length_s
        difference_ns += (frequency + wander) * length_s * S
        rows.append((at_s, round(difference_ns)))
    assert observe(StepDetector(), *rows) == []
