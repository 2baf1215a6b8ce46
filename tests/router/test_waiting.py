import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.cores.deadlines import Deadlines
from communicator.router.cores.waiting import DEAD_PLANS, Waiter, Waiting


def line(size, sender="bob"):
    return Waiter(b"x" * size, sender)


def test_what_does_not_fit_is_not_taken():
    waiting = Waiting(2, 100, Deadlines().add("lines"))
    assert waiting.add("a", line(60), 0.0)
    assert not waiting.add("b", line(41), 0.0)
    assert waiting.add("c", line(40, "eve"), 0.0)
    assert not waiting.add("d", line(0), 0.0)
    waiting.take("a")
    assert (len(waiting), waiting.bytes.taken) == (1, 40)
    assert waiting.find("a") is None
    assert waiting.find("c") is not None
    with pytest.raises(KeyError):
        waiting.take("never heard of")


def test_one_sender_leaves_room_for_others():
    waiting = Waiting(100, 10_000, Deadlines().add("lines"))
    taken = [waiting.add(f"b{number}", line(1), 0.0) for number in range(100)]
    assert taken.count(True) == 51
    assert waiting.add("e", line(1, "eve"), 0.0)


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "due"]), st.integers(0, 9), st.floats(0, 5)), max_size=60))
def test_whatever_happens_it_is_known_what_waits_and_when_it_is_due(steps):
    waiting, now_s, known = Waiting(6, 60, Deadlines().add("lines")), 0.0, set()
    for what, number, passes_s in steps:
        now_s += passes_s
        identity = f"i{number}"
        if what == "add" and identity not in known and waiting.add(identity, line(10), now_s + 1.0):
            known.add(identity)
        elif what == "take" and identity in known:
            assert waiting.take(identity) is not None
            known.discard(identity)
        elif what == "due":
            for one, _ in waiting.take_due(now_s):
                assert one in known
                waiting.plan(one, now_s + 1.0)
            assert waiting.due.at_s is None or waiting.due.at_s > now_s
        assert len(waiting) == len(known) <= 6
        assert waiting.bytes.taken == 10 * len(known)
        assert (waiting.due.at_s is None) == (not known)


def test_times_of_lines_that_wait_no_longer_do_not_pile_up():
    waiting = Waiting(10, 1000, Deadlines().add("lines"))
    waiting.add("first", line(1), 1.0)
    for number in range(1000):
        waiting.add(number, line(1), 1e9)
        waiting.take(number)
    assert len(waiting._plans) <= DEAD_PLANS + 2
    assert waiting.due.at_s == 1.0


def test_other_bounds_hold_for_those_who_come():
    waiting = Waiting(10, 1000, Deadlines().add("lines"))
    waiting.add("a", line(1), 1.0)
    waiting.resize(1, 1000)
    assert not waiting.add("b", line(1, "eve"), 1.0)
    assert waiting.find("a") is not None
