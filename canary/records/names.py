"""PURE: the words that records are written in: outcomes, states, rules, and what a version, a cell and a run are called."""

from typing import Literal, NamedTuple, get_args

Outcome = Literal["failure", "censored", "clean"]
"""How a run ended: it counts against its version; it says nothing of it; or it was ended in good order."""
CellState = Literal["unknown", "observing", "proving", "good", "suspect", "blocked", "probation", "archived"]
LocalRule = Literal["a", "b", "e"]
"""A rule that each server applies to its own versions."""
LOCAL_RULES: frozenset[str] = frozenset(get_args(LocalRule))
Rule = Literal["run", "a", "b", "c", "d", "e", "probe", "time", "operator", "deploy"]
RuleMode = Literal["enforced", "detected"]
"""Detected: the rule would have, but runs dry or a cap forbade it."""
Cap = Literal["", "dry_run", "frozen", "protected", "last_instance", "last_good", "gap", "override"]
"""What forbade a decision; empty when nothing did."""
OverrideAction = Literal["block", "allow", "pin"]

ALL = "*"
"""As a server or a build: every one."""


class Version(NamedTuple):
    """What is compared: equal or not, never older or newer."""

    service: str
    version: str
    build: str


class CellKey(NamedTuple):
    """One version on one server."""

    server: str
    service: str
    version: str
    build: str

    @property
    def of(self) -> Version:
        """The version alone."""
        return Version(self.service, self.version, self.build)


class RunKey(NamedTuple):
    """One run; two servers may call theirs the same."""

    server: str
    run_id: str
