"""``.service`` files: what is read of them, and what is said of one that is wrong."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from communicator.daemon.service_files import read_service_files
from communicator.errors import ConfigError

NOBODY = 65534


@contextmanager
def an_ordinary_user():
    """Root may read everything: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("content", "user"),
    [
        ("", ""),
        ("user = sitter\n", "sitter"),
        ("  user=sitter", "sitter"),
        ("# user = root\n; user = root\n\nversion = 1.2\nuser = sitter\nurl = a=b\n", "sitter"),
        ("version = 1.2\r\nuser = sitter\r\n", "sitter"),
        ("users = a\nempty =\n", ""),
    ],
)
def test_a_file_names_who_may_register(tmp_path, content, user):
    (tmp_path / "sitter.service").write_text(content)
    assert read_service_files(tmp_path) == {"sitter": user}


def test_other_files_and_names_that_no_service_has_do_not_count(tmp_path):
    for name in ("a.service", "odd-name.service", "README", "b.service.bak"):
        (tmp_path / name).touch()
    assert read_service_files(tmp_path) == {"a": ""}
    assert read_service_files(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version = 1\nuser\n", "line 2: 'user' is not KEY = VALUE"),
        (b"= sitter\n", "line 1: '= sitter' is not KEY = VALUE"),
        (b"user =\n", "user names nobody"),
        (b"user = a\nuser = b\n", "more than one user"),
        (b"user = \xff\n", "is not UTF-8"),
    ],
)
def test_a_malformed_file_is_named(tmp_path, content, reason):
    path = tmp_path / "sitter.service"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason) as refused:
        read_service_files(tmp_path)
    assert str(path) in str(refused.value)
    assert refused.value.key == "services_path"


@pytest.fixture
def open_place():
    """A directory that every user may look into, unlike those pytest makes."""
    with tempfile.TemporaryDirectory(prefix="bw") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def test_what_cannot_be_read_is_named(open_place):
    place = open_place / "services"
    place.mkdir()
    file = place / "sitter.service"
    file.touch(0)
    with an_ordinary_user(), pytest.raises(ConfigError, match=r"sitter\.service' cannot be read: Permission denied"):
        read_service_files(place)
    place.chmod(0)
    with an_ordinary_user(), pytest.raises(ConfigError, match=r"services' cannot be read: Permission denied"):
        read_service_files(place)
    place.chmod(0o700)
    with pytest.raises(ConfigError, match=r"sitter\.service' cannot be read: Not a directory"):
        read_service_files(file)
