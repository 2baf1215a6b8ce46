"""What is read back at the start: what the router keeps, of the services it knows, within bounds."""

import pytest

from communicator.daemon.recollection import learnt_of, recollect
from communicator.router.cores import learning
from communicator.router.vocabulary.effects import KeptCommands, KeptFile
from communicator.runtime.kept_file import write_file


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
