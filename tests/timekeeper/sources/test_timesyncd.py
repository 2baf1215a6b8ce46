import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.conftest import EVENTUALLY_S
from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference, Upstream, UpstreamState
from timekeeper.sources.timesyncd import read_timesyncd
from timekeeper.verdict import find_fault


@pytest.fixture
def busctl(tmp_path):
    """A program in the place of busctl."""

    def write(script):
        program = tmp_path / "busctl"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(program)

    return write


async def test_what_busctl_prints_is_read(busctl, recorded, tmp_path):
    (tmp_path / "said").write_bytes(recorded("timesyncd-257-250ms-ahead.json"))
    script = f'[ "$LC_ALL" = C ] && [ "$1" = --auto-start=no ] && cat {tmp_path}/said'
    word = await read_timesyncd(busctl(script), EVENTUALLY_S)
    assert isinstance(word, Discipline)
    assert word.offset_s == pytest.approx(0.249884, abs=1e-6)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo 'Call failed: Name \"org.freedesktop.timesync1\" does not exist' >&2; exit 1",
            'systemd-timesyncd cannot be asked: Call failed: Name "org.freedesktop.timesync1" does not exist',
        ),
        ("exit 3", "systemd-timesyncd cannot be asked: busctl ended with 3"),
        ("kill -9 $$", "systemd-timesyncd cannot be asked: busctl ended with -9"),
        ("printf 'one\\ntwo\\377' >&2; exit 1", "systemd-timesyncd cannot be asked: one"),
    ],
)
async def test_a_busctl_that_fails_says_why(busctl, script, reason):
    assert await read_timesyncd(busctl(script), EVENTUALLY_S) == NoAnswer(reason)


async def test_a_busctl_that_prints_something_else(busctl):
    answer = await read_timesyncd(busctl("echo hello"), EVENTUALLY_S)
    assert answer.reason.startswith("systemd-timesyncd: it says something else than the properties of a time daemon")


async def test_a_host_without_busctl(tmp_path):
    program = f"{tmp_path}/busctl"
    reason = f"systemd-timesyncd cannot be asked: {program}: No such file or directory"
    assert await read_timesyncd(program) == NoAnswer(reason)


async def test_a_busctl_that_hangs_is_killed(busctl):
    before = psutil.Process().children()
    assert await read_timesyncd(busctl("exec sleep 60"), timeout_s=0.5) == NoAnswer(
        "systemd-timesyncd did not answer in 0.5 s"
    )
    assert set(psutil.Process().children()) <= set(before), "however far it has come in that time"


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_busctl_that_floods_is_read_within_a_bound(busctl):
    answer = await read_timesyncd(busctl("exec yes"), timeout_s=0.5)
    assert isinstance(answer, NoAnswer)


async def test_a_question_that_is_cancelled_leaves_no_process(busctl, eventually, tmp_path):
    program = busctl(f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 60")
    asking = asyncio.get_running_loop().create_task(read_timesyncd(program))

    async def find_pid():
        return (tmp_path / "pid").exists()

    await eventually(find_pid, bool)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not is_running(int((tmp_path / "pid").read_text()))


# A real timesyncd: with a bus, a network and a /run of its own, as a user who may not touch the clock.

NOBODY = 65534
BUS = """<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
  </policy>
</busconfig>
"""
SERVER = """port 123
bindaddress 127.0.0.1
allow
local stratum 2
cmdport 0
bindcmdaddress {directory}/commands/sock
pidfile {directory}/chronyd.pid
"""
SETTINGS = "[Time]\nNTP=127.0.0.1\nFallbackNTP=\n"
MAKE_PLACE = """ip link set lo up
mount -t tmpfs tmpfs /run
mkdir -p -m 755 /run/systemd/timesyncd.conf.d
printf '{settings}' > /run/systemd/timesyncd.conf.d/test.conf
echo ready
exec cat"""


@pytest.fixture
def place(require_root):  # noqa: ARG001 - only root can make one
    """A directory that every user may enter, and processes in a network and a /run of their own."""
    script = MAKE_PLACE.format(settings=SETTINGS.replace("\n", "\\n"))
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        Path(directory).chmod(0o755)
        command = ["unshare", "--net", "--mount", "sh", "-ec", script]
        holder = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(holder.kill)
        assert holder.stdout.readline() == "ready\n"
        yield Path(directory), ["nsenter", "--net", "--mount", f"--target={holder.pid}"], stack


@pytest.fixture
async def timesyncd(require_program, debian_program, running, place, eventually, monkeypatch):
    """A timesyncd on a bus, with a server."""
    for name in ("unshare", "nsenter", "setpriv", "ip", "busctl"):
        require_program(name)
    directory, enter, stack = place
    chronyd, bus = debian_program("chrony", "usr/sbin/chronyd"), debian_program("dbus-daemon", "usr/bin/dbus-daemon")
    program = debian_program("systemd-timesyncd", "usr/lib/systemd/systemd-timesyncd")
    shutil.copy(program.path, directory / "timesyncd")  # the cache may lie where nobody may look
    (directory / "bus.conf").write_text(BUS.format(path=directory / "bus"))
    (directory / "commands").mkdir(mode=0o750)
    (directory / "chrony.conf").write_text(SERVER.format(directory=directory))

    def start(name, environment, *command):
        without_clock = [*enter, "setpriv", "--bounding-set=-sys_time", *command]
        stack.enter_context(running(without_clock, environment, directory / f"{name}.log"))

    start("bus", bus.environment, bus.path, f"--config-file={directory}/bus.conf", "--nofork", "--nopidfile")
    start("server", chronyd.environment, chronyd.path, "-x", "-U", "-u", "root", "-d", "-f", directory / "chrony.conf")

    async def are_both_there():
        return (directory / "bus").exists() and (directory / "commands/sock").exists()

    await eventually(are_both_there, bool)  # timesyncd asks its server a second time only after 30 s
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={directory}/bus")
    as_nobody = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    environment = program.environment | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={directory}/bus"}
    start("timesyncd", environment, *as_nobody, directory / "timesyncd")


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("timesyncd")
async def test_a_real_timesyncd(eventually):
    word = await eventually(
        read_timesyncd, lambda answer: isinstance(answer, Discipline) and not find_fault(answer), deadline_s=50
    )
    assert (word.leap, word.stratum, word.reference) == (Leap.NORMAL, 3, Reference.OUTSIDE)
    assert abs(word.offset_s) < 0.1
    assert 0 < word.further_error_s < 0.1
    assert word.update_interval_s >= 16
    assert 0 <= time.time() - word.updated_wall_ns / 1e9 < 60
    assert word.upstreams == (Upstream("127.0.0.1", UpstreamState.SELECTED, reachable=True),)
