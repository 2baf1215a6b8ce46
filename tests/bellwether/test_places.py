"""Which router a command talks to, and the private directory."""

import json
import stat

import pytest

from bellwether.failure import CommandError
from bellwether.places import Layout, find_router, fits_socket_path

ENVIRONMENT = {"BELLWETHER_COMMUNICATOR": "cd://127.0.0.1:1"}


@pytest.fixture
def system_socket(tmp_path):
    return tmp_path / "system.sock"


@pytest.fixture
def private(tmp_path):
    layout = Layout(tmp_path / "private")
    layout.make()
    return layout


def find(option, environment, system_socket, private, system_units=()):
    return find_router(
        option, environment, system_socket=system_socket, private=private.root, system_units=system_units
    )


def start_suite(private, ports):
    private.ports_file("communicatord").write_text(json.dumps(ports))


def test_the_option_wins(system_socket, private):
    assert find("cd://127.0.0.1:2", ENVIRONMENT, system_socket, private) == "cd://127.0.0.1:2"


def test_then_the_environment(system_socket, private):
    system_socket.touch()
    assert find(None, ENVIRONMENT, system_socket, private) == "cd://127.0.0.1:1"


def test_then_the_router_of_the_system(system_socket, private):
    system_socket.touch()
    start_suite(private, {"unix": "/run/private.sock"})
    assert find(None, {}, system_socket, private) == f"cd://{system_socket}"


@pytest.mark.parametrize("unix", ["/run/private.sock", ["/run/private.sock", "/run/other.sock"]])
def test_then_the_suite_started_here(system_socket, private, unix):
    start_suite(private, {"unix": unix})
    assert find(None, {}, system_socket, private) == "cd:///run/private.sock"


@pytest.mark.parametrize("unix", [{}, {"unix": []}])
def test_a_suite_without_a_unix_socket_is_found_by_its_port(system_socket, private, unix):
    start_suite(private, unix | {"local": "127.0.0.1:4040"})
    assert find(None, {}, system_socket, private) == "cd://127.0.0.1:4040"


def test_the_unix_socket_goes_before_the_port(system_socket, private):
    start_suite(private, {"local": "127.0.0.1:4040", "unix": "/run/private.sock"})
    assert find(None, {}, system_socket, private) == "cd:///run/private.sock"


def test_on_a_host_with_a_unit_it_says_how_to_start_that(system_socket, private, tmp_path):
    unit = tmp_path / "communicatord.service"
    unit.touch()
    with pytest.raises(CommandError, match="systemctl start communicatord"):
        find(None, {}, system_socket, private, (tmp_path / "absent", unit))


@pytest.mark.parametrize(
    "ports", [None, "", "[]", "{}", '{"unix": []}', '{"unix": 3}', '{"local": 3}', '{"local": "x"}']
)
def test_without_any_it_says_how_to_start_one(system_socket, private, ports):
    if ports is not None:
        private.ports_file("communicatord").write_text(ports)
    with pytest.raises(CommandError, match="bellwether up"):
        find(None, {}, system_socket, private)


def test_the_private_directory_is_private(private):
    for directory in (private.root, private.run, private.data, private.flags, private.log):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_making_it_again_does_no_harm(private):
    (private.data / "kept").touch()
    private.make()
    assert (private.data / "kept").exists()


def test_a_directory_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot make .*file/suite'"):
        Layout(tmp_path / "file" / "suite").make()


@pytest.mark.parametrize(("length", "fits"), [(107, True), (108, False)])
def test_the_path_of_a_socket_has_107_bytes(tmp_path, length, fits):
    path = tmp_path.parent / "x"
    path = path.with_name("x" * (length - len(str(path)) + 1))
    assert len(str(path)) == length
    assert fits_socket_path(path) is fits


def test_it_counts_bytes_not_characters(tmp_path):
    assert not fits_socket_path(tmp_path / ("é" * 60))
