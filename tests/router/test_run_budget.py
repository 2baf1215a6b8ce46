import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.answers.services import Role
from communicator.router.cores.deadlines import Deadlines
from communicator.router.cores.run_budget import ACCOUNTS, BURST, PER_S, SUM_S, TICK_S, RunBudget, Sum
from communicator.router.vocabulary.registry import Registration


def run(number, service="svc_a"):
    return Registration(service=service, role=Role.LIVE, run_id=f"{service}-{number}", up_since_s=0)


def storm(budget, runs, now_s, service="svc_a"):
    """So many runs begin and end at one moment; gives how many of them are told."""
    told = 0
    for number in range(runs):
        began = budget.begin(run(number, service), now_s)
        assert budget.end(run(number, service), "lost", now_s) is began
        told += began
    return told


def due(budget, now_s):
    return list(budget.take_due(now_s))


def test_runs_within_the_budget_are_told_and_nothing_is_due():
    budget = RunBudget(Deadlines().add("runs"))
    assert storm(budget, BURST, 0.0) == BURST
    assert budget.due.at_s is None


def test_further_runs_are_summed_up_and_time_makes_room():
    budget = RunBudget(Deadlines().add("runs"))
    assert storm(budget, BURST + 7, 0.0) == BURST
    assert storm(budget, 30, 2.0) == 2 * PER_S
    assert budget.due.at_s == TICK_S
    assert due(budget, TICK_S) == []
    assert budget.due.at_s == 2 * TICK_S
    assert due(budget, SUM_S) == [Sum(run(29), "lost", 17)]
    assert budget.due.at_s is None
    assert due(budget, SUM_S + 1) == []


def test_of_each_service_as_many_are_told_whatever_the_others_do():
    budget = RunBudget(Deadlines().add("runs"))
    assert [storm(budget, 1000, 0.0, name) for name in ("svc_a", "svc_b")] == [BURST] * 2


def test_a_run_that_goes_on_is_told_later_and_so_is_its_end():
    budget = RunBudget(Deadlines().add("runs"))
    storm(budget, BURST, 0.0)
    assert not budget.begin(run("stays"), 0.0)
    assert due(budget, TICK_S / 2) == []
    assert due(budget, TICK_S) == [run("stays")]
    assert budget.end(run("stays"), "unregister", 9.0)
    assert due(budget, 99.0) == []


def test_what_goes_on_is_told_before_what_has_just_begun():
    """Else one that lasts would never be told while others come and go."""
    budget = RunBudget(Deadlines().add("runs"))
    storm(budget, BURST, 0.0)
    assert not budget.begin(run("stays"), 0.0)
    assert not budget.begin(run("new"), 50.0)
    assert due(budget, 50.0) == [run("stays"), run("new")]


def test_of_many_that_go_on_as_many_are_told_at_a_time_as_the_budget_has():
    budget = RunBudget(Deadlines().add("runs"))
    begun = sum(budget.begin(run(number), 0.0) for number in range(BURST + 25))
    told = [len(due(budget, second * TICK_S)) for second in range(1, 5)]
    assert (begun, told) == (BURST, [10, 10, 5, 0])


def test_what_is_refused_takes_nothing_from_what_runs():
    budget = RunBudget(Deadlines().add("runs"))
    refused = [budget.refuse(run(number), "blocked", 0.0) for number in range(BURST + 3)]
    assert refused.count(True) == BURST
    assert budget.begin(run("stays"), 0.0)
    assert due(budget, SUM_S) == [Sum(run(BURST + 2), "blocked", 3)]


def test_who_has_been_told_all_is_not_told_again():
    budget = RunBudget(Deadlines().add("runs"))
    storm(budget, BURST, 0.0)
    budget.begin(run("stays"), 0.0)
    budget.told_all()
    assert due(budget, TICK_S) == []
    assert budget.end(run("stays"), "lost", 9.0)


def test_one_that_began_before_there_was_an_account_ends_as_one_that_was_told():
    assert RunBudget(Deadlines().add("runs")).end(run("stays"), "lost", 9.0)


def test_services_that_come_once_are_forgotten_and_those_that_wait_are_not():
    budget = RunBudget(Deadlines().add("runs"))
    storm(budget, BURST + 1, 0.0, "stormy")
    for number in range(3 * ACCOUNTS):
        storm(budget, 1, number * 1.0, f"svc_{number}")
    assert len(budget._accounts) <= ACCOUNTS + 1
    assert due(budget, 3.0 * ACCOUNTS) == [Sum(run(BURST, "stormy"), "lost", 1)]


steps = st.lists(st.tuples(st.sampled_from(("begin", "end", "wait")), st.integers(0, 4)), max_size=60)


@given(steps, st.integers(0, 110))
def test_every_run_is_told_or_counted_once(steps, before):
    """By the end: as one that began and ended, as one that goes on, or in a sum."""
    budget, now_s, living, told, ended = RunBudget(Deadlines().add("runs")), 0.0, {}, [], 0
    storm(budget, before, now_s)
    sums = max(0, before - BURST)
    summed = 0
    serial = 0
    for what, number in steps:
        if what == "begin" and number not in living:
            serial += 1
            living[number] = one = run(f"x{serial}")
            told += [one] if budget.begin(one, now_s) else []
        elif what == "end" and number in living:
            one = living.pop(number)
            ended += 1
            is_told = budget.end(one, "lost", now_s)
            assert is_told is (one in told)
            sums += not is_told
        else:
            now_s += number * 0.5
            for untold in budget.take_due(now_s):
                if isinstance(untold, Sum):
                    summed += untold.runs
                else:
                    assert untold in living.values()
                    told.append(untold)
    while budget.due.at_s is not None:
        now_s = budget.due.at_s
        for untold in budget.take_due(now_s):
            summed += untold.runs if isinstance(untold, Sum) else 0
            told += [] if isinstance(untold, Sum) else [untold]
    assert summed == sums
    assert len(told) == len({one.run_id for one in told})
    assert all(one in told for one in living.values())


@pytest.mark.parametrize("seconds", [1, 10, 60])
def test_a_storm_that_lasts_is_told_at_the_rate_of_the_budget(seconds):
    budget, told = RunBudget(Deadlines().add("runs")), 0
    for tenth in range(seconds * 10):
        told += storm(budget, 50, tenth / 10)
        told += sum(not isinstance(one, Sum) for one in budget.take_due(tenth / 10))
    assert BURST + PER_S * (seconds - 1) <= told <= BURST + PER_S * seconds
