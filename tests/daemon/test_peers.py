"""Who is at the other end, by tables as the kernel writes them and by real sockets."""

import os
import pwd
import socket
import sys
from functools import partial

import pytest

from communicator.daemon.peers import forget_users, tcp_user, unix_user, user_of
from communicator.daemon.sockets import ask_kernel, find_in_tables, find_socket

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LOCALHOST_V6 = "00000000000000000000000001000000"
MAPPED = "0000000000000000FFFF00000100007F"

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the tables below are of a little-endian machine")


def _row(local: str, remote: str, state: str = "01", uid: int = 65534, inode: int = 7) -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5}        0 {inode} 1 0 20 4 30 10 -1\n"


@pytest.fixture
def tables(tmp_path):
    def write(tcp: str = "", tcp6: str = ""):
        (tmp_path / "tcp").write_text(HEADER + tcp)
        (tmp_path / "tcp6").write_text(HEADER + tcp6)
        return partial(find_in_tables, tables=tmp_path)

    return write


V4 = (("127.0.0.1", 0x1234), ("127.0.0.1", 0x0FC8))
V6 = (("::1", 0x1234), ("::1", 0x0FC8))


@pytest.mark.parametrize(
    ("pair", "rows", "uid"),
    [
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8")}, 65534),
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8", uid=0)}, 0),
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8", state="05")}, 65534),  # half-closed, still owned
        (V4, {"tcp6": _row(f"{MAPPED}:1234", f"{MAPPED}:0FC8")}, 65534),
        (V6, {"tcp6": _row(f"{LOCALHOST_V6}:1234", f"{LOCALHOST_V6}:0FC8")}, 65534),
        (V4, {}, None),
        (V6, {}, None),
        (V4, {"tcp": _row("0100007F:0FC8", "0100007F:1234", uid=0)}, None),  # our own end
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8", state="06", uid=0, inode=0)}, None),  # closed by its owner
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8", state="05", uid=0, inode=0)}, None),
        (V4, {"tcp": _row("0100007F:1234", "0100007F:0FC8", state="02", uid=0)}, None),  # a newcomer on the same port
        (V4, {"tcp": _row("0200007F:1234", "0100007F:0FC8")}, None),
    ],
)
def test_a_row_proves_its_owner_or_nothing(tables, pair, rows, uid):
    user = tcp_user(*pair, tables(**rows))
    assert (user.uid if user else None) == uid


def test_without_tables_nobody_is_known(tmp_path):
    find = partial(find_in_tables, tables=tmp_path)
    assert tcp_user(*V4, find) is None
    assert tcp_user(*V6, find) is None


@pytest.mark.parametrize("find", [find_socket, ask_kernel, find_in_tables])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_real_link_shows_its_owner_until_it_is_closed(host, find):
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as door:
        client = socket.create_connection(door.getsockname()[:2])
        with door.accept()[0] as link:
            pair = link.getpeername()[:2], link.getsockname()[:2]
            with client:
                assert tcp_user(*pair, find).uid == os.geteuid()
            assert tcp_user(*pair, find) is None


@pytest.mark.parametrize("find", [find_socket, ask_kernel, find_in_tables])
def test_a_v6_socket_that_speaks_v4_is_found(find):
    with socket.create_server(("127.0.0.1", 0)) as door, socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", door.getsockname()[1]))
        with door.accept()[0] as link:
            assert tcp_user(link.getpeername(), link.getsockname(), find).uid == os.geteuid()


def test_a_unix_link_tells_user_and_process():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        user = unix_user(ours)
    entry = pwd.getpwuid(os.geteuid())
    assert (user.uid, user.name, user.pid) == (os.geteuid(), entry.pw_name, os.getpid())
    assert user.groups


def test_a_user_without_a_name_has_a_number():
    assert user_of(4_000_000_000).name == "4000000000"


def test_a_user_is_looked_up_once_until_users_are_forgotten(monkeypatch):
    asked: list[int] = []
    entry = pwd.getpwuid(os.geteuid())

    def look_up(uid):
        asked.append(uid)
        return entry

    monkeypatch.setattr(pwd, "getpwuid", look_up)
    forget_users()
    users = [user_of(os.geteuid(), 0, pid) for pid in (1, 2, 3)]
    assert [user.pid for user in users] == [1, 2, 3]
    assert len({(user.name, user.groups) for user in users}) == len(asked) == 1
    for uid in range(5000, 9000):
        user_of(uid)
    user_of(os.geteuid(), 0)
    assert len(asked) == 4002  # bounded: the first was forgotten for others
    forget_users()
    user_of(os.geteuid(), 0)
    assert len(asked) == 4003
    forget_users()
