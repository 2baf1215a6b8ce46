"""Whose process is at the other end of a link of this host."""

import os
import socket
import subprocess

import pytest

from communicator.daemon.control_groups import ControlGroups, group_of
from communicator.daemon.peers import UNTOLD, Processes
from communicator.daemon.sockets import TcpSocket
from communicator.router.vocabulary.events import Process

PEER, OWN = ("127.0.0.1", 5), ("127.0.0.1", 6)


def test_of_a_unix_socket_the_process_and_its_group_are_told():
    one, other = socket.socketpair()
    with one, other:
        process = Processes().of_unix(one)
    assert (process.pid, process.unit) == (os.getpid(), group_of("self"))


@pytest.fixture
def connected():
    """Our two addresses of a link, of which both ends are open in this process; and the other end."""
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as client:
        accepted, peer = door.accept()
        with accepted:
            yield peer, accepted.getsockname(), client


def test_of_a_tcp_socket_that_was_made_in_no_unit_the_process_that_has_it_open(connected):
    peer, own, _client = connected
    assert Processes().of_tcp(peer, own) == Process(os.getpid(), group_of("self"))


def test_of_one_that_several_have_open_the_group_in_which_it_was_made(connected):
    peer, own, client = connected
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, pass_fds=[client.fileno()]) as other:
        process = Processes().of_tcp(peer, own)
        other.stdin.close()
    assert process.pid is None
    assert process.unit in ("", group_of("self"))


def test_of_one_that_was_made_in_a_unit_that_unit(connected, monkeypatch):
    peer, own, _client = connected
    monkeypatch.setattr(ControlGroups, "path_of", lambda *_: "/system.slice/billing.service")
    assert Processes().of_tcp(peer, own) == Process(None, "/system.slice/billing.service")


def test_a_socket_that_proves_nothing_tells_nothing():
    processes = Processes()
    assert processes.of_tcp(PEER, OWN, lambda *_: None) == UNTOLD
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(10, 0, 7, 1)) == UNTOLD  # it listens
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(1, 0, 0, 1)) == UNTOLD  # its owner has closed it
    assert processes.of_tcp(PEER, OWN, lambda *_: TcpSocket(1, 0, 7, 0)) == UNTOLD  # an old kernel
