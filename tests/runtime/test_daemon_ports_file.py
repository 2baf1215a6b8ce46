"""The ports file appears whole, or not at all."""

import json
import os

import pytest

from communicator.errors import ConfigError
from communicator.runtime.daemon import write_ports


def test_it_is_json_keyed_like_listen_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "ports.json"
    write_ports(path, {"local": "127.0.0.1:1", "unix": ["/a", "/b"]})
    assert json.loads(path.read_text()) == {"local": "127.0.0.1:1", "unix": ["/a", "/b"]}
    write_ports(path, {})
    assert json.loads(path.read_text()) == {}
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"--ports-file: .*none.* cannot be written"):
        write_ports(tmp_path / "none" / "ports.json", {})
    (tmp_path / "directory").mkdir()
    with pytest.raises(ConfigError):
        write_ports(tmp_path / "directory", {})
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


def test_a_link_in_the_way_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / f".ports.json.{os.getpid()}").symlink_to(precious)
    write_ports(tmp_path / "ports.json", {})
    assert precious.read_text() == "precious"
