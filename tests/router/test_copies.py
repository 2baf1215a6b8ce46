"""Which conversation an answer of a shadow belongs to, and for how long that is remembered."""

import sys

import msgspec
import pytest

from communicator.protocol import Message
from communicator.router.cores import copies as core
from communicator.router.cores.copies import ANSWERS_PER_COPY, COPIES_KEPT, KEPT_S, Copies
from communicator.router.vocabulary.copies import Copy, Which

WHICH = Which("billing", "2", "*", "peer")
SHADOW = 7


def copy(conversation="alpha-1", number=0):
    line = b"<alpha:client billing/CHARGE"
    return Copy(shadow=WHICH, primary="alpha", conversation=conversation, number=number, ticket=1, line=line)


def asked(correlation_id, server="alpha", service="client", **told):
    ids = {"correlation_id": correlation_id} if correlation_id else {}
    return Message("CHARGE", {**told, **ids}, "billing", sent_from_server=server, sent_from_service=service)


@pytest.fixture
def copies():
    known = Copies()
    known.note(SHADOW, copy(), asked("q1"), "", 100.0)
    known.note(SHADOW, copy(number=1), asked("q2"), "", 101.0)
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
    assert (len(copies._known), copies.may_concern(SHADOW, "client")) == (0, False)


def test_with_its_link_all_is_forgotten(copies):
    copies.forget_link(SHADOW)
    assert (len(copies._known), copies.may_concern(SHADOW, "client")) == (0, False)


def test_the_one_that_was_silent_for_longest_goes(copies, monkeypatch):
    monkeypatch.setattr(core, "CONVERSATIONS_KEPT", 2)
    copies.note(SHADOW, copy("alpha-2"), asked(""), "", 102.0)
    copies.note(SHADOW, copy("alpha-1", 2), asked(""), "", 103.0)
    copies.note(SHADOW, copy("alpha-3"), asked(""), "", 104.0)
    found = {
        one: copies.find(SHADOW, Message("C", {"shadow_id": f"{one}-0"}, "client"), 105.0)
        for one in ("alpha-1", "alpha-2")
    }
    assert (found["alpha-1"] is not None, found["alpha-2"]) == (True, None)


def test_of_one_conversation_no_more_messages_are_known_than_it_has(copies):
    for number in range(2 * COPIES_KEPT):
        copies.note(SHADOW, copy(number=number), asked(f"q{number}"), "", 102.0)
    copied = copies.find(SHADOW, Message("C", {"shadow_id": "alpha-1-0"}, "client"), 103.0).copied
    assert len(copied.asked) == COPIES_KEPT
    copied.answers = ANSWERS_PER_COPY * COPIES_KEPT
    assert copied.is_spent


def test_a_conversation_may_have_several_parties(copies):
    """So it is where a parameter tells conversations apart: each is answered, and all of it is forgotten."""
    copies.note(SHADOW, copy(number=2), asked("q3", "beta", "desk"), "", 102.0)
    copies.note(SHADOW, copy(number=3), asked("q4"), "", 103.0)
    for server, service, number in (
        ("alpha", "client", 0),
        ("beta", "desk", 2),
        ("", "desk", 2),
        ("alpha", "client", 3),
    ):
        answer = Message("C", {"shadow_id": f"alpha-1-{number}"}, service, server)
        assert copies.find(SHADOW, answer, 104.0).number == number
    assert copies.find(SHADOW, Message("C", {"shadow_id": "alpha-1-2"}, "client", "alpha"), 104.0) is None
    for service in ("client", "desk"):
        assert copies.find(SHADOW, Message("C", {}, service), 103.0 + KEPT_S) is None
        assert not copies.may_concern(SHADOW, service)
    assert (copies._with, copies._by_id, copies._messages) == ({}, {}, 0)


