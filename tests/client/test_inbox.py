import pytest

from communicator.client.inbox import Inbox
from communicator.protocol import Message

LONG = Message("LONG", {"text": "x" * 1000})


@pytest.mark.parametrize(
    ("waiting", "is_full"),
    [
        ([], False),
        ([Message("A")], False),
        ([Message("A")] * 2, True),
        ([LONG], True),
        ([Message("A", {"n": "1"})], False),
    ],
)
def test_when_the_router_should_wait(waiting, is_full):
    inbox = Inbox(messages=2, size_bytes=1000)
    for message in waiting:
        inbox.put(message)
    assert inbox.is_full is is_full
    while inbox:
        inbox.take()
    assert not inbox.is_full


def test_the_oldest_is_dropped_and_named():
    inbox = Inbox(messages=2)
    assert [inbox.put_or_drop(Message(name)) for name in ("A", "B", "C")] == [False, False, True]
    assert (inbox.dropped, inbox.last_dropped) == (1, "A")
    assert [inbox.take().command, inbox.take().command] == ["B", "C"]
    assert not inbox


def test_a_long_message_makes_room_by_its_size():
    inbox = Inbox(size_bytes=1000)
    for message in (Message("A"), LONG, Message("B")):
        inbox.put_or_drop(message)
    assert (inbox.dropped, inbox.last_dropped) == (2, "LONG")
    assert [inbox.take().command for _ in range(len(inbox))] == ["B"]
