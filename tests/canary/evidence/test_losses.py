import pytest

from canary.evidence.kinds import Kind
from canary.evidence.losses import Losses


def nothing_left(_since_s):
    return False


def something_left(_since_s):
    return True


@pytest.mark.parametrize(("ended_s", "kinds"), [(4.9, set()), (5.0, {"REBOOT"}), (15.0, {"REBOOT"}), (15.1, set())])
def test_what_happens_to_the_server_excuses_what_ends_about_then(ended_s, kinds):
    losses = Losses(within_s=5.0)
    losses.mark(Kind.REBOOT, 10.0)
    assert losses.excuses(ended_s, None, something_left) == kinds


@pytest.mark.parametrize(
    ("lost", "is_down"),
    [
        ([("ping", 0.0)], False),
        ([("ping", 0.0), ("ping", 1.0)], False),
        ([("ping", 0.0), ("pong", 5.0)], True),
        ([("ping", 0.0), ("pong", 5.1)], False),
    ],
)
def test_all_runs_of_two_services_are_lost_together(lost, is_down):
    losses = Losses(within_s=5.0)
    for service, at_s in lost:
        losses.note_loss(service, at_s)
    assert (losses.excuses(0.0, 0.0, nothing_left) == {Kind.HOST_DOWN}) is is_down
    assert losses.excuses(0.0, None, nothing_left) == set()


def test_what_goes_on_shows_that_the_server_is_there():
    losses = Losses(within_s=5.0)
    asked = []
    losses.note_loss("ping", 1.0)
    losses.note_loss("pong", 2.0)
    assert losses.excuses(2.0, 2.0, lambda since_s: asked.append(since_s) or True) == set()
    assert asked == [1.0]
    assert losses.excuses(1.0, 1.0, nothing_left) == set()


def test_a_run_belongs_to_the_wave_it_was_lost_in():
    losses = Losses(within_s=5.0)
    for service, at_s in (("ping", 0.0), ("pong", 1.0), ("ping", 7.0)):
        losses.note_loss(service, at_s)
    assert losses.excuses(1.0, 1.0, nothing_left) == {Kind.HOST_DOWN}
    assert losses.excuses(7.0, 7.0, nothing_left) == set()
