import pytest

from communicator.client.inbox import Inbox
from communicator.protocol import Message


@pytest.mark.parametrize(
    ("waiting", "awaits_replies", "pause"),
    [(1, False, False), (2, False, True), (2, True, False), (3, True, False), (4, True, True), (4, False, True)],
)
def test_when_the_router_should_wait(waiting, awaits_replies, pause):
    inbox = Inbox(soft=2, hard=4)
    for _ in range(waiting):
        inbox.put(Message("A"))
    assert inbox.should_pause(awaits_replies=awaits_replies) is pause


def test_the_oldest_is_dropped_and_named():
    inbox = Inbox(soft=1, hard=2)
    assert [inbox.put_or_drop(Message(name)) for name in ("A", "B", "C")] == [False, False, True]
    assert (inbox.dropped, inbox.last_dropped) == (1, "A")
    assert [inbox.take().command, inbox.take().command] == ["B", "C"]
    assert not inbox
