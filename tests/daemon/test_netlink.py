"""The frames of netlink, byte by byte, and what the kernel says through them."""

import errno
import socket
import sys

import pytest

from communicator.daemon import netlink
from communicator.daemon.netlink import ask, ask_one, read_messages, write_question

pytestmark = pytest.mark.skipif(
    sys.byteorder != "little", reason="the bytes below are those of a little-endian machine"
)

KIND = 0x14
DONE = bytes.fromhex("14000000 0300 0200 01000000 00000000 00000000")
ROUTES, GET_LINK, NEW_LINK = 0, 18, 16


def message(told, *, is_part=False, kind=KIND):
    flags = 2 if is_part else 0
    head = [(16 + len(told)).to_bytes(4, "little"), kind.to_bytes(2, "little"), flags.to_bytes(2, "little"), bytes(8)]
    return b"".join(head) + told + bytes(-len(told) % 4)


def refusal(number):
    return (
        bytes.fromhex("24000000 0200 0000 01000000 00000000") + (-number).to_bytes(4, "little", signed=True) + bytes(16)
    )


def test_a_question_is_about_one_or_about_all():
    assert write_question(KIND, b"asked") == bytes.fromhex("15000000 1400 0100 01000000 00000000") + b"asked"
    assert write_question(KIND, b"", is_dump=True) == bytes.fromhex("10000000 1400 0103 01000000 00000000")


@pytest.mark.parametrize(
    ("answer", "told", "is_over"),
    [
        (message(b"one, long"), [b"one, long"], True),
        (message(b"one", is_part=True) + message(b"two", is_part=True), [b"one", b"two"], False),
        (message(b"one", is_part=True) + DONE, [b"one"], True),
        (DONE, [], True),
    ],
)
def test_an_answer_has_one_part_or_many(answer, told, is_over):
    assert read_messages(answer, KIND, 3) == (told, is_over)


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (refusal(errno.ENOENT), errno.ENOENT),
        (message(b"one", is_part=True) + refusal(errno.EPERM), errno.EPERM),
        (refusal(errno.EPERM)[:16], errno.EBADMSG),
        (b"", errno.EBADMSG),
        (message(b"on"), errno.EBADMSG),
        (message(b"four")[:-1], errno.EBADMSG),
        (message(b"one", kind=KIND + 1), errno.EBADMSG),
        (bytes.fromhex("00000000 1400") + bytes(20), errno.EBADMSG),
        (b"x" * 40, errno.EBADMSG),
    ],
)
def test_whatever_else_comes_is_an_error(answer, number):
    with pytest.raises(OSError) as raised:  # noqa: PT011 - the number says which
        read_messages(answer, KIND, 3)
    assert raised.value.errno == number


def test_the_kernel_tells_all_parts():
    links = ask(ROUTES, write_question(GET_LINK, bytes(16), is_dump=True), NEW_LINK, 16)
    assert len(links) == len(socket.if_nameindex())


@pytest.mark.parametrize("told", [[], [b"one", b"two"]])
def test_one_is_not_taken_out_of_none_or_many(told, monkeypatch):
    monkeypatch.setattr(netlink, "ask", lambda *_: told)
    with pytest.raises(OSError, match="Bad message"):
        ask_one(ROUTES, b"", NEW_LINK, 16)
