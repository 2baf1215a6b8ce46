"""A private directory belongs to one run at a time."""

import os
from pathlib import Path

import pytest

from bellwether.failure import CommandError
from bellwether.places import Layout, fits_socket_path
from bellwether.private_directory import locked, put_logs_aside, socket_path


def test_a_directory_is_held_by_one(tmp_path):
    layout = Layout(tmp_path)
    layout.make()
    with locked(layout), pytest.raises(CommandError, match=f"process {os.getpid()}"), locked(layout):
        pass
    with locked(layout):
        pass


def test_the_socket_is_in_the_private_directory_where_that_is_short(tmp_path):
    short = Layout(tmp_path / "s")
    with socket_path(short) as path:
        assert path == str(short.socket)


def test_a_long_path_is_replaced_by_one_that_fits(tmp_path):
    deep = Layout(tmp_path / ("d" * 120))
    with socket_path(deep) as path:
        assert path != str(deep.socket)
        assert fits_socket_path(Path(path))


def test_a_short_one_that_is_too_long_as_well_is_an_error(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(CommandError, match="TMPDIR"), socket_path(Layout(deep)):
        pass


def test_the_logs_of_the_last_run_are_kept_beside(tmp_path):
    layout = Layout(tmp_path)
    layout.make()
    log = layout.log_file("canaryd")
    for text in ("first", "second"):
        log.write_text(text)
        put_logs_aside(layout)
    assert not log.exists()
    assert [path.read_text() for path in layout.log.iterdir()] == ["second"]
