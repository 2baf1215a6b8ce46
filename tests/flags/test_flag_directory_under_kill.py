"""A process that is killed while it raises a flag: whenever that is, each ``*.flag`` is one that both readers take.

A driver forks a child for each moment. The child ends itself by SIGKILL after its n-th line of our code, before or after its n-th
call into ``os`` that changes something, or is killed by the kernel in the middle of a write, when its file passes RLIMIT_FSIZE.
"""

import subprocess
import sys

import pytest

from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import FlagDirectory
from communicator.flags.flag_file import read_flag

pytestmark = pytest.mark.slow

DRIVER = """
import os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
from communicator.flags import flag_directory
from communicator.flags.flag import Flag, FlagName
from communicator.runtime import own_file

how, work, root = sys.argv[1], sys.argv[2], Path(sys.argv[3])
NAME = FlagName("unit", "section", "name")
FLAG = Flag(name=NAME, message="m" * 400, help="line one\\nline two \\\\")
OURS = (flag_directory.__file__, own_file.__file__)
CHANGES = ("open", "fchmod", "fsync", "replace", "unlink", "close")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def after_line(moment):
    passed = 0

    def trace(frame, event, _argument):
        nonlocal passed
        if frame.f_code.co_filename not in OURS:
            return None
        if event == "line":
            passed += 1
            if passed > moment:
                die()
        return trace

    sys.settrace(trace)


def around_call(moment):
    passed = 0

    def wrapped(call):
        def do(*arguments, **named):
            nonlocal passed
            number, passed = passed, passed + 1
            if number == moment // 2 and moment % 2 == 0:
                die()
            try:
                return call(*arguments, **named)
            finally:
                if number == moment // 2:
                    die()

        return do

    for name in CHANGES:
        setattr(os, name, wrapped(getattr(os, name)))


def in_write(moment):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (moment * 7, resource.RLIM_INFINITY))


def do(directory):
    if work == "lower":
        directory.lower(NAME)
    else:
        directory.raise_(FLAG, 2000)


moment = 0
while True:
    path = root / str(moment)
    path.mkdir()
    directory = flag_directory.FlagDirectory(path)
    if work != "raise":
        directory.raise_(replace(FLAG, message="before"), 1000)
    child = os.fork()
    if child == 0:
        {"line": after_line, "call": around_call, "write": in_write}[how](moment)
        do(directory)
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        print(moment, os.WEXITSTATUS(status))
        break
    assert os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXFSZ), status
    moment += 1
"""
NAME = FlagName("unit", "section", "name")
NEW, FIRST, SECOND = ("m" * 400, 1), ("before", 1), ("before", 2)
STATES = {"raise": {None, NEW}, "raise again": {FIRST, SECOND}, "lower": {FIRST, None}}


@pytest.mark.parametrize(
    ("how", "work"),
    [(how, work) for how in ("line", "call", "write") for work in STATES if (how, work) != ("write", "lower")],
)
def test_killed_at_any_moment_it_leaves_what_can_be_read(how, work, tmp_path, ancestor):
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, how, work, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    moments, exit_code = map(int, done.stdout.split())
    assert exit_code == 0
    assert moments >= {"line": 20, "call": 4, "write": 20}[how]
    left = [_what_is_left(tmp_path / str(moment), ancestor) for moment in range(moments + 1)]
    assert set(left) == STATES[work]
    assert left[-1] != left[0], "the last child was not killed"


def _what_is_left(directory, ancestor):
    """Message and count of the only flag; None when it is down. The next one that raises it is not in the way of the dead."""
    flags = [path for path in directory.iterdir() if path.name.endswith(".flag")]
    assert [path.name for path in flags] in ([], ["unit_section_name.flag"])
    found = None
    for path in flags:
        ours, theirs = read_flag(path.read_bytes()), ancestor(path.read_bytes())
        found = (ours.message, ours.count)
        assert found == (theirs[b"message"].decode(), theirs[b"count"])
        assert path.stat().st_mode & 0o777 == 0o644
    FlagDirectory(directory).raise_(Flag(name=NAME, message="next"), 2**31)
    assert [path.name for path in directory.iterdir()] == ["unit_section_name.flag"]
    return found
