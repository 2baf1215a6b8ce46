"""How soon timekeepers tell that a clock was set, and whose claim is false; it sets the clock of no machine."""

import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from benchmarks.clock_cluster import POLL_S, RIGHT, WatchedCluster
from timekeeper.solution import Patience, Verdict

FALSE_CLAIM_S, STEP_S = 0.040, 0.010
SETTLE_S = 120.0
NOTICE_S = 45.0
"""More than twice what the slowest sign takes."""
CLAIM_SIGNS = frozenset({"seen_s", "doubted_s", "refuted_s"})
STEP_SIGNS = CLAIM_SIGNS | {"accused_s"}
_ROOM_S = 2.0
_JUST_S = (1.0, 2.0)
"""The others were started a moment later and so look a moment later. A process under libfaketime reads its clocks
slowly and vaguely while it looks; that is no matter of a clock that is set."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One step of a clock: how many seconds after it something was told; None where it was not."""

    step_s: float
    seen_s: float | None = None
    """Another host's timekeeper logged that it saw the step."""
    doubted_s: float | None = None
    """Its report called the host suspect or wrong."""
    accused_s: float | None = None
    """Its report called the host wrong; not within a minute after the start."""
    refuted_s: float | None = None
    """Its report called the host's claim false."""
    claimed_s: float | None = None
    """The bound that was claimed just then."""


def measure_detections(cluster: WatchedCluster) -> list[Detection]:
    """Set the clock of one host by 40 ms and back, then by 10 ms.

    Each time a host has looked a moment ago and found them right: its next look is almost as far away as can be.

    Args:
        cluster: Its hosts may have been started just now.

    Raises:
        BenchmarkError: It does not come to rest.
    """
    false_claim = _measure(cluster, FALSE_CLAIM_S, CLAIM_SIGNS)
    grace_s = Patience().grace_s + _ROOM_S - (time.monotonic() - cluster.started_s)
    time.sleep(max(0.0, grace_s))
    return [false_claim, _measure(cluster, STEP_S, STEP_SIGNS)]


def _measure(cluster: WatchedCluster, step_s: float, wanted: AbstractSet[str]) -> Detection:
    cluster.wait(is_at_rest, SETTLE_S, "the clocks are found right")
    steps = cluster.count_steps()
    began_s = cluster.set_clock(f"{step_s:+f}")
    found = watch_for(cluster, wanted, steps, began_s)
    cluster.set_clock(RIGHT)
    return Detection(step_s, **found)


def watch_for(cluster: WatchedCluster, wanted: AbstractSet[str], steps: int, began_s: float) -> dict[str, float]:
    """Ask until all that is wanted is told, or it is too late.

    Args:
        cluster: Whom.
        wanted: Fields of a `Detection`.
        steps: How many steps had been seen before.
        began_s: When the clock was set, on the monotonic clock.

    Returns:
        The fields that were found.
    """
    found: dict[str, float] = {}
    while not wanted <= found.keys() and time.monotonic() < began_s + NOTICE_S:
        told, has_seen = cluster.ask(), cluster.count_steps() > steps
        after_s = time.monotonic() - began_s
        for sign in read_signs(told, has_seen=has_seen) - found.keys():
            found[sign] = after_s
            if sign == "refuted_s":
                found["claimed_s"] = told["claim"]["bound_seconds"]
        time.sleep(POLL_S)
    return found


def read_signs(told: dict[str, Any], *, has_seen: bool) -> set[str]:
    """Which fields of a `Detection` a report shows.

    Args:
        told: What it says of the host.
        has_seen: Whether the step was seen.
    """
    verdict = told.get("verdict")
    signs = {
        "seen_s": has_seen,
        "doubted_s": verdict in {Verdict.SUSPECT.value, Verdict.WRONG.value},
        "accused_s": verdict == Verdict.WRONG.value,
        "refuted_s": told.get("claim_holds") is False,
    }
    return {sign for sign, is_shown in signs.items() if is_shown}


def is_at_rest(told: Mapping[str, Any]) -> bool:
    """Whether a look a moment ago found nothing against the host, and it answers probes."""
    is_right = told.get("verdict") == Verdict.OK.value and told.get("claim_holds") is True
    return is_right and told["is_probed"] and _JUST_S[0] <= told["looked_seconds"] < _JUST_S[1]
