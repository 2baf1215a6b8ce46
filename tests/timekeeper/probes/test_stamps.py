import platform
import select
import socket
import time

import pytest

from timekeeper.probes import stamps
from timekeeper.probes.packet import PACKET_BYTES
from timekeeper.probes.stamps import (
    StampedSocket,
    kernel_stamps_are_possible,
    read_kernel_realtime,
    read_raw_ns,
    read_realtime,
)


def bound():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


@pytest.fixture
def pair():
    """A receiver for each way of stamping, and one who sends to it."""
    doors = []

    def make(*, kernel=True, prepare=lambda _: None):
        sock = bound()
        prepare(sock)
        doors.extend((StampedSocket(sock, kernel=kernel), StampedSocket(bound(), kernel=False)))
        return doors[-2:]

    yield make
    for door in doors:
        door.close()


def await_readable(door):
    assert select.select([door.socket], [], [], 5)[0]


@pytest.mark.parametrize("read", [read_realtime, read_kernel_realtime])
def test_a_reading_is_what_the_two_clocks_differ_by(read):
    before_ns = read_raw_ns()
    reading = read()
    assert before_ns <= reading.raw_ns <= read_raw_ns()
    assert abs(time.time_ns() - read_raw_ns() - reading.difference_ns) < 1_000_000_000
    assert reading.error_ns >= 0


def test_the_kernel_and_programs_see_one_clock_here():
    programs, kernel = read_realtime(), read_kernel_realtime()
    assert abs(programs.difference_ns - kernel.difference_ns) < 1_000_000


def test_an_interrupted_reading_is_repeated(monkeypatch):
    """The first two brackets are 40 us wide, the third is 2 us."""
    raw_ns = iter([0, 40_000, 50_000, 90_000, 100_000, 102_000])
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: next(raw_ns))
    reading = read_kernel_realtime()
    assert (reading.raw_ns, reading.error_ns) == (101_000, 1_000)


def test_a_reading_that_is_always_interrupted_ends(monkeypatch):
    raw_ns = iter([0, 90_000, 100_000, 180_000, 200_000, 270_000, 300_000, 360_000, 400_000, 470_000])
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: next(raw_ns))
    assert read_kernel_realtime().error_ns == 30_000


@pytest.mark.parametrize(
    ("system", "machine", "possible"),
    [("Linux", "x86_64", True), ("Linux", "aarch64", True), ("Linux", "s390x", False), ("FreeBSD", "x86_64", False)],
)
def test_where_the_kernel_can_be_asked(monkeypatch, pair, system, machine, possible):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert kernel_stamps_are_possible() is possible
    door, _ = pair()
    assert door.socket.getsockopt(socket.SOL_SOCKET, 35) == possible


@pytest.mark.parametrize("kernel", [True, False])
def test_a_datagram_tells_when_it_came(pair, kernel):
    door, sender = pair(kernel=kernel)
    sent_ns = read_raw_ns()
    assert sender.send(b"hello", door.socket.getsockname())
    await_readable(door)
    datagram = door.receive()
    assert datagram.data == b"hello"
    assert datagram.address == sender.socket.getsockname()
    assert sent_ns - datagram.stamp.error_ns <= datagram.stamp.raw_ns <= read_raw_ns()
    # What the kernel's clock may have been steered by meanwhile: 0.5 ms a second, and a second is more than there was.
    most_ns = 515_000 + (read_raw_ns() - sent_ns) // 2_000
    assert datagram.stamp.error_ns <= most_ns if kernel else datagram.stamp.error_ns == 0
    assert door.receive() is None


async def test_the_kernel_knows_when_it_came_however_late_it_is_read(pair, eventually):
    """Not so long that the clock may have been steered by much: a fifth of a second.

    The kernel begins to stamp a moment after it is asked to; what came before that has the time at which it is read.
    """
    door, sender = pair()

    async def read_late():
        sender.send(b"hello", door.socket.getsockname())
        sent_ns = read_raw_ns()
        select.select([], [], [], 0.2)
        datagram = door.receive()
        waited_ns = read_raw_ns() - sent_ns
        assert waited_ns >= 200_000_000
        return datagram.stamp if datagram and datagram.stamp.raw_ns - sent_ns < waited_ns // 2 else None

    stamp = await eventually(read_late, lambda stamp: stamp is not None)
    assert stamp.error_ns >= 100_000


def test_a_stamp_the_kernel_cannot_have_given_is_not_believed(pair, monkeypatch):
    """REALTIME seems to be set an hour back after the datagram came: the moment of reading counts."""
    door, sender = pair()
    sender.send(b"hello", door.socket.getsockname())
    await_readable(door)
    read_ns = stamps._read_kernel_ns
    monkeypatch.setattr(stamps, "_read_kernel_ns", lambda: read_ns() - 3_600_000_000_000)
    before_ns = read_raw_ns()
    datagram = door.receive()
    assert datagram.stamp.raw_ns >= before_ns
    assert datagram.stamp.error_ns == 0


def test_other_control_messages_are_passed_over(pair):
    """SO_TIMESTAMP's stamps have another layout; whoever opened the socket asked for them."""
    door, sender = pair(kernel=False, prepare=lambda sock: sock.setsockopt(socket.SOL_SOCKET, 29, 1))
    sender.send(b"hello", door.socket.getsockname())
    await_readable(door)
    assert door.receive().stamp.error_ns == 0


def test_what_is_longer_than_a_packet_is_cut_but_still_longer(pair):
    door, sender = pair()
    sender.send(bytes(9000), door.socket.getsockname())
    await_readable(door)
    assert len(door.receive().data) == PACKET_BYTES + 1


def test_what_the_network_does_not_take(pair):
    door, _ = pair()
    assert not door.send(b"hello", ("255.255.255.255", 9))
