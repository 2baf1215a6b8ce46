"""PURE: does a version fail more often than the old one did on the same servers? For steps with few servers; it knows no ledger.

Rule C compares two versions that run side by side, and with one trial server it cannot tell the version from the server. What can
be said then: how often the old version failed there, and in the whole cluster, per time. With a known rate the failures of the new
version are a Poisson process, and if it fails r times as often as allowed, k failures where m were to be expected multiply the
likelihood ratio by r^k exp(-(r - 1) m). The mean over several r is an e-process, so it may be looked at all the time; see
`canary.judge.eprocess`.

The rate is not known but estimated from f failures, so an upper limit is taken for it: (f + 1) plus two standard deviations,
divided by the time. Where the old version never ran there is no rate, and nothing is said.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from canary.judge.compared import ComparedServer
from canary.judge.eprocess import RATIOS

DEVIATIONS = 2.0
"""How far above its estimate the old rate may lie: in 1 of 44 cases it lies farther."""


class Pace(NamedTuple):
    """What the failures of the new version come to, beside what was to be expected."""

    failures: int = 0
    expected: float = 0.0
    """At the old version's rate, times the margin."""
    log10_e: float = 0.0
    """The evidence, as a decimal logarithm."""


def pace_of(servers: Sequence[ComparedServer], margin: float) -> Pace:
    """What is seen of the new version so far.

    Args:
        servers: Each server with one of the two versions.
        margin: How many times as often the new version may fail.
    """
    old = [one for one in servers if not one.is_new]
    failures = sum(one.failures + one.past_failures for one in old)
    seconds = sum((one.seconds + one.past_seconds) * one.weight for one in old)
    new = [one for one in servers if one.is_new and one.seconds > 0]
    if not seconds or not new:
        return Pace()
    rate = (failures + 1 + DEVIATIONS * math.sqrt(failures + 1)) / seconds
    seen, expected = sum(one.failures for one in new), margin * rate * sum(one.seconds * one.weight for one in new)
    logs = [seen * math.log(ratio) - (ratio - 1) * expected for ratio in RATIOS]
    highest = max(logs)
    total = highest + math.log(sum(math.exp(each - highest) for each in logs) / len(RATIOS))
    return Pace(seen, expected, total / math.log(10))
