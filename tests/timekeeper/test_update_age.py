import pytest

from timekeeper.update_age import note_update

S = 1_000_000_000
WALL = 1_795_525_866 * S


def test_the_first_age_is_read_from_the_wall_clock():
    assert note_update(None, WALL - 90 * S, WALL, 1000.0).at(1000.0) == 90


def test_an_age_grows_on_the_monotonic_clock():
    first = note_update(None, WALL - 90 * S, WALL, 1000.0)
    assert first.at(1007.5) == 97.5
    later = note_update(first, WALL - 90 * S, WALL + 10 * S, 1010.0)
    assert later.at(1010.0) == 100


def test_a_new_update_starts_anew():
    first = note_update(None, WALL - 90 * S, WALL, 1000.0)
    assert note_update(first, WALL + 6 * S, WALL + 10 * S, 1010.0).at(1010.0) == 4


@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_a_step_of_the_wall_clock_does_not_change_the_age_of_a_silent_daemon(step_s):
    first = note_update(None, WALL - 90 * S, WALL, 1000.0)
    stepped = note_update(first, WALL - 90 * S, WALL + (10 + step_s) * S, 1010.0)
    assert stepped.at(1010.0) == 100


def test_an_update_is_never_older_than_the_question_before_it():
    first = note_update(None, WALL - 90 * S, WALL, 1000.0)
    # Updated 4 s ago, then stepped forward by an hour: the wall clock says 3604 s.
    stepped = note_update(first, WALL + 6 * S, WALL + 3610 * S, 1010.0)
    assert stepped.at(1010.0) == 10


def test_an_update_in_the_future_counts_from_now():
    assert note_update(None, WALL + 100 * S, WALL, 1000.0).at(1002.0) == 2


def test_an_update_that_is_only_dated_anew_keeps_its_age():
    first = note_update(None, WALL - 90 * S, WALL, 1000.0)
    slewed = note_update(first, WALL - 90 * S + 20_000, WALL + 10 * S, 1010.0)
    assert slewed.at(1010.0) == 100


def test_updates_that_follow_each_other_quickly_are_told_apart():
    first = note_update(None, WALL, WALL, 1000.0)
    assert note_update(first, WALL + S // 4, WALL + S // 2, 1000.5).at(1000.5) == 0.25
