"""Who has a socket open, among processes that are made up, and how often they are looked through."""

import pytest

from communicator.daemon.socket_holders import BURST_S, KEPT_S, SHARE, SocketHolders


class Processes:
    """A directory as the kernel's, and a clock that goes on when it is read: once by each question, and once more by each look."""

    def __init__(self, path):
        self._path = path
        self.now_s = self.takes_s = 0.0
        self.read = 0
        self.holders = SocketHolders(path, self.clock)

    def clock(self):
        now_s = self.now_s
        self.now_s += self.takes_s
        self.read += 1
        return now_s

    def open(self, pid, *inodes):
        files = self._path / str(pid) / "fd"
        files.mkdir(parents=True, exist_ok=True)
        for inode in inodes:
            (files / f"{inode}").symlink_to(f"socket:[{inode}]")


@pytest.fixture
def processes(tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "9").mkdir()  # hidden
    return Processes(tmp_path)


def test_the_only_one_is_found(processes):
    processes.open(7, 1, 2)
    processes.open(8, 2, 3)
    assert {inode: processes.holders.find(inode) for inode in (1, 2, 3, 4)} == {1: 7, 2: None, 3: 8, 4: None}


def test_what_has_come_since_is_looked_for_again(processes):
    processes.open(7, 1)
    assert processes.holders.find(1) == 7
    processes.open(8, 2)
    assert processes.holders.find(2) == 8


def test_what_was_seen_is_good_for_a_moment(processes):
    processes.open(7, 1)
    assert processes.holders.find(1) == 7
    processes.open(8, 1)
    processes.now_s = KEPT_S / 2
    assert processes.holders.find(1) == 7
    processes.now_s = KEPT_S
    assert processes.holders.find(1) is None


def test_who_comes_after_much_looking_cannot_be_told_for_some_time(processes):
    processes.takes_s = long_s = 1.0
    assert processes.holders.find(1) is None
    processes.takes_s = 0.0
    processes.open(7, 1)
    assert processes.holders.find(1) is None
    processes.now_s = (long_s - BURST_S) / SHARE - 0.01
    assert processes.holders.find(1) is None
    processes.now_s += 0.02
    assert processes.holders.find(1) == 7


def test_looking_takes_its_share_of_the_time_at_most(processes):
    processes.takes_s, asked = 0.01, 10_000
    for inode in range(asked):
        processes.holders.find(inode)
    looks = processes.read - asked - 1
    assert 0 < looks * processes.takes_s < processes.now_s * SHARE + BURST_S + processes.takes_s
