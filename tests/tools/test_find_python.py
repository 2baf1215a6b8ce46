"""Which Python the targets take, and what they say when there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/find-python"


@pytest.fixture
def find(tmp_path):
    """Runs the tool with interpreters that answer as told, before those of the machine on the PATH."""

    def find(*arguments, python=None, **answers):
        for name, answer in answers.items():
            program = tmp_path / name.replace("_", ".")
            program.write_text(f"#!/bin/sh\n{answer}\n")
            program.chmod(0o755)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
        if python:
            environment["PYTHON"] = python
        return subprocess.run(
            [TOOL, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=50
        )

    return find


def works(version):
    return f"echo {version} /somewhere/python{version}"


def test_the_newest_of_the_three_is_taken(find):
    done = find(python3_13=works("3.13"), python3_12=works("3.12"), python3_11=works("3.11"))
    assert (done.returncode, done.stdout) == (0, "/somewhere/python3.13\n")


def test_all_are_told_newest_first(find):
    done = find("--all", python3_13=works("3.13"), python3_12=works("3.12"), python3_11=works("3.11"))
    assert done.stdout.split() == ["/somewhere/python3.13", "/somewhere/python3.12", "/somewhere/python3.11"]


def test_a_name_that_does_not_work_is_passed_over(find):
    done = find(
        "--all", python3_13=works("3.13"), python3_12="echo no such version >&2; exit 127", python3_11=works("3.11")
    )
    assert done.returncode == 0
    assert "/somewhere/python3.12" not in done.stdout
    assert "/somewhere/python3.11" in done.stdout


def test_a_name_that_is_another_version_is_passed_over(find):
    done = find("--all", python3_13=works("3.13"), python3_12=works("3.12"), python3_11=works("3.13"))
    assert done.stdout.split()[:2] == ["/somewhere/python3.13", "/somewhere/python3.12"]
    assert done.stdout.count("/somewhere/") == 2


def test_the_one_that_is_named_is_taken(find):
    done = find(python=sys.executable)
    assert done.stdout.strip() == sys.executable


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("no-such-python", "no-such-python: no such program"),
        ("pythonold", "will not do"),
        ("pythonold", "3.9 is too old"),
    ],
)
def test_a_named_one_that_will_not_do_is_told(find, python, words):
    done = find(python=python, pythonold="echo 3.9 is too old >&2; exit 1")
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
