"""A new life takes its state from the ledger, knows how the last one ended, and when it dies too often."""

import pytest

from canary.judge.state import State
from canary.ledger.store import Ledger
from canary.recollection import CRASHES, CRASHES_WITHIN_S, Recollection, recollect, rules_record
from canary.records import Entry, Led, RulesSet, RunBegan, Started, Stopped
from canary.rules import Rules


def life(*records, every_s=10.0):
    return Recollection(State(), [Entry(at + 1, at * every_s, 0.0, record) for at, record in enumerate(records)])


def started(*, was_clean):
    return Started(release="1", boot_id="b", was_clean=was_clean)


@pytest.mark.parametrize(
    ("records", "was_clean"),
    [
        ((), True),
        ((started(was_clean=True), Stopped()), True),
        ((started(was_clean=True), Led(leader="a", term=1)), False),
    ],
)
def test_how_the_last_life_ended(records, was_clean):
    assert life(*records).was_clean is was_clean


def test_who_dies_again_and_again_is_in_a_loop():
    unclean = [started(was_clean=False)] * (CRASHES - 1)
    assert life(*unclean).is_crash_loop(30.0), "this start is one more"
    assert not life(*unclean, Stopped()).is_crash_loop(40.0)
    assert not life(*unclean[1:]).is_crash_loop(30.0)
    assert not life(*unclean).is_crash_loop(CRASHES_WITHIN_S + 60.0)


def test_only_facts_are_told_again():
    fact = RunBegan(server="alpha", run_id="r1", service="ping")
    assert life(started(was_clean=True), fact).facts() == [(10.0, fact)]


def test_rules_are_told_when_they_are_others():
    (record,) = rules_record(Rules(), "")
    assert isinstance(record, RulesSet)
    assert rules_record(Rules(), record.revision) == []
    assert rules_record(Rules(merge_s=1.0), record.revision) != []


async def test_a_ledger_is_folded(tmp_path):
    with Ledger.open(tmp_path / "canary.db") as ledger:
        await ledger.append([started(was_clean=True), Led(leader="alpha", term=4), Stopped()])
        recollection = recollect(ledger)
    assert (recollection.state.leader, recollection.state.term, recollection.state.seq) == ("alpha", 4, 3)
    assert [entry.seq for entry in recollection.recent] == [1, 2, 3]
    assert recollection.was_clean
