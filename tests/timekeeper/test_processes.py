import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import psutil
import pytest

from timekeeper.discipline import NoAnswer
from timekeeper.processes import find_time_daemons
from timekeeper.time_daemons import TimeDaemons

HIDDEN = NoAnswer("processes of other users are hidden")
NOBODY = 65534
# Loads first, for nobody may be allowed to read the interpreter; without group 0 too, which hidepid spares.
LOOK_AS_NOBODY = f"""
import os
from timekeeper.processes import find_time_daemons
os.setgroups([])
os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
answer = find_time_daemons()
print(type(answer).__name__, getattr(answer, "reason", ""), *getattr(answer, "names", ()))
"""


@pytest.fixture
def proc_mounted():
    """Looks for daemons as an ordinary user for whom /proc is mounted with these options."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may mount a /proc of its own")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False, timeout=20).returncode:
        pytest.skip("this container forbids to mount anything")

    def look(options):
        mount = 'mount -t proc -o "$0" proc /proc && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", mount, options, sys.executable, "-c", LOOK_AS_NOBODY]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return look


@pytest.mark.usefixtures("require_root")
def test_a_daemon_of_a_container_is_none_of_this_host(require_program, tmp_path):
    """One of this host and one in a namespace of its own; the host's /proc shows both, to everyone."""
    for name in ("ts2phc", "timemaster"):
        (tmp_path / name).symlink_to(require_program("cat"))
    contained = [require_program("unshare"), "--pid", "--fork", "--kill-child", tmp_path / "timemaster"]
    with ExitStack() as stack:
        for command in ([tmp_path / "ts2phc"], contained):
            process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            process.stdin.write(b"ready\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"ready\n"
        assert {"ts2phc", "timemaster"} <= {process.name() for process in psutil.process_iter()}
        seen = [find_time_daemons().names, set(look_as_nobody().split())]
    for names in seen:
        assert "ts2phc" in names
        assert "timemaster" not in names


def look_as_nobody():
    done = subprocess.run(
        [sys.executable, "-c", LOOK_AS_NOBODY], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


async def test_a_running_chronyd_is_found(chrony_host, eventually, answered):
    chronyd = chrony_host.start_server()
    await eventually(chronyd.read, answered)
    assert "chronyd" in find_time_daemons().names


@pytest.mark.parametrize("error", [psutil.AccessDenied(), PermissionError("no /proc here")])
def test_a_host_that_hides_its_processes(monkeypatch, error):
    def refuse(_attributes):
        raise error

    monkeypatch.setattr(psutil, "process_iter", refuse)
    answer = find_time_daemons()
    assert isinstance(answer, NoAnswer)
    assert answer.reason.startswith("processes cannot be listed: ")


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("hidepid=invisible", f"NoAnswer {HIDDEN.reason}"),
        ("hidepid=invisible,subset=pid", f"NoAnswer {HIDDEN.reason}"),
        ("hidepid=noaccess", f"NoAnswer {HIDDEN.reason}"),
        ("hidepid=off", "TimeDaemons"),
        ("hidepid=off,subset=pid", "TimeDaemons"),
    ],
)
def test_an_ordinary_user_who_sees_only_itself_does_not_say_that_no_daemon_runs(proc_mounted, options, answer):
    assert proc_mounted(options).startswith(answer)


@pytest.fixture
def proc(monkeypatch, tmp_path):
    """A directory that stands for /proc; psutil remembers where it saw a process, and has to forget that."""
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    psutil.process_iter.cache_clear()
    yield tmp_path
    psutil.process_iter.cache_clear()


def test_only_a_view_without_the_first_process_is_one_of_ours_alone(proc):
    own = str(os.getpid())
    (proc / own).symlink_to(f"/proc/{own}")
    assert find_time_daemons() == HIDDEN
    (proc / "1").symlink_to("/proc/1")
    assert isinstance(find_time_daemons(), TimeDaemons)
