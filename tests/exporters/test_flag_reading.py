"""The directory of flags, read as the sitter reads it."""

import os

import pytest

from communicator.errors import FlagsPathError
from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import SITTER_READS, FlagDirectory
from exporters.flag_reading import read_flags

NOW_S = 1_800_000_000


def raise_flag(path, unit, section, name, **options):
    FlagDirectory(path).raise_(Flag(name=FlagName(unit, section, name), message="m", **options), NOW_S)


def test_flags_that_are_up_are_read(tmp_path):
    raise_flag(tmp_path, "timekeeper", "clock", "wrong", priority=90)
    raise_flag(tmp_path, "backup", "disk", "full", manual_down=True)
    found = read_flags(tmp_path)
    assert [(str(name), flag.priority, flag.date_s, flag.manual_down) for name, flag in found.flags] == [
        ("backup/disk/full", 5, NOW_S, True),
        ("timekeeper/clock/wrong", 90, NOW_S, False),
    ]
    assert (found.unreadable, found.unread) == (0, 0)


@pytest.mark.parametrize("name", ["a_b_c.flag", "a_b.flag", "a_b_c_d.flag", "A_B_C.flag", "a__c.flag", ".flag.flag"])
def test_a_file_that_holds_no_flag_is_counted(tmp_path, name):
    (tmp_path / name).write_text("nonsense\n")
    found = read_flags(tmp_path)
    assert found.flags == ()
    assert found.unreadable == (0 if name.startswith(".") else 1)


def test_what_is_no_file_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "a_b_pipe.flag")
    (tmp_path / "a_b_folder.flag").mkdir()
    (tmp_path / "a_b_link.flag").symlink_to("/etc/hostname")
    raise_flag(tmp_path, "a", "b", "good")
    found = read_flags(tmp_path)
    assert [str(name) for name, _ in found.flags] == ["a/b/good"]
    assert found.unreadable == 3


def test_copies_and_drafts_are_no_flags(tmp_path):
    raise_flag(tmp_path, "a", "b", "c")
    for name in ("a_b_c.flag.bak", ".a_b_c.flag.4711.new", "readme"):
        (tmp_path / name).write_text("x")
    found = read_flags(tmp_path)
    assert (len(found.flags), found.unreadable, found.unread) == (1, 0, 0)


def test_no_more_is_read_than_the_sitter_reads(tmp_path):
    raise_flag(tmp_path, "a", "b", "c0")
    content = (tmp_path / "a_b_c0.flag").read_bytes()
    for number in range(1, SITTER_READS + 7):
        (tmp_path / f"a_b_c{number}.flag").write_bytes(content)
    found = read_flags(tmp_path)
    assert (len(found.flags), found.unread) == (SITTER_READS, 7)


@pytest.mark.parametrize("name", ["absent", "file"])
def test_a_directory_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(FlagsPathError, match=name):
        read_flags(tmp_path / name)
