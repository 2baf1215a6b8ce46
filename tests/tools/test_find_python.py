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


def test_all_that_work_are_told_newest_first(find):
    answers = {
        "python3_13": works("3.13"),
        "python3_12": "echo no such version >&2; exit 127",
        "python3_11": works("3.11"),
    }
    done = find("--all", **answers)
    assert [word for word in done.stdout.split() if word.startswith("/somewhere/")] == [
        "/somewhere/python3.13",
        "/somewhere/python3.11",
    ]
    assert find(**answers).stdout == "/somewhere/python3.13\n"
    assert find(python=sys.executable).stdout.strip() == sys.executable


def test_a_name_that_is_another_version_is_passed_over(find):
    done = find("--all", python3_13=works("3.13"), python3_12=works("3.12"), python3_11=works("3.13"))
    assert done.stdout.split()[:2] == ["/somewhere/python3.13", "/somewhere/python3.12"]
    assert done.stdout.count("/somewhere/") == 2


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
