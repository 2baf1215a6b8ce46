import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import Message, encode
from timekeeper.wire_size import wire_bytes


def on_the_wire(json):
    return len(encode(Message("X", {"y": json.decode(), "z": ""}))) - len("X y=;z=")


@given(st.recursive(st.text() | st.integers(0, 9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_value_takes_more(value):
    json = msgspec.json.encode(value)
    assert on_the_wire(json) <= wire_bytes(json)


@pytest.mark.parametrize("text", ["a;b", 'a;"', "a;\\", "é;", "a\nb;"])
def test_one_that_needs_quotes_takes_so_much(text):
    json = msgspec.json.encode([text])
    assert on_the_wire(json) == wire_bytes(json)
