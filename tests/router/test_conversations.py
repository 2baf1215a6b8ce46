import pytest

from communicator.answers.policy import Colour
from communicator.router.cores.conversations import CONVERSATIONS_KEPT, SILENCE_S, Conversations
from communicator.router.vocabulary.registry import Party

BLUE = Colour(service="svc_a", generation=1, active="1.0", drain_s=20)
GREEN = Colour(service="svc_a", generation=2, active="2.0", drain_s=20)
BLUE_AGAIN = Colour(service="svc_a", generation=3, active="1.0", drain_s=20)
SENDER = Party("far", "asker")


@pytest.fixture
def conversations():
    """One has spoken with blue at 100 s, and green became active at 110 s."""
    known = Conversations()
    known.note(SENDER, BLUE, "beta", 100)
    known.switch(BLUE, GREEN, 110)
    return known


@pytest.mark.parametrize(("now_s", "goes_on"), [(110, True), (129.9, True), (130, False), (100 + SILENCE_S, False)])
def test_a_conversation_goes_on_until_it_was_silent_or_the_time_is_over(conversations, now_s, goes_on):
    old = conversations.find_old(SENDER, GREEN, now_s)
    assert (old is not None and old.target == "beta") is goes_on


def test_who_is_silent_for_long_begins_anew(conversations):
    conversations.switch(GREEN, Colour(service="svc_a", generation=3, active="3.0", drain_s=1e6), 110)
    conversations.switch(BLUE, Colour(service="svc_a", generation=4, active="3.0", drain_s=1e6), 110)
    assert conversations.find_old(SENDER, GREEN, 100 + SILENCE_S - 0.1)
    assert conversations.find_old(SENDER, GREEN, 100 + SILENCE_S) is None


def test_others_and_other_services_have_no_part_in_it(conversations):
    assert conversations.find_old(7, GREEN, 111) is None
    assert conversations.find_old(SENDER, Colour(service="svc_b", generation=2, active="2.0"), 111) is None


def test_who_was_not_known_before_the_switch_has_nothing_to_go_on_with(conversations):
    conversations.note(7, GREEN, "gamma", 111)
    assert conversations.find_old(7, GREEN, 112) is None


def test_after_the_way_back_the_old_is_the_new(conversations):
    conversations.note(7, GREEN, "gamma", 111)
    conversations.switch(GREEN, BLUE_AGAIN, 112)
    assert conversations.find_old(SENDER, BLUE_AGAIN, 113) is None
    assert conversations.find_old(7, BLUE_AGAIN, 113).target == "gamma"


def test_without_a_time_to_drain_everyone_changes_at_once():
    known = Conversations()
    known.note(SENDER, BLUE, "beta", 100)
    known.switch(BLUE, Colour(service="svc_a", generation=2, active="2.0"), 101)
    assert known.find_old(SENDER, GREEN, 101) is None


def test_the_one_that_was_silent_for_longest_goes_first():
    known = Conversations()
    for number in range(CONVERSATIONS_KEPT):
        known.note(number, BLUE, "beta", 100)
    known.note(0, BLUE, "beta", 101)
    known.note(CONVERSATIONS_KEPT, BLUE, "beta", 101)
    known.switch(BLUE, GREEN, 102)
    kept = [number for number in (0, 1, 2) if known.find_old(number, GREEN, 103)]
    assert (len(known._known), kept) == (CONVERSATIONS_KEPT, [0, 2])
