"""The directory of flags: what is raised is there whole, for everyone who may look, and what goes wrong is told."""

import os
import resource
import stat
from dataclasses import replace

import pytest

from communicator.errors import FlagError, FlagsPathError
from communicator.flags.catalogue import FILE_WRITE
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import FlagDirectory
from communicator.flags.flag_file import FILE_BYTES, read_flag, write_flag

NAME = FlagName("timekeeper", "clock", "offset")
FLAG = Flag(name=NAME, message="the clock is wrong", priority=55)
FILE = "timekeeper_clock_offset.flag"
NOW_S = 1_795_500_000


@pytest.fixture
def directory(tmp_path):
    return FlagDirectory(tmp_path)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_raised_flag_is_one_file_that_everybody_may_read(directory, umask):
    before = os.umask(umask)
    try:
        raised = directory.raise_(FLAG, NOW_S)
    finally:
        os.umask(before)
    assert raised == replace(FLAG, date_s=NOW_S, modified_s=NOW_S)
    [path] = directory.path.iterdir()
    assert path.name == FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert read_flag(path.read_bytes()) == raised == directory.find(NAME)


def test_raised_again_it_keeps_when_it_began_and_counts(directory):
    directory.raise_(FLAG, NOW_S)
    inode = (directory.path / FILE).stat().st_ino
    assert directory.raise_(replace(FLAG, message="another"), NOW_S + 59) is None
    assert (directory.path / FILE).stat().st_ino == inode
    again = directory.raise_(replace(FLAG, message="another", priority=9), NOW_S + 60)
    assert again == replace(FLAG, date_s=NOW_S, modified_s=NOW_S + 60, count=2) == directory.find(NAME)


def test_a_flag_of_ours_that_the_ancestor_wrote_has_our_help(directory):
    directory.raise_(Flag(name=FILE_WRITE, message="of the ancestor"), NOW_S)
    directory.raise_(Flag(name=NAME, message="of another", help_uri="file:///x"), NOW_S)
    found, declared = directory.find(FILE_WRITE), declarations()[FILE_WRITE]
    assert found is not None
    assert (found.help, found.help_uri) == (declared.help, declared.help_uri)
    assert {flag.name: flag.help_uri for flag in directory.read_all().flags} == {
        FILE_WRITE: declared.help_uri,
        NAME: "file:///x",
    }


def test_a_flag_goes_down(directory):
    directory.raise_(FLAG, NOW_S)
    assert directory.lower(NAME)
    assert (directory.find(NAME), list(directory.path.iterdir())) == (None, [])
    assert not directory.lower(NAME)


def test_what_only_a_person_takes_down_stays_until_one_does(directory):
    directory.raise_(replace(FLAG, manual_down=True), NOW_S)
    assert not directory.lower(NAME)
    assert directory.find(NAME) is not None
    assert directory.lower(NAME, by_person=True)
    assert directory.find(NAME) is None


def test_a_damaged_file_is_told_and_replaced_and_taken_down(directory):
    path = directory.path / FILE
    path.write_bytes(b"half of")
    with pytest.raises(FlagError, match="without unit"):
        directory.find(NAME)
    assert directory.raise_(FLAG, NOW_S).count == 1
    assert directory.find(NAME).message == FLAG.message
    path.write_bytes(b"half of")
    assert directory.lower(NAME)


def test_the_list_is_in_order_of_urgency_and_names_what_cannot_be_read(directory):
    for section, priority in (("a", 5), ("b", 97), ("c", 97)):
        directory.raise_(replace(FLAG, name=FlagName("u", section, "n"), priority=priority), NOW_S)
    (directory.path / "u_d_n.flag").write_bytes(b"unit=u\n")
    (directory.path / "u_e_n.flag").write_bytes(b"x" * (FILE_BYTES + 1))
    (directory.path / "u_f_n.flag").mkdir()
    (directory.path / "u_g_n.flag").symlink_to("u_a_n.flag")
    os.mkfifo(directory.path / "u_h_n.flag")
    (directory.path / "u_a_n.flag.bak").write_bytes(b"")
    (directory.path / ".u_a_n.flag").write_bytes(b"")
    (directory.path / ".u_a_n.flag.17.new").write_bytes(b"")
    listing = directory.read_all()
    assert [str(flag.name) for flag in listing.flags] == ["u/b/n", "u/c/n", "u/a/n"]
    reasons = dict(listing.unreadable)
    assert sorted(reasons) == [f"u_{letter}_n.flag" for letter in "defgh"]
    assert "without section" in reasons["u_d_n.flag"]
    assert "more than" in reasons["u_e_n.flag"]
    assert "not a file" in reasons["u_f_n.flag"]
    assert "not a file" in reasons["u_h_n.flag"]


