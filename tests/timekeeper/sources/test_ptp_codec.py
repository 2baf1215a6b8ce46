from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.discipline import Leap
from timekeeper.sources.ptp_codec import (
    CURRENT,
    DEFAULT,
    PARENT,
    PORT,
    TIME_PROPERTIES,
    TIME_STATUS_NP,
    Current,
    DataSet,
    Default,
    Parent,
    PortState,
    PtpReplyError,
    Question,
    StalePtpReplyError,
    TimeStatus,
    decode,
    decode_profile,
)

DATA_SETS = (DEFAULT, CURRENT, PARENT, TIME_PROPERTIES, TIME_STATUS_NP, PORT)
"""In the order in which those that are recorded were asked for, with numbers from 1."""
NEAR, FAR = bytes.fromhex("3e68d6fffeaddcc3"), bytes.fromhex("46c59dfffe5d9b75")
NOBODY = Current(0.0, 0.0), Parent(None, NEAR), Leap.NORMAL, TimeStatus(0)
FOLLOWER = Parent(1e-7, FAR), Leap.NORMAL
# Recorded from the same ptp4l, asked for 0x2FFF as number 7.
REFUSAL = bytes.fromhex(
    "0d12003c00000000000000000000000000000000be342afffe7e400400010007007f00000000000000000001000002000002000800022fff00000000"
)
UNKNOWN = DataSet("0x2FFF", 0x2FFF, PORT.layout, PORT.read)


def questions():
    return {data_set.name: Question(data_set, number, domain=0) for number, data_set in enumerate(DATA_SETS, 1)}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("listening", (Default(1, NEAR), *NOBODY, PortState.LISTENING)),
        ("faulty", (Default(1, NEAR), *NOBODY, PortState.FAULTY)),
        (
            "uncalibrated",
            (Default(1, NEAR), Current(0.0, 0.0), *FOLLOWER, TimeStatus(0), PortState.UNCALIBRATED),
        ),
        (
            "slave",
            (
                Default(1, NEAR),
                Current(1.78e-07, 2.095e-06),
                *FOLLOWER,
                TimeStatus(1_796_077_591_905_162_784),
                PortState.SLAVE,
            ),
        ),
        (
            "master",
            (Default(1, FAR), Current(0.0, 0.0), *FOLLOWER, TimeStatus(0), PortState.MASTER),
        ),
    ],
)
def test_recorded_bytes(recorded_ptp4l, state, said):
    answers = recorded_ptp4l(state)
    assert tuple(decode(answers[name], question) for name, question in questions().items()) == said


def test_a_question_byte_by_byte():
    """For domain 44 with profile 1, of port 3; ptp4l takes it, which a test with a real one shows."""
    assert Question(PORT, 0xBEEF, domain=44, port=3).encode(1) == bytes.fromhex(
        "1d02 0036 2c000000 0000000000000000 00000000 0000000000000000 0001 beef 04 7f"
        "ffffffffffffffff 0003 01 01 00 00 0001 0002 2004".replace(" ", "")
    )


def test_what_is_behind_an_answer_is_passed_over(recorded_ptp4l):
    answers = recorded_ptp4l("slave")
    for name, question in questions().items():
        assert decode(answers[name] + b"more", question) == decode(answers[name], question)


def test_what_is_cut_off_is_no_answer(recorded_ptp4l):
    answers = recorded_ptp4l("slave")
    for name, question in questions().items():
        for length in range(len(answers[name])):
            with pytest.raises(PtpReplyError):
                decode(answers[name][:length], question)


@pytest.mark.parametrize(
    ("place", "byte", "error"),
    [
        (0, 0x00, "message type 0, version 2: no management message"),
        (1, 0x01, "message type 13, version 1: no management message"),
        (31, 0x09, "action 2 number 9, no answer to ours"),
        (46, 0x00, "action 0 number 6, no answer to ours"),
        (49, 0x08, "TLV 8 with 0x2004 does not answer PORT_DATA_SET"),
        (53, 0x05, "TLV 1 with 0x2005 does not answer PORT_DATA_SET"),
        (64, 0x0B, "port state 11 does not exist"),
    ],
)
def test_what_does_not_answer_us(recorded_ptp4l, place, byte, error):
    answer = bytearray(recorded_ptp4l("slave")["PORT_DATA_SET"])
    answer[place] = byte
    with pytest.raises(PtpReplyError, match=f"^{error}$"):
        decode(bytes(answer), Question(PORT, 6, domain=0))


def test_an_answer_to_another_question_does_not_end_the_wait(recorded_ptp4l):
    with pytest.raises(StalePtpReplyError):
        decode(recorded_ptp4l("slave")["PORT_DATA_SET"], Question(PORT, 7, domain=0))


def test_a_refusal_says_why():
    with pytest.raises(PtpReplyError, match=r"^ptp4l refused 0x2FFF: no such data set$"):
        decode(REFUSAL, Question(UNKNOWN, 7, domain=0))
    with pytest.raises(PtpReplyError, match=r"^ptp4l refused 0x2FFF: error 153$"):
        decode(REFUSAL[:53] + b"\x99" + REFUSAL[54:], Question(UNKNOWN, 7, domain=0))


@pytest.mark.parametrize(
    ("code", "accuracy_s"),
    [
        (0x16, None),
        (0x17, 1e-12),
        (0x18, 2.5e-12),
        (0x20, 25e-9),
        (0x21, 100e-9),
        (0x23, 1e-6),
        (0x28, 250e-6),
        (0x2F, 1.0),
        (0x30, 10.0),
        (0x31, None),  # more than 10 s
        (0xFE, None),  # unknown
    ],
)
def test_how_true_a_grandmaster_says_it_is(recorded_ptp4l, code, accuracy_s):
    answer = bytearray(recorded_ptp4l("slave")["PARENT_DATA_SET"])
    answer[74] = code
    assert decode(bytes(answer), Question(PARENT, 3, domain=0)) == Parent(pytest.approx(accuracy_s), FAR)


@pytest.mark.parametrize(("flags", "leap"), [(0x3C, Leap.NORMAL), (0x3D, Leap.INSERT), (0x3E, Leap.DELETE)])
def test_leap_seconds(recorded_ptp4l, flags, leap):
    answer = bytearray(recorded_ptp4l("slave")["TIME_PROPERTIES_DATA_SET"])
    answer[56] = flags
    assert decode(bytes(answer), Question(TIME_PROPERTIES, 4, domain=0)) is leap


def test_the_profile_of_who_answers(recorded_ptp4l):
    answer = recorded_ptp4l("slave")["PORT_DATA_SET"]
    assert decode_profile(answer) == 0
    assert decode_profile(b"\x1d" + answer[1:]) == 1


@given(data=st.binary(max_size=120), data_set=st.sampled_from(DATA_SETS))
def test_any_bytes_are_an_answer_or_none(data, data_set):
    question = Question(data_set, 1, domain=0)
    head = question.encode(0)[:46] + b"\x02\0"
    for datagram in (data, head + data, head + question.encode(0)[48:] + data):
        with suppress(PtpReplyError):
            decode(datagram, question)


def test_numbers_wrap_in_sixteen_bits():
    question = Question(DEFAULT, 0xFFFF, domain=255)
    assert len(question.encode(0)) == len(replace(question, sequence=0).encode(1)) == 54
