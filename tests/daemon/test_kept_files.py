"""What the router keeps is there whole, in the order of its wishes, or its loss is told."""

import asyncio
import os
import stat
import subprocess
import sys
import threading

import pytest

from communicator.daemon import kept_files as kept_files_module
from communicator.daemon.kept_files import KeptFiles, learnt_of, recollect
from communicator.router.cores import learning
from communicator.router.vocabulary.effects import Keep, KeptCommands, KeptFile
from communicator.runtime.kept_file import write_file
from communicator.wishes import RETRY_S

NEIGHBORS, STATUS, POLICY = KeptFile.NEIGHBORS, KeptFile.CLUSTER_STATUS, KeptFile.POLICY


@pytest.fixture
async def lost():
    return []


@pytest.fixture
async def files(tmp_path, lost, monkeypatch):
    monkeypatch.setattr(kept_files_module, "FLUSH_S", 60.0)  # a disk that others use, too
    kept = KeptFiles(tmp_path / "data", lambda path, reason: lost.append((path.name, reason)))
    yield kept
    await kept.close()


async def test_a_file_is_written_with_its_directory(files, tmp_path, lost):
    umask = os.umask(0o077)
    try:
        files.keep(Keep(NEIGHBORS, "127.0.0.1:4042\n"))
        await files.close()
    finally:
        os.umask(umask)
    path = tmp_path / "data/neighbors.txt"
    assert path.read_text() == "127.0.0.1:4042\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o027 == 0
    assert list(path.parent.iterdir()) == [path]
    assert lost == []


@pytest.fixture
def slow_disk(monkeypatch):
    """A disk that writes when it is told to; keeps what was written."""
    go_on, written = threading.Event(), []

    def write(path, content):
        go_on.wait(20)
        written.append((path.name, content))
        if content == "bad":
            raise OSError(28, "No space left on device")
        if content == "worse":
            raise ValueError("nonsense")

    monkeypatch.setattr(kept_files_module, "write_file", write)
    yield go_on, written
    go_on.set()


async def test_files_are_written_in_order_and_the_newest_content_wins(files, slow_disk):
    go_on, written = slow_disk
    files.keep(Keep(NEIGHBORS, "1"))
    files.keep(Keep(NEIGHBORS, "2"))
    files.keep(Keep(POLICY, "a"))
    files.keep(Keep(NEIGHBORS, "3"))
    go_on.set()
    await files.close()
    assert written == [("neighbors.txt", "1"), ("neighbors.txt", "3"), ("policy.json", "a")]


async def test_a_file_that_cannot_be_written_is_told_and_the_others_are_written(files, slow_disk, lost):
    go_on, written = slow_disk
    go_on.set()
    files.keep(Keep(NEIGHBORS, "bad"))
    files.keep(Keep(STATUS, "worse"))
    files.keep(Keep(POLICY, "good"))
    await files.close()
    assert written[-1] == ("policy.json", "good")
    assert lost == [("neighbors.txt", "No space left on device"), ("cluster-status.txt", "nonsense")]


async def test_what_could_not_be_written_is_tried_again_within_a_minute(tmp_path, lost):
    directory, written = tmp_path / "data", []
    directory.touch()
    files = KeptFiles(
        directory, lambda path, reason: lost.append((path.name, reason)), lambda path: written.append(path.name)
    )
    for content in ("1", "2"):
        files.keep(Keep(NEIGHBORS, content))
        await files._idle.wait()
    left_s = files._retry.when() - asyncio.get_running_loop().time()
    assert 0 < left_s < RETRY_S + 1e-6, "but for what the sum of two times is rounded by"
    files._try_again()
    await files._idle.wait()
    assert lost == [("neighbors.txt", "Not a directory")] * 2, "each content is told once"
    directory.unlink()
    files._try_again()
    await files._idle.wait()
    assert (directory / "neighbors.txt").read_text() == "2"
    assert (written, files._retry) == (["neighbors.txt"], None)
    await files.close()


async def test_what_is_newer_is_not_replaced_by_what_is_tried_again(files, slow_disk, lost):
    go_on, written = slow_disk
    go_on.set()
    files.keep(Keep(NEIGHBORS, "bad"))
    await files._idle.wait()
    files.keep(Keep(NEIGHBORS, "good"))
    files._try_again()
    await files.close()
    assert written == [("neighbors.txt", "bad"), ("neighbors.txt", "good")]
    assert len(lost) == 1


