"""How long who was wrong has to wait."""

from exporters.web import patience
from exporters.web.patience import FORGIVEN_S, LONGEST_S, Patience


def test_each_wrong_one_doubles_the_wait_up_to_a_bound():
    waiting = Patience()
    waits = []
    for _ in range(7):
        waiting.note_wrong("10.0.0.1", 100.0)
        waits.append(waiting.wait_s("10.0.0.1", 100.0))
    assert waits == [1, 2, 4, 8, 16, LONGEST_S, LONGEST_S]
    assert waiting.wait_s("10.0.0.1", 100.0 + LONGEST_S) == 0
    assert waiting.wait_s("10.0.0.2", 100.0) == 0, "nobody else waits"


def test_what_is_long_ago_is_forgiven():
    waiting = Patience()
    assert [waiting.note_wrong("a", 0.0), waiting.note_wrong("a", FORGIVEN_S - 1)] == [1, 2]
    assert waiting.note_wrong("a", 2 * FORGIVEN_S) == 1


def test_many_wrong_ones_are_only_counted():
    waiting = Patience()
    for _ in range(5000):
        count = waiting.note_wrong("a", 0.0)
    assert (count, waiting.wait_s("a", 0.0)) == (5000, LONGEST_S)


def test_the_table_is_bounded_and_forgets_the_oldest(monkeypatch):
    monkeypatch.setattr(patience, "_ADDRESSES", 3)
    waiting = Patience()
    for address in "abac":
        waiting.note_wrong(address, 0.0)
    waiting.note_wrong("d", 0.0)
    assert len(waiting) == 3
    assert [waiting.wait_s(address, 0.0) for address in "abcd"] == [2, 0, 1, 1]
