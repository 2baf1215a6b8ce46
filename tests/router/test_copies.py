"""Which conversation an answer of a shadow belongs to, and for how long that is remembered."""

import pytest

from communicator.protocol import Message
from communicator.router.cores import copies as core
from communicator.router.cores.copies import ANSWERS_PER_COPY, COPIES_KEPT, KEPT_S, Copies
from communicator.router.vocabulary.copies import Copy, Which
from communicator.router.vocabulary.registry import Party

WHICH = Which("billing", "2", "*", "peer")
CLIENT = Party("alpha", "client")
SHADOW = 7


def copy(conversation="alpha-1", number=0):
    line = b"<alpha:client billing/CHARGE"
    return Copy(shadow=WHICH, primary="alpha", conversation=conversation, number=number, ticket=1, line=line)


@pytest.fixture
def copies():
    known = Copies()
    known.note(SHADOW, copy(), CLIENT, "q1", 100.0)
    known.note(SHADOW, copy(number=1), CLIENT, "q2", 101.0)
    return known


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ({"shadow_id": "alpha-1-1"}, 1),
        ({"shadow_id": "alpha-1-1", "correlation_id": "q1"}, 1),
        ({"correlation_id": "q1"}, 0),
        ({"correlation_id": "unknown"}, -1),
        ({}, -1),
        ({"shadow_id": "alpha-1-2"}, None),
        ({"shadow_id": "alpha-2-1"}, None),
        ({"shadow_id": "alpha-1-"}, None),
        ({"shadow_id": "alpha-1-²"}, None),
        ({"shadow_id": "alpha-1-" + "1" * 20}, None),
        ({"shadow_id": "-"}, None),
    ],
)
def test_an_answer_names_its_message_or_there_is_but_one_conversation(copies, told, number):
    found = copies.find(SHADOW, Message("CHARGED", told, "client", "alpha"), 102.0)
    assert (None if found is None else found.number) == number


@pytest.mark.parametrize(
    ("link", "service", "server", "is_found"),
    [
        (SHADOW, "client", "", True),
        (SHADOW, "client", "beta", False),
        (SHADOW, "other", "alpha", False),
        (SHADOW + 1, "client", "alpha", False),
    ],
)
def test_it_belongs_to_who_was_copied_alone(copies, link, service, server, is_found):
    assert (copies.find(link, Message("CHARGED", {}, service, server), 102.0) is not None) is is_found
    assert copies.may_concern(link, service) is (link == SHADOW and service == "client")


def test_it_is_forgotten_a_while_after_the_last_copy(copies):
    answer = Message("CHARGED", {}, "client", "alpha")
    assert copies.find(SHADOW, answer, 101.0 + KEPT_S - 0.1) is not None
    assert copies.find(SHADOW, answer, 101.0 + KEPT_S) is None
    assert (len(copies), copies.may_concern(SHADOW, "client")) == (0, False)


def test_with_its_link_all_is_forgotten(copies):
    copies.forget_link(SHADOW)
    assert (len(copies), copies.may_concern(SHADOW, "client")) == (0, False)


def test_the_one_that_was_silent_for_longest_goes(copies, monkeypatch):
    monkeypatch.setattr(core, "CONVERSATIONS_KEPT", 2)
    copies.note(SHADOW, copy("alpha-2"), CLIENT, "", 102.0)
    copies.note(SHADOW, copy("alpha-1", 2), CLIENT, "", 103.0)
    copies.note(SHADOW, copy("alpha-3"), CLIENT, "", 104.0)
    found = {
        one: copies.find(SHADOW, Message("C", {"shadow_id": f"{one}-0"}, "client"), 105.0)
        for one in ("alpha-1", "alpha-2")
    }
    assert (found["alpha-1"] is not None, found["alpha-2"]) == (True, None)


def test_of_one_conversation_no_more_messages_are_known_than_it_has(copies):
    for number in range(2 * COPIES_KEPT):
        copies.note(SHADOW, copy(number=number), CLIENT, f"q{number}", 102.0)
    copied = copies.find(SHADOW, Message("C", {"shadow_id": "alpha-1-0"}, "client"), 103.0).copied
    assert len(copied.at_s) == COPIES_KEPT
    copied.answers = ANSWERS_PER_COPY * COPIES_KEPT
    assert copied.is_spent


def test_several_may_speak_in_one_conversation_and_each_is_answered(copies):
    other = Party("beta", "cashier")
    copies.note(SHADOW, copy(number=2), other, "q3", 102.0)
    answers = [("client", "alpha", "0"), ("client", "alpha", "1"), ("cashier", "beta", "2"), ("cashier", "", "2")]
    for service, server, number in answers:
        found = copies.find(SHADOW, Message("CHARGED", {"shadow_id": f"alpha-1-{number}"}, service, server), 103.0)
        assert found is not None
        assert found.number == int(number)
    assert copies.find(SHADOW, Message("CHARGED", {}, "cashier", "alpha"), 103.0) is None


def test_of_a_conversation_of_several_nothing_is_left_in_the_end(copies):
    copies.note(SHADOW, copy(number=2), Party("beta", "cashier"), "", 102.0)
    late_s = 102.0 + KEPT_S
    assert [copies.find(SHADOW, Message("CHARGED", {}, name), late_s) for name in ("client", "cashier")] == [None] * 2
    assert not copies.may_concern(SHADOW, "client")
    assert not copies.may_concern(SHADOW, "cashier")
