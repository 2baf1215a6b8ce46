"""PURE: rule B: this version has worked on this server, and now it does not; it blames no version and knows no caps.

It is for every version that has passed there, whether its bake was over or not: rule A never speaks of those.
"""

from canary.judge.finding import Finding, number_of
from canary.judge.jitter import spread
from canary.judge.state import Cell
from canary.rules import RuleBSettings, Rules


def find(cell: Cell, rule: RuleBSettings) -> Finding | None:
    """What speaks for ejecting a version from a server for a short while; None when it is not enough.

    Args:
        cell: The version there.
        rule: The limits.
    """
    if not cell.ever_passed or cell.consecutive < rule.failures:
        return None
    times = cell.ejections + 1
    again = f", for the {times}. time" if times > 1 else ""
    return Finding(
        f"worked here, and has now failed {number_of(cell.consecutive, 'time')} in a row{again} (limit {rule.failures})",
        {"failures": cell.consecutive, "limit_failures": rule.failures, "ejections": times},
    )


def ejection_s(cell: Cell, rules: Rules) -> float:
    """How long its next ejection lasts: longer with each in a row, and not the same everywhere."""
    times = cell.ejections + 1
    return spread(min(rules.b.longest_s, rules.b.base_s * times), cell.key, times, rules.probes.jitter)
