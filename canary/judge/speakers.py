"""PURE: whose runs say something of a service, and what is kept of those that do not; it judges no version.

A run counts when its user

- owns the service, or is root or the router's own user (`OfRun.by_owner`): they may block it by a word anyway; or
- ran the service on that server before; or
- on a server where nobody ran it before, runs it on another one; or
- of a service that nobody is known to run anywhere, is the first whose live run lasted: from that success on.

All others are strangers to the service: anybody may register under a name that no owner keeps. Their runs are shown, in one row
for each user and server, and move nothing: no version comes to be known, blocked or let go by them. It is decided when a fact is
put into the state, and from nothing but the state and the fact, so that the same entries always give the same state. A ledger that
does not say whose a run is comes from before this was asked: what it tells counts, and makes nobody known.
"""

from collections.abc import Iterator

from canary.judge.state import LIVE, SHADOW, State, Stranger, StrangerKey
from canary.records import AnyRecord, Entry, OfRun, RunBegan, RunEnded, RunPassed

FOUNDED = 64
"""Services that one user may come to run on one server because nobody ran them before: more than a person starts by hand."""
STRANGERS = 1_000
"""Rows of strangers; the one that was silent for longest goes."""
NAMES = 32
"""Names of services that are remembered of a stranger."""


def is_heard(state: State, entry: Entry) -> bool:
    """Whether what happened moves anything; takes note of who runs what, and of strangers.

    Args:
        state: What the entries before have made; changed in place.
        entry: The next one.
    """
    fact = entry.record
    if not isinstance(fact, OfRun):
        return True
    if not _may_speak(state, fact):
        _note_stranger(state, fact, entry.at_s)
        return False
    if fact.user and isinstance(fact, RunPassed) and fact.role != SHADOW:
        state.speakers.setdefault(fact.service, {}).setdefault(fact.server, {})[fact.user] = None
        _welcome(state, StrangerKey(fact.server, fact.user), fact.service)
    return True


def was_heard(state: State, record: AnyRecord) -> bool:
    """Whether the record that was put into the state last has moved anything there.

    Args:
        state: What is known, with the record.
        record: Of the ledger.
    """
    if not isinstance(record, RunBegan | RunPassed | RunEnded) or record.role == SHADOW:
        return True
    return record.run in state.runs or record.run in state.ended


def is_stranger(state: State, fact: OfRun) -> bool:
    """Whether the user of a run is, as things are now, a stranger to its service.

    Args:
        state: What is known.
        fact: About the run.
    """
    return bool(fact.user) and not fact.by_owner and not any(fact.user == user for user in _known(state, fact))


def is_known(state: State, server: str, service: str, user: str) -> bool:
    """Whether a user is known to run a service on a server, or is as good as that, since nobody is.

    Args:
        state: What is known.
        server: Where.
        service: Which one.
        user: Who; empty: it was not told.
    """
    fact = RunBegan(server=server, run_id="", service=service, version="", user=user)
    return not is_stranger(state, fact) or next(_known(state, fact), None) is None


def forget(state: State, server: str, service: str) -> None:
    """Nothing is known any more of a service on a server: neither is who ran it there.

    Args:
        state: What is known; changed in place.
        server: Where.
        service: Which one.
    """
    known = state.speakers.get(service, {})
    known.pop(server, None)
    if not known:
        state.speakers.pop(service, None)


def _may_speak(state: State, fact: OfRun) -> bool:
    if fact.run in state.runs or not is_stranger(state, fact):
        return True
    is_new = fact.service not in state.speakers
    return is_new and isinstance(fact, RunPassed) and fact.role == LIVE and _has_room(state, fact)


def _known(state: State, fact: OfRun) -> Iterator[str]:
    """Who runs a service there; where nobody does yet, who does elsewhere."""
    known = state.speakers.get(fact.service, {})
    for users in (known[fact.server],) if fact.server in known else known.values():
        yield from users


def _has_room(state: State, fact: OfRun) -> bool:
    founded = sum(1 for known in state.speakers.values() if fact.user in known.get(fact.server, ()))
    return founded < FOUNDED


def _welcome(state: State, key: StrangerKey, service: str) -> None:
    """A user is no stranger to a service any more."""
    row = state.strangers.get(key)
    if row is None or service not in row.services:
        return
    del row.services[service]
    if not row.services:
        del state.strangers[key]
    elif row.service == service:
        row.service, row.version = next(reversed(row.services)), ""


def _note_stranger(state: State, fact: OfRun, at_s: float) -> None:
    key = StrangerKey(fact.server, fact.user)
    row = state.strangers.pop(key, None) or Stranger()
    state.strangers[key] = row  # the one that was heard of last stands at the end
    row.runs += isinstance(fact, RunBegan)
    row.failed += isinstance(fact, RunEnded) and fact.outcome == "failure"
    row.service, row.version, row.seen_at_s = fact.service, fact.version, at_s
    row.services.pop(fact.service, None)
    row.services[fact.service] = None
    if len(row.services) > NAMES:
        del row.services[next(iter(row.services))]
    if len(state.strangers) > STRANGERS:
        del state.strangers[next(iter(state.strangers))]
