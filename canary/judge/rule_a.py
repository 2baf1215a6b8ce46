"""PURE: rule A: has this version never worked on this server? It knows neither caps nor other servers.

Five failures in a row would accuse every version that starts while the machine boots; that they also span a minute is what
keeps those out. A supervisor that has given up never reaches that minute: where it has, the number alone decides, since nobody
would start another try, and a block at least ends in one.
"""

from canary.judge.finding import Finding, number_of
from canary.judge.state import Cell
from canary.rules import RuleASettings

CONFIG_STARTS = 2
"""Failed starts with a new configuration, before what failed with the old one counts again."""


def find(cell: Cell, rule: RuleASettings) -> Finding | None:
    """What speaks for blocking a version on a server; None when it is not enough.

    Args:
        cell: The version there.
        rule: The limits.
    """
    if cell.ever_passed or cell.consecutive < rule.failures:
        return None
    if cell.config_changed and cell.config_starts < CONFIG_STARTS:
        return None
    span = span_s(cell)
    if span < rule.span_s and not cell.has_given_up:
        return None
    tries = number_of(cell.consecutive, "try")
    given_up = ", and its supervisor has given up" if cell.has_given_up and span < rule.span_s else ""
    return Finding(
        f"never worked in {tries} over {span:.0f} s{given_up} (limit {rule.failures} over {rule.span_s:g} s)",
        {"failures": cell.consecutive, "span_s": span, "limit_failures": rule.failures, "limit_span_s": rule.span_s},
    )


def span_s(cell: Cell) -> float:
    """The time from the first counted failure in a row to the last."""
    if cell.first_failure_at_s is None or cell.last_failure_at_s is None:
        return 0.0
    return cell.last_failure_at_s - cell.first_failure_at_s
