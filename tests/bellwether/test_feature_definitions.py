"""Definitions as they are read from files."""

import io
import json
from types import SimpleNamespace

import pytest

from bellwether.failure import CommandError
from bellwether.feature_definitions import check_files, read_definition
from canary.feature.directory import FILE_BYTES
from tests.bellwether.feature_sample import DEFINITION


@pytest.fixture
def file(tmp_path):
    """Writes a file of flags; gives its path."""

    def write(content, name="x.json"):
        place = tmp_path / name
        place.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return place

    return write


def test_a_flag_alone_or_among_others_or_as_it_is_shown(file):
    alone = read_definition("a", str(file(DEFINITION)))
    assert json.loads(alone) == DEFINITION
    assert read_definition("a", str(file({"flags": {"b": DEFINITION, "a": DEFINITION}}))) == alone
    assert read_definition("a", str(file({"feature": "a", "definition": DEFINITION, "offs": []}))) == alone


def test_what_comes_in(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(DEFINITION).encode())))
    assert json.loads(read_definition("a", "-")) == DEFINITION
    with pytest.raises(CommandError, match=r"^what came in: flag 'a': it is no JSON"):
        read_definition("a", "-")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (DEFINITION | {"metadata": {"type": "release"}}, "flag 'a': metadata: it has no owner"),
        ({"flags": {"b": DEFINITION}}, "it defines b, and no 'a'"),
        ({"flags": {"a": {}}}, "flag 'a': state: None is none"),
        (b"\xff", "it is no UTF-8 at byte 0"),
        (b"{", "flag 'a': it is no JSON"),
        (b"[" * 100_000, "flag 'a': it is nested too deeply"),
        ({"definition": None}, "flag 'a': None is no definition"),
    ],
    ids=["owner", "another", "faulty", "encoding", "syntax", "nested", "not defined"],
)
def test_what_is_wrong_is_told_with_its_file(file, content, reason):
    place = file(content)
    with pytest.raises(CommandError) as caught:
        read_definition("a", str(place))
    assert str(caught.value).startswith(f"'{place}': {reason}")
    assert caught.value.exit_code == 78


def test_files_that_cannot_be_read_are_faults(tmp_path):
    checks = check_files([tmp_path / "none.json", tmp_path])
    assert checks.faults == [
        f"{tmp_path}/none.json: it cannot be read: No such file or directory",
        f"{tmp_path}: it cannot be read: Is a directory",
    ]


def test_a_file_that_no_canary_would_read_is_a_fault(file):
    checks = check_files([file(b" " * (FILE_BYTES + 1))])
    assert checks.faults[0].endswith(": it is larger than 16 MiB: make several files of it")


def test_a_flag_that_two_files_define_is_a_fault_of_the_second(file):
    first, second = file({"flags": {"a": DEFINITION}}, "1.json"), file({"flags": {"a": DEFINITION}}, "2.json")
    checks = check_files([first, second])
    assert checks.faults == [f"{second}: flag 'a' is defined in '{first}' too: keep one"]
    assert checks.names == {"a"}
