import pytest

from timekeeper.references.answer import Fault, Rejection
from timekeeper.references.patience import LONGEST_S, OPENING_QUESTIONS, Patience

RATE = Rejection(Fault.KISS, "RATE")


def opened(at_s=0.0, interval_s=64):
    """After its first questions, the last of them just asked."""
    patience = Patience(interval_s)
    for _ in range(OPENING_QUESTIONS):
        patience.note_question(at_s)
    return patience


def test_a_server_is_asked_at_once_four_times_and_then_once_in_an_interval():
    patience = Patience(64)
    asked_s = []
    for tenths in range(2000):
        if patience.is_due(tenths / 10):
            asked_s.append(tenths / 10)
            patience.note_question(tenths / 10)
    assert asked_s == [0, 2, 4, 6, 70, 134, 198]


def test_when_the_first_questions_are_due():
    patience = Patience(64)
    assert patience.opening_due_s < 0
    for at_s in (10, 13, 15):
        patience.note_question(at_s)
        assert patience.opening_due_s == at_s + 2
    patience.note_question(17)
    assert patience.opening_due_s is None
    patience.note_question(81)
    assert patience.opening_due_s is None


def test_who_may_be_asked_always_is_not_made_to_wait_at_first():
    patience = Patience(0.5)
    patience.note_question(0)
    assert patience.opening_due_s == 0.5


@pytest.mark.parametrize(("code", "due_s"), [("RATE", 129), ("DENY", None), ("RSTR", None)])
def test_a_refusal_ends_the_first_questions(code, due_s):
    patience = Patience(64)
    patience.note_question(0)
    patience.note_rejection(Rejection(Fault.KISS, code), 1)
    assert patience.opening_due_s is None
    assert [at_s for at_s in (2, 128.9, 129) if patience.is_due(at_s)] == ([] if due_s is None else [due_s])


@pytest.mark.parametrize("code", ["DENY", "RSTR"])
def test_a_server_that_forbids_it_is_never_asked_again(code):
    patience = Patience(64)
    patience.note_question(0)
    patience.note_rejection(Rejection(Fault.KISS, code), 1)
    assert patience.given_up == code
    assert not patience.is_due(1e9)


def test_a_server_that_is_asked_too_often_is_asked_less_and_less():
    patience = opened()
    patience.note_rejection(RATE, 1)
    assert not patience.is_due(128.9)
    assert patience.is_due(129)
    patience.note_question(129)
    patience.note_rejection(RATE, 130)
    assert not patience.is_due(385.9)
    assert patience.is_due(386)


def test_there_is_an_end_to_that():
    patience = Patience(64)
    for _ in range(100):
        patience.note_rejection(RATE, 0)
    assert patience.interval_s == LONGEST_S


@pytest.mark.parametrize("rejection", [Rejection(Fault.STRATUM), Rejection(Fault.KISS, "INIT")])
def test_other_rejections_change_nothing(rejection):
    patience = opened()
    patience.note_rejection(rejection, 1)
    assert (patience.given_up, patience.interval_s) == ("", 64)
    assert patience.is_due(64)
