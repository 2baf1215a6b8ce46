"""Real files that are replaced, overwritten or left alone, and real processes that were started from them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from canary.watch.programs import FILES, SERVICES, Programs, files_of_command, files_of_process

NO_PID = 1 << 22
"""Pids end below this."""


@pytest.fixture
def program(tmp_path):
    """A script that can be executed."""
    path = tmp_path / "printer"
    path.write_text("#!/bin/sh\nexec sleep 1000\n")
    path.chmod(0o755)
    return path


def overwrite(path):
    path.write_text("#!/bin/sh\nexec sleep 10000\n")


def touch(path):
    os.utime(path, ns=(0, 0))


def replace_by_the_same(path):
    """As packages are unpacked: same content, same size, same time of change."""
    new = path.with_suffix(".new")
    new.write_bytes(path.read_bytes())
    new.chmod(0o755)
    times = path.stat()
    os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
    new.rename(path)


def leave(path):
    path.read_bytes()


def execute(path):
    path.chmod(0o700)


@pytest.mark.parametrize(
    ("do", "changes"),
    [
        (overwrite, True),
        (touch, True),
        (replace_by_the_same, True),
        (Path.unlink, True),
        (leave, False),
        (execute, False),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_another_file_is_another_program(program, do, changes):
    programs = Programs()
    programs.remember("printer", [str(program)])
    do(program)
    assert programs.have_changed("printer") is changes


def test_a_file_that_comes_is_a_change_too(program):
    programs = Programs()
    programs.remember("printer", [str(program.with_name("later"))])
    assert not programs.have_changed("printer")
    program.rename(program.with_name("later"))
    assert programs.have_changed("printer")


def test_from_the_next_registration_on_the_new_one_is_the_known_one(program):
    programs = Programs()
    programs.remember("printer", [str(program)])
    overwrite(program)
    programs.remember("printer", [str(program)])
    assert not programs.have_changed("printer")


@pytest.mark.parametrize("files", [[], ["/nonexistent\0/printer"], ["\udcff"]])
def test_of_nothing_nothing_is_told(files):
    programs = Programs()
    programs.remember("printer", files)
    assert not programs.have_changed("printer")
    assert not programs.have_changed("scanner")


def test_no_more_are_remembered_than_fit(program):
    programs = Programs()
    for number in range(SERVICES + 1):
        programs.remember(f"s{number}", [str(program)])
    programs.remember("many", [*(f"/nonexistent/{number}" for number in range(FILES)), str(program)])
    overwrite(program)
    changed = [programs.have_changed(name) for name in ("s0", "s1", "s2", f"s{SERVICES}", "many")]
    assert changed == [False, False, True, True, False]


def test_what_a_command_names_beside_programs_is_no_program(program, tmp_path):
    data, script = tmp_path / "printer.db", tmp_path / "main.py"
    data.touch()
    script.touch()
    argv = [sys.executable, "-m", str(script), str(program), str(data), str(tmp_path), "/nonexistent", "printer", "/\0"]
    assert files_of_command(argv) == [sys.executable, str(script), str(program)]


def test_a_process_is_known_by_its_script_and_its_interpreter(program):
    program.write_text(f"#!{sys.executable}\nprint(flush=True)\ninput()\n")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        files = files_of_process(process.pid)
        process.stdin.close()
    assert str(program) in files
    assert str(Path(sys.executable).resolve()) in files


def test_a_process_whose_program_is_gone_is_known_by_where_it_was(tmp_path):
    program = tmp_path / "waiter"
    program.write_bytes(Path("/bin/cat").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        program.unlink()
        assert files_of_process(process.pid)[-1] == str(program)
        process.stdin.close()


def test_a_process_that_is_gone_has_no_files():
    assert files_of_process(NO_PID) == []
