"""Deadlines by themselves, and that a part of the router which does not announce its own is found and named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router import Router
from communicator.router.cores.deadlines import Deadline, Deadlines
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import DeadlineReached, LinesDropped
from simulation.agenda import ViolationError
from tests.router.punctual import Punctual


def test_a_deadline_is_due_from_its_time_on_and_ahead_before():
    deadline = Deadlines().add("part")
    assert (deadline.at_s, deadline.is_due(1e9), deadline.is_ahead(0.0)) == (None, False, False)
    deadline.set(10.0)
    assert [(deadline.is_due(now_s), deadline.is_ahead(now_s)) for now_s in (9.9, 10.0, 11.0)] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_without_a_change_nothing_is_looked_for():
    deadlines, reads = Deadlines(), []
    deadlines.watch("watched", lambda: reads.append("read"))
    part = deadlines.add("part")
    part.set(5.0)
    assert (deadlines.earliest_s, deadlines.earliest_s) == (5.0, 5.0)
    part.set(5.0)
    assert deadlines.earliest_s == 5.0
    assert reads == ["read"]


def test_what_is_watched_is_read_again_after_each_change():
    deadlines, told_s = Deadlines(), [7.0, 3.0, None]
    deadlines.watch("watched", lambda: told_s.pop(0))
    assert (deadlines.earliest_s, deadlines.earliest_s) == (7.0, 7.0)
    deadlines.changed()
    assert deadlines.earliest_s == 3.0
    deadlines.changed()
    assert deadlines.earliest_s is None


PARTS = 5
times = st.none() | st.integers(0, 9).map(float)


@given(st.lists(st.tuples(st.integers(0, PARTS - 1), times, st.booleans())))
def test_the_earliest_is_the_least_of_all_whatever_changes_and_whenever_one_asks(steps):
    deadlines, held = Deadlines(), {}
    deadlines.watch("0", lambda: held.get(0))
    parts = {number: deadlines.add(str(number)) for number in range(1, PARTS)}
    for number, at_s, asks in steps:
        held[number] = at_s
        if number:
            parts[number].set(at_s)
        else:
            deadlines.changed()
        if asks:
            assert deadlines.earliest_s == min((each for each in held.values() if each is not None), default=None)


class Silent(Deadline):
    """Announces nothing."""

    def set(self, at_s):
        pass


def silence_cache(board):
    board.cache.waiting.due = Silent("cache", board.deadlines.changed)


def silence_contests(board):
    board.contests.due = Silent("contests of services", board.deadlines.changed)


def silence_strangers(board):
    board.mesh.strangers.due = Silent("strangers", board.deadlines.changed)


def silence_clock(board):
    board.clock.due = Silent("clock", board.deadlines.changed)


def silence_dials(board):
    board.mesh._deadlines = Deadlines()


REGISTER = "REGISTER service={};version=1"


@pytest.mark.parametrize(
    ("silence", "script", "name"),
    [
        (silence_cache, "+ A unix root\nA > offline/DO", "cache"),
        (
            silence_contests,
            f"+ A unix root\nA > {REGISTER.format('svc')}\n+ B unix root\nB > {REGISTER.format('svc')}",
            "contests of services",
        ),
        (silence_strangers, "+ S remote from=10.0.0.8", "strangers"),
        (
            silence_clock,
            f"+ T unix root\nT > {REGISTER.format('timekeeper')}\nT > CLOCK_STABLE clock_resolution=verified",
            "clock",
        ),
    ],
)
def test_a_part_that_does_not_announce_its_deadline_is_named(playbook, silence, script, name):
    book = playbook()
    silence(book.router._board)
    with pytest.raises(ViolationError, match=f"^{name}: the deadline is "):
        book.run(script)


def test_an_address_book_that_is_taken_in_hand_behind_the_back_of_the_deadlines_is_named(mesh):
    book = mesh("10.0.0.2:4042")
    book.play("@ 1")
    silence_dials(book.router._board)
    with pytest.raises(ViolationError, match=r"^next_deadline is "):
        book.play("! 1 no route to host")


class Forgetful(Router):
    """Has a part that is looked at whenever something else is due, and has announced nothing."""

    def handle(self, event, now):
        effects = super().handle(event, now)
        if isinstance(event, DeadlineReached) and now.monotonic_s >= self._board.started.monotonic_s + 5:
            self._board.notice(Level.INFO, "forgotten_part")
            effects += self._board.take_effects()
        return effects


class HeldForgetful(Punctual, Forgetful):
    """The same, held to its deadlines."""


def test_a_part_that_nobody_knows_of_is_seen_by_what_it_does(playbook, config):
    book = playbook()
    book.router = HeldForgetful(config, book.now)
    book.play("@ 1")
    book.monotonic_s += 5
    with pytest.raises(ViolationError, match=r"next_deadline is None, and yet something is due .*forgotten_part"):
        book.handle(LinesDropped(1, 0))
