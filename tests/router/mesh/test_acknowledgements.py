from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import Message
from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.acknowledgements import GIVE_UP_AFTER_S, Acknowledgements, Pending
from communicator.router.vocabulary.envelope import own_envelope
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link

ENVELOPE = own_envelope(Link(1, LinkKind.UNIX, "x"), Message("PING"))


def pending(now_s=0.0, size=10, sender="bob"):
    return Pending(ENVELOPE, "b", b"x" * size, sender, now_s + GIVE_UP_AFTER_S)


def test_waits_double_up_to_ten_seconds_and_end_with_the_minute():
    waiting = Acknowledgements(10, 1000, Deadlines().add("acknowledgements"))
    assert waiting.add("i", pending(), 0.0)
    times = []
    while len(waiting):
        times.append(waiting.due.at_s)
        [(identity, one)] = waiting.take_due(waiting.due.at_s)
        if one.give_up_s <= times[-1]:
            waiting.take(identity)
    assert times == [1.0, 3.0, 7.0, 15.0, 25.0, 35.0, 45.0, 55.0, 60.0]
    assert waiting.due.at_s is None


def test_what_does_not_fit_is_not_taken():
    waiting = Acknowledgements(2, 100, Deadlines().add("acknowledgements"))
    assert waiting.add("a", pending(size=60), 0.0)
    assert not waiting.add("b", pending(size=41), 0.0)
    assert waiting.add("c", pending(size=40, sender="eve"), 0.0)
    assert not waiting.add("d", pending(size=0), 0.0)
    waiting.take("a")
    assert (len(waiting), waiting.byte_shares.taken) == (1, 40)
    assert waiting.find("a") is None
    assert waiting.find("c") is not None
    waiting.take("never heard of")


def test_one_sender_leaves_room_for_others():
    waiting = Acknowledgements(100, 10_000, Deadlines().add("acknowledgements"))
    taken = [waiting.add(f"b{number}", pending(), 0.0) for number in range(100)]
    assert taken.count(True) == 51
    assert waiting.add("e", pending(sender="eve"), 0.0)


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "due"]), st.integers(0, 9), st.floats(0, 5)), max_size=60))
def test_whatever_happens_it_is_known_what_waits_and_when_it_is_due(steps):
    waiting, now_s, known = Acknowledgements(6, 60, Deadlines().add("acknowledgements")), 0.0, set()
    for what, number, passes_s in steps:
        now_s += passes_s
        identity = f"i{number}"
        if what == "add" and identity not in known and waiting.add(identity, pending(now_s), now_s):
            known.add(identity)
        elif what == "take":
            waiting.take(identity)
            known.discard(identity)
        elif what == "due":
            assert {one for one, _ in waiting.take_due(now_s)} <= known
            assert waiting.due.at_s is None or waiting.due.at_s > now_s
        assert len(waiting) == len(known) <= 6
        assert waiting.byte_shares.taken == 10 * len(known)
        assert (waiting.due.at_s is None) == (not known)
