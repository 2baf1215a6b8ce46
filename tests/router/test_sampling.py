"""What of a service is noted, and at which cost."""

import pytest

from communicator.answers.policy import Shadow
from communicator.router.cores.mirror import Conversation, Mirror
from communicator.router.cores.sampling import (
    LENGTH_MESSAGES,
    NOTED_BYTES,
    NOTES_KEPT,
    SENDERS_KEPT,
    SILENCE_S,
    SMALL_BYTES,
    Sampler,
)

LINE = b"<peer:anna billing/ASK n=1\n"


@pytest.fixture
def sampler():
    return make()


def make(share=0.0, parameter="", secret=b"s"):
    sampler = Sampler("billing", parameter, "peer", secret)
    sampler.mirrors = [Mirror(Shadow(service="billing", version="2.0", server="far", share=share))]
    return sampler


def looked_at(sampler, said=LINE, *, is_mixed=False):
    """The lines that are looked at of those that were noted."""
    sampler.note_asked(said, said.count(b"\n"), 1.0, is_mixed=is_mixed)
    lines = []
    while (note := sampler.take_note()) is not None:
        lines += note.lines
        sampler.done()
    return lines


def said(sampler, lines, *, is_mixed=False):
    """The lines that are looked at of those that the primary says; None where they are not noted."""
    if not sampler.note_said(lines[: lines.find(b" ") + 1], lines, 1.0, is_mixed=is_mixed):
        return None
    found = list(sampler.take_note().lines)
    sampler.done()
    return found


def drawn(sampler, keys):
    return [key for key in keys if looked_at(sampler, b"<peer:%b billing/ASK\n" % key)]


KEYS = [b"s%d" % number for number in range(2000)]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_share_of_the_conversations_is_drawn(share):
    assert len(drawn(make(share), KEYS)) == pytest.approx(2000 * share, abs=100 if share == 0.5 else 15)


def test_a_draw_hangs_on_the_secret_alone():
    once, again, other = (drawn(make(0.1, secret=secret), KEYS) for secret in (b"a", b"a", b"b"))
    assert once == again != other


def test_one_draw_holds_for_a_whole_conversation(sampler):
    for _ in range(LENGTH_MESSAGES):
        assert not looked_at(sampler)
    assert sampler._draws == 1
    looked_at(sampler)
    assert sampler._draws == 2


def test_who_was_silent_draws_anew(sampler):
    sampler.turn(1000.0)
    looked_at(sampler)
    sampler.turn(1000.0 + SILENCE_S)
    looked_at(sampler)
    assert sampler._draws == 1
    sampler.turn(1000.0 + 2 * SILENCE_S)
    sampler.turn(1000.0 + 3 * SILENCE_S)
    looked_at(sampler)
    assert sampler._draws == 2


def test_who_asks_nothing_that_is_copied_holds_up_the_end_of_no_conversation():
    sampler = make(1.0)
    for at_s in (0.0, 20.0, 40.0):
        sampler.note_asked(b"<peer:prober billing/ALIVE\n", 1, 1000.0 + at_s, is_mixed=False)
        sampler.find(b"<peer:prober", 1, 1000.0 + at_s)
        if not at_s:
            sampler.note_asked(LINE, 1, 1000.0, is_mixed=False)
            conversation = sampler.find(b"<peer:anna", 1, 1000.0)
            conversation.identity = "c"
            sampler.asked(conversation, b"<peer:anna", 1000.0)
        over = sampler.turn(1000.0 + at_s)
    assert over == []
    assert sampler.turn(1000.0 + 40.0 + SILENCE_S) == [conversation]


def test_what_is_remembered_of_senders_is_bounded(sampler):
    for number in range(2 * SENDERS_KEPT + 10):
        looked_at(sampler, b"<peer:s%d billing/ASK\n" % number)
    assert len(sampler._left) + len(sampler._left_before) <= 2 * SENDERS_KEPT
    looked_at(sampler, b"<peer:%b billing/ASK\n" % (b"x" * 300))
    assert not any(len(key) > 256 for key in sampler._left)


@pytest.mark.parametrize(
    "said", [b"billing/ASK n=1\n", b"<peer:communicatord HELP\n", b"<far:communicatord billing/X\n"]
)
def test_nothing_is_drawn_for_whoever_no_reply_can_reach(said):
    sampler = make(1.0)
    assert not looked_at(sampler, said)
    assert sampler._draws == 0


def test_what_is_said_to_others_is_not_noted():
    sampler = make(1.0)
    assert not sampler.note_said(b"anna/ANSWER ", b"anna/ANSWER n=1\n", 1.0, is_mixed=False)
    looked_at(sampler)
    conversation = sampler.find(b"<peer:anna", 1, 1.0)
    conversation.identity = "c"
    sampler.asked(conversation, b"<peer:anna", 1.0)
    assert said(sampler, b"anna/ANSWER n=1\n") == [b"anna/ANSWER n=1"]
    assert said(sampler, b"peer:anna/ANSWER n=1\n") == [b"peer:anna/ANSWER n=1"]
    assert said(sampler, b"bert/ANSWER n=1\n") is None
    assert said(sampler, b"bert/ANSWER n=1\nanna/ANSWER n=2\n", is_mixed=True) == [b"anna/ANSWER n=2"]


def test_what_is_said_while_something_was_not_looked_at_may_answer_that(sampler):
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler.note_said(b"anna/ANSWER ", b"anna/ANSWER n=1\n", 1.0, is_mixed=False)


def test_by_a_parameter_all_is_looked_at():
    assert looked_at(make(0.01, "account")) == [LINE[:-1]]


def test_of_lines_of_several_senders_those_of_each_are_counted(sampler):
    sampler._left[b"<far:carl"] = 1
    mixed = b"<far:carl billing/ASK n=1\n<far:dora billing/ASK n=2\n"
    assert looked_at(sampler, mixed, is_mixed=True) == [b"<far:dora billing/ASK n=2"]
    assert sampler._left[b"<far:carl"] == 0


def test_what_does_not_fit_is_missed(sampler):
    for _ in range(NOTES_KEPT):
        sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    sampler._open[b"<peer:anna"] = conversation = Conversation(b"<peer:anna", 0.0)
    [mirror] = sampler.mirrors
    mirror.follow(conversation)
    sampler.cut_missed()
    assert mirror.totals == {}
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler.has_notes
    sampler.cut_missed()
    assert (mirror.totals, len(sampler)) == ({"cut_queue": 1}, 0)
    assert not sampler.has_notes


def test_long_messages_are_added_up_until_all_were_looked_at(sampler):
    for _ in range(2):
        sampler.note_asked(b"<peer:communicatord " + b"x" * (NOTED_BYTES // 2 - 40) + b"\n", 1, 1.0, is_mixed=False)
    assert not sampler._has_missed
    sampler.note_asked(b"x" * (SMALL_BYTES + 1), 1, 1.0, is_mixed=False)
    assert sampler._has_missed
    sampler._has_missed = False
    looked_at(sampler)
    assert sampler._noted_bytes == 0
