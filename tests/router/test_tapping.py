import pytest

from communicator.protocol import Message, decode, encode
from communicator.protocol.limits import LINE_BYTES_AT_ONCE
from communicator.router.cores.tapping import SHOWN_CHARACTERS, shown


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"svc_b/P x=1", "svc_b/P x=1"),
        (b"REGISTER password=hunter2;service=a", "REGISTER password=***;service=a"),
        (b'REGISTER password="a\\";hunter2";service=a', "REGISTER password=***;service=a"),
        (b'REGISTER password="hunter2', "REGISTER ***"),
        (b"X secret_code=hunter2 \xff;y=1", "X ***"),
        (
            b'{"command":"REGISTER","parameters":{"password":"hunter2","service":"a"}}',
            "REGISTER password=***;service=a",
        ),
        (b'{"command":"REGISTER","parameters":{"password":"hunter2"', "***"),
        (b"REGISTER service=a;=hunter2", "REGISTER ***"),
        (b"<a:b REGISTER service=a;hunter2", "<a:b REGISTER ***"),
        (b"REGISTER;password=hunter2", "***"),
        (b"REGISTER service=a", "REGISTER service=a"),
        (b"X password_hint=blue", "X password_hint=blue"),
        (b"svc_b/P x=\xff\0", "svc_b/P x=\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_a_line_is_shown_without_its_secrets(line, text):
    assert shown(line) == text


def test_a_long_line_is_cut():
    assert len(shown(b"svc_b/P x=" + b"y" * 1_000_000)) == SHOWN_CHARACTERS + 1


def test_of_a_long_line_that_may_hold_a_secret_the_head_is_shown():
    assert (
        shown(b"<a:b REGISTER service=a;x=" + b"y" * LINE_BYTES_AT_ONCE + b";password=hunter2") == "<a:b REGISTER ***"
    )


@pytest.mark.parametrize("line", [b'"a;\\', b";\\", b"\\", b'{"a":"\\', b"a;" * 20000 + b"\\"])
def test_what_is_shown_has_an_encoding(line):
    message = Message("TAPPED", {"line": shown(line)})
    assert decode(encode(message)) == message
