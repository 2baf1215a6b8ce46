import pytest

from canary.evidence.refusals import PROCESSES, Refusals


@pytest.fixture
def refusals():
    return Refusals(within_s=5.0)


@pytest.mark.parametrize(
    ("refused", "ended", "at_s", "is_covered"),
    [
        (7, 7, 1e9, True),
        (7, 8, 10.0, False),
        (7, None, 15.0, True),
        (7, None, 15.1, False),
        (None, 8, 15.0, True),
        (None, 8, 15.1, False),
        (None, None, 15.0, True),
        (None, None, 15.1, False),
    ],
)
def test_which_ends_are_covered(refusals, refused, ended, at_s, is_covered):
    refusals.note("ping", refused, "1", "", 10.0)
    assert refusals.cover("ping", ended, at_s) is is_covered
    assert not refusals.cover("pong", ended, at_s)


@pytest.mark.parametrize(("again_s", "is_covered"), [(100.0, True), (105.0, True), (105.1, False)])
def test_a_process_ends_once(refusals, again_s, is_covered):
    refusals.note("ping", 7, "1", "", 10.0)
    assert refusals.cover("ping", 7, 100.0)
    assert refusals.cover("ping", 7, again_s) is is_covered
    refusals.note("ping", 7, "1", "", 200.0)
    assert refusals.cover("ping", 7, 300.0)


def test_what_is_forgotten_is_not_covered(refusals):
    refusals.note("ping", 7, "1", "", 10.0)
    refusals.note("ping", None, "1", "", 10.0)
    refusals.forget("ping", None)
    refusals.forget("pong", 8)
    assert refusals.cover("ping", 8, 11.0)
    refusals.forget("ping", 7)
    assert not refusals.cover("ping", 7, 20.0)


def test_the_last_of_each_service_is_known(refusals):
    assert refusals.last("ping", 0.0) is None
    refusals.note("ping", 7, "1", "a", 10.0)
    refusals.note("ping", 8, "2", "b", 20.0)
    refusals.note("pong", 9, "3", "c", 30.0)
    last = refusals.last("ping", 20.0)
    assert (last.version, last.build, last.at_s) == ("2", "b", 20.0)
    assert refusals.last("ping", 20.1) is None


def test_so_many_processes_are_kept_the_last_ones(refusals):
    for pid in range(1, PROCESSES + 2):
        refusals.note("ping", pid, "1", "", 0.0)
        refusals.note("ping", 2, "1", "", 0.0)
    covered = [pid for pid in range(1, PROCESSES + 2) if refusals.cover("ping", pid, 100.0)]
    assert covered == list(range(2, PROCESSES + 2))


def test_of_so_many_services_the_last_is_known(refusals):
    for number in range(PROCESSES + 1):
        refusals.note(f"s{number}", 1, "1", "", 0.0)
    assert refusals.last("s0", 0.0) is None
    assert refusals.last("s1", 0.0) is not None
