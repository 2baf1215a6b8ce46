"""What was found of one case: what must hold of it, and what is told of it."""

import os
import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from communicator.router.cores.mirror import QUEUE_BYTES, QUEUE_MESSAGES, WINDOW_BYTES
from communicator.router.cores.sampling import LENGTH_MESSAGES

GROWN_BYTES = 24 * 1024 * 1024
"""What a router may have more than before: a full queue, some conversations, and what Python does not give back."""
PING_S = 5.0
"""Of anything else over the same link."""


@dataclass
class Talked:
    """How long answers took, and the router of the primary worked for each."""

    took_s: list[float]
    pinged_s: list[float]
    cpu_s: float

    def __str__(self):
        primary, ping = (_percentiles(each) for each in (self.took_s, self.pinged_s))
        return f"primary {primary}, ping {ping}, router {self.cpu_s / len(self.took_s) * 1e6:.0f} us for each"


@dataclass
class Found:
    """All of it."""

    case: object
    conversations: int
    """That there were."""
    off: Talked | None = None
    on: Talked | None = None
    mirror: object = None
    comparison: object = None
    discarded: int = 0
    queue: list[int] = field(default_factory=lambda: [0])
    queue_bytes: list[int] = field(default_factory=lambda: [0])
    unconfirmed: list[int] = field(default_factory=lambda: [0])
    resident: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Of each router, from before there was a shadow."""

    def look(self, mirror, resident):
        """See how it is now."""
        if mirror is not None:
            self.queue.append(mirror.queue_messages)
            self.queue_bytes.append(mirror.queue_bytes)
            self.unconfirmed.append(mirror.unconfirmed_bytes)
        for name, size in resident.items():
            self.resident[name].append(size)

    @property
    def pairs(self):
        """Replies of the primary in what was compared."""
        return self.comparison.matching + self.comparison.differing + self.comparison.unpaired_primary

    def judge(self):
        """Require what must hold."""
        case, became = self.case, self.mirror.conversations_total
        assert sum(became.values()) == self.conversations, "each conversation is counted once"
        assert case.becomes <= {*became}
        assert self.comparison.conversations == became.get("whole", 0)
        assert self.pairs == self.comparison.conversations * LENGTH_MESSAGES, "what is compared is whole"
        if case.is_alike:
            told = self.comparison
            assert (told.differing, told.unpaired_primary, told.unpaired_shadow, self.discarded) == (0, 0, 0, 0)
        assert (self.discarded > 0) == case.speaks_out
        assert max(self.queue) <= QUEUE_MESSAGES
        assert max(self.queue_bytes) <= QUEUE_BYTES
        assert max(self.unconfirmed) <= WINDOW_BYTES
        assert all(max(sizes) - sizes[0] < GROWN_BYTES for sizes in self.resident.values())
        assert max(self.on.pinged_s) < PING_S

    def __str__(self):
        told = self.comparison
        memory = {name: f"{sizes[0] >> 20} to {max(sizes) >> 20}" for name, sizes in self.resident.items()}
        lines = (
            f"{self.case.name}: load {os.getloadavg()[0]:.1f}",
            f"without: {self.off}",
            f"with:    {self.on}",
            f"{self.mirror.copied_total} copies; conversations {dict(self.mirror.conversations_total)}",
            (
                f"compared {told.conversations}: alike {told.matching}, different {told.differing}, only the primary's "
                f"{told.unpaired_primary}, only the shadow's {told.unpaired_shadow}; discarded {self.discarded}"
            ),
            (
                f"queue at most {max(self.queue)} ({max(self.queue_bytes)} bytes), unconfirmed {max(self.unconfirmed)} bytes; "
                f"MiB of routers {memory}"
            ),
        )
        return "\n    ".join(lines)


def _percentiles(took_s):
    return f"p50 {statistics.median(took_s) * 1e3:.1f} ms p99 {sorted(took_s)[len(took_s) * 99 // 100] * 1e3:.1f} ms"
