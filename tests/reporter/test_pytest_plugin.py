"""The plugin in a pytest of its own."""

import subprocess
import sys

import pytest

CONFTEST = """
import asyncio
from contextlib import asynccontextmanager
from communicator.reporter.stage import Scene

@asynccontextmanager
async def quiet(directory):
    yield Scene({"here": str(directory / "s"), "name": "quiet"})

@asynccontextmanager
async def grouped(directory):
    async with quiet(directory) as scene, asyncio.TaskGroup():
        yield scene

def pytest_reporter_stages():
    return {"quiet": quiet, "grouped": grouped}
"""


@pytest.fixture
def run(tmp_path):
    def run(**scripts):
        (tmp_path / "conftest.py").write_text(CONFTEST)
        for name, text in scripts.items():
            (tmp_path / f"{name}.rprtr").write_text(text)
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "communicator.reporter.pytest_plugin",
                "-p",
                "no:cacheprovider",
                "-q",
                "-rA",
                ".",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run


def test_scripts_are_tests(run):
    done = run(
        good="// stage: quiet\nlisten(address: $here) exit(timeout: 0)",
        alone="exit()",
        bad='// stage: quiet\nprint(message: "I am $name")\n  error(message: "not so")',
        worse="// stage: grouped\nerror(message: 'worse')",
        unreadable="wiat()",
        stray="goto(label: nowhere)",
        lost="// stage: nowhere\nexit()",
    )
    assert done.returncode == 1
    assert "2 passed" in done.stdout
    assert "5 failed" in done.stdout
    assert 'bad.rprtr:3:3: not so\n    error(message: "not so")' in done.stdout
    assert "worse.rprtr:2:1: worse" in done.stdout
    assert "I am quiet" in done.stdout
    assert "unreadable.rprtr:1:1: unknown instruction 'wiat'" in done.stdout
    assert "stray.rprtr:1:1: label 'nowhere' is not defined" in done.stdout
    assert "lost.rprtr:1:1: no conftest knows the stage 'nowhere'; known: grouped, quiet" in done.stdout
    assert "Traceback" not in done.stdout


def test_good_scripts_make_a_good_run(run):
    assert run(alone="exit()").returncode == 0
