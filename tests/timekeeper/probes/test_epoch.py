import itertools

import pytest

from timekeeper.probes import epoch as module
from timekeeper.probes.epoch import EpochWatch, read_asleep_ns, read_raw_lead


class Sleep:
    """How long a host has slept; set by a test."""

    def __init__(self):
        self.ns = 5_000_000_000

    def __call__(self):
        return self.ns


def steady():
    """A raw clock that keeps to CLOCK_MONOTONIC."""
    return 0, 0


def growth(epochs):
    """Whether each but the first is larger than the one before; it is never smaller."""
    assert epochs == sorted(epochs)
    return [later > earlier for earlier, later in itertools.pairwise(epochs)]


@pytest.fixture
def sleep():
    return Sleep()


@pytest.fixture
def clock_source(tmp_path):
    path = tmp_path / "current_clocksource"
    path.write_text("tsc\n")
    return path


@pytest.fixture
def seconds(monkeypatch):
    """Each look is a second after the one before it."""
    times = itertools.count(step=1_000_000_000)
    monkeypatch.setattr(module.time, "monotonic_ns", lambda: next(times))


def test_this_host_stays_in_its_epoch():
    watch = EpochWatch()
    assert {watch.look() for _ in range(200)} == {watch.epoch}


def test_a_process_that_starts_anew_has_no_lower_epoch(sleep, clock_source):
    """Else what it measures would be taken for something older."""
    before = EpochWatch(clock_source, sleep, steady)
    sleep.ns += 2_000_000
    assert EpochWatch(clock_source, sleep, steady).epoch >= before.epoch


def test_this_host_has_not_slept_between_two_readings():
    assert abs(read_asleep_ns() - read_asleep_ns()) < 1_000_000


def test_a_sleep_begins_a_new_epoch(sleep, clock_source):
    watch = EpochWatch(clock_source, sleep, steady)
    epochs = [watch.epoch]
    for slept_ns in (0, 999_999, 1_000_000, 0, 3_600_000_000_000, 0):
        sleep.ns += slept_ns
        epochs.append(watch.look())
    assert growth(epochs) == [False, False, True, False, True, False]
    assert watch.epoch == epochs[-1]


@pytest.mark.parametrize(
    ("jumped_ns", "elapsed_ns", "is_broken"),
    [
        (-100_000_000_000, 1_000_000_000, True),
        (3_000_000_000, 1_000_000_000, True),
        (-1_000_001, 0, True),
        (83_000_000, 1_000_000_000, False),  # chronyd slews CLOCK_MONOTONIC too
        (-83_000_000, 1_000_000_000, False),
        (0, 3_600_000_000_000, False),
    ],
)
def test_a_raw_clock_that_jumps_begins_a_new_epoch(sleep, clock_source, jumped_ns, elapsed_ns, is_broken):
    lead = [(5, 7)]
    watch = EpochWatch(clock_source, sleep, lambda: lead[0])
    before = watch.look()
    lead[0] = (5 + elapsed_ns, 7 + jumped_ns)
    assert (watch.look() > before) is is_broken
    assert watch.look() == watch.epoch, "once"


def test_the_raw_clock_of_this_host_keeps_to_monotonic():
    before, after = read_raw_lead(), read_raw_lead()
    assert after[0] > before[0]
    assert abs(after[1] - before[1]) < 1_000_000


@pytest.mark.usefixtures("seconds")
def test_another_clock_source_begins_a_new_epoch(sleep, clock_source):
    watch = EpochWatch(clock_source, sleep, steady)
    epochs = [watch.epoch, watch.look()]
    for content in (b"hpet\n", b"hpet\n", b"\xff", b"tsc\n"):
        clock_source.write_bytes(content)
        epochs.append(watch.look())
    clock_source.unlink()
    epochs += [watch.look(), watch.look()]
    assert growth(epochs) == [False, True, False, True, True, True, False]


def test_the_clock_source_is_not_read_each_time(sleep, clock_source, monkeypatch):
    monkeypatch.setattr(module.time, "monotonic_ns", lambda: 7)
    watch = EpochWatch(clock_source, sleep, steady)
    clock_source.write_text("hpet\n")
    assert watch.epoch == watch.look()


def test_a_host_that_names_no_clock_source_stays_in_its_epoch(sleep, tmp_path):
    watch = EpochWatch(tmp_path / "nothing", sleep, steady)
    assert watch.epoch == watch.look()


def test_readings_that_are_interrupted_are_repeated(monkeypatch):
    """A bracket of 20 ms around a reading near its end looks like 10 ms of sleep."""
    widths = [20_000_000] * 5 + [1_000]
    now = [1_000_000_000]
    monotonic = itertools.cycle(("before", "after"))

    def read_monotonic():
        if next(monotonic) == "after":
            now[0] += widths.pop(0)
        return now[0]

    monkeypatch.setattr(module.time, "monotonic_ns", read_monotonic)
    monkeypatch.setattr(module.time, "clock_gettime_ns", lambda _clock: now[0] + 7_000_000_000)
    assert abs(read_asleep_ns() - 7_000_000_000) <= 500
    assert not widths
