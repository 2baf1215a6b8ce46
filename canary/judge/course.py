"""PURE: what follows for one version on one server from what is known of it: a table from state to function; it knows no others.

Each function is asked again and again, and answers from the state alone: asked twice it says the same, and nothing once what it
said has been done.
"""

from collections.abc import Callable, Mapping

from canary.judge import caps, freezing, local_rules, probation, rule_a, rule_b
from canary.judge.evidence import bake_s
from canary.judge.finding import Finding, number_of
from canary.judge.moves import moved
from canary.judge.releases import is_there
from canary.judge.sentence import doubt_of
from canary.judge.state import Cell, State
from canary.judge.transitions import Place, place_of
from canary.records import LOCAL_RULES, LocalRule, Record
from canary.rules import Rules

TOO_FEW = "too few other instances of its service are left"
ROUNDING_S = 1e-3
"""What sums of many times may be off."""


def follow(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    """What is to be decided about a version on a server now.

    Args:
        state: What is known, for the caps.
        rules: The rules.
        cell: The version there.
        now_s: By the ledger's clock.
    """
    if cell.is_pardoned:
        return [moved(cell, "unknown", "operator", "pardoned", strikes=0)]
    return COURSES[place_of(cell.state, cell.until_at_s)](state, rules, cell, now_s)


def _unknown(_state: State, _rules: Rules, cell: Cell, _now_s: float) -> list[Record]:
    if cell.running or cell.consecutive or cell.successes:
        return [moved(cell, "observing", "run", "it runs here for the first time")]
    return []


def _observing(_state: State, rules: Rules, cell: Cell, _now_s: float) -> list[Record]:
    if cell.ever_passed:
        return _proved(rules, cell)
    if cell.consecutive:
        return _doubted(cell)
    return _asking(rules, cell)


def _suspect(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    if cell.successes and not cell.consecutive:
        return _proved(rules, cell)
    return _accused(state, rules, cell, now_s) or _asking(rules, cell)


def _proving(_state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    if cell.consecutive:
        return _doubted(cell)
    baked = bake_s(cell, now_s)
    if baked >= rules.b.bake_s - ROUNDING_S:
        reason = f"ran for {baked:.0f} s without a failure (limit {rules.b.bake_s:g} s)"
        return [moved(cell, "good", "time", reason, numbers={"baked_s": baked, "limit_s": rules.b.bake_s})]
    return _asking(rules, cell)


def _good(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    return _accused(state, rules, cell, now_s) or _asking(rules, cell)


def _ejected(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    if cell.returns >= rules.b.returns and not cell.consecutive:
        reason = f"succeeded {number_of(cell.returns, 'time')} during its ejection (limit {rules.b.returns})"
        return [moved(cell, "proving", "run", reason)]
    rule: LocalRule = "e" if cell.rule == "e" else "b"
    if _no_longer_acts(rules, cell, rule):
        return _let_go(cell, rule)
    if _is_missed(state, rules, cell, now_s):
        return [moved(cell, "suspect", "b", f"its ejection ends early: {TOO_FEW}")]
    if not _is_over(cell, now_s):
        return []
    again = _accused(state, rules, cell, now_s)
    return again or [moved(cell, "suspect", "time", "its ejection is over")]


def _blocked(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    if cell.successes:
        return [moved(cell, "proving", "run", "it ran here in spite of its block, and worked")]
    if _no_longer_acts(rules, cell, _blocked_by(cell)):
        return _let_go(cell, _blocked_by(cell))
    if cell.rule == "a" and rule_a.find(cell, rules.a) is None:
        return [moved(cell, "suspect", "a", _lifted(cell, rules))]
    if cell.rule in LOCAL_RULES and _is_missed(state, rules, cell, now_s):
        return probation.granted(cell, rules, now_s, TOO_FEW)
    return probation.granted(cell, rules, now_s) if _is_over(cell, now_s) else []


def _probation(_state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    if cell.successes:
        return [moved(cell, "proving", "probe", f"probe {cell.probes_granted} worked")]
    if _no_longer_acts(rules, cell, _blocked_by(cell)):
        return _let_go(cell, _blocked_by(cell))
    over = probation.ended(cell, rules, now_s)
    if over is not None:
        return [over]
    if now_s >= probation.opens_at_s(cell, rules):
        return probation.granted(cell, rules, now_s, is_live=True)
    is_unused = not cell.probe and _is_over(cell, now_s)
    return probation.granted(cell, rules, now_s, is_live=cell.probe_is_live) if is_unused else []


def _nothing(_state: State, _rules: Rules, _cell: Cell, _now_s: float) -> list[Record]:
    return []


COURSES: Mapping[Place, Callable[[State, Rules, Cell, float], list[Record]]] = {
    "unknown": _unknown,
    "observing": _observing,
    "suspect": _suspect,
    "proving": _proving,
    "good": _good,
    "ejected": _ejected,
    "blocked": _blocked,
    "probation": _probation,
    "archived": _nothing,
}


def _proved(rules: Rules, cell: Cell) -> list[Record]:
    reason = f"a run lasted {rules.a.ok_after_s:g} s"
    return [moved(cell, "proving", "run", reason)]


def _doubted(cell: Cell) -> list[Record]:
    return [moved(cell, "suspect", "run", doubt_of(cell))]


def _lifted(cell: Cell, rules: Rules) -> str:
    left = f"{number_of(cell.consecutive, 'failure')} over {rule_a.span_s(cell):.0f} s"
    return f"block lifted: what still counts against it is {left} (limit {rules.a.failures} over {rules.a.span_s:g} s)"


def _asking(rules: Rules, cell: Cell) -> list[Record]:
    """After failures for so long that none is excused any more, somebody has to look: whether or not others fail too."""
    last = cell.streak[-1] if cell.streak else None
    since_s = cell.unbroken_since_at_s
    if last is None or since_s is None or cell.needs_human or last.at_s - since_s < rules.ambient.budget_s:
        return []
    if not any(failure.excuse for failure in cell.streak):
        return []
    lasted = last.at_s - since_s
    reason = f"fails for {lasted:.0f} s without a break, as others do (limit {rules.ambient.budget_s:g} s): a human is needed"
    numbers = {"unbroken_s": lasted, "limit_s": rules.ambient.budget_s}
    return [moved(cell, "suspect", "time", reason, numbers=numbers, needs_human=True)]


def _accused(state: State, rules: Rules, cell: Cell, now_s: float) -> list[Record]:
    """A verdict against a version, if a rule has enough for one: as it is carried out, or as it is not."""
    if (
        cell.healthy
    ):  # another one of it works; one that has just begun is no reason to wait, or a quick loop were never judged
        return []
    for row in local_rules.ROWS:
        found = row.find(cell, rules)
        if found is not None:
            return _verdict(state, rules, cell, found, now_s, row)
    return []


def _verdict(
    state: State, rules: Rules, cell: Cell, found: Finding, now_s: float, row: local_rules.Row
) -> list[Record]:
    rule, blocks = row.letter, row.blocks(cell)
    cap = caps.forbids(state, rules, cell.key, rule, now_s)
    if cap and (cap, rule) == (cell.suppressed_by, cell.suppressed_rule):
        return []
    if not cap:
        common_cause = freezing.begins(state, rules, cell.key, now_s)
        if common_cause is not None:
            return [common_cause]
    strikes = probation.strikes_left(cell, rules, now_s)
    lasts_s = probation.block_s(cell, rules, strikes) if blocks else rule_b.ejection_s(cell, rules)
    decision = moved(
        cell,
        "blocked" if blocks else "suspect",
        rule,
        found.reason,
        mode="detected" if cap else "enforced",
        suppressed_by=cap,
        until_at_s=now_s + lasts_s,
        strikes=strikes,
        numbers=found.numbers,
    )
    return [decision]


def _is_over(cell: Cell, now_s: float) -> bool:
    return cell.until_at_s is not None and now_s >= cell.until_at_s


def _is_missed(state: State, rules: Rules, cell: Cell, now_s: float) -> bool:
    """Whether others that the caps saw when they allowed a verdict have gone since: a doubtful instance is better than none.

    A block ends so only once, in a probe: when that fails, it takes its time.
    """
    installed = state.installed.get(cell.key.service, {}).values()
    has_gone = any(not is_there(state, other) for other in installed if other != cell.key)
    return has_gone and not rules.holds and caps.is_last(state, rules, cell.key, now_s)


def _no_longer_acts(rules: Rules, cell: Cell, rule: LocalRule) -> bool:
    """Whether an operator has since told the rule not to act on this service, so that what it did is to be undone."""
    return caps.mode_of(rules, rule, cell.key.service) == "dry-run" or cell.key.service in rules.caps.protected


def _blocked_by(cell: Cell) -> LocalRule:
    return "e" if cell.blocked_by == "e" else "a"


def _let_go(cell: Cell, rule: LocalRule) -> list[Record]:
    return [moved(cell, "suspect", "operator", f"rule {rule} no longer acts on this service")]
