"""PURE: which failures have a common cause, so that they say nothing of their version; it counts and moves nothing.

A failure is excused when any of these holds:

- ``services``: so many other services of its server failed shortly before or after;
- ``elsewhere``: the last good version of its service failed on another server shortly before or after;
- ``link``: its server came out of reach at about that time;
- ``boot``: its server had just started;
- ``dependency``: it said itself what it waited for.

The first three may show only after the failure, so every failure is looked at again when another one comes. Nobody waits for
that: a version that never works is to be blocked within 80 s, and the failures that decide are mostly older than `around_s`. If
those behind a block turn out to have a common cause after all, `canary.judge.course` lifts it at once.

After `budget_s` of failures without a break nothing is excused any more: an outage is over by then, or somebody has to look.
"""

from collections.abc import Iterable, Iterator, Reversible, Sequence
from typing import NamedTuple

from canary.judge.releases import last_good
from canary.judge.state import Brief, Cell, Failure, Server, State
from canary.records import CellKey, Entry, Record, RunEnded, RunExcused, ServerBooted, ServerLost
from canary.rules import AmbientSettings, Rules

DEPENDENCY = "DEP_UNAVAILABLE"
"""The kind of `canary.evidence.kinds` that says so."""

SENTENCES = {
    "services": "{found} other services failed there within {span:g} s (limit {limit})",
    "elsewhere": "the last good version failed on {found} within {span:g} s",
    "link": "the routers lost its server within {span:g} s",
    "boot": "its server had started {found:.0f} s before (limit {limit:g} s)",
    "dependency": "it said that what it depends on was not there",
}


def excuses(state: State, rules: Rules, me: str, trigger: Entry, *, leads: bool) -> list[Record]:
    """The failures that what has just happened excuses.

    Args:
        state: What is known, the trigger included.
        rules: The spans and the limits.
        me: The server whose failures are judged here.
        trigger: What has just happened.
        leads: Whether those of servers that came out of reach are judged here too.
    """
    fact = trigger.record
    spans = rules.ambient
    at_s = trigger.happened_at_s
    if isinstance(fact, RunEnded) and fact.outcome == "failure":
        found = _around(state, spans, me, at_s, fact)
        if leads and fact.server != me:
            found = [*found, *_of_lost(state, spans, fact.server, at_s)]
    elif isinstance(fact, ServerBooted) and fact.server == me:
        found = list(_of_server(state, spans, me, at_s - spans.boot_s))
    elif isinstance(fact, ServerLost) and leads:
        found = list(_of_lost(state, spans, fact.server, at_s))
    else:
        return []
    return [_excused(failure, why, sentence) for failure, why, sentence in found]


Excused = tuple[Failure, str, str]


def _around(state: State, spans: AmbientSettings, me: str, at_s: float, fact: RunEnded) -> list[Excused]:
    """The failures here that a new one, here or elsewhere, may excuse."""
    if fact.server == me:
        return list(_of_server(state, spans, me, at_s - spans.around_s))
    if fact.key.of != last_good(state, fact.service):
        return []
    here = state.installed.get(fact.service, {}).get(me)
    if here is None:
        return []
    since_s = at_s - spans.elsewhere_s
    around = _surroundings(state, spans, here, since_s, _recent_there(state, me, since_s - spans.around_s))
    return list(_of_cell(spans, state.cells[here], since_s, around))


def _of_server(state: State, spans: AmbientSettings, me: str, since_s: float) -> Iterator[Excused]:
    recent = _recent_there(state, me, since_s - spans.around_s)
    known: dict[str, Surroundings] = {}
    for key in {brief.key: None for brief in recent if brief.at_s >= since_s}:
        cell = state.cells.get(key)
        if cell is not None and any(not failure.excuse for failure in cell.streak):
            if key.service not in known:
                known[key.service] = _surroundings(state, spans, key, since_s, recent)
            yield from _of_cell(spans, cell, since_s, known[key.service])


