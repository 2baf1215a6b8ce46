"""PURE: rule B: this version has worked on this server, and now it does not; it blames no version and knows no caps.

It is for every version that has passed there, whether its bake was over or not: rule A never speaks of those. One that hangs is
not waited for: nobody starts it again, and what it is sent is lost.
"""

from canary.judge.evidence import HUNG
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
    if not cell.ever_passed:
        return None
    if hangs(cell):
        return Finding("worked here, and hangs: it goes on, and answers nothing", {"failures": cell.consecutive})
    if cell.consecutive < rule.failures:
        return None
    times = cell.ejections + 1
    again = f", for the {times}. time" if times > 1 else ""
    return Finding(
        f"worked here, and has now failed {number_of(cell.consecutive, 'time')} in a row{again} (limit {rule.failures})",
        {"failures": cell.consecutive, "limit_failures": rule.failures, "ejections": times},
    )


def hangs(cell: Cell) -> bool:
    """Whether its last run hangs, and no other one goes on."""
    last = cell.streak[-1] if cell.streak else None
    return last is not None and not (last.excuse or cell.running) and last.causes[:1] == (HUNG,)


def ejection_s(cell: Cell, rules: Rules) -> float:
    """How long its next ejection lasts: longer with each in a row, and not the same everywhere; of what hangs as long as any."""
    times = cell.ejections + 1
    lasts_s = rules.b.longest_s if hangs(cell) else min(rules.b.longest_s, rules.b.base_s * times)
    return spread(lasts_s, cell.key, times, rules.probes.jitter)