def test_an_answer_costs_a_look_into_a_table_however_many_conversations_there_are(copies):
    """Else a shadow that says much holds up the router, and with it the primary."""
    for number in range(5_000):
        copies.note(SHADOW, copy(f"alpha-{number + 10}"), asked(f"r{number}"), "", 102.0)
    answers = [{"shadow_id": "alpha-5000-0"}, {"correlation_id": "unknown"}, {"correlation_id": "r7"}, {}]
    steps = []

    def count(_frame, event, _argument):
        steps.append(event)
        return count

    sys.settrace(count)
    try:
        for told in answers:
            copies.find(SHADOW, Message("C", told, "client", "alpha"), 103.0)
    finally:
        sys.settrace(None)
    assert len(steps) < 200 * len(answers)


def test_what_is_remembered_of_messages_is_bounded(copies, monkeypatch):
    copies.note(SHADOW, copy(number=5), asked("x" * 60_000), "", 101.0)
    [[*_, longest]] = [one.asked.values() for one in copies._known.values()]
    assert len(longest.correlation_id) < 300
    monkeypatch.setattr(core, "MESSAGES_KEPT", 5)
    for number in range(20):
        copies.note(SHADOW, copy(f"alpha-{number + 10}"), asked(f"r{number}"), "", 102.0)
    assert (len(copies._known), len(copies._by_id)) == (5, 10)


def test_a_conversation_is_of_one_primary(copies):
    copies.note(SHADOW, msgspec.structs.replace(copy(number=4), primary="gamma"), asked(""), "", 102.0)
    assert copies.find(SHADOW, Message("C", {"shadow_id": "alpha-1-0"}, "client"), 103.0) is None
    assert copies.find(SHADOW, Message("C", {"shadow_id": "alpha-1-4"}, "client"), 103.0).copied.primary == "gamma"


def test_several_may_speak_in_one_conversation_and_each_is_answered(copies):
    copies.note(SHADOW, copy(number=2), asked("q3", "beta", "cashier"), "", 102.0)
    answers = [("client", "alpha", "0"), ("client", "alpha", "1"), ("cashier", "beta", "2"), ("cashier", "", "2")]
    for service, server, number in answers:
        found = copies.find(SHADOW, Message("CHARGED", {"shadow_id": f"alpha-1-{number}"}, service, server), 103.0)
        assert found is not None
        assert found.number == int(number)
    assert copies.find(SHADOW, Message("CHARGED", {}, "cashier", "alpha"), 103.0) is None


def test_of_a_conversation_of_several_nothing_is_left_in_the_end(copies):
    copies.note(SHADOW, copy(number=2), asked("", "beta", "cashier"), "", 102.0)
    late_s = 102.0 + KEPT_S
    assert [copies.find(SHADOW, Message("CHARGED", {}, name), late_s) for name in ("client", "cashier")] == [None] * 2
    assert not copies.may_concern(SHADOW, "client")
    assert not copies.may_concern(SHADOW, "cashier")


@pytest.mark.parametrize(
    ("told", "conversation"), [({"account": "7"}, "c7"), ({"account": "8"}, "c8"), ({"account": "9"}, None), ({}, None)]
)
def test_where_a_parameter_makes_a_conversation_an_answer_has_it(told, conversation):
    copies = Copies()
    for account in ("7", "8"):
        copies.note(SHADOW, copy(f"c{account}"), asked("", account=account), "account", 100.0)
    found = copies.find(SHADOW, Message("CHARGED", told, "client", "alpha"), 101.0)
    assert (None if found is None else found.copied.conversation) == conversation


def test_where_an_answer_may_be_missing_order_says_nothing_any_more(copies):
    copies.note(SHADOW, copy("alpha-2"), asked("r1"), "", 130.0)
    answer = Message("CHARGED", {}, "client", "alpha")
    assert copies.find(SHADOW, answer, 131.0) is None
    assert copies.find(SHADOW, answer, 101.0 + KEPT_S) is None
    assert copies.find(SHADOW, Message("CHARGED", {"correlation_id": "r1"}, "client"), 162.0).number == 0
    assert len(copies._known) == 1
