from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs import Exchange, RealtimeReading
from timekeeper.probes.kernel_stamp import Stamp
from timekeeper.probes.packet import Reply
from timekeeper.probes.questions import REMEMBERED, Answer, Arrival, Question, Questions, judge
from timekeeper.probes.result import ProbeResult

SECOND_NS = 1_000_000_000
OURS = RealtimeReading(difference_ns=100, raw_ns=1_300_000, error_ns=50)
THEIRS = RealtimeReading(difference_ns=900, raw_ns=9_000_150_000, error_ns=60)
QUESTION = Question("beta", b"nonce..1", seq=5, t1_ns=1_000_000, epoch=2)
REPLY = Reply(
    sender="beta",
    nonce=QUESTION.nonce,
    seq=QUESTION.seq,
    t2_ns=9_000_100_000,
    t3_ns=9_000_200_000,
    t2_error_ns=300,
    reading=THEIRS,
    boot_id="boot",
    epoch=8,
)
ARRIVAL = Arrival(Stamp(1_250_000, error_ns=400), OURS, epoch=2)
EXCHANGE = Exchange(
    t1_ns=1_000_000,
    t2_ns=9_000_100_000,
    t3_ns=9_000_200_000,
    t4_ns=1_250_000,
    stamp_error_ns=700,
    ours=OURS,
    theirs=THEIRS,
    peer_boot_id="boot",
    our_epoch=2,
    peer_epoch=8,
)


def nonce(number):
    return number.to_bytes(8)


@pytest.fixture
def questions():
    questions = Questions()
    questions.ask(QUESTION)
    return questions


def test_an_answer_becomes_an_exchange(questions):
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", EXCHANGE)


@pytest.mark.parametrize(
    ("reply", "arrival", "fault"),
    [
        ({"t2_ns": REPLY.t3_ns + 1}, {}, ProbeResult.FUTURE),
        ({"reading": replace(THEIRS, raw_ns=REPLY.t3_ns + 1)}, {}, ProbeResult.FUTURE),
        ({"reading": replace(THEIRS, raw_ns=REPLY.t2_ns - SECOND_NS - 1)}, {}, ProbeResult.STALE),
        ({}, {"epoch": 3}, ProbeResult.EPOCH),
        ({"t3_ns": REPLY.t2_ns + 250_001}, {}, ProbeResult.NEGATIVE_DELAY),
        ({}, {"stamp": Stamp(QUESTION.t1_ns - 1, 0)}, ProbeResult.NEGATIVE_DELAY),
        ({"t2_ns": 0, "t3_ns": 2**63 - 1, "reading": replace(THEIRS, raw_ns=0)}, {}, ProbeResult.NEGATIVE_DELAY),
    ],
)
def test_what_cannot_have_been_is_no_exchange(questions, reply, arrival, fault):
    false_reply, false_arrival = replace(REPLY, **reply), replace(ARRIVAL, **arrival)
    assert judge(QUESTION, false_reply, false_arrival) is fault
    assert questions.settle(false_reply, false_arrival) == Answer("beta", fault)
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", ProbeResult.DUPLICATE)


def test_no_delay_at_all_is_possible():
    assert isinstance(judge(QUESTION, replace(REPLY, t3_ns=REPLY.t2_ns + 250_000), ARRIVAL), Exchange)


def test_a_second_answer_is_a_duplicate(questions):
    questions.settle(REPLY, ARRIVAL)
    for _ in range(2):
        assert questions.settle(REPLY, ARRIVAL) == Answer("beta", ProbeResult.DUPLICATE)


def test_an_answer_after_giving_up_is_late_and_then_a_duplicate(questions):
    assert questions.give_up("beta") == 1
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", ProbeResult.LATE)
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", ProbeResult.DUPLICATE)


@pytest.mark.parametrize("reply", [{"nonce": b"nonce..2"}, {"seq": 6}, {"seq": 4}, {"nonce": bytes(8), "seq": 0}])
def test_an_answer_to_no_question_leaves_the_question_open(questions, reply):
    assert questions.settle(replace(REPLY, **reply), ARRIVAL) == Answer("", ProbeResult.UNASKED)
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", EXCHANGE)


def test_an_answer_of_another_host_leaves_the_question_open(questions):
    assert questions.settle(replace(REPLY, sender="gamma"), ARRIVAL) == Answer("beta", ProbeResult.PEER)
    assert questions.settle(REPLY, ARRIVAL) == Answer("beta", EXCHANGE)


def test_only_the_unanswered_are_given_up_and_only_once(questions):
    questions.ask(replace(QUESTION, nonce=b"nonce..2"))
    questions.ask(replace(QUESTION, nonce=b"nonce..3", peer="gamma"))
    questions.settle(REPLY, ARRIVAL)
    assert [questions.give_up(peer) for peer in ("beta", "beta", "gamma", "delta")] == [1, 0, 1, 0]


def test_the_oldest_question_of_a_peer_is_forgotten():
    questions = Questions()
    questions.ask(replace(QUESTION, peer="gamma", nonce=b"of gamma"))
    for number in range(REMEMBERED + 3):
        questions.ask(replace(QUESTION, nonce=nonce(number)))
    assert len(questions) == REMEMBERED + 1
    results = [questions.settle(replace(REPLY, nonce=nonce(number)), ARRIVAL).result for number in (0, 2, 3)]
    assert results == [ProbeResult.UNASKED, ProbeResult.UNASKED, EXCHANGE]


def test_a_peer_is_forgotten(questions):
    questions.forget("beta")
    questions.forget("nobody")
    assert len(questions) == 0
    assert questions.settle(REPLY, ARRIVAL) == Answer("", ProbeResult.UNASKED)


times = st.integers(0, 2**63 - 1)
near = st.integers(0, 2_000_000)


@given(st.one_of(times, near), st.one_of(times, near), st.one_of(times, near), times, st.integers(0, 3))
def test_whatever_a_peer_says_an_exchange_has_no_negative_delay(t2_ns, held_ns, read_ns, t4_ns, epoch):
    reply = replace(
        REPLY, t2_ns=t2_ns, t3_ns=t2_ns + held_ns, reading=replace(THEIRS, raw_ns=t2_ns + held_ns - read_ns)
    )
    exchange = judge(QUESTION, reply, replace(ARRIVAL, stamp=Stamp(t4_ns, 0), epoch=epoch))
    if isinstance(exchange, Exchange):
        assert exchange.delay_ns >= 0
        assert exchange.t3_ns >= exchange.t2_ns
        assert exchange.our_epoch == QUESTION.epoch