@pytest.mark.usefixtures("slow_disk")
async def test_a_disk_that_hangs_does_not_hold_up_the_end(files, lost, monkeypatch):
    monkeypatch.setattr(kept_files_module, "FLUSH_S", 0.1)
    files.keep(Keep(NEIGHBORS, "1"))
    files.keep(Keep(POLICY, "2"))
    await files.close()
    assert lost == [("policy.json", "not written within 0.1 s")]


_HANGS = """
import asyncio, threading
from communicator.wishes import Wishes

class Hung(Wishes[str, str, None]):
    def _do(self, key, value): threading.Event().wait()
    def _done(self, key, value, outcome): pass

async def live():
    hung = Hung("hung")
    hung._wish("a", "1")
    await hung._flush(0.05)

asyncio.run(live())
"""


def test_a_disk_that_hangs_does_not_hold_up_the_end_of_the_process():
    subprocess.run([sys.executable, "-c", _HANGS], check=True, timeout=30)


def test_the_loop_may_be_gone_when_the_disk_answers(slow_disk, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_files_module, "FLUSH_S", 0.05)
    go_on, written = slow_disk

    async def live() -> KeptFiles:
        kept = KeptFiles(tmp_path, lambda *_: None)
        kept.keep(Keep(NEIGHBORS, "1"))
        await kept.close()
        return kept

    kept = asyncio.run(live())
    go_on.set()
    kept._thread.thread.join(20)
    assert written == [("neighbors.txt", "1")]


async def test_a_file_of_a_service_is_written_one_directory_further_down(files, tmp_path, lost):
    files.keep(Keep(KeptCommands("printer"), "{}"))
    files.keep(Keep(KeptCommands("scanner"), "old"))
    files.keep(Keep(KeptCommands("scanner"), "new"))
    await files.close()
    services = tmp_path / "data/services"
    assert {path.name: path.read_text() for path in services.iterdir()} == {"printer": "{}", "scanner": "new"}
    assert stat.S_IMODE(services.stat().st_mode) & 0o027 == 0
    assert lost == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../policy", "a/b", "/etc/passwd", "a.b", ".hidden", "a\0", "a\n", "x" * 129]
)
def test_no_name_leads_out_of_the_directory(name):
    with pytest.raises(ValueError, match="is not the name of a service, and of no file"):
        KeptCommands(name)


@pytest.fixture
def ignored():
    return []


@pytest.fixture
def read(tmp_path, ignored):
    return lambda *services: recollect(tmp_path, services, lambda path, reason: ignored.append((path.name, reason)))


def test_where_nothing_was_kept_nothing_comes_back(read, ignored):
    assert set(read("printer").values()) == {""}
    assert learnt_of(read("printer")) == {}
    assert ignored == []


def test_what_known_services_said_comes_back_and_nothing_else(read, tmp_path, ignored):
    write_file(tmp_path / "policy.json", "{}")
    for service in ("printer", "scanner", "stranger"):
        write_file(tmp_path / "services" / service, f"of {service}")
    kept = read("scanner", "printer", "away")
    assert kept[KeptFile.POLICY] == "{}"
    assert learnt_of(kept) == {"printer": "of printer", "scanner": "of scanner"}
    assert ignored == []


def test_a_file_that_cannot_be_read_is_told_and_the_others_count(read, tmp_path, ignored):
    places = tmp_path / "services"
    write_file(places / "good", "x" * learning.CONTENT_BYTES)
    write_file(places / "large", "x" * (learning.CONTENT_BYTES + 1))
    (places / "binary").write_bytes(b"\xff")
    (places / "folder").mkdir()
    assert list(learnt_of(read("good", "large", "binary", "folder"))) == ["good"]
    assert [name for name, _ in ignored] == ["binary", "folder", "large"]
    assert "larger than" in ignored[2][1]


def test_a_file_in_the_place_of_the_directory_is_told(read, tmp_path, ignored):
    (tmp_path / "services").touch()
    read("printer")
    assert ignored == [("printer", "Not a directory")]


def test_more_files_than_are_learnt_of_are_not_read(read, tmp_path):
    wanted = [f"s{number:05}" for number in range(learning.SERVICES_MAX + 1)]
    for service in wanted[-2:]:
        write_file(tmp_path / "services" / service, "x")
    assert learnt_of(read(*wanted)) == {wanted[-2]: "x"}
    assert KeptCommands(wanted[-1]) not in read(*wanted)
