"""Files of ours in directories where others may write: nobody's link is followed, and nobody keeps us waiting."""

import contextlib
import errno
import fcntl
import os
import stat

import pytest

from communicator.runtime.own_file import locked_beside, open_new, open_plain, refuse_foreign_link


def test_a_new_file_takes_the_place_of_a_link_and_leaves_alone_where_that_leads(tmp_path):
    precious, draft = tmp_path / "precious", tmp_path / "draft"
    precious.write_text("precious")
    draft.symlink_to(precious)
    with os.fdopen(open_new(draft, 0o600), "w") as file:
        file.write("ours")
    assert precious.read_text() == "precious"
    assert draft.read_text() == "ours"
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600


def test_it_takes_the_place_of_a_file_that_somebody_has_open(tmp_path):
    draft = tmp_path / "draft"
    with draft.open("w+") as theirs:
        os.close(open_new(draft))
        assert os.fstat(theirs.fileno()).st_nlink == 0


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
    descriptor = open_plain(path)
    assert os.read(descriptor, 10) == b"said"
    os.close(descriptor)


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
