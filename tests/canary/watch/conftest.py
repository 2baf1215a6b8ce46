"""A real systemd for a module's tests, and processes that last."""

import subprocess

import pytest

from canary.watch import bus
from tests.conftest import EVENTUALLY_S
from tests.own_systemd import running_systemd

bus.ANSWER_S = EVENTUALLY_S  # a systemd that others run beside


@pytest.fixture(scope="module")
def systemd(require_program):
    """One for all tests of a module."""
    with running_systemd(require_program) as systemd:
        yield systemd


@pytest.fixture
def sleeper():
    """Starts processes that last, and ends them in the end."""
    started = []

    def start():
        process = subprocess.Popen(["sleep", "1000"])
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(EVENTUALLY_S)
