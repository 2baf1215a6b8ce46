from hypothesis import given
from hypothesis import strategies as st

from communicator.router.mesh.received import WINDOW_S, Received


def test_a_copy_is_known_as_one_for_two_minutes():
    seen = Received()
    assert seen.is_new("a", 0.0)
    assert not seen.is_new("a", WINDOW_S - 0.1)
    assert seen.holds("a", WINDOW_S - 0.1)
    assert not seen.holds("a", WINDOW_S)
    assert seen.is_new("a", WINDOW_S)


def test_asking_is_not_remembering():
    seen = Received()
    assert not seen.holds("a", 0.0)
    assert seen.is_new("a", 0.0)


def test_the_oldest_are_forgotten_first():
    seen = Received(kept=3)
    assert [seen.is_new(one, 0.0) for one in "abcdb"] == [True, True, True, True, False]
    assert len(seen) == 3
    assert seen.is_new("a", 0.0)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 30)), max_size=50))
def test_it_agrees_with_a_plain_list_of_what_came_when(steps):
    seen, came, now_s = Received(window_s=60), {}, 0.0
    for number, passes_s in steps:
        now_s += passes_s
        expected = number not in came or came[number] + 60 <= now_s
        assert seen.is_new(str(number), now_s) is expected
        if expected:
            came[number] = now_s
        assert len(seen) <= 6
