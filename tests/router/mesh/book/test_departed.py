import pytest

from communicator.router.mesh.book.departed import Departed

EPOCH_S = 1_800_000_000


@pytest.mark.parametrize(
    ("mark_s", "is_news"),
    [
        (EPOCH_S, True),
        (EPOCH_S - 30 * 86_400 + 1, True),
        (EPOCH_S - 30 * 86_400, False),
        (EPOCH_S + 86_400 - 1, True),
        (EPOCH_S + 86_400, False),
        (0, False),
        (-1, False),
        (10**30, False),
    ],
)
def test_a_mark_is_believed_for_thirty_days_unless_a_wrong_clock_made_it(mark_s, is_news):
    departed = Departed(10)
    assert departed.news({"a": mark_s}, EPOCH_S) == ({"a": mark_s} if is_news else {})
    departed.forget("a", mark_s)
    departed.news({}, EPOCH_S)
    assert ("a" in departed.marks) is is_news


def test_only_a_later_mark_is_news():
    departed = Departed(10)
    departed.forget("a", EPOCH_S)
    assert [bool(departed.news({"a": EPOCH_S + more_s}, EPOCH_S)) for more_s in (-1, 0, 1)] == [False, False, True]
    departed.lift("a")
    assert dict(departed.marks) == {}
    assert [bool(departed.news({"a": EPOCH_S + more_s}, EPOCH_S)) for more_s in (-1, 0, 1)] == [False, False, True]


def test_marks_are_bounded_and_the_oldest_give_way():
    departed = Departed(3)
    for number in (5, 1, 4, 2, 3):
        departed.forget(f"a{number}", EPOCH_S + number)
    assert set(departed.marks) == {"a5", "a4", "a3"}
    for number in range(100):
        departed.forget("b", EPOCH_S + 10 + number)
        departed.lift("b")
        departed.forget(f"c{number}", EPOCH_S + 10 + number)
        departed.lift(f"c{number}")
    assert len(departed._lifted) == 3


def test_the_oldest_of_many_marks_give_way_together():
    departed, sizes = Departed(80), []
    for number in range(200):
        departed.forget(f"a{number}", EPOCH_S + number)
        sizes.append(len(departed.marks))
    assert (max(sizes), sizes.count(80)) == (90, 11)
    assert {*departed.marks} >= {f"a{number}" for number in range(120, 200)}


def test_marks_cannot_be_changed_from_outside():
    with pytest.raises(TypeError):
        Departed(3).marks["a"] = 1


def test_a_replaced_address_is_held_for_a_day():
    departed = Departed(2)
    departed.replace("a", 100.0)
    assert [departed.holds("a", now_s) for now_s in (100.0, 86_499.0, 86_500.0)] == [True, True, False]
    assert not departed.holds("b", 100.0)
    departed.replace("b", 100.0)
    departed.lift("b")
    departed.lift("b")
    assert not departed.holds("b", 100.0)


def test_replaced_addresses_are_bounded_and_the_oldest_give_way():
    departed = Departed(2)
    for address in "abca":
        departed.replace(address, 0.0)
    assert [departed.holds(address, 1.0) for address in "abc"] == [True, False, True]
