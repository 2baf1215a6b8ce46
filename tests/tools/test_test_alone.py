"""tools/test-alone, in a project of one script and a few tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/test-alone"
SETTINGS = "[pytest]\naddopts = -p no:randomly -p no:xdist\n"
FIRST_TIME = """
def test_it(request):
    path = request.path.with_suffix(".tries")
    tries = path.read_text() + "." if path.exists() else "."
    path.write_text(tries)
    assert len(tries) {good}
"""
FINE = "def test_fine():\n    pass\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tools").mkdir()
    shutil.copy(TOOL, tmp_path / "tools")
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_fine.py").write_text(FINE)
    return tmp_path


def try_alone(project, *, after_tests=True):
    if after_tests:
        command = [sys.executable, "-m", "pytest"]
        assert subprocess.run(command, cwd=project, capture_output=True, check=False, timeout=60).returncode == 1
    command = [project / "tools/test-alone", sys.executable]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_what_passes_alone_is_named(project):
    (project / "test_shaky.py").write_text(FIRST_TIME.format(good="> 1"))
    done = try_alone(project)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == [
        "UNSTABLE: failed beside others and passed alone three times; each is a bug to be found:",
        "test_shaky.py::test_it",
    ]
    assert (project / "test_shaky.tries").read_text() == "...."


@pytest.mark.parametrize("good", ["< 0", "in (2, 3)"])
def test_what_fails_once_more_fails(project, good):
    (project / "test_broken.py").write_text(FIRST_TIME.format(good=good))
    done = try_alone(project)
    assert done.returncode == 1
    assert "UNSTABLE" not in done.stdout


def test_many_are_no_accident(project):
    for number in range(4):
        (project / f"test_{number}.py").write_text(FIRST_TIME.format(good="> 1"))
    done = try_alone(project)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "test-alone: tests of 4 files failed, more than 3: that is no accident\n"


def test_tests_that_did_not_run_are_no_success(project):
    done = try_alone(project, after_tests=False)
    assert done.returncode == 1
    assert done.stderr == "test-alone: the tests did not get as far as to tell which of them failed\n"
