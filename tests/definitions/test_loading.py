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


def test_an_entry_that_cannot_be_read_is_told_and_the_others_load(tmp_path):
    (tmp_path / "A.conf").mkdir()
    (tmp_path / "B.conf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "C.conf").write_text("description = fine\n")
    os.mkfifo(tmp_path / "D.conf")
    catalogue, remarks = load_catalogue([tmp_path])
    assert [str(remark) for remark in remarks] == [
        f"{tmp_path}/A.conf:0: error: cannot be read: it is no file",
        f"{tmp_path}/B.conf:0: error: cannot be read: No such file or directory",
        f"{tmp_path}/D.conf:0: error: cannot be read: it is no file",
    ]
    assert catalogue.definitions["C"].description == "fine"


def test_a_directory_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "PRINT.conf").touch()
    with pytest.raises(ConfigError, match=r"definitions_path: '.*PRINT\.conf' cannot be read: Not a directory"):
        read_directory(tmp_path / "PRINT.conf", KEY)


def test_what_an_operator_defines_comes_before_what_the_suite_ships(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "PRINT.conf").write_text("description = first\n[file]\nflags = required\n")
    (tmp_path / "second" / "PRINT.conf").write_text("description = second\n")
    (tmp_path / "second" / "STATUS.conf").write_text("description = ours\n")
    (tmp_path / "second" / "global.conf").write_text("[tenant]\nflags = optional\nvalidator = name\n")
    catalogue, remarks = load_catalogue([tmp_path / "none", tmp_path / "first", tmp_path / "second"])
    assert [(remark.source, remark.severity) for remark in remarks] == [
        (str(tmp_path / "second" / "STATUS.conf"), Severity.WARNING)
    ]
    assert catalogue.definitions["PRINT"].description == "first"
    assert catalogue.definitions["STATUS"].description == "ours"
    checker = Checker(catalogue)
    assert checker.fault(Message("PRINT", {"file": "a", "tenant": "b", "cache": "no"})) == ""
    assert checker.fault(Message("PRINT", {"file": "a", "tenant": "b c"})).startswith("parameter tenant: 'b c' is not")


ANCESTORS_REGISTER = """
[service]
flags = required
[version]
type=integer
flags=required
[password]
flags=optional
"""


def test_the_suite_can_register_where_the_ancestors_definitions_come_first(tmp_path):
    (tmp_path / "REGISTER.conf").write_text(ANCESTORS_REGISTER)
    (tmp_path / "LIST_SERVICES.conf").touch()
    catalogue, remarks = load_catalogue([tmp_path])
    assert [(remark.source, remark.severity) for remark in remarks] == [
        (str(tmp_path / name), Severity.WARNING) for name in ("LIST_SERVICES.conf", "REGISTER.conf")
    ]
    assert "[role], [service_version], [build]" in remarks[1].text
    checker = Checker(catalogue)
    own = {"service": "a", "version": "1", "service_version": "1.0", "role": "live", "pid": "3"}
    assert checker.fault(Message("REGISTER", own)) == ""
    assert checker.fault(Message("REGISTER", own | {"role": "boss"})).startswith("parameter role: 'boss' is not")
    assert checker.fault(Message("REGISTER", own | {"colour": "red"})).startswith("parameter 'colour' is not known")
    assert checker.fault(Message("LIST_SERVICES", {"limit": "2"})) == ""


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
