"""Definition files come in from directories and from the package."""

import os
import subprocess
import sys

import pytest

from communicator.definitions import load_catalogue, packaged_files, read_directory
from communicator.errors import ConfigError
from communicator.protocol.definitions import Checker, Severity
from communicator.protocol.message import Message

KEY = "definitions_path"


def test_a_directory_has_what_ends_in_conf(tmp_path):
    (tmp_path / "PRINT.conf").write_text("[file]\nflags = required\n")
    (tmp_path / "README").write_text("no definition")
    (tmp_path / "PRINT.conf.bak").write_text("nor this")
    assert [(file.command, file.source) for file in read_directory(tmp_path, KEY)] == [
        ("PRINT", str(tmp_path / "PRINT.conf"))
    ]


def test_a_directory_that_is_not_there_has_none(tmp_path):
    assert read_directory(tmp_path / "none", KEY) == []


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "PRINT.conf").mkdir()
    with pytest.raises(ConfigError, match=r"definitions_path: '.*PRINT\.conf' cannot be read: Is a directory"):
        read_directory(tmp_path, KEY)
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        read_directory(tmp_path / "PRINT.conf" / ".." / ".." / os.devnull, KEY)


def test_what_an_operator_defines_comes_before_what_the_suite_ships(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "PRINT.conf").write_text("description = first\n[file]\nflags = required\n")
    (tmp_path / "second" / "PRINT.conf").write_text("description = second\n")
    (tmp_path / "second" / "STATUS.conf").write_text("description = ours\n")
    (tmp_path / "second" / "global.conf").write_text("[tenant]\nflags = optional\nvalidator = name\n")
    catalogue, remarks = load_catalogue([tmp_path / "none", tmp_path / "first", tmp_path / "second"])
    assert [str(remark) for remark in remarks] == []
    assert catalogue.definitions["PRINT"].description == "first"
    assert catalogue.definitions["STATUS"].description == "ours"
    checker = Checker(catalogue)
    assert checker.fault(Message("PRINT", {"file": "a", "tenant": "b", "cache": "no"})) == ""
    assert checker.fault(Message("PRINT", {"file": "a", "tenant": "b c"})).startswith("parameter tenant: 'b c' is not")


def test_a_bad_file_does_not_keep_the_others_out(tmp_path):
    (tmp_path / "PRINT.conf").write_text("scope = moon\n")
    catalogue, remarks = load_catalogue([tmp_path])
    assert [remark.severity for remark in remarks] == [Severity.ERROR]
    assert "PRINT" not in catalogue.definitions
    assert "STATUS" in catalogue.definitions


def test_the_package_has_its_files_wherever_it_is_started(tmp_path):
    script = "from communicator.definitions import packaged_files; print(len(packaged_files()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(packaged_files()) > 70
