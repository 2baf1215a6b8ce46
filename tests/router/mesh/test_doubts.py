import pytest

from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.doubts import ANSWER_S, COMPARE_AFTER_S, CONTRADICTED_SPAN_S, LOOK_S, Doubts
from communicator.router.vocabulary.records import LINKS, LinksState, Record, ServicesState

NOW_S = 100.0


def word(sequence=1, part=LINKS, server="beta", started=50):
    state = LinksState("10.0.0.1:4042", secure=False) if part == LINKS else ServicesState()
    return Record(server, "b1", started, part, sequence, state)


@pytest.fixture
def doubts():
    deadlines = Deadlines()
    return Doubts(deadlines.add("doubts"), deadlines.add("compare"))


def test_the_last_word_of_each_link_is_kept_and_links_come_first(doubts):
    doubts.add(1, word(1, "3"), NOW_S)
    doubts.add(1, word(5), NOW_S)
    doubts.add(1, word(6), NOW_S)
    doubts.add(2, word(7), NOW_S)
    assert [(doubt.link, doubt.record) for doubt in doubts] == [(1, word(6)), (2, word(7)), (1, word(1, "3"))]
    doubts.left(1)
    assert [doubt.link for doubt in doubts] == [2]


def test_they_are_looked_at_soon_and_again_when_the_answer_is_due(doubts):
    doubt = doubts.add(1, word(), NOW_S)
    assert doubts.due.at_s == NOW_S + LOOK_S
    assert doubts.add(1, word(), NOW_S) is None
    doubts.settle(NOW_S + LOOK_S)
    assert doubts.due.at_s == NOW_S + ANSWER_S
    doubt.is_answered = True
    doubts.settle(NOW_S + ANSWER_S)
    assert doubts.due.at_s is None


def test_the_same_word_is_worth_another_answer_after_a_while(doubts):
    doubts.add(1, word(), NOW_S).is_answered = True
    assert doubts.add(1, word(), NOW_S + 1.9 * ANSWER_S) is None
    assert doubts.add(1, word(), NOW_S + 2.0 * ANSWER_S) is not None


def test_whoever_tells_what_we_have_is_not_doubted_any_more(doubts):
    doubts.add(1, word(5), NOW_S)
    doubts.add(2, word(5), NOW_S)
    doubts.drop(1, word(6))
    doubts.drop(3, word(6))
    assert [doubt.link for doubt in doubts] == [2]


@pytest.mark.parametrize(
    ("ours", "is_kept"),
    [(word(6), False), (word(5), False), (word(4), True), (word(1, started=51), False), (word(9, "3"), True)],
)
def test_what_is_older_than_what_all_others_hear_of_now_is_outdated(doubts, ours, is_kept):
    doubts.add(1, word(5), NOW_S)
    doubts.outdated(ours)
    assert bool(list(doubts)) == is_kept


def test_after_a_contradiction_neighbors_are_asked_and_again_when_the_ways_change(doubts):
    doubts.ways_changed(NOW_S)
    assert doubts.compare.at_s is None
    doubts.contradicted(NOW_S)
    doubts.contradicted(NOW_S + 1)
    assert doubts.compare.at_s == NOW_S + COMPARE_AFTER_S
    doubts.compare.set(None)
    doubts.ways_changed(NOW_S + CONTRADICTED_SPAN_S)
    assert doubts.compare.at_s == NOW_S + CONTRADICTED_SPAN_S + COMPARE_AFTER_S
    doubts.compare.set(None)
    doubts.ways_changed(NOW_S + 1 + CONTRADICTED_SPAN_S)
    assert doubts.compare.at_s is None


def test_two_words_of_one_life_are_compared_once(doubts):
    doubts.compare_soon(NOW_S)
    doubts.compare_soon(NOW_S + 1)
    assert doubts.compare.at_s == NOW_S + COMPARE_AFTER_S
    doubts.compare.set(None)
    doubts.ways_changed(NOW_S + COMPARE_AFTER_S)
    assert doubts.compare.at_s is None
