"""Opening doors: stale sockets, live ones, and what is said when one stays shut."""

import fcntl
import os
import socket
import stat

import pytest

from communicator.daemon.doors import UnixDoor, address_of, open_tcp, open_udp
from communicator.errors import ListenError
from communicator.runtime.own_file import locked_beside


@pytest.fixture
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("d") / "s"


def test_only_owner_and_group_may_connect(path):
    umask = os.umask(0)
    try:
        door = UnixDoor(str(path), os.getgid())
    finally:
        os.umask(umask)
    with door.socket:
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == 0o660
        assert status.st_gid == os.getgid()
    door.remove()
    assert not path.exists()


def test_a_stale_socket_is_taken_over(path):
    killed = UnixDoor(str(path))
    killed.socket.close()  # as the kernel does for a killed process: the file stays
    assert path.exists()
    with UnixDoor(str(path)).socket, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_live_socket_is_never_stolen(path):
    with UnixDoor(str(path)).socket as live:
        with pytest.raises(ListenError, match="another daemon is listening") as refused:
            UnixDoor(str(path))
        assert str(path) in str(refused.value)
        assert refused.value.key == "listen.unix"
        live.accept()[0].close()  # the question itself
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            live.accept()[0].close()


def test_a_busy_live_socket_is_not_stolen(path):
    with socket.socket(socket.AF_UNIX) as live, socket.socket(socket.AF_UNIX) as waiting:
        live.bind(str(path))
        live.listen(0)
        waiting.connect(str(path))  # the backlog is full now
        with pytest.raises(ListenError, match="another daemon"):
            UnixDoor(str(path))


def test_a_file_in_its_place_is_kept(path):
    path.write_text("mine")
    with pytest.raises(ListenError, match="not a socket"):
        UnixDoor(str(path))
    assert path.read_text() == "mine"


def test_a_missing_directory_is_named(path):
    with pytest.raises(ListenError, match="its directory is not there"):
        UnixDoor(str(path / "deeper" / "s"))


def test_a_socket_that_replaced_ours_stays(path):
    door = UnixDoor(str(path))
    with door.socket:
        path.unlink()
        with UnixDoor(str(path)).socket:
            door.remove()
            assert path.exists()
    path.unlink()
    door.remove()  # gone already: nothing happens


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", "localhost:0"])
@pytest.mark.parametrize("open_door", [open_tcp, open_udp])
def test_a_free_port_is_told(open_door, address):
    with open_door("listen.local", address) as door:
        assert int(address_of(door).rpartition(":")[2]) > 0


def test_a_port_in_use_is_named():
    with open_tcp("listen.local", "127.0.0.1:0") as first:
        taken = address_of(first)
        with pytest.raises(ListenError) as refused:
            open_tcp("listen.local", taken)
    assert str(refused.value) == (
        f"listen.local: cannot listen on {taken!r}: the port is in use; is another communicatord running?"
    )
    assert isinstance(refused.value, OSError)


def test_a_lock_on_its_directory_keeps_no_router_from_starting(path):
    directory = os.open(path.parent, os.O_RDONLY)  # whoever may look into it may do this
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        with UnixDoor(str(path)).socket:
            assert path.exists()
    finally:
        os.close(directory)


def test_of_two_that_start_at_once_one_is_told(path):
    with locked_beside(path), pytest.raises(ListenError, match="is being started there at this moment"):
        UnixDoor(str(path))
    assert not path.exists()
