"""The line form: what each line means, what has no encoding, and that the two directions are each other's inverse."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.limits import LINE_BYTES_HARD, PARAMETERS, TOKEN_CHARACTERS
from communicator.protocol.line_form import decode, encode, encode_line, representable
from communicator.protocol.message import Message

# Lines that encode() writes just so.
CANONICAL = {
    "command": (b"ALIVE", Message("ALIVE")),
    "one parameter": (b"PING a=1", Message("PING", {"a": "1"})),
    "sorted parameters": (b"PING a=1;b=2", Message("PING", {"b": "2", "a": "1"})),
    "service": (b"lock/PING", Message("PING", service="lock")),
    "server and service": (b"alpha:lock/PING", Message("PING", service="lock", server="alpha")),
    "server alone": (b"alpha:PING", Message("PING", server="alpha")),
    "any server": (b"*:lock/PING", Message("PING", service="lock", server="*")),
    "broadcast": (b"?/PING", Message("PING", service="?")),
    "this host": (b".:lock/PING", Message("PING", service="lock", server=".")),
    "sender": (
        b"<alpha:lock PING",
        Message("PING", sent_from_server="alpha", sent_from_service="lock"),
    ),
    "sender without server": (b"<:lock PING", Message("PING", sent_from_service="lock")),
    "sender without service": (b"<alpha: PING", Message("PING", sent_from_server="alpha")),
    "everything": (
        b"<alpha:lock beta:db/PING a=1;b=2",
        Message("PING", {"a": "1", "b": "2"}, "db", "beta", "alpha", "lock"),
    ),
    "empty value": (b"PING a=", Message("PING", {"a": ""})),
    "empty value first": (b"PING a=;b=1", Message("PING", {"a": "", "b": "1"})),
    "equal sign in a value": (b"PING a=b=c", Message("PING", {"a": "b=c"})),
    "blank in a value": (b"PING a=b c;d=e", Message("PING", {"a": "b c", "d": "e"})),
    "blank before a value": (b"PING a= b", Message("PING", {"a": " b"})),
    "last blank shielded": (b"PING a=b ;", Message("PING", {"a": "b "})),
    "last value not plain shielded": ("PING a=é;".encode(), Message("PING", {"a": "é"})),
    "semicolon quoted": (b'PING a="b;c"', Message("PING", {"a": "b;c"})),
    "quotation mark first": (b'PING a="\\"b"', Message("PING", {"a": '"b'})),
    "quotation mark inside": (b'PING a=b"c', Message("PING", {"a": 'b"c'})),
    "quotation mark alone": (b'PING a="\\""', Message("PING", {"a": '"'})),
    "characters of all lengths quoted": (
        'PING a="é;€\\n😀\\"";b=1'.encode(),
        Message("PING", {"a": 'é;€\n😀"', "b": "1"}),
    ),
    "newline": (b"PING a=b\\nc", Message("PING", {"a": "b\nc"})),
    "carriage return": (b"PING a=b\\rc", Message("PING", {"a": "b\rc"})),
    "tab as it is": (b"PING a=b\tc", Message("PING", {"a": "b\tc"})),
    "backslash": (b"PING a=b\\\\c", Message("PING", {"a": "b\\c"})),
    "backslash before n": (b"PING a=b\\\\nc", Message("PING", {"a": "b\\nc"})),
    "backslash last": (b"PING a=b\\\\", Message("PING", {"a": "b\\"})),
    "cache of the ancestor": (b'PING cache="no;reply"', Message("PING", {"cache": "no;reply"})),
    "lower case command": (b"pay-load", Message("pay-load")),
}

# Lines that mean the same as another one.
LENIENT = {
    "newline": (b"ALIVE\n", Message("ALIVE")),
    "carriage return and newline": (b"ALIVE\r\n", Message("ALIVE")),
    "blanks around": (b" \t ALIVE \v\f ", Message("ALIVE")),
    "last semicolon": (b"PING a=1;", Message("PING", {"a": "1"})),
    "last semicolon after quotes": (b'PING a="1";', Message("PING", {"a": "1"})),
    "quotes without need": (b'PING a="1";b=2', Message("PING", {"a": "1", "b": "2"})),
    "empty quotes": (b'PING a=""', Message("PING", {"a": ""})),
    "last of two wins": (b"PING a=1;a=2", Message("PING", {"a": "2"})),
    "last blank lost": (b"PING a=b ", Message("PING", {"a": "b"})),
    "unknown escape kept": (b"PING a=b\\tc", Message("PING", {"a": "b\\tc"})),
    "lone backslash kept": (b"PING a=b\\", Message("PING", {"a": "b\\"})),
    "newline escaped in quotes": (b'PING a="b\\nc;"', Message("PING", {"a": "b\nc;"})),
    "json": (b'{"command":"PING","parameters":{"a":"1"}}', Message("PING", {"a": "1"})),
    "json after blanks": (b'  {"command":"PING"}\n', Message("PING")),
}

REFUSED = {
    "nothing": b"",
    "newline alone": b"\n",
    "blanks": b"  \t ",
    "not UTF-8": b"\xff\xfe",
    "not UTF-8 in a value": b"PING a=\xc3",
    "NUL": b"ALIVE\0",
    "NUL in a value": b"PING a=\0;",
    "two lines": b"ALIVE\nSTOP",
    "two blanks": b"PING  a=1",
    "no value": b"PING a",
    "no name": b"PING =1",
    "bad name": b"PING 9a=1",
    "bad name, quoted value": b'PING a-b="1"',
    "non-ASCII name": "PING é=1".encode(),
    "two semicolons": b"PING a=1;;b=2",
    "two semicolons last": b"PING a=1;;",
    "two semicolons after quotes": b'PING a="1";;',
    "semicolon alone": b"PING ;",
    "blank after semicolon": b"PING a=1; b=2",
    "quotes not closed": b'PING a="1',
    "quote closed by an escaped one": b'PING a="1\\"',
    "text after quotes": b'PING a="1"2',
    "no value after quotes": b'PING a="1";b',
    "no command": b"alpha:lock/",
    "no command after a sender": b"<alpha:lock",
    "sender without colon": b"<alpha PING",
    "sender and two blanks": b"<alpha:lock  PING",
    "two slashes": b"a/b/PING",
    "two colons": b"a:b:c/PING",
    "colon after the slash": b"a/b:PING",
    "empty service": b"/PING",
    "empty server": b":lock/PING",
    "bad character": b"PING! a=1",
    "a sender's bracket later": b"lock/<PING",
    "command too long": b"P" * (TOKEN_CHARACTERS + 1),
    "service too long": b"s" * (TOKEN_CHARACTERS + 1) + b"/PING",
    "parameter name too long": b"PING " + b"p" * (TOKEN_CHARACTERS + 1) + b"=1",
    "too many parameters": b"PING " + b";".join(b"a%d=1" % i for i in range(PARAMETERS + 1)),
    "too many quoted parameters": b"PING " + b";".join(b'a%d="1"' % i for i in range(PARAMETERS + 1)),
    "json list": b"[1]",
}

NO_ENCODING = {
    "no command": Message(""),
    "blank in the command": Message("A B"),
    "newline in the command": Message("A\nB"),
    "command in the command": Message("lock/PING"),
    "non-ASCII command": Message("É"),
    "command too long": Message("P" * (TOKEN_CHARACTERS + 1)),
    "slash in the service": Message("PING", service="a/b"),
    "server in the service": Message("PING", service="a:b"),
    "colon in the server": Message("PING", service="b", server="x:a"),
    "sender in the server": Message("PING", service="b", server="<x:y a"),
    "blank in the sender": Message("PING", sent_from_service="a b"),
    "colon in the sender": Message("PING", sent_from_server="a", sent_from_service="b:c"),
    "bad parameter name": Message("PING", {"a-b": "1"}),
    "empty parameter name": Message("PING", {"": "1"}),
    "name that hides another": Message("PING", {"a=1;b": "1"}),
    "NUL": Message("PING", {"a": "\0"}),
    "semicolon and last backslash": Message("PING", {"a": "b;c\\"}),
    "first quotation mark and last backslash": Message("PING", {"a": '"\\'}),
    "lone surrogate": Message("PING", {"a": "\ud800"}),
    "too many parameters": Message("PING", {f"a{i}": "" for i in range(PARAMETERS + 1)}),
    "too long": Message("PING", {"a": "x" * LINE_BYTES_HARD}),
}

# The single inputs that end the ancestor: each is either a message the router must cope with, or refused here.
DEADLY = {
    "version that is no number": (
        b"REGISTER service=k;version=abc\n",
        Message("REGISTER", {"service": "k", "version": "abc"}),
    ),
    "name with a blank": (
        b"REGISTER service=bad name;version=1\n",
        Message("REGISTER", {"service": "bad name", "version": "1"}),
    ),
    "alive": (b"ALIVE\n", Message("ALIVE")),
    "not UTF-8": (b"\xff\xfe\n", None),
    "bad address": (
        b"ACCEPT server_name=x;my_address=garbage\n",
        Message("ACCEPT", {"server_name": "x", "my_address": "garbage"}),
    ),
    "bad ip": (b"FORGET ip=garbage\n", Message("FORGET", {"ip": "garbage"})),
    "bad timeout": (
        b"*/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=x\n",
        Message("PAYLOAD", {"broadcast_msgid": "a-1", "broadcast_timeout": "x"}, service="*"),
    ),
    "bad hops": (
        b"*/PAYLOAD broadcast_msgid=a-1;broadcast_timeout=9999999999;broadcast_informed_neighbors=;broadcast_hops=x\n",
        Message(
            "PAYLOAD",
            {
                "broadcast_msgid": "a-1",
                "broadcast_timeout": "9999999999",
                "broadcast_informed_neighbors": "",
                "broadcast_hops": "x",
            },
            service="*",
        ),
    ),
    "never registered": (b"UNREGISTER_FROM_LOADAVG\n", Message("UNREGISTER_FROM_LOADAVG")),
    "JSON number": (b'{"command":5}\n', None),
    "JSON nested": (b'{"command":"PAYLOAD","service":"k","parameters":{"a":{"b":1}}}\n', None),
    "JSON list": (b"[1]\n", None),
    "over UDP": (b"PUBLIC_IP", Message("PUBLIC_IP")),
    "garbage over UDP": (b"\xff\xfe\x00", None),
}


def table(rows):
    return pytest.mark.parametrize("row", rows.values(), ids=rows.keys())


@table(CANONICAL | LENIENT)
def test_decode(row):
    line, message = row
    assert decode(line) == message


@table(CANONICAL)
def test_encode(row):
    line, message = row
    assert encode(message) == line
    assert encode_line(message) == line + b"\n"


@table(REFUSED)
def test_decode_refuses_and_blames_the_peer(row):
    with pytest.raises(RemoteProtocolError) as raised:
        decode(row)
    assert len(str(raised.value)) < 300


@table(NO_ENCODING)
def test_encode_refuses_and_blames_the_caller(row):
    with pytest.raises(LocalProtocolError):
        encode(row)


@table(DEADLY)
def test_what_ends_the_ancestor_is_a_message_or_refused(row):
    line, message = row
    if message is None:
        with pytest.raises(RemoteProtocolError):
            decode(line)
    else:
        assert decode(line) == message


def test_as_many_parameters_as_allowed():
    message = Message("PING", {f"a{i}": str(i) for i in range(PARAMETERS)})
    assert decode(encode(message)) == message


@pytest.mark.parametrize("first", ["", "\N{GRINNING FACE}"], ids=["narrow", "behind a wide character"])
def test_a_line_full_of_escapes_takes_no_more_memory_than_it_must(first):
    """What is touched is what it costs: a wide character is not to make each escape of 64 KiB four times as large on its way."""
    line = f'A a="{first}'.encode() + b'\\\\\\n\\r\\"' * 8_000 + b'"'
    assert decode(line).get("a") == first + '\\\n\r"' * 8_000
    tracemalloc.start()
    decode(line)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 16 * len(line)


TOKENS = st.from_regex(r"[A-Za-z0-9_.*?-]{1,12}", fullmatch=True)
VALUES = st.text(max_size=20) | st.text(alphabet='\\";=\n\r\t aé\x85\u2003{}<', max_size=8)
MESSAGES = st.builds(
    Message,
    TOKENS,
    st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), VALUES, max_size=4),
    st.just("") | TOKENS,
    st.just("") | TOKENS,
    st.just("") | TOKENS,
    st.just("") | TOKENS,
)
ANY_TEXT = st.text(alphabet=st.characters(), max_size=6) | st.text(alphabet='ab:/< ;="\\\n\0', max_size=6)
ANY_MESSAGES = st.builds(
    Message, ANY_TEXT, st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3), ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT
)


def has_encoding(value: str) -> bool:
    needs_quotes = ";" in value or value.startswith('"')
    return "\0" not in value and not (needs_quotes and value.endswith("\\"))


@given(MESSAGES)
@example(Message("PING", {"a": "\\"}))
@example(Message("PING", {"a": "\u2003"}))
def test_what_is_encoded_is_read_back_and_nothing_representable_is_refused(message):
    if all(has_encoding(value) for value in message.parameters.values()):
        line = encode(message)
        assert decode(line) == message
        assert b"\n" not in line
    else:
        with pytest.raises(LocalProtocolError):
            encode(message)


@given(ANY_MESSAGES)
def test_any_message_is_read_back_or_refused(message):
    try:
        line = encode(message)
    except LocalProtocolError:
        return
    assert decode(line) == message


@given(st.binary(max_size=60) | st.text(alphabet='PA<:/ ;="\\\n\0{}[],é', max_size=30).map(str.encode))
def test_any_bytes_are_a_message_or_the_peers_fault(line):
    try:
        message = decode(line)
    except RemoteProtocolError:
        return
    assert message.command


@given(st.text(), st.integers(1, 50))
def test_any_text_can_be_made_representable(text, characters):
    message = Message("SHOW", {"text": representable(text, characters)})
    assert len(message.get("text")) <= characters + 2
    assert decode(encode(message)) == message


@pytest.mark.parametrize("text", ["\ud800", "a\0b", ";\\", '"\\', "\\" * 10])
def test_what_has_no_encoding_is_made_representable(text):
    message = Message("SHOW", {"text": representable(text, 5)})
    assert decode(encode(message)) == message
