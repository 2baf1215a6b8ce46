"""PURE: the rules that each server applies to its own versions, one row each; it decides nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from canary.judge import rule_a, rule_b, rule_e
from canary.judge.finding import Finding
from canary.judge.state import Cell
from canary.records import LocalRule
from canary.rules import Rules


@dataclass(frozen=True, slots=True)
class Row:
    """One rule."""

    letter: LocalRule
    find: Callable[[Cell, Rules], Finding | None]
    """What it finds of a version on a server."""
    blocks: Callable[[Cell], bool]
    """Whether its verdict is a block; else it is an ejection, which blames nobody."""


ROWS = (
    Row("a", lambda cell, rules: rule_a.find(cell, rules.a), lambda _cell: True),
    Row("b", lambda cell, rules: rule_b.find(cell, rules.b), lambda _cell: False),
    Row("e", lambda cell, rules: rule_e.find(cell, rules.e), lambda cell: not cell.ever_good),
)
"""In the order in which they are asked: the first that finds something speaks."""
