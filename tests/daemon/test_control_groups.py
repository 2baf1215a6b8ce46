"""Which control group a process is in, as the kernel writes it; and which directory has which number."""

import os

import pytest

from communicator.daemon.control_groups import ControlGroups, find_root, group_of


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("0::/system.slice/billing.service\n", "/system.slice/billing.service"),
        ("0::/\n", "/"),
        ("9:name=systemd:/system.slice/a.service\n4:memory:/m\n0::/\n", "/system.slice/a.service"),
        ("9:name=systemd:/system.slice/a.service\n0::/system.slice/a.service/b\n", "/system.slice/a.service/b"),
        ("9:name=systemd:/system.slice/a.service\n4:cpu,cpuacct:/c\n", "/system.slice/a.service"),
        ("0::/a:b/c.service\n", "/a:b/c.service"),
        ("4:memory:/m\n", ""),
        ("", ""),
        ("garbage", ""),
    ],
)
def test_the_group_of_a_process(tmp_path, text, group):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(text)
    assert group_of(7, tmp_path) == group


def test_of_a_process_that_is_hidden_or_gone_nothing_is_told(tmp_path):
    assert group_of(7, tmp_path) == ""
    assert group_of("self") != ""


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"),
        (
            "1 2 0:3 / / rw - ext4 /dev/a rw\n30 1 0:4 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n",
            "/sys/fs/cgroup/unified",
        ),
        ("30 1 0:4 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", None),
    ],
)
def test_where_the_groups_are(tmp_path, text, root):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text(text)
    found = find_root(tmp_path)
    assert (None if found is None else str(found)) == root


def test_without_a_kernel_that_tells_there_is_no_root(tmp_path):
    assert find_root(tmp_path) is None


def test_a_number_is_that_of_a_directory_and_a_new_one_is_looked_for(tmp_path):
    groups = ControlGroups(tmp_path)
    first = tmp_path / "system.slice" / "a.service"
    first.mkdir(parents=True)
    (first / "cgroup.procs").touch()
    assert groups.path_of(first.stat().st_ino) == "/system.slice/a.service"
    assert groups.path_of(tmp_path.stat().st_ino) == "/"
    second = first / "workers"
    second.mkdir()
    assert groups.path_of(second.stat().st_ino) == "/system.slice/a.service/workers"


def test_a_number_that_is_nowhere_is_looked_for_once(tmp_path, monkeypatch):
    walks = []
    monkeypatch.setattr(os, "scandir", lambda path, scan=os.scandir: walks.append(path) or scan(path))
    groups = ControlGroups(tmp_path)
    assert [groups.path_of(number) for number in (5, 5, 0)] == ["", "", ""]
    assert len(walks) == 1
    assert ControlGroups(None).path_of(5) == ""