def test_no_name_leads_out_of_the_directory(directory):
    (directory.path / "x_b_c.flag").write_bytes(write_flag(FLAG))
    for name in (FlagName("../x", "b", "c"), FlagName("a/../x", "b", "c"), FlagName("", "", "")):
        for attempt in (directory.find, directory.lower, lambda name: directory.raise_(replace(FLAG, name=name), 1)):
            with pytest.raises(FlagError, match="unit"):
                attempt(name)
    assert [path.name for path in directory.path.iterdir()] == ["x_b_c.flag"]


def test_a_link_in_the_place_of_a_flag_is_never_followed(directory, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "precious"
    other.write_bytes(write_flag(FLAG))
    (directory.path / FILE).symlink_to(other)
    with pytest.raises(FlagsPathError, match="symbolic link"):
        directory.find(NAME)
    with pytest.raises(FlagsPathError, match="symbolic link"):
        directory.raise_(FLAG, NOW_S)
    assert directory.lower(NAME)
    assert other.read_bytes() == write_flag(FLAG)


def test_what_killed_processes_left_is_cleared_when_it_is_old(directory):
    old, new, own = (directory.path / f".{FILE}.{pid}.new" for pid in (2**22 + 1, 2**22 + 2, os.getpid()))
    for draft in (old, new, own):
        draft.write_bytes(b"half")
    other = directory.path / ".another_one_x.flag.5.new"
    other.write_bytes(b"")
    now_s = int(new.stat().st_mtime)
    os.utime(old, (now_s - 61, now_s - 61))
    directory.raise_(FLAG, now_s)
    assert sorted(directory.path.iterdir()) == sorted([new, other, directory.path / FILE])


def test_a_directory_that_is_not_there(tmp_path):
    missing = FlagDirectory(tmp_path / "missing")
    assert missing.fault() == "the directory is not there"
    assert missing.find(NAME) is None
    assert not missing.lower(NAME)
    with pytest.raises(FlagsPathError, match="no such file or directory") as error:
        missing.raise_(FLAG, NOW_S)
    assert error.value.path == str(tmp_path / "missing")
    with pytest.raises(FlagsPathError, match="no such file"):
        missing.read_all()
    assert not (tmp_path / "missing").exists()


def test_a_file_in_the_place_of_the_directory(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    wrong = FlagDirectory(path)
    assert wrong.fault() == "it is no directory"
    with pytest.raises(FlagsPathError, match="not a directory"):
        wrong.raise_(FLAG, NOW_S)
    with pytest.raises(FlagsPathError, match="not a directory"):
        wrong.read_all()
    assert not wrong.lower(NAME)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user who may not")
def test_a_directory_of_somebody_else(tmp_path):
    tmp_path.chmod(0o755)
    for above in tmp_path.parents[:-2]:
        above.chmod(above.stat().st_mode | 0o055)
    own = FlagDirectory(tmp_path)
    assert own.fault() == ""
    own.raise_(FLAG, NOW_S)
    os.seteuid(65534)
    try:
        assert own.fault() == "this user may not write there"
        assert own.find(NAME).message == FLAG.message
        with pytest.raises(FlagsPathError, match="permission denied"):
            own.raise_(FLAG, NOW_S + 60)
        with pytest.raises(FlagsPathError, match="permission denied"):
            own.lower(NAME)
        assert len(own.read_all().flags) == 1
    finally:
        os.seteuid(0)
    assert own.find(NAME).count == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_in_the_place_of_a_flag_is_told_and_nothing_is_left(directory):
    (directory.path / FILE).mkdir()
    with pytest.raises(FlagError, match="not a file"):
        directory.find(NAME)
    with pytest.raises(FlagsPathError, match="is a directory"):
        directory.raise_(FLAG, NOW_S)
    with pytest.raises(FlagsPathError, match="is a directory"):
        directory.lower(NAME)
    assert [path.name for path in directory.path.iterdir()] == [FILE]


def test_a_full_disk_leaves_the_old_flag_and_nothing_else(directory):
    directory.raise_(FLAG, NOW_S)
    before = (directory.path / FILE).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, limits[1]))  # what goes beyond it fails: Python ignores the signal
    try:
        with pytest.raises(FlagsPathError, match="file too large"):
            directory.raise_(FLAG, NOW_S + 60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.read_bytes() for path in directory.path.iterdir()] == [before]
