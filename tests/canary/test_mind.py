"""What happened is kept, then applied, then judged; what cannot be kept did not happen, nor is it decided."""

import asyncio

import msgspec
import pytest

from canary.judge.state import State
from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.records import CellMoved, Entry, RunBegan, RunEnded, VersionJudged
from canary.rules import CapSettings, RuleASettings, RuleDSettings, Rules

LOOSE = CapSettings(min_routable=0, routable_share=0.0)
RULES = Rules(mode="enforce", a=RuleASettings(failures=2, span_s=0.0))


class Shelf:
    """A ledger in memory, that may be full."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.takes = 10**9
        """How many more appends succeed."""
        self.is_silent = False
        """It keeps what it is given, and does not say so."""

    async def append(self, records):
        if not self.takes:
            raise LedgerError("shelf", "it is full")
        self.takes -= 1
        first = len(self.kept) + 1
        new = [Entry(first + at, float(first + at), 0.0, record) for at, record in enumerate(records)]
        self.kept += new
        if self.is_silent:
            raise LedgerError("shelf", "it does not answer")
        return new

    def entries(self, after_seq=0):
        return iter(self.kept[after_seq:])


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def seen():
    return []


async def propose(bodies):
    raise AssertionError(bodies)


@pytest.fixture
def mind(shelf, seen):
    mind = Mind(shelf, State(), RULES, lambda: float(len(shelf.kept)), seen.append, propose)
    mind.me = "alpha"
    return mind


def run(number, what, **more):
    return what(server="alpha", run_id=f"r{number}", service="billing", version="2.0", **more)


def moves(shelf):
    return [(entry.record.old, entry.record.new) for entry in shelf.kept if isinstance(entry.record, CellMoved)]


async def test_what_happened_is_kept_applied_and_judged(mind, shelf, seen):
    await mind.take([run(1, RunBegan)])
    assert moves(shelf) == []
    await mind.look()
    assert moves(shelf) == [("unknown", "observing")]
    assert [entry.seq for entry in seen] == [1, 2]
    assert mind.state.seq == 2


async def test_nameless_it_decides_nothing(mind, shelf):
    mind.me = ""
    await mind.take([run(1, RunBegan)])
    await mind.look()
    assert moves(shelf) == []
    assert mind.next_deadline_s() is None


async def test_what_cannot_be_kept_did_not_happen(mind, shelf, seen):
    shelf.takes = 0
    with pytest.raises(LedgerError):
        await mind.take([run(1, RunBegan)])
    assert (seen, mind.state.cells) == ([], {})


async def test_a_decision_that_cannot_be_kept_is_taken_by_the_next_look(mind, shelf):
    shelf.takes = 1
    await mind.take([run(1, RunBegan), run(1, RunEnded, outcome="failure", cause="CRASH")])
    with pytest.raises(LedgerError):
        await mind.look()
    assert moves(shelf) == []
    shelf.takes = 10
    await mind.look()
    assert moves(shelf)[:2] == [("unknown", "observing"), ("observing", "suspect")]


async def test_two_who_take_at_once_do_not_mix(mind, shelf):
    await asyncio.gather(
        *(
            mind.take([run(number, RunBegan), run(number, RunEnded, outcome="clean", cause="EXIT")])
            for number in range(20)
        )
    )
    ids = [entry.record.run_id for entry in shelf.kept]
    assert ids[::2] == ids[1::2]
    assert [entry.seq for entry in shelf.kept] == list(range(1, 41))


async def test_what_was_kept_without_a_word_has_happened(mind, shelf, seen):
    shelf.is_silent = True
    with pytest.raises(LedgerError):
        await mind.take([run(1, RunBegan)])
    assert seen == []
    shelf.is_silent = False
    await mind.take([run(2, RunBegan)])
    await mind.look()
    assert [entry.seq for entry in seen] == [1, 2, 3]
    assert mind.state.seq == len(shelf.kept)
    assert moves(shelf) == [("unknown", "observing")]


async def test_a_decision_that_was_kept_without_a_word_is_not_taken_again(mind, shelf):
    await mind.take([run(1, RunBegan)])
    shelf.is_silent = True
    with pytest.raises(LedgerError):
        await mind.look()
    shelf.is_silent = False
    await mind.look()
    assert moves(shelf) == [("unknown", "observing")]


async def test_what_happened_before_we_had_a_name_is_judged_then(mind, shelf):
    mind.me = ""
    await mind.take([run(1, RunBegan), run(1, RunEnded, outcome="failure", cause="CRASH")])
    await mind.look()
    mind.me = "alpha"
    await mind.look()
    assert moves(shelf)[:2] == [("unknown", "observing"), ("observing", "suspect")]


async def test_records_are_made_of_the_state_as_it_is_then(mind, shelf):
    async def note_next():
        await mind.take_from(lambda state: [run(state.seq, RunBegan)])

    await asyncio.gather(*(note_next() for _ in range(5)))
    assert [entry.record.run_id for entry in shelf.kept] == ["r0", "r1", "r2", "r3", "r4"]


async def test_what_is_decided_for_the_cluster_is_proposed_and_not_kept(shelf, seen):
    proposed = []

    async def note(bodies):
        proposed.extend(bodies)

    rules = msgspec.structs.replace(RULES, d=RuleDSettings(mode="enforce", version_servers=1), caps=LOOSE)
    mind = Mind(shelf, State(), rules, lambda: float(len(shelf.kept)), seen.append, note)
    mind.me, mind.leads = "alpha", True
    for number in range(3):
        await mind.take([run(number, RunBegan), run(number, RunEnded, outcome="failure", cause="CRASH")])
    await mind.look()
    assert {(body.state, body.rule) for body in proposed} == {("held", "d")}
    assert not any(isinstance(entry.record, VersionJudged) for entry in shelf.kept)
    await mind.take([msgspec.structs.replace(proposed[0], leader="alpha", term=1, number=1)])
    proposed.clear()
    await mind.look()
    assert (list(mind.state.held), proposed) == ([proposed_version(mind)], [])


def proposed_version(mind):
    return next(iter(mind.state.releases))
