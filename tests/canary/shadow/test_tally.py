"""Counts of what differs, what is noise, and what is told apart within bounds."""

import pytest

from canary.shadow.paths import OTHER
from canary.shadow.tally import COMMANDS, ENOUGH, PATHS, PATHS_OF_COMMAND, SHAPED, SHAPES, Manner, Tally


def tally(*ignored):
    return Tally(Manner(lambda _path, value: f"<{value}>", lambda path: path in ignored))


def differ(*paths):
    return dict.fromkeys(paths, ("one", "other"))


def rows(found, now_s=0.0):
    return {row.path: row for row in found.differences(now_s)}


def test_pairs_match_or_differ():
    found = tally()
    found.note("C", {}, 0.0, is_alone=True)
    found.note("C", differ("C.a", "C.b"), 0.0, is_alone=True)
    found.note("D", differ("D.a"), 0.0, is_alone=True)
    assert (found.pairs, found.differing) == (3, 2)
    counts = {path: (row.compared, row.differing) for path, row in rows(found).items()}
    assert counts == {"C.a": (2, 1), "C.b": (2, 1), "D.a": (1, 1)}


def test_a_declared_path_is_counted_and_is_neither_news_nor_evidence():
    found = tally("C.at")
    for _ in range(100):
        found.note("C", differ("C.at"), 0.0, is_alone=True)
    row = rows(found)["C.at"]
    assert (row.differing, row.is_ignored, row.is_news) == (100, True, False)
    assert (found.differing, found.suspicion.log10_e) == (0, 0.0)
    assert not found.is_unexplained("C")


def test_what_the_primary_does_too_explains_pairs_that_were_counted_before():
    found = tally()
    for _ in range(ENOUGH):
        shadow = found.note("C", differ("C.at"), 0.0, is_alone=False)
    assert (found.differing, found.is_unexplained("C")) == (ENOUGH, True)
    for _ in range(ENOUGH):
        found.note_noise("C", shadow, ["C.at"])
    assert (found.differing, found.is_unexplained("C")) == (0, False)
    found.note("C", differ("C.at", "C.a"), 0.0, is_alone=False)
    assert found.differing == 1


@pytest.mark.parametrize(
    ("shadow", "pairs", "noise", "compared", "is_news"),
    [
        (4, 1_000, 0, 1_000, False),
        (5, 1_000, 0, 1_000, True),
        (160, 1_000, 100, 1_000, True),
        (1, 10_000, 0, 10_000, False),
        (10, 100, 10, 100, False),
        (14, 100, 10, 100, False),
        (16, 100, 10, 100, False),
        (10, 100, 20, 100, False),
        (5, 10, 0, ENOUGH - 1, False),
        (5, 10, 0, ENOUGH, True),
    ],
)
def test_news_is_more_than_the_noise(shadow, pairs, noise, compared, is_news):
    found = tally()
    for number in range(pairs):
        found.note("C", differ("C.a") if number < shadow else {}, 0.0, is_alone=False)
    for number in range(compared):
        found.note_noise("C", frozenset(), ["C.a"] if number < noise else [])
    assert rows(found)["C.a"].is_news is is_news


def test_where_no_second_reply_will_come_one_difference_is_news():
    found = tally()
    found.note("C", differ("C.a"), 0.0, is_alone=True)
    assert rows(found)["C.a"].is_news


def test_nothing_is_tested_until_a_second_reply_comes():
    found = tally()
    assert found.is_tested
    shadow = found.note("C", differ("C.a"), 0.0, is_alone=False)
    assert not found.is_tested
    found.note_noise("C", shadow, [])
    assert found.is_tested


def test_the_newest_example_is_kept_and_when_it_was():
    found = tally()
    for at_s, sides in ((0.0, ("a", "b")), (0.5, ("c", "d")), (1.0, ("e", "f"))):
        found.note("C", {"C.a": sides}, at_s, is_alone=True)
        row = rows(found, 3.0)["C.a"]
    assert (row.example, row.last_ago_s) == (("<e>", "<f>"), 2.0)


def test_paths_of_a_command_beyond_the_bound_are_one():
    found = tally()
    names = [f"C.{number}" for number in range(PATHS_OF_COMMAND + 5)]
    assert found.note("C", differ(*names), 0.0, is_alone=True) == {*names[:PATHS_OF_COMMAND], f"C.{OTHER}"}
    assert len(rows(found)) == PATHS_OF_COMMAND + 1
    assert found.note("C", differ(names[-1]), 0.0, is_alone=True) == {f"C.{OTHER}"}
    assert rows(found)[f"C.{OTHER}"].differing == 2


def test_commands_and_paths_beyond_the_bound_are_one():
    found = tally()
    for number in range(COMMANDS + 50):
        found.note(f"C{number}", differ(*(f"C{number}.{each}" for each in range(20))), 0.0, is_alone=True)
    shown = rows(found)
    assert PATHS <= len(shown) <= PATHS + COMMANDS + 1
    assert shown[f"{OTHER}.{OTHER}"].differing == 50


def test_sets_of_paths_beyond_the_bound_are_counted_by_what_they_tell():
    found = tally("C.ignored")
    for number in range(SHAPES + 10):
        paths = [f"C.{bit}" for bit in range(11) if (number + 1) >> bit & 1]
        found.note("C", differ("C.ignored", *paths), 0.0, is_alone=True)
    assert found.differing == SHAPES + 10
    assert len(found._shapes) <= SHAPES + 11


def test_a_look_goes_through_few_paths_however_many_differ_in_each_pair():
    found = tally()
    paths = [f"C.{number:03}" for number in range(PATHS_OF_COMMAND)]
    for left_out in paths:
        found.note("C", differ(*(path for path in paths if path != left_out)), 0.0, is_alone=True)
    assert found.differing == len(paths)
    assert sum(map(len, found._shapes)) <= SHAPED + PATHS_OF_COMMAND < PATHS_OF_COMMAND**2
