"""Which files are looked at, and what becomes of those that cannot be."""

import os

import pytest

from bellwether import feature_files
from bellwether.failure import CommandError
from bellwether.feature_files import FILE_BYTES, scan

CALL = "client.get_boolean_value('a', False)\n"


@pytest.fixture
def tree(tmp_path):
    """Writes files below a directory; gives it."""

    def write(files):
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def named(directory, *names):
    return [(place.file, place.how) for found in scan([directory], names).undefined for place in found.places]


def test_code_is_looked_at_by_its_language(tree):
    directory = tree(
        {"x/a.py": CALL, "b.ts": "getBooleanValue('a', b)", "c.md": CALL, "d.json": '{"flags": {"a": {}}}'}
    )
    assert named(directory) == [(f"{directory}/b.ts", "pattern"), (f"{directory}/x/a.py", "call")]
    assert scan([directory], ()).files == 2


@pytest.mark.parametrize(("first", "how"), [("#!/usr/bin/env python3", "call"), ("#!/bin/sh", "pattern")])
def test_a_program_without_an_ending_is_known_by_its_first_line(tree, first, how):
    directory = tree({"run": f"{first}\n{CALL}", "other": CALL})
    (directory / "run").chmod(0o755)
    assert named(directory) == [(f"{directory}/run", how)]


def test_what_others_have_written_is_left_out(tree):
    directory = tree(
        {
            ".git/a.py": CALL,
            "node_modules/a.js": CALL,
            "__pycache__/a.py": CALL,
            "env/pyvenv.cfg": "",
            "env/lib/a.py": CALL,
        }
    )
    assert scan([directory], ()).files == 0


def test_a_file_may_be_named_and_counts_once(tree):
    directory = tree({"a.py": CALL})
    found = scan([directory / "a.py", directory], ())
    assert (found.files, len(found.undefined[0].places)) == (1, 1)


def test_links_and_pipes_are_not_followed(tree):
    directory = tree({"x/a.py": CALL})
    (directory / "x/again").symlink_to(directory)
    (directory / "x/b.py").symlink_to(directory / "x/a.py")
    os.mkfifo(directory / "c.py")
    assert named(directory) == [(f"{directory}/x/a.py", "call")]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.py", b"\0" + CALL.encode(), "not looked at: it is no text"),
        ("a.js", b" " * (FILE_BYTES + 1), "not looked at: it is larger than 2 MiB"),
        ("a.go", b"x = '\xff'", "not looked at: it is no UTF-8 at byte 5"),
        ("a.py", b"x = '\xff'", "not looked at: it is no UTF-8 at byte 5"),
    ],
    ids=["binary", "large", "encoding", "Python"],
)
def test_what_cannot_be_read_is_named(tree, name, content, reason):
    found = scan([tree({name: content})], ())
    assert found.skipped[-1].reason == reason
    assert found.files == 0


def test_python_of_another_age_is_read_by_pattern(tree):
    found = scan([tree({"a.py": f"print 'a'\n{CALL}"})], ())
    assert [place.how for place in found.undefined[0].places] == ["pattern"]
    assert found.skipped[0].reason.startswith("looked at by pattern: no Python: line 1: ")


def test_what_may_not_be_read_is_named(tree, monkeypatch):
    directory = tree({"a.py": CALL, "x/b.py": CALL})

    def refuse(_file):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(feature_files, "_content", refuse)
    assert {one.reason for one in scan([directory], ()).skipped} == {"Permission denied"}


def test_a_directory_that_is_not_there_or_too_large_is_refused(tree, monkeypatch):
    directory = tree({"a.py": CALL, "b.py": CALL})
    with pytest.raises(CommandError, match=r"^there is no '.*/none'$") as caught:
        scan([directory / "none"], ())
    assert caught.value.exit_code == 2
    monkeypatch.setattr(feature_files, "FILES", 1)
    with pytest.raises(CommandError, match="holds more than 1 file of code: name those that are yours"):
        scan([directory], ())
