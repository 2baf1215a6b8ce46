"""How long to wait between attempts to reach a router that is not there, and when to tell of it; it dials nobody."""

import hashlib
from dataclasses import dataclass

QUICK_SPAN_S = 600.0
"""A host that was replaced or restarted is back within that time, and must not be kept waiting."""
FIRST_S = 0.5
"""After a link was lost: long enough for a process to be started again."""
QUICK_S = 1.0
SLOW_S = 24.0
"""With the jitter at most 30 s."""
REFUSED_FIRST_S = 8.0
"""With the jitter at most 10 s: a name that is still held by a dead link is free by then."""
JITTER = 0.25
TELL_EVERY_S = 600.0


def spread(key: str, count: int) -> float:
    """A fraction from 0 to below 1 that is the same for the same arguments, and evenly spread over different ones."""
    digest = hashlib.blake2b(f"{key} {count}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


@dataclass(slots=True)
class Absence:
    """One absence of one address, from the loss of its link, or from when it was first heard of, to the next link."""

    key: str
    """What spreads the waits: unlike for each pair of routers and each life of ours."""
    since_s: float
    failures: int = 0
    """In a row."""
    _tries: int = 0
    _slow_tries: int = 0
    _refusals: int = 0
    _last_s: float | None = None
    """When the last attempt ended."""
    _told_s: float | None = None

    def wait_after_loss_s(self) -> float:
        """How long to wait before the first attempt."""
        return self._jittered_s(FIRST_S)

    def wait_after_failure_s(self, now_s: float) -> float:
        """Count a failure; how long to wait now."""
        self.failures += 1
        return self._wait_s(now_s)

    def wait_after_gossip_s(self, now_s: float) -> float:
        """It has taken our address and is to dial us: how long to wait before it is told again."""
        self.failures = 0
        return self._wait_s(now_s)

    def wait_after_refusal_s(self, now_s: float) -> float:
        """It answered that it does not want us: how long to wait before it is asked again."""
        self._tries += 1
        self._last_s = now_s
        self._refusals += 1
        return self._jittered_s(REFUSED_FIRST_S if self._refusals == 1 else SLOW_S)

    def wait_after_call_s(self, now_s: float) -> float:
        """It has called: at once, but whoever calls all the time does not have us dial all the time."""
        return 0.0 if self._last_s is None else max(0.0, self._last_s + FIRST_S - now_s)

    def shall_tell(self, now_s: float) -> bool:
        """Whether services should hear of this failure: the first of an absence, and one every ten minutes."""
        if self._told_s is not None and now_s < self._told_s + TELL_EVERY_S:
            return False
        self._told_s = now_s
        return True

    def _wait_s(self, now_s: float) -> float:
        self._tries += 1
        self._last_s = now_s
        if now_s - self.since_s < QUICK_SPAN_S:
            return self._jittered_s(QUICK_S)
        self._slow_tries = min(self._slow_tries + 1, 10)
        return self._jittered_s(min(SLOW_S, QUICK_S * 2.0**self._slow_tries))

    def _jittered_s(self, wait_s: float) -> float:
        return wait_s * (1.0 - JITTER + 2.0 * JITTER * spread(self.key, self._tries))
