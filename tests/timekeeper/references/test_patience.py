import pytest

from timekeeper.references.answer import Fault, Rejection
from timekeeper.references.patience import LONGEST_S, Patience

RATE = Rejection(Fault.KISS, "RATE")


def test_a_server_is_asked_at_once_and_then_once_in_an_interval():
    patience = Patience(64)
    assert patience.is_due(0)
    patience.note_question(0)
    assert not patience.is_due(63.9)
    assert patience.is_due(64)


@pytest.mark.parametrize("code", ["DENY", "RSTR"])
def test_a_server_that_forbids_it_is_never_asked_again(code):
    patience = Patience(64)
    patience.note_question(0)
    patience.note_rejection(Rejection(Fault.KISS, code), 1)
    assert patience.given_up == code
    assert not patience.is_due(1e9)


def test_a_server_that_is_asked_too_often_is_asked_less_and_less():
    patience = Patience(64)
    patience.note_question(0)
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
    patience = Patience(64)
    patience.note_question(0)
    patience.note_rejection(rejection, 1)
    assert (patience.given_up, patience.interval_s) == ("", 64)
    assert patience.is_due(64)
