"""Measures the line codec alone, in whichever Python runs it; prints JSON when run as a program. It opens no socket."""

import json
import platform
import time
from collections.abc import Callable

from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_AT_ONCE, LINE_BYTES_HARD
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.long_lines import Reading
from communicator.protocol.message import Message

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
    }


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
