"""Mutations change bytes, the same way for the same seed."""

from fuzz.corpus import SHARDS
from fuzz.doors import harmless
from fuzz.mutation import MUTATIONS, case_random, mutate, random_bytes, split

LINE = b"<alpha:lock beta:db/PING a=1;b=2"


def test_a_case_can_be_repeated():
    for case in range(200):
        once, again = case_random(5, case), case_random(5, case)
        assert mutate(once, LINE, SHARDS) == mutate(again, LINE, SHARDS)
        assert random_bytes(once, 50) == random_bytes(again, 50)


def test_cases_and_seeds_differ():
    outcomes = {mutate(case_random(seed, case), LINE, SHARDS) for seed in range(2) for case in range(100)}
    assert len(outcomes) > 150


def test_every_mutation_changes_something_and_bears_empty_input():
    for mutation in MUTATIONS:
        assert any(mutation(case_random(1, case), LINE, SHARDS) != LINE for case in range(50)), mutation
        mutation(case_random(1, 0), b"", SHARDS)


def test_pieces_make_the_whole_again():
    for case in range(100):
        pieces = split(case_random(1, case), LINE, 7)
        assert len(pieces) == 7
        assert b"".join(pieces) == LINE


def test_what_would_end_the_router_is_not_sent():
    assert harmless(b"STOP\nx/SHUTDOWN a=RESTART\nALIVE\n") == b"stop\nx/shutdown a=restart\nALIVE\n"
