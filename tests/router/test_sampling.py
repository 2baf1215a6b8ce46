"""What of a service is noted, and at which cost."""

import pytest

from communicator.answers.policy import Shadow
from communicator.router.cores.mirror import Mirror
from communicator.router.cores.sampling import LENGTH_MESSAGES, SENDERS_KEPT, SILENCE_S, Sampler, names_of

LINE = b"<peer:anna billing/ASK n=1\n"


@pytest.fixture
def sampler():
    return make()


def make(share=0.0, parameter="", secret=b"s"):
    sampler = Sampler("billing", parameter, "peer", secret)
    sampler.mirrors = [Mirror(Shadow(service="billing", version="2.0", server="far", share=share))]
    sampler.share = share
    return sampler


def drawn(sampler, keys):
    return [key for key in keys if sampler.note_asked(b"<peer:%b billing/ASK\n" % key, 1, 1.0, is_mixed=False)]


KEYS = [b"s%d" % number for number in range(2000)]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_share_of_the_conversations_is_drawn(share):
    assert len(drawn(make(share), KEYS)) == pytest.approx(2000 * share, abs=100 if share == 0.5 else 15)


def test_a_draw_hangs_on_the_secret_alone():
    once, again, other = (drawn(make(0.1, secret=secret), KEYS) for secret in (b"a", b"a", b"b"))
    assert once == again != other


def test_one_draw_holds_for_a_whole_conversation(sampler):
    for _ in range(LENGTH_MESSAGES):
        assert not sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler._draws == 1
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler._draws == 2


def test_who_was_silent_draws_anew(sampler):
    sampler.turn(1000.0)
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    sampler.turn(1000.0 + SILENCE_S)
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler._draws == 1
    sampler.turn(1000.0 + 2 * SILENCE_S)
    sampler.turn(1000.0 + 3 * SILENCE_S)
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    assert sampler._draws == 2


def test_what_is_remembered_of_senders_is_bounded(sampler):
    for number in range(2 * SENDERS_KEPT + 10):
        sampler.note_asked(b"<peer:s%d billing/ASK\n" % number, 1, 1.0, is_mixed=False)
    assert len(sampler._left) + len(sampler._left_before) <= 2 * SENDERS_KEPT
    sampler.note_asked(b"<peer:%b billing/ASK\n" % (b"x" * 300), 1, 1.0, is_mixed=False)
    assert not any(len(key) > 256 for key in sampler._left)


@pytest.mark.parametrize(
    "said", [b"billing/ASK n=1\n", b"<peer:communicatord HELP\n", b"<far:communicatord billing/X\n"]
)
def test_nothing_is_drawn_for_whoever_no_reply_can_reach(said):
    sampler = make(1.0)
    assert not sampler.note_asked(said, 1, 1.0, is_mixed=False)
    assert sampler._draws == 0


def test_what_is_said_to_others_is_not_noted():
    sampler = make(1.0)
    assert not sampler.note_said(b"anna/ANSWER ", b"anna/ANSWER n=1\n", 1.0, is_mixed=False)
    sampler.note_asked(LINE, 1, 1.0, is_mixed=False)
    conversation = sampler.find(b"<peer:anna", 1, 1.0)
    conversation.identity = "c"
    sampler.asked(conversation, b"<peer:anna", 1.0)
    assert sampler.note_said(b"anna/ANSWER ", b"anna/ANSWER n=1\n", 1.0, is_mixed=False)
    assert sampler.note_said(b"peer:anna/ANSWER ", b"peer:anna/ANSWER n=1\n", 1.0, is_mixed=False)
    assert not sampler.note_said(b"bert/ANSWER ", b"bert/ANSWER n=1\n", 1.0, is_mixed=False)
    assert sampler.note_said(b"bert/ANSWER ", b"bert/ANSWER n=1\nanna/ANSWER n=1\n", 1.0, is_mixed=True)


def test_names_of_a_sender():
    assert names_of(b"<far:anna", b"peer") == (b"far:anna",)
    assert names_of(b"<peer:anna", b"peer") == (b"peer:anna", b"anna", b".:anna")


def test_by_a_parameter_all_is_noted():
    assert make(0.01, "account").note_asked(LINE, 1, 1.0, is_mixed=False)


def test_what_a_sender_says_after_lines_of_several_is_not_counted_before_them(sampler):
    sampler._left[b"<far:carl"] = 1
    mixed = b"<far:carl billing/ASK n=1\n<far:dora billing/ASK n=2\n"
    assert sampler.note_asked(mixed, 2, 1.0, is_mixed=True)
    assert sampler.note_asked(b"<far:carl billing/ASK n=3\n", 1, 1.0, is_mixed=False)
    assert sampler._left[b"<far:carl"] == 1
    assert list(sampler.first_note.lines) == [b"<far:dora billing/ASK n=2"]
    sampler.done()
    sampler.done()
    assert sampler._left[b"<far:carl"] == 0
    assert not sampler.note_asked(b"<far:carl billing/ASK n=4\n", 1, 1.0, is_mixed=False)
