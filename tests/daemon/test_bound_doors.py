"""All doors are bound, or none."""

import socket

import pytest

from communicator.daemon.bound_doors import BoundDoors
from communicator.daemon.listen_settings import ListenSettings
from communicator.errors import ListenError
from communicator.router.vocabulary.events import LinkKind


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
