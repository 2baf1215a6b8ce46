import socket
import struct

import pytest

from timekeeper.probes.return_path import IP_PKTINFO, ask_for_path, find_return_path

V4 = (socket.IPPROTO_IP, IP_PKTINFO)
V6 = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
HERE = socket.inet_pton(socket.AF_INET, "192.0.2.5")
HERE_V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::5")
STAMP = (socket.SOL_SOCKET, 35, bytes(16))


@pytest.mark.parametrize(
    ("control", "path"),
    [
        ([], []),
        ([STAMP], []),
        ([STAMP, (*V4, struct.pack("@i4s4s", 3, HERE, HERE))], [(*V4, bytes(4) + HERE + bytes(4))]),
        ([(*V6, HERE_V6 + struct.pack("@I", 3)), STAMP], [(*V6, HERE_V6 + bytes(4))]),
        ([(*V4, bytes(11)), (*V6, bytes(21))], []),  # cut
    ],
)
def test_the_answer_leaves_from_where_the_question_went(control, path):
    assert find_return_path(control) == path


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_kernel_can_be_asked_for_it(family):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        option = ask_for_path(family)
        sock.setsockopt(*option, 1)
        assert sock.getsockopt(*option) == 1
