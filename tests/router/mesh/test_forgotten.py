import pytest

from communicator.router.mesh.forgotten import Forgotten, Replaced

NOW_S = 1_800_000_000
DAY_S = 86_400


@pytest.mark.parametrize(
    ("mark_s", "is_news"),
    [
        (NOW_S, True),
        (NOW_S - 30 * DAY_S + 1, True),
        (NOW_S - 30 * DAY_S, False),
        (NOW_S + DAY_S - 1, True),
        (NOW_S + DAY_S, False),
        (0, False),
        (-1, False),
        (10**30, False),
    ],
)
def test_a_mark_is_believed_for_thirty_days_unless_a_wrong_clock_made_it(mark_s, is_news):
    forgotten = Forgotten(10)
    assert forgotten.is_news("a", mark_s, NOW_S) is is_news
    forgotten.mark("a", mark_s)
    forgotten.expire(NOW_S)
    assert ("a" in forgotten.marks) is is_news


def test_only_a_later_mark_is_news():
    forgotten = Forgotten(10)
    forgotten.mark("a", NOW_S)
    assert [forgotten.is_news("a", NOW_S + more_s, NOW_S) for more_s in (-1, 0, 1)] == [False, False, True]
    forgotten.lift("a")
    assert dict(forgotten.marks) == {}
    assert [forgotten.is_news("a", NOW_S + more_s, NOW_S) for more_s in (-1, 0, 1)] == [False, False, True]


def test_marks_are_bounded_and_the_oldest_give_way():
    forgotten = Forgotten(3)
    for number in (5, 1, 4, 2, 3):
        forgotten.mark(f"a{number}", NOW_S + number)
    assert set(forgotten.marks) == {"a5", "a4", "a3"}
    for number in range(100):
        forgotten.mark("b", NOW_S + 10 + number)
        forgotten.lift("b")
        forgotten.mark(f"c{number}", NOW_S + 10 + number)
        forgotten.lift(f"c{number}")
    assert len(forgotten._lifted) == 3


def test_marks_cannot_be_changed_from_outside():
    with pytest.raises(TypeError):
        Forgotten(3).marks["a"] = 1


def test_a_replaced_address_is_held_for_a_day():
    replaced = Replaced(2)
    replaced.add("a", 100.0)
    assert [replaced.holds("a", now_s) for now_s in (100.0, 86_499.0, 86_500.0)] == [True, True, False]
    assert not replaced.holds("b", 100.0)
    replaced.add("b", 100.0)
    replaced.lift("b")
    replaced.lift("b")
    assert not replaced.holds("b", 100.0)


def test_replaced_addresses_are_bounded_and_the_oldest_give_way():
    replaced = Replaced(2)
    for address in "abca":
        replaced.add(address, 0.0)
    assert [replaced.holds(address, 1.0) for address in "abc"] == [True, False, True]
