"""Which processes that services announce are believed to be theirs."""

import os
import pwd
import subprocess
import sys

import pytest

from canary.evidence.words import RunStartedWord
from canary.watch.owners import believed

ME = pwd.getpwuid(os.geteuid()).pw_name


def pid_of(user, pid):
    return believed(RunStartedWord(run_id="r1", service="x", at_s=0.0, user=user, pid=pid)).pid


@pytest.fixture
def ended():
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_of_the_user_is_believed():
    assert pid_of(ME, os.getpid()) == os.getpid()


@pytest.mark.parametrize("user", ["somebody-else", "?", "@", "@backup"])
def test_a_process_of_another_user_is_not(user):
    assert pid_of(user, os.getpid()) is None


@pytest.mark.parametrize("user", ["", "root"])
def test_who_may_have_become_another_user_or_is_not_told_is_believed(user):
    assert pid_of(user, os.getpid()) == os.getpid()


def test_a_process_that_is_no_more_may_have_been_anybodys(ended):
    assert pid_of("somebody-else", ended) == ended


def test_without_a_process_there_is_nothing_to_believe():
    assert pid_of("somebody-else", None) is None
