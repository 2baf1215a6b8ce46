"""The JSON form: what is taken as text, what is ignored, and that nothing but the peer is ever blamed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import RemoteProtocolError
from communicator.protocol.json_form import decode_json
from communicator.protocol.limits import LINE_BYTES, PARAMETERS, TOKEN_CHARACTERS
from communicator.protocol.message import Message

READ = {
    "command": ('{"command":"PING"}', Message("PING")),
    "everything": (
        '{"sent-from-server":"a","sent-from-service":"b","server":"c","service":"d","command":"PING","parameters":{"e":"f"}}',
        Message("PING", {"e": "f"}, "d", "c", "a", "b"),
    ),
    "unknown keys": ('{"command":"PING","x":[1,{"y":null}]}', Message("PING")),
    "no parameters": ('{"command":"PING","parameters":null}', Message("PING")),
    "empty parameters": ('{"command":"PING","parameters":{}}', Message("PING")),
    "integer": ('{"command":"PING","parameters":{"a":12}}', Message("PING", {"a": "12"})),
    "long integer as written": (
        '{"command":"PING","parameters":{"a":1795499183123456789}}',
        Message("PING", {"a": "1795499183123456789"}),
    ),
    "float as written": (
        '{"command":"PING","parameters":{"a":1795499183.123456789}}',
        Message("PING", {"a": "1795499183.123456789"}),
    ),
    "exponent as written": ('{"command":"PING","parameters":{"a":-1E+2}}', Message("PING", {"a": "-1E+2"})),
    "true": ('{"command":"PING","parameters":{"a":true}}', Message("PING", {"a": "true"})),
    "false": ('{"command":"PING","parameters":{"a":false}}', Message("PING", {"a": "false"})),
    "null": ('{"command":"PING","parameters":{"a":null}}', Message("PING", {"a": ""})),
    "escapes": ('{"command":"PING","parameters":{"a":"\\n\\u00e9;"}}', Message("PING", {"a": "\né;"})),
    "surrogate pair": (
        '{"command":"PING","parameters":{"a":"\\ud83d\\ude00"}}',
        Message("PING", {"a": "😀"}),
    ),
    "last of two wins": ('{"command":"A","command":"B"}', Message("B")),
    "empty service": ('{"command":"PING","service":""}', Message("PING")),
    "broadcast": ('{"command":"PING","service":"*"}', Message("PING", service="*")),
}

REFUSED = {
    "nothing": "",
    "not JSON": "{",
    "text after it": '{"command":"PING"} x',
    "list": "[1]",
    "number": "5",
    "text": '"PING"',
    "null": "null",
    "no command": "{}",
    "empty command": '{"command":""}',
    "command a number": '{"command":5}',
    "command null": '{"command":null}',
    "command a list": '{"command":["PING"]}',
    "command not a name": '{"command":"A B"}',
    "command with a newline": '{"command":"A\\n"}',
    "command not ASCII": '{"command":"É"}',
    "command a surrogate": '{"command":"\\ud800"}',
    "command too long": json.dumps({"command": "P" * (TOKEN_CHARACTERS + 1)}),
    "service a number": '{"command":"PING","service":1}',
    "service null": '{"command":"PING","service":null}',
    "service not a name": '{"command":"PING","service":"a/b"}',
    "server not a name": '{"command":"PING","server":"a:b"}',
    "sender not a name": '{"command":"PING","sent-from-service":"a b"}',
    "parameters a list": '{"command":"PING","parameters":["a"]}',
    "parameters a text": '{"command":"PING","parameters":"a=1"}',
    "parameters false": '{"command":"PING","parameters":false}',
    "parameter an object": '{"command":"PING","parameters":{"a":{"b":1}}}',
    "parameter a list": '{"command":"PING","parameters":{"a":[]}}',
    "parameter NaN": '{"command":"PING","parameters":{"a":NaN}}',
    "parameter Infinity": '{"command":"PING","parameters":{"a":-Infinity}}',
    "parameter NUL": '{"command":"PING","parameters":{"a":"\\u0000"}}',
    "parameter lone surrogate": '{"command":"PING","parameters":{"a":"\\udc00"}}',
    "parameter name empty": '{"command":"PING","parameters":{"":"1"}}',
    "parameter name bad": '{"command":"PING","parameters":{"a b":"1"}}',
    "parameter name a surrogate": '{"command":"PING","parameters":{"\\ud800":"1"}}',
    "too many parameters": json.dumps({"command": "P", "parameters": {f"a{i}": "" for i in range(PARAMETERS + 1)}}),
    "longer than a line of a service": json.dumps({"command": "P", "x": "y" * LINE_BYTES}),
    "deep list": '{"command":"PING","x":' + "[" * 200_000,
    "deep object": '{"command":' * 200_000,
    "byte order mark": "\ufeff{}",
}


@pytest.mark.parametrize(("text", "message"), READ.values(), ids=READ.keys())
def test_read(text, message):
    assert decode_json(text) == message


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refused(text):
    with pytest.raises(RemoteProtocolError) as raised:
        decode_json(text)
    str(raised.value).encode()
    assert len(str(raised.value)) < 300


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["command", "service", "server", "sent-from-server", "sent-from-service", "parameters", "other"]
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["PING", "a", "*", ""]) | JSON_VALUES)


@given(DOCUMENTS, st.integers(0, 200))
def test_any_document_whole_or_cut_is_a_message_or_the_peers_fault(document, length):
    text = json.dumps(document)
    for one in (text, text[:length]):
        try:
            message = decode_json(one)
        except RemoteProtocolError:
            continue
        assert message.command
        assert all(type(value) is str for value in message.parameters.values())
