import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.sources.mode6 import (
    ANSWER_BYTES,
    Assembly,
    Association,
    ControlError,
    GoneError,
    Question,
    Request,
    Selection,
    StaleControlError,
    parse_associations,
    parse_variables,
)

SYSTEM = Question(Request.READ_VARIABLES, sequence=1)


def fragment(data=b"", *, offset=0, more=False, sequence=1, association=0, padding=b"", **changed):
    bits = changed.get("bits", 0x82 | 0x20 * more)
    count = changed.get("count", len(data))
    head = struct.pack("!BBHHHHH", changed.get("mode", 0x16), bits, sequence, 0x0014, association, offset, count)
    return head + data + padding


def assembled(*datagrams, question=SYSTEM):
    assembly = Assembly(question)
    return [assembly.add(datagram) for datagram in datagrams]


@pytest.mark.parametrize(
    ("question", "datagram"),
    [
        (SYSTEM, "160200010000000000000000"),
        (Question(Request.READ_STATUS, 0xC0FE), "1601c0fe0000000000000000"),
        (
            Question(Request.READ_VARIABLES, 2, 17769, "refid"),
            "16020002000045690000000572656669640000 00".replace(" ", ""),
        ),
        (Question(Request.READ_VARIABLES, 2, 1, "tc,x"), "1602000200000001000000047463 2c78".replace(" ", "")),
    ],
)
def test_questions(question, datagram):
    assert question.encode().hex() == datagram


def test_what_ntpsec_answered_is_put_together(recorded_ntpd):
    first, second = recorded_ntpd("synchronised")[2, 0, ""]
    for datagrams in ([first, second], [second, first], [first, first, second]):
        *missing, answer = assembled(*datagrams)
        assert set(missing) == {None}
        assert answer.startswith(b"leap=0, stratum=3")
        assert answer.endswith(b"mintc=0\r\n")  # and not the padding that follows
        assert parse_variables(answer)["mintc"] == "0"


def test_the_variables_of_ntpsec(recorded_ntpd):
    variables = parse_variables(assembled(*recorded_ntpd("starting")[2, 0, ""])[-1])
    assert variables["leap"] == "3"
    assert variables["refid"] == "INIT"
    assert variables["reftime"] == "0x00000000.00000000"
    assert variables["version"] == "ntpd ntpsec-1.2.3"
    assert len(variables) == 25


def test_the_associations_of_ntpsec(recorded_ntpd):
    question = Question(Request.READ_STATUS, sequence=2)
    starting = parse_associations(assembled(*recorded_ntpd("starting")[1, 0, ""], question=question)[-1])
    assert starting == [
        Association(17769, Selection.REJECTED, reachable=False),
        Association(17768, Selection.REJECTED, reachable=False),
        Association(17767, Selection.REJECTED, reachable=True),
    ]
    synchronised = parse_associations(assembled(*recorded_ntpd("synchronised")[1, 0, ""], question=question)[-1])
    assert synchronised == [
        Association(17769, Selection.FALSETICKER, reachable=True),
        Association(17768, Selection.CANDIDATE, reachable=True),
        Association(17767, Selection.SYSTEM_PEER, reachable=True),
    ]


def test_a_rest_that_is_no_association_is_ignored():
    assert parse_associations(b"\0\7\x96\0\1\2\3") == [Association(7, Selection.SYSTEM_PEER, reachable=True)]
    assert parse_associations(b"") == []


@pytest.mark.parametrize(
    ("answer", "variables"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1, b=2,\r\nc=x y\r\n", {"a": "1", "b": "2", "c": "x y"}),
        (b'system="Linux, a=b", tc=6', {"system": "Linux, a=b", "tc": "6"}),
        (b"a=b=c,d=", {"a": "b=c", "d": ""}),
        (b"stray, a=1,,", {"a": "1"}),
        (b'a="open, b=2', {"a": "open, b=2"}),
        (b"a=\xff\xfe", {"a": "\\xff\\xfe"}),
    ],
)
def test_variables(answer, variables):
    assert parse_variables(answer) == variables


@pytest.mark.parametrize(
    ("datagrams", "answer"),
    [
        ([fragment(b"abc", padding=b"secret")], b"abc"),
        ([fragment()], b""),
        ([fragment(b"ab", more=True), fragment(b"c", offset=2)], b"abc"),
        ([fragment(b"ab", more=True), fragment(offset=2)], b"ab"),
        (
            [
                fragment(b"c", offset=2),
                fragment(more=True),
                fragment(b"b", offset=1, more=True),
                fragment(b"a", more=True),
            ],
            b"abc",
        ),
        ([fragment(b"ab", more=True), fragment(b"d", offset=3)], None),
        ([fragment(b"ab", more=True)], None),
    ],
)
def test_fragments(datagrams, answer):
    assert assembled(*datagrams)[-1] == answer


@pytest.mark.parametrize(
    ("datagram", "error", "words"),
    [
        (b"", ControlError, "0 bytes are no answer"),
        (fragment(b"abc")[:11], ControlError, "11 bytes are no answer"),
        (fragment(b"abc", mode=0x24), ControlError, "mode 4, opcode 0x82: no answer of mode 6"),
        (SYSTEM.encode(), ControlError, "mode 6, opcode 0x2: no answer of mode 6"),
        (fragment(b"abc", count=4), ControlError, "3 bytes of 4 in an answer to READ_VARIABLES"),
        (fragment(sequence=2), StaleControlError, "answer to question 2 number 2, not to ours"),
        (fragment(association=9), StaleControlError, "not to ours"),
        (fragment(bits=0x81), StaleControlError, "answer to question 1 number 1"),
        (bytes.fromhex("16c200010500000000000000"), ControlError, "ntpd refused READ_VARIABLES: unknown variable"),
        (bytes.fromhex("16c200010700000000000000"), ControlError, "forbidden"),
        (bytes.fromhex("16c200016300000000000000"), ControlError, "error 99"),
    ],
)
def test_what_is_no_answer(datagram, error, words):
    with pytest.raises(error, match=words):
        assembled(datagram)


def test_what_ntpsec_refused(recorded_ntpd):
    answers = recorded_ntpd("synchronised")
    with pytest.raises(ControlError, match="unknown variable"):
        assembled(*answers[2, 0, "nosuchvar"], question=Question(Request.READ_VARIABLES, 9))
    with pytest.raises(GoneError, match="no such association"):
        assembled(*answers[2, 9999, ""], question=Question(Request.READ_VARIABLES, 10, 9999))


def test_an_endless_answer_is_refused():
    pieces = [fragment(bytes(480), offset=480 * number, more=True) for number in range(ANSWER_BYTES // 480 + 1)]
    with pytest.raises(ControlError, match="more than 32768 bytes"):
        assembled(*pieces)


@given(st.lists(st.binary(max_size=40), max_size=6), st.booleans())
def test_any_datagrams_give_an_answer_or_one_error(noise, has_head):
    assembly = Assembly(SYSTEM)
    with suppress(ControlError):
        for data in noise:
            answer = assembly.add(b"\x16\xa2\0\1\0\0\0\0" + data if has_head else data)
            parse_variables(answer or data)
            parse_associations(answer or data)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5), st.randoms())
def test_an_answer_cut_anywhere_and_shuffled_is_put_together(answer, cuts, random):
    edges = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    spans = list(pairwise(edges)) or [(0, 0)]
    pieces = [fragment(answer[start:end], offset=start, more=end != len(answer)) for start, end in spans]
    random.shuffle(pieces)
    assert assembled(*pieces)[-1] == answer
