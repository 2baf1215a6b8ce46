"""How many runs of strangers are taken note of, and what becomes of the words about the others."""

import pytest

from canary.evidence.crowd import AWAY, BURST, PER_S, USERS, Crowd
from canary.evidence.kinds import Kind
from canary.evidence.words import HostWord, ReportWord, RunEndedWord, RunStartedWord


def begins(run_id, user="mallory", at_s=0.0, service="x"):
    return RunStartedWord(run_id=run_id, service=service, at_s=at_s, user=user)


def everybody(_word):
    return True


def nobody(_word):
    return False


@pytest.fixture
def full():
    """After a burst of one user, each run under another name."""
    crowd = Crowd()
    assert all(crowd.is_taken(begins(f"r{number}", service=f"s{number}"), everybody) for number in range(BURST))
    return crowd


def test_runs_beyond_the_burst_are_turned_away_and_counted(full):
    assert not full.is_taken(begins("more", service="another"), everybody)
    assert (full.turned_away, "more" in full, "r1" in full) == (1, True, False)


def test_there_is_room_again_with_time(full):
    assert not full.is_taken(begins("early", at_s=0.9 / PER_S), everybody)
    assert full.is_taken(begins("late", at_s=1.1 / PER_S), everybody)
    assert not full.is_taken(begins("again", at_s=1.1 / PER_S), everybody)


def test_other_users_and_who_is_known_have_room(full):
    assert full.is_taken(begins("other", "ann"), everybody)
    assert full.is_taken(begins("known"), nobody)
    assert full.turned_away == 0


def test_what_is_told_later_of_a_run_that_was_turned_away_is_about_none(full):
    assert not full.is_taken(begins("more"), everybody)
    words = [
        begins("more", at_s=1_000.0),
        RunEndedWord(run_id="more", reason="lost", at_s=1.0),
        ReportWord(service="x", kind=Kind.CRASH, at_s=1.0, source="service", run_id="more"),
    ]
    assert [full.is_taken(word, everybody) for word in words] == [False, False, False]
    assert full.turned_away == 1
    assert full.is_taken(RunEndedWord(run_id="r1", reason="lost", at_s=1.0), everybody)
    assert full.is_taken(HostWord(kind=Kind.REBOOT, at_s=1.0), everybody)


def test_it_remembers_no_more_than_it_may(full):
    for number in range(AWAY + 1):
        full.is_taken(begins(f"more{number}"), everybody)
    assert ("more0" in full, f"more{AWAY}" in full) == (False, True)
    for number in range(USERS):
        full.is_taken(begins(f"of{number}", f"user{number}"), everybody)
    assert full.is_taken(begins("anew"), everybody)
