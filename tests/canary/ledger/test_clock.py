import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.ledger.clock import LONGEST_GAP_S, Anchor, LedgerClock, Reading

HOUR_S = 3_600.0
LAST = Anchor(500.0, Reading("boot", 1_000.0, 1_700_000_000.0))


def test_it_begins_at_nothing():
    clock = LedgerClock(None, Reading("boot", 1_234.5, 1_700_000_000.0))
    assert clock.read(1_234.5) == 0.0
    assert clock.read(1_244.75) == 10.25


@pytest.mark.parametrize(
    ("boot_id", "monotonic_s", "wall_gap_s", "gap_s"),
    [
        pytest.param("boot", 1_010.0, 10.0, 10.0, id="same boot"),
        pytest.param("boot", 1_010.0, 10.0 + HOUR_S, 10.0, id="same boot, wall clock put an hour ahead"),
        pytest.param("boot", 1_010.0, 10.0 - HOUR_S, 10.0, id="same boot, wall clock put an hour back"),
        pytest.param("boot", 1_000.0 + 30 * 86_400, 0.0, 30 * 86_400.0, id="same boot, a month"),
        pytest.param("other", 20.0, 90.0, 90.0, id="another boot"),
        pytest.param("other", 5_000.0, 90.0, 90.0, id="another boot that has lasted longer"),
        pytest.param("other", 20.0, 90.0 - HOUR_S, 0.0, id="another boot, wall clock put an hour back"),
        pytest.param("other", 20.0, 90.0 + HOUR_S, 90.0 + HOUR_S, id="another boot, wall clock put an hour ahead"),
        pytest.param("other", 20.0, -1_700_000_000.0, 0.0, id="another boot, dead battery"),
        pytest.param("other", 20.0, 1e9, LONGEST_GAP_S, id="another boot, wall clock in another century"),
        pytest.param("boot", 990.0, 30.0, 30.0, id="the monotonic clock was put back"),
        pytest.param("", 1_010.0, 30.0, 30.0, id="a boot without a name"),
    ],
)
def test_it_goes_on_from_the_newest_entry(boot_id, monotonic_s, wall_gap_s, gap_s):
    clock = LedgerClock(LAST, Reading(boot_id, monotonic_s, LAST.reading.wall_s + wall_gap_s))
    assert clock.read(monotonic_s) == LAST.at_s + gap_s
    assert clock.read(monotonic_s + 7.0) == LAST.at_s + gap_s + 7.0


def test_two_boots_without_a_name_are_not_the_same():
    last = Anchor(500.0, Reading("", 1_000.0, 0.0))
    assert LedgerClock(last, Reading("", 1_010.0, 30.0)).read(1_010.0) == 530.0


def test_it_does_not_go_back_with_the_monotonic_clock():
    clock = LedgerClock(LAST, LAST.reading)
    assert clock.read(1_020.0) == 520.0
    assert clock.read(1_015.0) == 520.0
    assert clock.read(1_021.0) == 521.0


READINGS = st.builds(
    Reading, st.sampled_from(["", "a", "b"]), st.floats(0, 1e8), st.floats(-1e10, 1e10, allow_nan=False)
)


@given(st.lists(st.tuples(READINGS, st.lists(st.floats(0, 1e8))), min_size=1))
def test_it_never_goes_back_over_any_lives_of_the_host(lives):
    anchor, shown = None, [0.0]
    for reading, later in lives:
        clock = LedgerClock(anchor, reading)
        for monotonic_s in (reading.monotonic_s, *later):
            shown.append(clock.read(monotonic_s))
            anchor = Anchor(shown[-1], Reading(reading.boot_id, monotonic_s, reading.wall_s))
    assert shown == sorted(shown)