def _of_lost(state: State, spans: AmbientSettings, name: str, now_s: float) -> Iterator[Excused]:
    """The failures on a server that came out of reach."""
    server = state.servers.get(name)
    if server is None or server.dropped_at_s is None or now_s - server.dropped_at_s > spans.around_s:
        return
    for key in {brief.key: None for brief in _recent(server.recent, now_s - spans.around_s)}:
        cell = state.cells.get(key)
        for failure in cell.streak if cell else ():
            if not failure.excuse and abs(failure.at_s - server.dropped_at_s) <= spans.around_s:
                yield failure, "link", SENTENCES["link"].format(span=spans.around_s)


class Surroundings(NamedTuple):
    """What may excuse the failures of a service on a server; gathered once for all of them, the newest first."""

    server: Server
    others: Sequence[Brief]
    """Failures of other services there."""
    elsewhere: Sequence[Brief]
    """Failures of the last good version of the same service on other servers."""


def _surroundings(
    state: State, spans: AmbientSettings, key: CellKey, since_s: float, recent: Iterable[Brief]
) -> Surroundings:
    server = state.servers[key.server]
    others = [brief for brief in recent if brief.key.service != key.service]
    same = _recent(state.failures_of.get(key.service, ()), since_s - spans.elsewhere_s)
    elsewhere = [brief for brief in same if brief.key.server != key.server]
    good = last_good(state, key.service) if elsewhere else None
    return Surroundings(server, others, [brief for brief in elsewhere if brief.key.of == good])


def _of_cell(spans: AmbientSettings, cell: Cell, since_s: float, around: Surroundings) -> Iterator[Excused]:
    unbroken_since_s = cell.unbroken_since_at_s if cell.unbroken_since_at_s is not None else cell.seen_at_s
    for failure in reversed(cell.streak):
        if failure.at_s < since_s:
            break
        if failure.excuse or failure.at_s - unbroken_since_s >= spans.budget_s:
            continue
        found = _excuse(spans, around, failure)
        if found is not None:
            yield failure, *found


def _excuse(spans: AmbientSettings, around: Surroundings, failure: Failure) -> tuple[str, str] | None:
    if DEPENDENCY in failure.causes:
        return "dependency", SENTENCES["dependency"]
    booted_s = around.server.booted_at_s
    if booted_s is not None and 0 <= failure.at_s - booted_s < spans.boot_s:
        return "boot", SENTENCES["boot"].format(found=failure.at_s - booted_s, limit=spans.boot_s)
    others = len({brief.key.service for brief in _near(around.others, failure, spans.around_s)})
    if others >= spans.services:
        return "services", SENTENCES["services"].format(found=others, span=spans.around_s, limit=spans.services)
    for brief in _near(around.elsewhere, failure, spans.elsewhere_s):
        return "elsewhere", SENTENCES["elsewhere"].format(found=brief.key.server, span=spans.elsewhere_s)
    return None


def _near(briefs: Sequence[Brief], failure: Failure, span_s: float) -> Iterator[Brief]:
    return (brief for brief in briefs if failure.at_s - span_s <= brief.at_s <= failure.at_s + span_s)


def _recent_there(state: State, name: str, since_s: float) -> Sequence[Brief]:
    """The failures on a server since some time, the newest first."""
    server = state.servers.get(name)
    return [] if server is None else list(_recent(server.recent, since_s))


def _recent(briefs: Reversible[Brief], since_s: float) -> Iterator[Brief]:
    """Those since some time, the newest first."""
    for brief in reversed(briefs):
        if brief.at_s < since_s:
            return
        yield brief


def _excused(failure: Failure, why: str, sentence: str) -> RunExcused:
    server, service, version, build = failure.key
    return RunExcused(
        server=server,
        service=service,
        version=version,
        build=build,
        run_id=failure.run_id,
        failure_at_s=failure.at_s,
        excuse=why,
        reason=sentence,
    )
