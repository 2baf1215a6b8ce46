"""Files of ours in directories where others may write: nobody's link is followed, and nobody keeps us waiting."""

import contextlib
import errno
import fcntl
import os
import stat

import pytest

from communicator.runtime.own_file import (
    locked_beside,
    open_plain,
    read_plain,
    refuse_foreign_link,
    replace_file,
    sync_directory,
)


def test_a_new_file_takes_the_place_of_a_link_and_leaves_alone_where_that_leads(tmp_path):
    precious, draft, path = tmp_path / "precious", tmp_path / "draft", tmp_path / "path"
    precious.write_text("precious")
    draft.symlink_to(precious)
    path.symlink_to(precious)
    replace_file(path, b"ours", draft=draft, mode=0o604)
    assert precious.read_text() == "precious"
    assert (path.read_text(), path.is_symlink(), draft.exists()) == ("ours", False, False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_it_takes_the_place_of_a_file_that_somebody_has_open(tmp_path):
    draft, path = tmp_path / "draft", tmp_path / "path"
    with draft.open("w+") as theirs:
        replace_file(path, b"ours", draft=draft, is_lasting=False)
        assert os.fstat(theirs.fileno()).st_nlink == 0
    assert path.read_text() == "ours"


def test_a_write_that_fails_leaves_the_old_content_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "path"
    path.write_text("old")

    def fail(_descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        replace_file(path, b"new", draft=tmp_path / "draft")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OSError, match="Input/output"):
        sync_directory(tmp_path)
    replace_file(path, b"new", draft=tmp_path / "draft", is_lasting=False)
    assert path.read_text() == "new"


def test_one_holds_the_lock_and_the_next_is_told_at_once(tmp_path):
    path = tmp_path / "passwords"
    with locked_beside(path), pytest.raises(BlockingIOError), locked_beside(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_on_the_directory_keeps_nobody_waiting(tmp_path):
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        with locked_beside(tmp_path / "passwords"):
            pass
    finally:
        os.close(directory)


def test_what_a_killed_process_left_is_taken_over(tmp_path):
    (tmp_path / ".passwords.lock").touch(0o600)
    with locked_beside(tmp_path / "passwords"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / ".passwords.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link") as refused, locked_beside(tmp_path / "passwords"):
        pass
    assert refused.value.errno == errno.ELOOP
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("require_root")
def test_a_lock_of_another_user_is_named(tmp_path):
    lock = tmp_path / ".passwords.lock"
    lock.touch()
    os.chown(lock, 65534, 65534)
    named = pytest.raises(PermissionError, match=r"'.*/\.passwords\.lock' belongs to another user")
    with named, locked_beside(tmp_path / "passwords"):
        pass
    assert lock.exists()


def test_a_lock_that_its_holder_has_taken_away_is_none(tmp_path, monkeypatch):
    lock, take = tmp_path / ".passwords.lock", fcntl.flock

    def take_late(descriptor, operation):
        lock.unlink()  # as the last holder does, between our open and our lock
        take(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", take_late)
    with pytest.raises(BlockingIOError), locked_beside(tmp_path / "passwords"):
        pass


def test_who_lets_go_in_time_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "passwords"
    with contextlib.ExitStack() as other:
        other.enter_context(locked_beside(path))
        monkeypatch.setattr("communicator.runtime.own_file.time.sleep", lambda _: other.close())
        with locked_beside(path, within_s=60.0):
            assert path.with_name(".passwords.lock").exists()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "directory"])
def test_only_a_plain_file_is_read_and_nobody_waits_at_a_pipe(tmp_path, make):
    path = tmp_path / "file"
    make(path)
    with pytest.raises(OSError, match="it is not a plain file"):
        open_plain(path)
    path.rmdir() if path.is_dir() else path.unlink()
    path.write_text("said")
    content, status = read_plain(path, 4)
    assert (content, status.st_size) == (b"said", 4)
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        read_plain(path, 3)


def test_a_link_of_another_user_is_refused_and_ones_own_is_not(tmp_path, monkeypatch):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    refuse_foreign_link(link)
    monkeypatch.setattr(os, "geteuid", lambda: 4_321)
    if os.getuid() == 0:
        os.chown(link, 65_534, -1, follow_symlinks=False)
    with pytest.raises(PermissionError, match="it is a link of another user: take it away"):
        refuse_foreign_link(link)
    refuse_foreign_link(tmp_path)
