"""Which router a command talks to, and the private directory."""

import json
import os
import stat
from contextlib import nullcontext

import pytest

from bellwether.failure import CommandError
from bellwether.places import Layout, find_router, fits_socket_path

NOBODY = 65534
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


def planted(directory, owner):
    """A private directory that another user has made, where everybody may."""
    directory.mkdir(0o777)
    directory.chmod(0o777)
    os.chown(directory, owner, owner)
    return directory


@pytest.mark.usefixtures("require_root")
@pytest.mark.parametrize("name", ["", "run", "data", "flags", "log"])
def test_a_directory_of_another_user_is_not_taken(tmp_path, name):
    root = tmp_path / "private"
    if name:
        root.mkdir(0o700)
    planted(root / name, NOBODY)
    with pytest.raises(CommandError, match=r"belongs to another user \(choose another with --dir\)"):
        Layout(root).make()


@pytest.mark.usefixtures("require_root")
def test_nor_is_a_link_that_another_user_has_made(tmp_path):
    (tmp_path / "mine").mkdir(0o700)
    (tmp_path / "private").symlink_to(tmp_path / "mine")
    os.chown(tmp_path / "private", NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(CommandError, match="belongs to another user"):
        Layout(tmp_path / "private").make()


def test_a_link_of_our_own_is(tmp_path):
    (tmp_path / "mine").mkdir(0o700)
    (tmp_path / "private").symlink_to(tmp_path / "mine")
    Layout(tmp_path / "private").make()
    assert (tmp_path / "mine" / "run").is_dir()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_directory_that_others_may_write_to_is_not_taken(tmp_path, mode):
    root = planted(tmp_path / "private", os.geteuid())
    root.chmod(mode)
    with pytest.raises(CommandError, match="others may write to"):
        Layout(root).make()
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(("mode", "fault"), [(0o777, "everybody may rename"), (0o1777, None), (0o755, None)])
def test_nor_one_that_everybody_may_rename(tmp_path, mode, fault):
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(mode)
    with pytest.raises(CommandError, match=fault) if fault else nullcontext():
        Layout(above / "private").make()


@pytest.mark.usefixtures("require_root")
def test_a_suite_that_another_user_has_planted_is_not_talked_to(system_socket, tmp_path):
    layout = Layout(planted(tmp_path / "private", NOBODY))
    layout.run.mkdir()
    start_suite(layout, {"unix": "/tmp/theirs.sock"})
    with pytest.raises(CommandError, match="belongs to another user"):
        find(None, {}, system_socket, layout)


@pytest.mark.parametrize(("length", "fits"), [(107, True), (108, False)])
def test_the_path_of_a_socket_has_107_bytes(tmp_path, length, fits):
    path = tmp_path.parent / "x"
    path = path.with_name("x" * (length - len(str(path)) + 1))
    assert len(str(path)) == length
    assert fits_socket_path(path) is fits


def test_it_counts_bytes_not_characters(tmp_path):
    assert not fits_socket_path(tmp_path / ("é" * 60))
