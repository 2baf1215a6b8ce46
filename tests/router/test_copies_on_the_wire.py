"""SHADOW_COPY, SHADOW_TAKEN and SHADOW_SAID, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from communicator.answers.shadows import Step
from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.line_form import encode_line
from communicator.router.vocabulary.copies import (
    Copy,
    CopyWriter,
    Taken,
    Which,
    read_copy,
    read_said,
    read_taken,
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
    assert read_copy(decode(CopyWriter(SHADOW, "peer").write(copy)), "far") == copy


texts = st.text(st.one_of(st.sampled_from('";\\\n\r\0 =<0é'), st.characters(codec="utf-8")), max_size=20)


@given(texts, texts, texts, st.integers(0, 300), st.integers(1, 2**53))
def test_a_copy_is_written_as_any_message_is(line, version, build, number, ticket):
    shadow = SHADOW._replace(version=version, build=build)
    copy = replace(COPY, shadow=shadow, line=line.encode(), number=number, ticket=ticket)
    told = {"service": "billing", "version": version, "build": build, "conversation": "c", "line": line}
    told = {name: value for name, value in told.items() if value or name == "line"}
    told |= {"number": str(number), "ticket": str(ticket)}
    message = Message("SHADOW_COPY", told, "communicatord", "far", "peer", "communicatord")
    try:
        expected = encode_line(message)
    except LocalProtocolError:
        with pytest.raises(LocalProtocolError):
            CopyWriter(shadow, "peer").write(copy)
    else:
        assert CopyWriter(shadow, "peer").write(copy) == expected


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_a_copy_is_as_long_as_a_line_may_be(more, fits):
    writer = CopyWriter(SHADOW, "peer")
    room = LINE_BYTES_HARD + 1 - len(writer.write(replace(COPY, line=b"")))
    copy = replace(COPY, line=b"x" * (room + more))
    if fits:
        assert len(writer.write(copy)) == LINE_BYTES_HARD + 1
    else:
        with pytest.raises(LocalProtocolError, match="more than"):
            writer.write(copy)


@pytest.mark.parametrize("several", [{}, {"first": 5, "messages": 3}])
@pytest.mark.parametrize("shadow", [SHADOW, SHADOW._replace(version="", build="b1")])
@pytest.mark.parametrize(("refused", "load"), [("", None), ("absent", 0.25)])
def test_a_word_on_copies(shadow, refused, load, several):
    taken = Taken(shadow=shadow, ticket=7, refused=refused, load=load, **several)
    assert read_taken(passed(write_taken(taken, "peer"), "far")) == taken


SAID = Step(conversation="c", what="shadow", number=0, line='b/ANSWER x=1;y="é\\n"', after_s=1.5)


@pytest.mark.parametrize("shadow", [SHADOW, SHADOW._replace(version="", build="b1")])
def test_what_a_shadow_says(shadow):
    steps = (SAID, Step(conversation="d", what="shadow", line="b/ANSWER"))
    assert read_said(passed(write_said(shadow, steps, "peer"), "far")) == (shadow, steps)


def test_a_router_speaks_for_shadows_of_its_own_host_alone():
    shadow, _ = read_said(passed(write_said(SHADOW, (SAID,), "peer"), "other"))
    assert shadow.server == "other"


@pytest.mark.parametrize("changes", [{"what": "ended"}, {"what": "primary"}, {"cut": "x"}, {"after_s": -1.0}])
def test_what_no_shadow_has_said_is_refused(changes):
    with pytest.raises(RemoteProtocolError, match="steps"):
        read_said(passed(write_said(SHADOW, (replace(SAID, **changes),), "peer"), "far"))


@pytest.mark.parametrize(
    ("read", "parameters", "wrong"),
    [
        (read_taken, {"service": "s", "ticket": "x"}, "x"),
        (read_taken, {"service": "s", "ticket": "-1"}, "ticket"),
        (read_taken, {"service": "s"}, "ticket"),
        (read_taken, {"service": "s", "ticket": "1", "load": "much"}, "load"),
        (read_taken, {"service": "s", "ticket": "1", "load": "nan"}, "load"),
        (read_taken, {"service": "s", "ticket": "1", "first": "x"}, "x"),
        (read_said, {}, "steps"),
        (read_said, {"steps": "{"}, "steps"),
        (read_said, {"steps": '{"service":"s"}'}, "steps"),
    ],
)
def test_what_is_wrong_is_named(read, parameters, wrong):
    with pytest.raises(RemoteProtocolError, match=wrong):
        read(Message("X", parameters))
