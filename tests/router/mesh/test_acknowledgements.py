from communicator.protocol import Message
from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.acknowledgements import GIVE_UP_AFTER_S, REPEAT_AFTER_S, Acknowledgements, Pending
from communicator.router.vocabulary.envelope import own_envelope
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link

ENVELOPE = own_envelope(Link(1, LinkKind.UNIX, "x"), Message("PING"))


def pending():
    return Pending(b"x" * 10, "bob", ENVELOPE, "b", GIVE_UP_AFTER_S)


def test_waits_double_up_to_ten_seconds_and_end_with_the_minute():
    waiting = Acknowledgements(10, 1000, Deadlines().add("acknowledgements"))
    assert waiting.add("i", pending(), REPEAT_AFTER_S)
    times, goes_on = [], True
    while goes_on:
        times.append(waiting.due.at_s)
        [(identity, one)] = waiting.take_due(waiting.due.at_s)
        goes_on = waiting.repeat(identity, one, times[-1])
    assert (len(waiting), waiting.repeated_total) == (0, 8)
    assert times == [1.0, 3.0, 7.0, 15.0, 25.0, 35.0, 45.0, 55.0, 60.0]
    assert waiting.due.at_s is None
