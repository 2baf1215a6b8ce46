import pytest

from communicator.client.outbox import Outbox


def drained(outbox):
    return [outbox.pop() for _ in range(len(outbox))]


def test_lines_come_out_in_order():
    outbox = Outbox()
    assert [outbox.put(name, name.encode()) for name in ("A", "B", "C")] == [0, 0, 0]
    assert drained(outbox) == [b"A", b"B", b"C"]
    with pytest.raises(IndexError):
        outbox.pop()


def test_beyond_the_count_the_oldest_are_dropped_and_told():
    outbox = Outbox(messages=2)
    assert [outbox.put(name, b"x\n") for name in ("A", "B", "C", "D")] == [0, 0, 1, 1]
    assert (outbox.dropped, outbox.last_dropped, len(outbox)) == (2, "B", 2)


def test_beyond_the_bytes_as_many_go_as_must():
    outbox = Outbox(size_bytes=10)
    for name in ("A", "B", "C"):
        outbox.put(name, b"123")
    assert outbox.put("D", b"1234567") == 2
    assert (outbox.last_dropped, drained(outbox)) == ("B", [b"123", b"1234567"])


def test_one_line_beyond_all_bounds_is_dropped_itself():
    outbox = Outbox(size_bytes=10)
    assert outbox.put("HUGE", b"x" * 11) == 1
    assert (outbox.last_dropped, len(outbox)) == ("HUGE", 0)
    assert outbox.put("SMALL", b"x" * 10) == 0
