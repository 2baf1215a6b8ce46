"""PURE: rule E: does this version work for a while, and then fail, again and again? It knows neither caps nor other servers.

Rules A and B count failures in a row, so that a version which dies a minute after each start is a success each time, and begins
anew. What counts here is time: failures since it first worked, whether or not it worked in between. The first failures of a version
that has not worked yet are rule A's, which leaves it the minute of a boot.
"""

from canary.judge.finding import Finding
from canary.judge.state import Cell
from canary.rules import RuleESettings


def find(cell: Cell, rule: RuleESettings) -> Finding | None:
    """What speaks against a version that keeps failing on a server; None when it is not enough.

    Args:
        cell: The version there.
        rule: The limits.
    """
    if len(cell.relapses) < rule.failures:  # most of them, and this is asked at each failure
        return None
    recent_s = recent(cell, rule)
    if len(recent_s) < rule.failures:
        return None
    span_s = recent_s[-1] - recent_s[0]
    return Finding(
        f"works, and fails again and again: {len(recent_s)} times within {span_s:.0f} s "
        f"(limit {rule.failures} within {rule.within_s:g} s)",
        {
            "failures": len(recent_s),
            "span_s": span_s,
            "limit_failures": rule.failures,
            "limit_span_s": rule.within_s,
        },
    )


def recent(cell: Cell, rule: RuleESettings) -> list[float]:
    """When it failed lately: within the rule's time before the newest failure, the oldest first."""
    failed_s = sorted(at_s for at_s, _ in cell.relapses)
    return [at_s for at_s in failed_s if at_s >= failed_s[-1] - rule.within_s]
