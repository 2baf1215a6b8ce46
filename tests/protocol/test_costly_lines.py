"""Lines made to be costly: they are refused, or read, without building a thing for each of their bytes."""

import tracemalloc

import pytest

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message

LINE_BYTES = 60_000
PER_BYTE = 8
"""An object takes 50 bytes and more: where each byte or two of a line made one, this would be passed several times over."""

REFUSED = {
    "semicolons": b"PING a=1" + b";" * LINE_BYTES,
    "semicolons after a quote": b'PING a="1"' + b";" * LINE_BYTES,
    "parameters": b"PING " + b"a=1;" * (LINE_BYTES // 4),
    "quoted parameters": b"PING " + b'a="";' * (LINE_BYTES // 5),
    "quotation marks": b"PING a=" + b'"' * LINE_BYTES,
    "unclosed after escapes": b'PING a="' + b'\\"' * (LINE_BYTES // 2),
    "JSON keys": b'{"command":"PING",' + b",".join(b'"%x":1' % number for number in range(6_000)) + b"}",
    "JSON keys with escapes": b'{"command":"PING",'
    + b",".join(b'"\\\\%x\\\\":1' % number for number in range(5_000))
    + b"}",
    "nested lists": b'{"command":"PING","x":' + b"[" * LINE_BYTES,
    "nested objects": b'{"command":"PING","x":' + b'{"":' * (LINE_BYTES // 4),
}
READ = {
    "escaped quotes": (b'PING a="' + b'\\"' * (LINE_BYTES // 2) + b'"', '"' * (LINE_BYTES // 2)),
    "escaped backslashes": (b"PING a=" + b"\\\\" * (LINE_BYTES // 2), "\\" * (LINE_BYTES // 2)),
    "escaped newlines": (b"PING a=" + b"\\n" * (LINE_BYTES // 2), "\n" * (LINE_BYTES // 2)),
    "JSON nobody asks for": (b'{"command":"PING","parameters":{"a":"b"},"x":[' + b"1," * 29_000 + b"1]}", "b"),
}


def _peak_bytes(line: bytes) -> int:
    tracemalloc.start()
    try:
        decode(line)
    except RemoteProtocolError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_was_not_taken_apart(line):
    with pytest.raises(RemoteProtocolError):
        decode(line)
    assert _peak_bytes(line) < PER_BYTE * len(line)


@pytest.mark.parametrize(("line", "value"), READ.values(), ids=READ.keys())
def test_what_is_read_was_not_taken_apart_byte_by_byte(line, value):
    assert decode(line) == Message("PING", {"a": value})
    assert _peak_bytes(line) < PER_BYTE * len(line)
