"""What is asked of the kernel about a socket and what it answers, byte by byte; the tables where it may not be asked."""

import socket
import sys
from ipaddress import ip_address

import pytest

from communicator.daemon import sockets
from communicator.daemon.sockets import (
    TcpSocket,
    ask_kernel,
    find_socket,
    read_pair,
    read_port,
    write_pair,
    write_port,
)

pytestmark = pytest.mark.skipif(
    sys.byteorder != "little", reason="the bytes below are those of a little-endian machine"
)

V4 = (("127.0.0.1", 0x1234), ("127.0.0.2", 0x0FC8))
V6 = (("::1", 0x1234), ("::2", 0x0FC8))
MAPPED = (("::ffff:127.0.0.1", 0x1234), ("::ffff:127.0.0.2", 0x0FC8))
HEADER = "48000000 1400 0100 01000000 00000000"
END = "00000000 ffffffff ffffffff"
V4_IDS = f"1234 0fc8 7f000001{'00' * 12} 7f000002{'00' * 12}"
V6_IDS = f"1234 0fc8 {'00' * 15}01 {'00' * 15}02"
MAPPED_IDS = f"1234 0fc8 {'00' * 10}ffff7f000001 {'00' * 10}ffff7f000002"


@pytest.mark.parametrize(
    ("pair", "asked"),
    [
        (V4, f"02060000 ffffffff {V4_IDS}"),
        (V6, f"0a060000 ffffffff {V6_IDS}"),
        (MAPPED, f"0a060000 ffffffff {MAPPED_IDS}"),
    ],
)
def test_one_socket_is_asked_for(pair, asked):
    assert write_pair(*pair) == bytes.fromhex(f"{HEADER} {asked} {END}")


def _told(ids: str, family: str = "02", state: str = "01", uid: str = "feff0000", inode: str = "07000000") -> bytes:
    counters = "00000000" * 3  # expires, both queues
    return bytes.fromhex(f"{family}{state}0000 {ids} {END} {counters} {uid} {inode}")


@pytest.mark.parametrize(
    ("pair", "answer", "found"),
    [
        (V4, _told(V4_IDS), TcpSocket(1, 65534, 7)),
        (V4, _told(V4_IDS) + b"\x05\0\x08\0\0\0\0\0", TcpSocket(1, 65534, 7)),  # attributes behind it
        (V4, _told(V4_IDS, state="05", uid="00000000", inode="00000000"), TcpSocket(5, 0, 0)),  # closed by its owner
        (V4, _told(MAPPED_IDS, family="0a"), TcpSocket(1, 65534, 7)),  # an IPv6 socket that speaks IPv4
        (MAPPED, _told(V4_IDS), TcpSocket(1, 65534, 7)),
        (V6, _told(V6_IDS, family="0a"), TcpSocket(1, 65534, 7)),
        (V4, _told(f"1234 0000 7f000001{'00' * 28}", state="0a"), None),  # who listens at that port
        (V4, _told(f"1234 0fc8 7f000001{'00' * 12} 7f000003{'00' * 12}"), None),
        (V4, _told(f"0fc8 1234 7f000002{'00' * 12} 7f000001{'00' * 12}"), None),  # our own end
        (V6, _told(V4_IDS), None),
    ],
)
def test_the_answer_tells_of_that_socket_or_of_none(pair, answer, found):
    assert read_pair(answer, *pair) == found


def test_a_listening_socket_is_not_taken_for_a_link():
    with socket.create_server(("127.0.0.1", 0)) as door:
        assert ask_kernel(door.getsockname(), ("127.0.0.1", 1)) is None


def test_the_tables_are_read_where_the_kernel_may_not_be_asked(monkeypatch):
    monkeypatch.setattr(sockets, "NETLINK_SOCK_DIAG", 99)  # no such protocol: as where the unit forbids them
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as client:
        pair = client.getsockname(), client.getpeername()
        with pytest.raises(OSError, match="not supported"):
            ask_kernel(*pair)
        found = find_socket(*pair)
        assert found is not None
        assert (found.state, bool(found.inode)) == (1, True)


def test_what_the_kernel_does_not_know_is_not_looked_for_elsewhere(monkeypatch, own_address):
    monkeypatch.setattr(sockets, "_find_row", None)  # calling it would fail
    with socket.create_server((own_address, 0)) as door:
        nobody = door.getsockname()
    with pytest.raises(FileNotFoundError):
        ask_kernel(nobody, ("127.0.0.1", 1))
    assert find_socket(nobody, ("127.0.0.1", 1)) is None


GROUP = b"\x0c\0\x15\0" + (77).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("attributes", "group"),
    [
        (b"", 0),
        (GROUP, 77),
        (b"\x05\0\x08\0\1\0\0\0" + GROUP + b"\x06\0\x16\0\1\0\0\0", 77),
        (GROUP[:-1], 0),
        (b"\x08\0\x15\0\1\0\0\0", 0),  # another length
        (b"\0\0\0\0" * 3, 0),
        (b"\xff\xff\x15\0" + bytes(8), 0),
    ],
)
def test_the_control_group_of_a_socket_is_among_its_attributes(attributes, group):
    assert read_pair(_told(V4_IDS) + attributes, *V4) == TcpSocket(1, 65534, 7, group)


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([], []),
        ([_told(V4_IDS), _told(MAPPED_IDS, "0a")], ["127.0.0.1", "127.0.0.1"]),
        ([_told(V6_IDS, "0a")], ["::1"]),
        ([_told(V4_IDS.replace("1234", "1235", 1))], []),
    ],
)
def test_all_sockets_of_a_port_are_told(messages, found):
    assert list(read_port([told + GROUP for told in messages], 0x1234)) == [(ip_address(ip), 77) for ip in found]


def test_all_sockets_of_a_port_are_asked_for():
    asked = f"02110000 ffffffff 1234 0000 {'00' * 32} {END}"
    assert write_port(socket.AF_INET, 0x1234) == bytes.fromhex(f"48000000 1400 0103 01000000 00000000 {asked}")
