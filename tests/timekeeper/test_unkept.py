"""When it is said that nobody keeps a clock."""

from timekeeper.claim import Claim, ClaimState
from timekeeper.solution import Patience
from timekeeper.unkept import LASTING_S, Unkept

KEPT = Claim(state=ClaimState.SYNCHRONIZED, reasons=("chronyd keeps it",))
UNKEPT = Claim(state=ClaimState.UNSYNCHRONIZED, reasons=("chronyd has selected no source",))
WITHOUT_DAEMON = Claim(state=ClaimState.UNSYNCHRONIZED, reasons=("no time daemon runs",), without_daemon=True)


def look(unkept, *claims, from_s=1000.0):
    return [unkept.note(claim, from_s + 10.0 * number) for number, claim in enumerate(claims)]


def test_not_while_the_daemon_has_just_started():
    assert look(Unkept(), *[UNKEPT] * 8) == [*[False] * 6, True, True]


def test_three_looks_begin_it_and_three_end_it():
    unkept = Unkept(Patience(grace_s=0.0))
    assert look(unkept, UNKEPT, UNKEPT, KEPT, UNKEPT, UNKEPT, UNKEPT) == [False] * 5 + [True]
    assert look(unkept, KEPT, KEPT, UNKEPT, KEPT, KEPT, KEPT) == [True] * 5 + [False]


def test_looks_in_a_hurry_do_not_make_it_last():
    unkept = Unkept(Patience(grace_s=0.0))
    assert [unkept.note(UNKEPT, 1000.0 + 0.001 * number) for number in range(5)] == [False] * 5
    assert unkept.note(UNKEPT, 1000.0 + LASTING_S)
    assert [unkept.note(KEPT, 1010.0 + 0.001 * number) for number in range(5)] == [True] * 5
    assert not unkept.note(KEPT, 1010.0 + LASTING_S)


def test_nobody_was_to_keep_it():
    assert not any(look(Unkept(Patience(grace_s=0.0)), *[WITHOUT_DAEMON] * 5))
