"""When a shadow is busy, and when it is no more."""

import pytest

from communicator.answers.policy import Shadow
from communicator.answers.shadows import Step
from communicator.router.cores import mirror as limits
from communicator.router.cores.mirror import Conversation, Mirror
from communicator.router.vocabulary.copies import Copy, Taken


@pytest.fixture
def mirror():
    return Mirror(Shadow(service="billing", version="2.0", server="far", primary="peer", share=1.0))


@pytest.fixture
def follower(mirror):
    conversation = Conversation(b"<peer:anna", 0.5, identity="c")
    mirror.follow(conversation)
    return mirror.following["c"]


def put(mirror, follower, count, first=1, line=b"x"):
    for ticket in range(first, first + count):
        copy = Copy(shadow=mirror.which, primary="peer", conversation="c", number=0, ticket=ticket, line=line)
        mirror.put(follower, copy, Step(conversation="c", what="asked"))


def drain(mirror, left):
    while mirror.queue_messages > left:
        batch, mirror.batch = mirror.take_batch(0.0), ()
        for copy in batch:
            mirror.take(Taken(shadow=mirror.which, ticket=copy.ticket), 0.0)


def test_a_shadow_is_busy_from_half_a_queue_on_until_a_quarter_is_left(mirror, follower):
    put(mirror, follower, 500)
    assert mirror.hindrance(0.0) == ""
    put(mirror, follower, 1, 501)
    assert mirror.hindrance(1.0) == "busy_queue"
    drain(mirror, 310)
    assert mirror.hindrance(100.0) == "busy_queue"
    drain(mirror, 240)
    assert mirror.hindrance(100.0) == ""


def test_bytes_count_as_messages_do(mirror, follower):
    put(mirror, follower, 9, line=b"x" * 1024 * 1024)
    assert mirror.hindrance(0.0) == "busy_queue"


def test_a_shadow_stays_busy_for_a_while(mirror, follower):
    put(mirror, follower, 501)
    assert mirror.hindrance(10.0) == "busy_queue"
    drain(mirror, 0)
    assert mirror.hindrance(10.0 + limits.BUSY_S - 0.1) == "busy_queue"
    assert mirror.hindrance(10.0 + limits.BUSY_S) == ""


def test_replies_that_only_the_primary_has_given_make_it_busy(mirror, follower):
    for _ in range(201):
        mirror.replied(follower, 1)
    assert (mirror.unanswered, mirror.hindrance(0.0)) == (201, "busy_unanswered")
    for _ in range(102):
        mirror.replied(follower, -1)
    assert (mirror.unanswered, mirror.hindrance(9.0)) == (99, "")
    for _ in range(200):
        mirror.replied(follower, -1)
    assert mirror.unanswered == 0


def test_load_that_was_told_long_ago_is_not_believed(mirror):
    mirror.take(Taken(shadow=mirror.which, ticket=1, load=0.9), 0.0)
    assert mirror.hindrance(1.0) == "busy_load"
    mirror.take(Taken(shadow=mirror.which, ticket=1, load=0.7), 2.0)
    assert mirror.hindrance(20.0) == "busy_load"
    assert mirror.hindrance(2.0 + limits.LOAD_HOLDS_S) == ""


def test_a_conversation_with_copies_under_way_is_not_whole(mirror, follower):
    put(mirror, follower, 1)
    mirror.conclude(follower.conversation)
    assert mirror.totals == {"cut_unconfirmed": 1}
    mirror.conclude(follower.conversation)
    assert mirror.totals == {"cut_unconfirmed": 1}


def test_a_late_word_says_nothing_of_what_set_out_since(mirror, follower):
    put(mirror, follower, 2, 10)
    mirror.take_batch(0.0)
    mirror.take(Taken(shadow=mirror.which, ticket=9), 1.0)
    assert (mirror.unconfirmed_bytes, mirror.copied) == (2, 0)
    mirror.take(Taken(shadow=mirror.which, ticket=10), 1.0)
    mirror.take(Taken(shadow=mirror.which, ticket=10, refused="whatever"), 1.0)
    assert (mirror.unconfirmed_bytes, mirror.copied, mirror.totals) == (1, 1, {})
    mirror.take(Taken(shadow=mirror.which, ticket=11, refused="whatever"), 1.0)
    assert mirror.totals == {"cut_refused": 1}


def test_a_conversation_that_ends_with_copies_nobody_has_confirmed_is_cut(mirror, follower):
    put(mirror, follower, 2)
    mirror.take_batch(0.0)
    mirror.take(Taken(shadow=mirror.which, ticket=1), 0.0)
    mirror.conclude(follower.conversation)
    assert mirror.totals == {"cut_unconfirmed": 1}


@pytest.mark.parametrize(("first", "messages", "cut"), [(2, 2, "lost"), (1, 2, "lost"), (1, 3, "")])
def test_of_copies_confirmed_together_all_have_to_have_come(mirror, follower, first, messages, cut):
    put(mirror, follower, 3)
    mirror.take_batch(0.0)
    mirror.take(Taken(shadow=mirror.which, ticket=3, first=first, messages=messages), 0.0)
    assert mirror.totals == ({f"cut_{cut}": 1} if cut else {})
    assert mirror.unconfirmed_bytes == 0
