"""Facts in the manner of real services, and a court that tells its verdicts in short."""

import math
from collections.abc import Iterable, Iterator

import msgspec

from canary.judge.decide import next_deadline_s
from canary.records import (
    Actor,
    AnyRecord,
    CellMoved,
    Entry,
    Frozen,
    Overridden,
    Pardoned,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    ServerJudged,
    VersionJudged,
)
from canary.rules import Rules
from tests.canary.simulation.court import Court

Fact = tuple[float, AnyRecord]

CURVE = (1, 2, 4, 8, 16, 32, 60)
"""Seconds before each restart, as with the drop-in of deploy/."""
MOMENT_S = 1e-6
ZERO_S = 1000.0
"""Where a story begins on the ledger's clock: what was there before can have become good."""
ACTOR = Actor(user="root", server="alpha")
EXACT = {"probes": {"jitter": 0}, "d": {"mode": "enforce"}}


class Trial(Court):
    """Judges of some servers, of which the first leads if any does; what it wrote can be read again."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.entries: list[Entry] = []

    def _write(self, at_s: float, record: AnyRecord) -> Entry:
        """The wall clock is an hour ahead, and then an hour behind, every now and then."""
        entry = super()._write(at_s, record)
        self.entries.append(entry._replace(wall_s=at_s + 3600 * math.sin(at_s)))
        return self.entries[-1]

    def wait(self, until_s: float) -> None:
        after_s = -math.inf
        while True:
            due = [
                at_s
                for me in self.servers
                if (at_s := next_deadline_s(self.state, self.rules, me, self._leads(me), after_s)) is not None
            ]
            after_s = max(self.state.now_s, min(due, default=math.inf))
            if after_s >= until_s:
                return
            self._decide(after_s, None)

    def _decide(self, now_s: float, trigger: Entry | None) -> None:
        """What one judge decides, the others hear of."""
        for _ in range(100):
            known = self.state.seq
            super()._decide(now_s, trigger)
            if self.state.seq == known:
                return
        raise AssertionError("the judges never come to an end")

    def play(self, facts: Iterable[Fact], until_s: float | None = None) -> "Trial":
        """Tell facts in the order of their times, which count from the beginning of the story, and wait."""
        last_s = -ZERO_S
        for at_s, fact in sorted(facts, key=lambda fact: fact[0]):
            self.tell(at_s + ZERO_S, fact)
            last_s = at_s
        self.wait(ZERO_S + (last_s + MOMENT_S if until_s is None else until_s))
        return self

    def cell(self, server="alpha", service="fluid", version="2", build=""):
        return self.state.cells[(server, service, version, build)]

    def verdicts(self) -> list[str]:
        """What was decided against a version or a server, or no longer; not what is merely on its way."""
        return [text for at_s, record in self.decided if (text := told(at_s - ZERO_S, record))]

    def moves(self, *key: str) -> list[str]:
        """The states of a cell, one after the other."""
        own = [record for _, record in self.decided if isinstance(record, CellMoved) and record.key[: len(key)] == key]
        return [record.new for record in own if record.mode == "enforced"]

    def excuses(self) -> list[str]:
        return [record.excuse for _, record in self.decided if isinstance(record, RunExcused)]


def told(at_s: float, record: AnyRecord) -> str:
    match record:
        case CellMoved(rule="run" | "time", needs_human=False):
            return ""
        case CellMoved():
            what = f"{record.server}/{record.service}/{record.version} {record.new} {record.rule}"
        case VersionJudged():
            what = f"{record.service}/{record.version} {record.state} {record.rule}"
        case ServerJudged():
            what = f"{record.server} {record.state} d"
        case Frozen():
            return f"{at_s:.0f} {record.scope} {'frozen' if record.is_on else 'thawed'}"
        case _:
            return ""
    hindered = getattr(record, "suppressed_by", "") or ("dry_run" if record.mode == "detected" else "")
    return f"{at_s:.0f} {what}" + (f" ({hindered})" if hindered else "")


def began(at_s, run_id, server="alpha", service="fluid", version="2", **more) -> Fact:
    return at_s, RunBegan(server=server, run_id=run_id, service=service, version=version, **more)


def passed(at_s, run_id, server="alpha", service="fluid", version="2", **more) -> Fact:
    more.setdefault("lasted_s", 60.0)
    return at_s, RunPassed(server=server, run_id=run_id, service=service, version=version, **more)


def ended(
    at_s, run_id, outcome="failure", cause="CRASH", *, server="alpha", service="fluid", version="2", **more
) -> Fact:
    return at_s, RunEnded(
        server=server, run_id=run_id, service=service, version=version, outcome=outcome, cause=cause, **more
    )


def works(at_s, server="alpha", service="fluid", version="1", until_s=None, **more) -> Iterator[Fact]:
    """A run that goes on, or ends in good order."""
    run_id = f"{server}/{service}/{version}@{at_s}"
    who = {"server": server, "service": service, "version": version}
    yield began(at_s, run_id, **who, **more)
    yield passed(at_s + 60, run_id, **who, role=more.get("role", "live"))
    if until_s is not None:
        yield ended(until_s, run_id, "clean", "UNREGISTER", **who)


def crashes(
    at_s,
    server="alpha",
    service="fluid",
    version="2",
    *,
    times=9,
    lasts_s=0.0,
    delays=CURVE,
    cause="CRASH",
    build="",
    **more,
) -> Iterator[Fact]:
    """A service that its supervisor starts again and again; it dies each time."""
    who = {"server": server, "service": service, "version": version, "build": build, "role": more.pop("role", "live")}
    config_hash = more.pop("config_hash", "")
    for number in range(times):
        run_id = f"{server}/{service}/{version}/{build}@{at_s:g}"
        yield began(at_s, run_id, **who, config_hash=config_hash)
        if lasts_s >= 60:
            yield passed(at_s + 60, run_id, **who)
        at_s += lasts_s
        yield ended(at_s, run_id, cause=cause, lasted_s=lasts_s, **who, **more)
        at_s += delays[min(number, len(delays) - 1)]


def probe_fails(at_s, lasts_s=0.0, **who) -> Iterator[Fact]:
    return crashes(at_s, times=1, lasts_s=lasts_s, role="probe", **who)


def good(server="alpha", service="fluid", version="1", at_s=-ZERO_S) -> Iterator[Fact]:
    """A version that has been good there since before the beginning."""
    return works(at_s, server, service, version)


def ordered(at_s, action, until_s, *, server="*", service="fluid", version="2", build="*", number=1, over=()) -> Fact:
    return at_s, Overridden(
        number=number,
        order=f"order {number}",
        over=tuple(f"order {block}" for block in over),
        action=action,
        server=server,
        service=service,
        version=version,
        build=build,
        reason="told so",
        actor=ACTOR,
        until_at_s=until_s + ZERO_S,
    )


def pardoned(at_s, server="*", service="fluid", version="2") -> Fact:
    return at_s, Pardoned(server=server, service=service, version=version, reason="fixed", actor=ACTOR)


def rules(**tables) -> Rules:
    """The default rules without jitter, some tables with other values; rule D enforces."""
    return msgspec.convert({**EXACT, **tables}, Rules)
