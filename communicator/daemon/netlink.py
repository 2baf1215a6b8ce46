"""Asks the kernel by netlink(7), and takes its answers out of their frames; what is asked and told is not known here."""

import errno
import os
import socket
import struct
from ipaddress import IPv4Address, IPv6Address

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, number, port
_FAULT = struct.Struct("=i")
_ERROR, _DONE = 2, 3  # NLMSG_ERROR, NLMSG_DONE
_REQUEST, _MULTI, _DUMP = 0x1, 0x2, 0x300  # NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ROOT | NLM_F_MATCH
_ANSWER_BYTES = 64 * 1024


def family_of(ip: IPv4Address | IPv6Address) -> socket.AddressFamily:
    """What the kernel calls addresses of that kind."""
    return socket.AF_INET if ip.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4


def aligned(length: int) -> int:
    """Where what follows begins: at a multiple of four."""
    return (length + 3) & ~3


def write_question(kind: int, asked: bytes, *, is_dump: bool = False) -> bytes:
    """What is sent to the kernel.

    Args:
        kind: Of question.
        asked: What stands in it.
        is_dump: It is about all there are, and not about one.
    """
    flags = _REQUEST | (_DUMP if is_dump else 0)
    return _HEADER.pack(_HEADER.size + len(asked), kind, flags, 1, 0) + asked


def ask(protocol: int, question: bytes, kind: int, least_bytes: int) -> list[bytes]:
    """Ask the kernel.

    Args:
        protocol: Of AF_NETLINK.
        question: As `write_question` makes it.
        kind: Of answer.
        least_bytes: The length of the shortest valid answer.

    Returns:
        What stands in each message of the answer.

    Raises:
        OSError: It cannot be asked here, refuses, or what comes is no answer.
    """
    found: list[bytes] = []
    is_over = False
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as kernel:
        kernel.sendto(question, (0, 0))
        while not is_over:
            answer, (sent_by, _) = kernel.recvfrom(_ANSWER_BYTES, socket.MSG_DONTWAIT)  # it is there already
            if sent_by:
                raise PermissionError(errno.EPERM, "the answer does not come from the kernel")
            told, is_over = read_messages(answer, kind, least_bytes)
            found += told
    return found


def ask_one(protocol: int, question: bytes, kind: int, least_bytes: int) -> bytes:
    """The same of what there is one of; arguments and errors as of `ask`."""
    found = ask(protocol, question, kind, least_bytes)
    if len(found) != 1:
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
    return found[0]


def read_messages(answer: bytes, kind: int, least_bytes: int) -> tuple[list[bytes], bool]:
    """What the kernel answers, or a part of it.

    Args:
        answer: Its datagram.
        kind: As of `ask`.
        least_bytes: The same.

    Returns:
        What stands in each message, and whether that was the last part.

    Raises:
        OSError: It refuses, or this is no answer.
    """
    found: list[bytes] = []
    at = flags = 0
    while at + _HEADER.size <= len(answer):
        length, told, flags, _, _ = _HEADER.unpack_from(answer, at)
        begin, end = at + _HEADER.size, at + length
        if told == _DONE:
            return found, True
        if told == _ERROR and begin + _FAULT.size <= len(answer):
            number = -_FAULT.unpack_from(answer, begin)[0]
            raise OSError(number, os.strerror(number))
        if told != kind or end < begin + least_bytes or end > len(answer):
            break
        found.append(answer[begin:end])
        at += aligned(length)
    if at < len(answer) or not answer:
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
    return found, not flags & _MULTI
