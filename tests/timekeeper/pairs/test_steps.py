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
        ([(50, 5501 * US), (50.02, 5501 * US)], [5501 * US]),  # 500 us, and 500 ppm of 10 s
        ([(50, 5500 * US), (50.02, 5500 * US)], []),
        ([(40.02, 511 * US), (40.04, 511 * US)], [511 * US]),
        ([(40.02, -511 * US), (40.04, -511 * US)], [-511 * US]),
        ([(40.02, 510 * US), (40.04, 510 * US)], []),
        ([(50, 10 * MS)], []),  # the next reading tells by what
        ([(50, 10 * MS), (60, 10 * MS)], [10 * MS]),
        ([(50, 10 * MS), (60, 0), (70, 0)], [10 * MS, -10 * MS]),
        ([(50, 3600 * S), (60, 0)], [3600 * S, -3600 * S]),  # no slew is so fast: both at once
        ([(50, S), (50.02, S), (60, 2 * S)], [S, S]),
        ([(50, 838_831 * US)], [838_831 * US]),  # chronyd turns it by 83,333 ppm, on the 500 of the kernel
        ([(50, 838_829 * US), (50.02, 840_500 * US), (60, 1_000_000 * US), (70, 1_000_000 * US)], []),
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


SLEWS = {  # ppm, for how many seconds, how often it is looked at
    "adjtime": (500, 50, 10.0),
    "a little, for long": (100, 50, 10.0),
    "chronyd, by 60 ms": (2000, 30, 1.0),
    "chronyd, by 60 ms, backwards": (-2000, 30, 1.0),
    "chronyd, as fast as it does": (83_333, 12, 1.0),
    "twice what ntpd does": (1000, 20, 1.0),
}


@pytest.mark.parametrize(("ppm", "lasts_s", "every_s"), SLEWS.values(), ids=SLEWS)
@pytest.mark.parametrize("later_s", [0.0, 0.3, 0.7])
def test_a_slew_is_no_step(ppm, lasts_s, every_s, later_s):
    rows = []
    for number in range(round(200 / every_s)):
        at_s = number * every_s
        slewed_s = min(max(at_s - 60 - later_s * every_s, 0), lasts_s)
        rows.append((at_s, round(ppm * 1000 * slewed_s)))
    assert observe(StepDetector(), *rows, (250, rows[-1][1] + S), (260, rows[-1][1] + S)) == [S]


@pytest.mark.parametrize("ppm", [600, -2000, 20_000])
def test_a_fast_slew_shows_within_a_burst(ppm):
    """Between two bursts it moves the clock as a step would."""
    rows = []
    for number in range(20):
        for question in range(8):
            at_s = number * 10 + question * 0.015
            rows.append((at_s, round(ppm * 1000 * min(max(at_s - 63, 0), 52))))
    assert observe(StepDetector(), *rows) == []


def test_a_step_within_a_burst():
    burst = [(number * 10 + question * 0.015) for number in range(10) for question in range(8)]
    rows = [(at_s, 20 * MS if at_s >= 50.03 else 0) for at_s in burst]
    assert observe(StepDetector(), *rows) == [20 * MS]


def test_a_fast_slew_between_two_readings_is_as_good_as_a_step():
    assert observe(StepDetector(), *STEADY, (50, 60 * MS), (60, 60 * MS)) == [60 * MS]


def test_the_course_is_the_frequency_that_the_daemon_has_set():
    """At 90 ppm the difference grows by 900 us in 10 s: no step; going back by 6 ms more than the kernel does is one."""
    course = [(second, 90 * US * second) for second in range(0, 50, 10)]
    assert observe(StepDetector(), *course, (50, 4500 * US), (60, 5400 * US)) == []
    assert observe(StepDetector(), *course, (50, -1100 * US), (60, -200 * US)) == [-5600 * US]


def test_a_step_does_not_spoil_the_frequency():
    later = [(second, S) for second in range(60, 100, 10)]
    assert observe(StepDetector(), *STEADY, (50, S), *later, (100, S - 6 * MS), (110, S - 6 * MS)) == [S, -6 * MS]


def test_the_frequency_is_not_measured_within_a_burst():
    """There the error of a reading would pass for hundreds of ppm."""
    burst = [(40 + number * 0.02, number % 2 * 20 * US) for number in range(8)]
    assert observe(StepDetector(), *STEADY, *burst, (50, 0)) == []
    detector = StepDetector()
    observe(detector, *STEADY, *burst)
    assert not detector.is_off_course(readings((50, 50 * US))[0])


def test_readings_may_be_off_by_their_errors():
    assert observe(StepDetector(), (0, 0), (0.02, 600 * US), (0.04, 600 * US), error_ns=50 * US) == []
    assert observe(StepDetector(), (0, 0), (0.02, 620 * US), (0.04, 620 * US), error_ns=50 * US) == [620 * US]


@pytest.mark.parametrize(
    ("known", "difference_ns", "is_off"),
    [
        (STEADY, 101 * US, True),  # 10 ppm of 10 s
        (STEADY, -101 * US, True),
        (STEADY, 99 * US, False),
        ([(40, 0)], 501 * US, True),  # 50 ppm, as long as the frequency is not known
        ([(40, 0)], 499 * US, False),
        ([], 3600 * S, False),
    ],
)
def test_whether_a_clock_has_left_its_course(known, difference_ns, is_off):
    detector = StepDetector()
    observe(detector, *known)
    [reading] = readings((50, difference_ns))
    assert detector.is_off_course(reading) is is_off
    assert detector.is_off_course(reading) is is_off, "nothing is noted"
    assert not detector.is_off_course(RealtimeReading(3600 * S, 39 * S, 0)) or not known


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
