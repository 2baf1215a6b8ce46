"""SHADOW_COPY, SHADOW_TAKEN and SHADOW_SAID, there and back."""

import pytest
from msgspec.structs import replace

from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.line_form import encode_line
from communicator.router.vocabulary.copies import (
    Copy,
    Said,
    Taken,
    Which,
    read_copy,
    read_said,
    read_taken,
    write_copy,
    write_said,
    write_taken,
)

SHADOW = Which("billing", "2.0", "*", "far")
COPY = Copy(shadow=SHADOW, primary="peer", conversation="c", number=0, ticket=7, line=b'<a:b billing/ASK x="1;2"')


def passed(message, sender):
    return decode(encode_line(replace(message, sent_from_server=sender, sent_from_service="communicatord")))


@pytest.mark.parametrize("line", [COPY.line, b"<a:b billing/ASK", "<a:b billing/ASK x=é\\n;".encode()])
def test_a_copy(line):
    copy = replace(COPY, line=line)
    assert read_copy(passed(write_copy(copy), "peer"), "far") == copy


@pytest.mark.parametrize("shadow", [SHADOW, SHADOW._replace(version="", build="b1")])
@pytest.mark.parametrize(("refused", "load"), [("", None), ("absent", 0.25)])
def test_a_word_on_a_copy(shadow, refused, load):
    taken = Taken(shadow=shadow, ticket=7, refused=refused, load=load)
    assert read_taken(passed(write_taken(taken, "peer"), "far")) == taken


@pytest.mark.parametrize(("number", "after_s"), [(-1, 0.0), (0, 1.5)])
def test_what_a_shadow_says(number, after_s):
    said = Said(shadow=SHADOW, conversation="c", number=number, after_s=after_s, line=b"b/ANSWER x=1;y=2")
    assert read_said(passed(write_said(said, "peer"), "far")) == said


def test_what_a_shadow_says_that_is_no_text_is_told_all_the_same():
    said = Said(shadow=SHADOW, conversation="c", line=b"b/ANSWER x=\xff\0;\\")
    assert read_said(passed(write_said(said, "peer"), "far")).line.decode() == "b/ANSWER x=\ufffd\ufffd;\\ "


@pytest.mark.parametrize(
    ("read", "parameters", "wrong"),
    [
        (read_taken, {"service": "s", "ticket": "x"}, "x"),
        (read_taken, {"service": "s", "ticket": "-1"}, "ticket"),
        (read_taken, {"service": "s"}, "ticket"),
        (read_taken, {"service": "s", "ticket": "1", "load": "much"}, "load"),
        (read_taken, {"service": "s", "ticket": "1", "load": "nan"}, "load"),
        (read_said, {"service": "s", "line": "x"}, "conversation"),
        (read_said, {"service": "s", "conversation": "c", "line": "x", "after_s": "-1"}, "after_s"),
    ],
)
def test_what_is_wrong_is_named(read, parameters, wrong):
    with pytest.raises(RemoteProtocolError, match=wrong):
        read(Message("X", parameters))
