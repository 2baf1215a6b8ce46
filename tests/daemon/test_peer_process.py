"""Whose process is at the other end of a link of this host."""

import os
import socket

from communicator.daemon.control_groups import group_of
from communicator.daemon.peer_process import UNTOLD, Processes
from communicator.daemon.tcp_sockets import TcpSocket

PEER, OWN = ("127.0.0.1", 5), ("127.0.0.1", 6)


def test_of_a_unix_socket_the_process_and_its_group_are_told():
    one, other = socket.socketpair()
    with one, other:
        process = Processes().of_unix(one)
    assert (process.pid, process.unit) == (os.getpid(), group_of("self"))


def test_of_a_tcp_socket_the_group_in_which_it_was_made():
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as client:
        accepted, peer = door.accept()
        with accepted:
            assert Processes().of_tcp(peer, accepted.getsockname()).pid is None
            assert Processes().of_tcp(peer, accepted.getsockname()).unit in ("", group_of("self"))
            assert client.fileno() >= 0


def test_a_socket_that_proves_nothing_tells_nothing():
    processes = Processes()
    assert processes.of_tcp(PEER, OWN, lambda *_: None) == UNTOLD
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(10, 0, 7, 1)) == UNTOLD  # it listens
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(1, 0, 0, 1)) == UNTOLD  # its owner has closed it
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(1, 0, 7, 0)) == UNTOLD  # an old kernel
