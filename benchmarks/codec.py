"""Measures the line codec alone, in whichever Python runs it; prints JSON when run as a program. It opens no socket."""

import json
import platform
import time
from collections.abc import Callable

from communicator.protocol.line_form import decode, encode_line
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


def measure() -> dict[str, float | str]:
    """Messages a second in the fastest of several batches: the others were disturbed by other processes."""
    line = encode_line(MESSAGE)
    return {
        "python": platform.python_version(),
        "line_bytes": len(line),
        "decode_per_s": _rate(lambda: decode(line)),
        "encode_per_s": _rate(lambda: encode_line(MESSAGE)),
    }


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
