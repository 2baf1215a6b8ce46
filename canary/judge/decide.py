"""PURE: what follows from what is known, and when time alone will decide something; it changes nothing itself.

The shell puts entries into the state in the order of the ledger, and then asks, for each fact among them: it writes what comes out
into the ledger, puts that into the state, and asks again with the same fact until nothing follows. It never asks while something
decided is not yet in the state: the caps would not see it.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import islice

from canary.judge import ambient, caps, course, freezing, overrides, probation, retirement, rule_c, rule_d
from canary.judge.evidence import bake_ends_s
from canary.judge.state import Cell, State
from canary.records import (
    LOCAL_RULES,
    CellKey,
    CellMoved,
    Entry,
    Frozen,
    Led,
    OfRun,
    Pardoned,
    ProbeGranted,
    Record,
    RulesSet,
    RunExcused,
    ServerLost,
    Started,
    VersionJudged,
)
from canary.rules import Rules

ARCHIVED_AT_ONCE = 100
"""Cells archived in one answer, so that it stays short."""
OF_CELL = (OfRun, CellMoved, RunExcused, ProbeGranted)
OF_SERVICE = (OfRun, CellMoved, VersionJudged)
"""What may leave a service with fewer instances, wherever it happens."""
OF_ALL = (Started, RulesSet, Led, Pardoned)
"""After these every cell is looked at: rules and orders are others, or a canary died between a fact and what follows from it."""


def decide(  # noqa: PLR0913 - the contract of the judge
    state: State,
    rules: Rules,
    me: str,
    leads: bool,  # noqa: FBT001 - as above
    now_s: float,
    trigger: Entry | None,
    *,
    again: bool = False,
) -> list[Record]:
    """What follows now.

    Args:
        state: What is known; it is not changed.
        rules: The rules in force.
        me: The server whose versions are judged here.
        leads: Whether versions and servers of the whole cluster are judged here too.
        now_s: By the ledger's clock.
        trigger: The fact this is about, which is in the state already; None when only time has passed: then, and only then,
            the cells are looked at that time alone moves.
        again: Whether what came out for this trigger before is in the state: all that it excuses was in the first answer.

    Returns:
        Decisions, each to be written before anything is done about it. Nothing when nothing follows.
    """
    return (
        overrides.ended(state, now_s)
        or list(freezing.ended(state, rules, now_s))
        or (ambient.excuses(state, rules, me, trigger, leads=leads) if trigger and not again else [])
        or _of_cells(state, rules, me, now_s, trigger)
        or list(islice(_forgotten(state, rules, now_s, trigger), ARCHIVED_AT_ONCE))
        or (
            _of_cluster(state, rules, now_s, trigger) if leads else []
        )  # last: it comes again until most canaries hold it
    )


def next_deadline_s(state: State, rules: Rules, me: str, leads: bool, after_s: float = -math.inf) -> float | None:  # noqa: FBT001 - the contract of the judge
    """When time alone decides something next.

    Args:
        state: What is known.
        rules: The rules in force.
        me: As for `decide`.
        leads: As for `decide`.
        after_s: When `decide` was asked last: what was due by then is not due again, even if nothing followed.

    Returns:
        By the ledger's clock; None when there is nothing to wait for.
    """
    deadlines = (at_s for at_s in _deadlines(state, rules, me, leads=leads) if after_s < at_s < math.inf)
    return min(deadlines, default=None)


def wakes_at_s(cell: Cell, rules: Rules) -> float:
    """When time alone moves a version on a server; infinite when it does not."""
    if cell.state == "proving":
        return bake_ends_s(cell, rules.b.bake_s)
    if cell.until_at_s is None or (cell.state == "probation" and cell.probe):
        return math.inf
    return min(cell.until_at_s, probation.opens_at_s(cell, rules))


def _of_cells(state: State, rules: Rules, me: str, now_s: float, trigger: Entry | None) -> list[Record]:
    """What follows for the versions here. One verdict at a time: the caps of the next one depend on it."""
    timed = [key for key in state.timed if key.server == me] if trigger is None else []
    due = [key for key in timed if wakes_at_s(state.cells[key], rules) <= now_s]
    found: list[Record] = []
    for key in {
        **dict.fromkeys(_named(state, trigger)),
        **dict.fromkeys(_missed(state, me, trigger)),
        **state.fresh,
        **state.suppressed,
        **dict.fromkeys(due),
    }:
        if key.server == me and key in state.cells:
            found += course.follow(state, rules, state.cells[key], now_s)
            if found and _is_verdict(found[-1]):
                break
    return found


def _named(state: State, trigger: Entry | None) -> Iterable[CellKey]:
    """The cells that what happened concerns; they are not fresh any more when something else happened before this was asked."""
    if trigger is None:
        return ()
    if isinstance(trigger.record, OF_CELL):
        return (trigger.record.key,)
    return state.cells if isinstance(trigger.record, OF_ALL) else ()


def _missed(state: State, me: str, trigger: Entry | None) -> Iterable[CellKey]:
    """The cells here that may be needed when others of their service have gone."""
    if trigger is None:
        return ()
    if isinstance(trigger.record, ServerLost):
        return state.timed
    if isinstance(trigger.record, OF_SERVICE) and getattr(trigger.record, "server", "") != me:
        here = state.installed.get(trigger.record.service, {}).get(me)
        return () if here is None else (here,)
    return ()


def _is_verdict(record: Record) -> bool:
    return isinstance(record, Frozen) or (isinstance(record, CellMoved) and record.rule in LOCAL_RULES)


def _of_cluster(state: State, rules: Rules, now_s: float, trigger: Entry | None) -> list[Record]:
    """The next thing that follows for servers and versions: what comes after depends on it."""
    touched = {**dict.fromkeys(_named(state, trigger)), **state.fresh}
    services = _concerned(trigger, touched)
    judged = (
        *islice(overrides.let_go(state), 1),
        *islice(rule_d.judge_servers(state, rules, now_s, touched), 1),
        *islice(rule_d.judge_versions(state, rules, now_s, touched, services), 1),
    )
    return [*judged[:1]] or rule_c.decide_comparisons(state, rules, now_s)[:1]


def _concerned(trigger: Entry | None, touched: Iterable[CellKey]) -> frozenset[str] | None:
    """The services whose held versions may have to be judged again; None for all: what happened is not about one."""
    if trigger is None or not isinstance(trigger.record, OF_SERVICE):
        return None
    return frozenset((trigger.record.service, *(key.service for key in touched)))


def _forgotten(state: State, rules: Rules, now_s: float, trigger: Entry | None) -> Iterator[CellMoved]:
    if trigger is not None and isinstance(trigger.record, OfRun):
        yield from retirement.nameless(state, trigger.record.server, trigger.record.service)
        yield from retirement.surplus(state, trigger.record.server, trigger.record.service)
        yield from retirement.crowd(state)
    yield from retirement.unseen(state, rules.archive_s, now_s)


def _deadlines(state: State, rules: Rules, me: str, *, leads: bool) -> Iterator[float]:
    yield from overrides.deadlines(state)
    yield from freezing.deadlines(state)
    yield from (wakes_at_s(state.cells[key], rules) for key in state.timed if key.server == me)
    for key in state.suppressed:
        if key.server == me and state.cells[key].suppressed_by == "gap":
            yield caps.gap_ends_s(state, rules.caps, key.service)
    yield retirement.next_deadline_s(state, rules.archive_s)
    if leads:
        yield from rule_d.deadlines(state)
        compared_s = rule_c.next_deadline_s(state)
        yield math.inf if compared_s is None else compared_s
