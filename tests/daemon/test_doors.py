"""Opening doors: stale sockets, live ones, and what is said when one stays shut."""

import fcntl
import os
import socket
import stat

import pytest

from communicator.daemon.doors import BoundDoors, UnixDoor, bind_address
from communicator.daemon.network_settings import ListenSettings
from communicator.errors import ListenError
from communicator.router.vocabulary.events import LinkKind
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
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_free_port_is_taken(kind, address):
    with bind_address("listen.local", address, kind) as door:
        assert door.getsockname()[1] > 0


def test_a_port_in_use_is_named():
    with bind_address("listen.local", "127.0.0.1:0", socket.SOCK_STREAM) as first:
        taken = f"127.0.0.1:{first.getsockname()[1]}"
        with pytest.raises(ListenError) as refused:
            bind_address("listen.local", taken, socket.SOCK_STREAM)
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


def _listen(directory, **more) -> ListenSettings:
    values = {"unix": f"{directory}/s", "local": "127.0.0.1:0", "signal": "127.0.0.1:0"}
    return ListenSettings(**values | more)


@pytest.fixture
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("d")


def test_what_is_bound_is_told_by_the_name_of_its_setting(directory, own_address):
    listen = _listen(directory, unix=(f"{directory}/a", f"{directory}/b"), remote=f"{own_address}:0", secure="[::1]:0")
    with BoundDoors(listen) as doors:
        ports = doors.ports
        assert list(ports) == ["unix", "local", "signal", "remote", "secure"]
        assert ports["unix"] == [f"{directory}/a", f"{directory}/b"]
        assert ports["remote"] == str(doors.address(LinkKind.REMOTE))
        assert doors.address(LinkKind.SECURE).host == "::1"
        with socket.create_connection((own_address, doors.address(LinkKind.REMOTE).port)):
            pass
    assert list(directory.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own_address, int(ports["remote"].rpartition(":")[2])))


def test_what_is_not_asked_for_is_not_there(directory):
    with BoundDoors(_listen(directory, unix="", signal="")) as doors:
        assert list(doors.ports) == ["local"]
        assert doors.address(LinkKind.REMOTE) is None


def test_when_one_cannot_be_bound_none_is_left(directory):
    with BoundDoors(_listen(directory, unix="", signal="")) as others:
        taken = others.ports["local"]
        with pytest.raises(ListenError, match="in use") as refused:
            BoundDoors(_listen(directory, remote=taken))
    assert refused.value.key == "listen.remote"
    assert list(directory.iterdir()) == []
