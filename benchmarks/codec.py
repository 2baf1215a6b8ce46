"""Measures the codec of lines, and of the longest words of routers; prints JSON when run as a program. It opens no socket."""

import json
import platform
import time
from collections.abc import Callable

import msgspec

from communicator.answers.services import Instance
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_AT_ONCE, LINE_BYTES_HARD
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.long_lines import Reading
from communicator.protocol.message import Message
from communicator.router import RouterLimits
from communicator.router.vocabulary.records import (
    LINKS,
    PARTS,
    Leaf,
    LinksState,
    NeighborState,
    Record,
    ServicesState,
    bucket_of,
    decode_records,
    decode_summary,
    encode_records,
)

MESSAGE = Message(
    "STATUS_CHANGED",
    {"count": "1742", "name": "indexer", "state": "running", "text": "the quick brown fox and dog"},
    service="watcher",
    server="alpha",
)
"""Encoded it takes 100 bytes, newline included, and has four parameters."""
_BATCH = 5_000
_BATCHES = 15
_HEADS = (b'A a="', 'A a="\N{GRINNING FACE}'.encode())
"""Behind a character beyond 16 bits each other one takes four bytes of memory as well."""
_ESCAPES = (rb"\"", rb"\\\n\r\"")
"""Of all that was tried (many parameters, long names, quotes, blanks, escapes, JSON, wide characters) these take longest."""


def measure() -> dict[str, float | str]:
    """Messages a second in the fastest of several batches: the others were disturbed by other processes."""
    line = encode_line(MESSAGE)
    return {
        "python": platform.python_version(),
        "line_bytes": len(line),
        "decode_per_s": _rate(lambda: decode(line)),
        "encode_per_s": _rate(lambda: encode_line(MESSAGE)),
        "costliest_ms": max(map(_costliest_ms, (LINE_BYTES_AT_ONCE, LINE_BYTES))),
        "costliest_of_all_ms": _costliest_ms(LINE_BYTES_HARD),
        "longest_told_ms": max(map(_told_ms, (_services(), _neighbors(), _summary()))),
    }


def _services() -> Callable[[], object]:
    """A part of a host with as many services as may register, of ten commands each."""
    names = [name for name in map("service{}".format, range(RouterLimits().registrations)) if bucket_of(name) == "0"]
    commands = tuple(f"COMMAND_{number}" for number in range(10))
    found = tuple(Instance(name, "alpha", "1.0", "b1", address="10.0.0.1:4042", commands=commands) for name in names)
    return _reading(Record("alpha", "b1", 1, "0", 1, ServicesState(found)))


def _neighbors() -> Callable[[], object]:
    """The links of a host to 200 C++ routers of 100 services each."""
    leaf = Leaf("10.0.0.2:4042", tuple(f"service{number}" for number in range(100)))
    neighbors = tuple(NeighborState(f"host{number}", 1.0, leaf) for number in range(200))
    return _reading(Record("alpha", "b1", 1, LINKS, 1, LinksState("10.0.0.1:4042", secure=False, neighbors=neighbors)))


def _reading(record: Record) -> Callable[[], object]:
    [text] = encode_records([record], LINE_BYTES_HARD)
    return lambda: decode_records(text)


def _summary() -> Callable[[], object]:
    """What a router knows of as many hosts as it remembers."""
    hosts = RouterLimits().members
    known = {f"host{number}": (1, "b1", dict.fromkeys(PARTS, 1)) for number in range(hosts)}
    text = msgspec.json.encode(known).decode()
    return lambda: decode_summary(text, hosts)


def _told_ms(read: Callable[[], object]) -> float:
    return 1e3 * min(_cpu_s(read) for _ in range(_BATCHES))


def _costliest_ms(size_bytes: int) -> float:
    """Processor time of the longest step in which a router reads the costliest line of such a length."""
    lines = [
        head + escapes * ((size_bytes - len(head) - 1) // len(escapes)) + b'"'
        for head in _HEADS
        for escapes in _ESCAPES
    ]
    return 1e3 * max(max(map(min, zip(*(_steps_s(line) for _ in range(_BATCHES)), strict=True))) for line in lines)


def _steps_s(line: bytes) -> list[float]:
    """What each step takes."""
    if len(line) <= LINE_BYTES_AT_ONCE:
        return [_cpu_s(lambda: decode(line))]
    reading, steps_s = Reading(line), []
    while reading.outcome is None:
        steps_s.append(_cpu_s(reading.go_on))
    return steps_s


def _cpu_s(action: Callable[[], object]) -> float:
    begun_s = time.thread_time()
    action()
    return time.thread_time() - begun_s


def _rate(action: Callable[[], object]) -> float:
    times_s = []
    for _ in range(_BATCHES):
        start_s = time.perf_counter()
        for _ in range(_BATCH):
            action()
        times_s.append(time.perf_counter() - start_s)
    return _BATCH / min(times_s)


if __name__ == "__main__":
    print(json.dumps(measure()))
