import pytest

from communicator.features import copy_file as module
from communicator.features.copy_file import read_copy, write_copy


def test_what_was_written_is_read(tmp_path):
    flags = {"a": b'{"state":"ENABLED"}', "b": b"{}"}
    write_copy(tmp_path / "new" / "flags.json", "n.7", flags)
    assert read_copy(tmp_path / "new" / "flags.json") == ("n.7", flags)


def test_no_file_is_no_flags(tmp_path):
    assert read_copy(tmp_path / "flags.json") == ("", {})


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"flags": {"a": 1}, "generation": 2}'])
def test_a_file_that_says_something_else_is_refused(tmp_path, content):
    (tmp_path / "flags.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_copy(tmp_path / "flags.json")


def test_more_than_is_read_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "flags.json"
    write_copy(path, "n.1", {"a": b"{}"})
    monkeypatch.setattr(module, "COPY_BYTES", path.stat().st_size)
    write_copy(path, "n.2", {"a": b"{}"})
    with pytest.raises(ValueError, match="bytes are more than"):
        write_copy(path, "n.3", {"a": b"{} "})
    assert read_copy(path)[0] == "n.2"
