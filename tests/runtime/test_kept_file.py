"""A file that is kept is there whole or not at all, and what cannot be kept is told."""

import os

import pytest

from communicator.runtime.kept_file import FILE_BYTES, fault_of, read_file, write_file


def test_a_write_that_fails_leaves_the_old_content_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "neighbors.txt"
    write_file(path, "old")

    def fail(_descriptor):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_file(path, "new")
    assert path.read_text() == "new"


def test_a_draft_that_a_crash_left_is_no_obstacle_and_no_way_out(tmp_path):
    path, outside = tmp_path / "neighbors.txt", tmp_path / "outside"
    (tmp_path / ".neighbors.txt.new").write_text("half a l")
    write_file(path, "whole")
    assert path.read_text() == "whole"
    (tmp_path / ".neighbors.txt.new").symlink_to(outside)
    write_file(path, "here")
    assert path.read_text() == "here"
    assert not path.is_symlink()
    assert not outside.exists()


def test_what_was_kept_is_read_within_bounds(tmp_path):
    path = tmp_path / "neighbors.txt"
    assert read_file(path) == ""
    path.write_text("x" * FILE_BYTES)
    assert len(read_file(path)) == FILE_BYTES
    path.write_text("x" * (FILE_BYTES + 1))
    with pytest.raises(ValueError, match="larger than"):
        read_file(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="utf-8"):
        read_file(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="it is not a plain file"):
        read_file(path)


def test_a_directory_in_which_nothing_can_be_kept_is_told_and_left_alone(tmp_path):
    (tmp_path / "file").touch()
    assert fault_of(tmp_path) == ""
    assert fault_of(tmp_path / "new") == ""
    assert not (tmp_path / "new").exists()
    assert fault_of(tmp_path / "file") == "is not a directory"
    assert fault_of(tmp_path / "new/deeper") == "is not there, nor is the directory above it"


@pytest.mark.usefixtures("require_root")
def test_a_directory_of_somebody_else_is_told(tmp_path):
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        assert "not writable" in fault_of(tmp_path.parents[len(tmp_path.parents) - 1])
        assert "not writable" in fault_of(tmp_path.parents[len(tmp_path.parents) - 1] / "no-such-directory")
    finally:
        os.seteuid(0)
