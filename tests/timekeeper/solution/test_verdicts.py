import pytest

from timekeeper.solution import Basis, HostSolution, Verdict
from timekeeper.solution.verdicts import classify

OK, SUSPECT, WRONG, NO_MAJORITY, UNKNOWN = Verdict


def host(offset_s, bound_s=0.001, **others):
    return HostSolution(
        **{"host": "a", "basis": Basis.MAJORITY, "offset_s": offset_s, "bound_s": bound_s, "is_outside": True} | others
    )


@pytest.mark.parametrize(
    ("offset_s", "before", "verdict"),
    [
        (0.0, None, OK),
        (0.0039, None, OK),
        (-0.0039, None, OK),
        (0.0041, None, SUSPECT),
        (0.0059, None, SUSPECT),
        (0.0061, None, WRONG),
        (-0.0061, None, WRONG),
        # What was doubted has to come nearer than 0.7 times the threshold.
        (0.0030, OK, OK),
        (0.0030, SUSPECT, SUSPECT),
        (0.0024, SUSPECT, OK),
        (0.0059, SUSPECT, SUSPECT),
        (0.0061, SUSPECT, WRONG),
        (0.0059, WRONG, WRONG),
        (0.0046, WRONG, WRONG),
        (0.0044, WRONG, SUSPECT),
        (0.0024, WRONG, OK),
        (0.0059, NO_MAJORITY, SUSPECT),
        (0.0039, UNKNOWN, OK),
    ],
)
def test_three_values_and_their_hysteresis(offset_s, before, verdict):
    assert classify(host(offset_s), 0.005, before=before, clear_ratio=0.7) is verdict


@pytest.mark.parametrize(
    "change",
    [
        {"is_outside": False},
        {"is_backed": True},
    ],
)
def test_what_speaks_for_a_host_that_is_off(change):
    assert classify(host(0.5), 0.005) is WRONG
    assert classify(host(0.5, **change), 0.005) is SUSPECT
    assert classify(host(0.001, **change), 0.005) is OK


@pytest.mark.parametrize(
    ("basis", "verdict"),
    [(Basis.NO_MAJORITY, NO_MAJORITY), (Basis.TOO_FEW, UNKNOWN), (Basis.APART, UNKNOWN), (Basis.UNMEASURED, UNKNOWN)],
)
def test_what_cannot_be_compared(basis, verdict):
    assert classify(host(None, None, basis=basis), 0.005, before=WRONG) is verdict
