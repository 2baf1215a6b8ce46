"""The evidence that a shadow is another version: what it takes, and how seldom chance makes it."""

import math
import random

import pytest

from canary.shadow.suspicion import LIMIT, MARGIN, Suspicion


def arms(*news, path="p"):
    found = Suspicion()
    for is_new in news:
        found.tell_apart(path, is_new=is_new)
    return found


def test_nothing_says_nothing():
    assert Suspicion().log10_e == 0.0
    assert Suspicion().log10_of("p") == 0.0


def test_a_path_that_never_differs_by_itself_is_found_after_some_dozen_differences():
    needed = next(count for count in range(1, 50) if arms(*[True] * count).log10_e >= 2)
    assert needed == 12


def test_what_both_do_alike_speaks_for_the_shadow():
    assert arms(*[True, False] * 50).log10_e < 0


def test_a_path_that_enters_late_needs_more():
    found = Suspicion()
    for number in range(10):
        found.tell_apart(f"noise {number}", is_new=False)
    count = 0
    while found.log10_e < 2:
        found.tell_apart("p", is_new=True)
        count += 1
    assert count == 20
    assert found.log10_of("p") > 4


def test_a_limit_needs_several_differences_and_the_first_is_not_counted():
    found = Suspicion()
    found.hold_to_limit("p", 1, differs=False)
    assert found.log10_e == 0.0
    found.hold_to_limit("p", 100, differs=True)
    assert found.log10_of("p") == 0.0
    values = []
    for number in range(2, 8):
        found.hold_to_limit("p", 100 * number, differs=True)
        values.append(found.log10_e)
    assert values == sorted(values)
    assert values[-1] > 2


def test_replies_without_a_difference_speak_against_it():
    found = Suspicion()
    found.hold_to_limit("p", 1, differs=True)
    found.hold_to_limit("p", 2, differs=True)
    before = found.log10_e
    found.hold_to_limit("p", 50_000, differs=False)
    assert found.log10_e < before
    after = found.log10_e
    found.hold_to_limit("p", 50_000, differs=False)
    assert found.log10_e == after


def highest(play, lives, steps):
    """How many of so many lives have ever reached evidence of 1.3, that is, 1 in 20."""
    found = 0
    for seed in range(lives):
        chance, suspicion, top = random.Random(seed), Suspicion(), -math.inf
        for step in range(1, steps + 1):
            play(suspicion, chance, step)
            top = max(top, suspicion.log10_e)
        found += top >= math.log10(20)
    return found


def at_the_margin(suspicion, chance, _step):
    for path in range(3):
        suspicion.tell_apart(str(path), is_new=chance.random() < MARGIN / (1 + MARGIN))


def at_the_limit(suspicion, chance, step):
    for path in range(3):
        differs = any(chance.random() < LIMIT for _ in range(300))
        suspicion.hold_to_limit(str(path), 300 * step, differs=differs)


@pytest.mark.parametrize("play", [at_the_margin, at_the_limit])
def test_chance_seldom_makes_evidence_however_often_it_is_looked_at(play):
    lives = 200
    allowed = lives / 20 + 3 * math.sqrt(lives / 20)
    assert highest(play, lives, 100) <= allowed
