"""The program itself, as an operator starts it."""

import asyncio
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import STDOUT

import pytest

from communicator.client import Client, Service
from communicator.errors import NoReceiverError, ReplyTimeoutError
from communicator.protocol import Message
from communicator.testing import run_cluster, run_router
from communicator.version import __version__
from tests.timekeeper.agents.agent import set_clock

ROOT = Path(__file__).parents[2]
CAP_SYS_TIME = 1 << 25
QUIET = [f"--set=sources.{name}=false" for name in ("chrony", "ntpd", "timesyncd", "clockbound")]
STARTED_S = 60.0
"""How long a start and an end may take: a second is usual, but there are libfaketime, strace, and tests that run beside."""
SETS_A_CLOCK = "settimeofday,clock_settime,adjtimex,clock_adjtime"


pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def timekeeperd(*options):
    return [sys.executable, "-m", "timekeeper", *options]


def run(*options):
    return subprocess.run(timekeeperd(*options), capture_output=True, text=True, check=False, timeout=STARTED_S)


@pytest.fixture
def own_paths(tmp_path):
    """Directories of its own, so that it touches none of the host's."""
    (tmp_path / "flags").mkdir()
    return [f"--set=data_path={tmp_path}/data", f"--set=flags_path={tmp_path}/flags", *QUIET]


def test_version():
    assert run("--version").stdout == f"timekeeperd {__version__}\n"


def test_help_says_what_it_does_and_what_it_never_does():
    text = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "never touches a clock" in text
    assert "--communicator" in text


@pytest.mark.parametrize(
    ("options", "code", "fault"),
    [
        (["--role", "agent"], 0, ""),
        (["--role=agent"], 0, ""),
        (["--set=role=judge", "--role=agent"], 0, ""),
        (["--role", "judge"], 78, "role: "),
        (["--role"], 2, "argument --role: expected one argument"),
        ([], 0, ""),
    ],
)
def test_the_role_is_an_option(options, code, fault):
    done = run(*options, "--check-config")
    assert done.returncode == code
    assert fault in done.stderr


def test_the_help_names_the_role():
    text = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "--role ROLE What it does on this host" in text
    assert "With --role agent it measures" in text


def key_file(tmp_path, mode=0o600):
    path = tmp_path / "cluster.key"
    path.write_text("the key of the tests\n")
    path.chmod(mode)
    return path


SETTINGS = {
    "a source that is no address": (["sources.chrony=true"], "sources.chrony: true is no address"),
    "open to others without a key": (
        ["probe_listen=0.0.0.0"],
        "cluster_key_file: probe_listen '0.0.0.0:4044' can be reached",
    ),
    "a key that is not there": (["cluster_key_file=/nowhere/key"], "cluster_key_file: "),
    "a key that others may read": (["cluster_key_file={readable}"], "cluster_key_file: "),
    "open to others with a key": (["probe_listen=0.0.0.0", "cluster_key_file={key}"], ""),
    "open to others, said aloud": (["probe_listen=10.0.0.5", "auth.mode=none"], ""),
    "open to everybody, said aloud": (
        ["probe_listen=0.0.0.0", "auth.mode=none"],
        "cluster_key_file: probe_listen '0.0.0.0:4044' is not a private address",
    ),
    "on loopback": (["probe_listen=127.0.0.1:0"], ""),
}


@pytest.mark.parametrize(("assignments", "fault"), SETTINGS.values(), ids=SETTINGS)
def test_settings_are_checked(tmp_path, assignments, fault):
    key = str(key_file(tmp_path, 0o644 if "{readable}" in str(assignments) else 0o600))
    options = [f"--set={one.replace('{key}', key).replace('{readable}', key)}" for one in assignments]
    done = run("--check-config", *options)
    assert done.returncode == (78 if fault else 0), done.stderr
    assert fault in done.stderr


def test_nothing_starts_where_they_are_wrong():
    done = run("--set=cluster_key_file=/nowhere/key")
    assert done.returncode == 78
    assert "cluster_key_file: " in done.stderr


class Running:
    """A timekeeperd that runs."""

    def __init__(self, process, ports_file, log_file):
        self.process = process
        self.ports_file = ports_file
        self._log_file = log_file

    @property
    def log(self):
        return self._log_file.read_text()

    async def ports(self):
        return json.loads(self.ports_file.read_text()) if self.ports_file.exists() else None

    async def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert await asyncio.wait_for(self.process.wait(), STARTED_S) == 0, self.log
        assert "Traceback" not in self.log


@pytest.fixture
def started(tmp_path, own_paths):
    @asynccontextmanager
    async def start(*options, command=(), environment=None):
        log_file, ports_file = tmp_path / "log", tmp_path / "ports.json"
        with log_file.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                *timekeeperd(f"--ports-file={ports_file}", *own_paths, *options),
                env=os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {}),
                stdout=log,
                stderr=STDOUT,
            )
        try:
            yield Running(process, ports_file, log_file)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    return start


def report(asker):
    async def ask():
        question = Message("CLOCK_GET_REPORT", service="timekeeper", server=".")
        try:
            return json.loads((await asker.request(question, "CLOCK_CURRENT_REPORT", timeout_s=5)).get("report"))
        except (NoReceiverError, ReplyTimeoutError):  # it does not run yet, or strace holds it up
            return None

    return ask


@pytest.mark.short
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_its_life_with_a_router(started, eventually, number):
    async with (
        run_router() as router,
        Client(router.unix, "asker") as asker,
        started("--communicator", router.unix, "--set=interval_s=1") as timekeeper,
    ):
        told = await eventually(report(asker), lambda answer: answer is not None, STARTED_S)
        await timekeeper.stop(number)
    assert told["local"]["claim"]["reasons"]
    assert "event=clock_claim" in timekeeper.log


async def test_where_probes_are_answered_is_told_once_it_is_so(started, eventually):
    async with started("--communicator=cd:///nowhere", "--set=probe_listen=127.0.0.1:0") as timekeeper:
        ports = await eventually(timekeeper.ports, lambda ports: ports is not None, STARTED_S)
        host, _, port = ports.pop("probe").partition(":")
        assert (host, ports) == ("127.0.0.1", {})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
            other.bind((host, int(port)))
        await timekeeper.stop()
        assert not timekeeper.ports_file.exists()


async def test_without_an_address_of_its_own_there_is_none_to_tell(started, eventually):
    async with started("--communicator=cd:///nowhere") as timekeeper:
        assert await eventually(timekeeper.ports, lambda ports: ports is not None, STARTED_S) == {}
        await timekeeper.stop()


async def test_an_address_that_cannot_be_had(started):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        place = "{}:{}".format(*taken.getsockname())
        async with started(f"--set=probe_listen={place}") as timekeeper:
            assert await asyncio.wait_for(timekeeper.process.wait(), STARTED_S) == 1
    assert f"probe_listen: cannot listen on '{place}'" in timekeeper.log


async def test_new_settings_by_signal(started, eventually, tmp_path):
    config = tmp_path / "timekeeperd.toml"
    config.write_text("interval_s = 120\n")
    async with (
        run_router() as router,
        Client(router.unix, "asker") as asker,
        started("--config", str(config), "--communicator", router.unix) as timekeeper,
    ):
        first = await eventually(report(asker), lambda answer: answer and answer["local"]["server"], STARTED_S)
        config.write_text('interval_s = 1\nrole = "agent"\n[thresholds]\nwarn_s = 0.001\n')
        timekeeper.process.send_signal(signal.SIGHUP)
        seq = first["local"]["seq"]
        told = await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq + 2)
        await timekeeper.stop()
    assert told["local"]["role"] == "auto"
    assert "event=config_reloaded" in timekeeper.log
    assert "event=config_needs_restart keys=role,thresholds.warn_s" in timekeeper.log


class Listener:
    """A timekeeper of another host, which notes when a word comes."""

    def __init__(self, router):
        self.service = Service(router.unix, "timekeeper")
        self.heard = []
        self.service.on("CLOCK_REPORT")(self._hear)

    async def _hear(self, message):
        self.heard.append((asyncio.get_running_loop().time(), json.loads(message.get("report"))))

    async def words(self):
        return [report for _, report in self.heard]

    def longest_wait_s(self):
        times_s = [at_s for at_s, _ in self.heard]
        return max(later - earlier for earlier, later in itertools.pairwise(times_s))


@pytest.fixture
def settable_clock(debian_program, tmp_path):
    """A clock that a test sets: the file that says by how much it is off, and the environment that has a process follow it."""
    [library] = debian_program("libfaketime", "usr/lib").path.glob("*/faketime/libfaketime.so.1")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    return clock, {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


LATE_S = 40.0
"""A round of a second, on a machine that is busy with other tests too; one that counted by the wall clock would wait an hour."""


SETTINGS_S = (-3600.0, 0.0, 3600.0)
"""Where the clock is set, one after the other: back an hour, ahead to where it was, and ahead of all others."""


@pytest.mark.takes(20)
async def test_when_the_clock_is_set_by_an_hour_rounds_stay_on_time(started, eventually, settable_clock):
    clock, environment = settable_clock
    async with run_cluster(2) as cluster, Client(cluster[0].unix, "asker") as asker, asyncio.TaskGroup() as group:
        options = ("--communicator", cluster[0].unix, "--set=interval_s=1", "--set=probe_listen=127.0.0.1:0")
        listener = Listener(cluster[1])
        group.create_task(listener.service.run())
        await listener.service.wait_ready()
        async with started(*options, environment=environment) as timekeeper:

            async def status():
                return await asker.request(Message("CLOCK_STATUS"), "CLOCK_STABLE", "CLOCK_UNSTABLE")

            await eventually(listener.words, lambda words: len(words) >= 3, STARTED_S)
            for count, setting_s in enumerate(SETTINGS_S, 1):
                set_clock(clock, setting_s)
                await eventually(listener.words, lambda words, count=count: words[-1]["steps_total"] == count)
                seq = listener.heard[-1][1]["seq"]
                await eventually(listener.words, lambda words, seq=seq: words[-1]["seq"] >= seq + 2)
                await eventually(status, lambda word: word.get("clock_error") != "checking")
            told = await report(asker)()
            await timekeeper.stop()
        listener.service.stop()
    assert listener.longest_wait_s() < LATE_S
    assert told["local"]["steps_total"] == len(SETTINGS_S)
    assert told["local"]["steps"] == {"forward": 2, "backward": 1}
    assert told["local"]["last_step_seconds"] == pytest.approx(3600.0, abs=1.0)
    assert told["age_seconds"] < LATE_S
    directions = re.findall(r"level=warning event=clock_stepped step_s=\S+ direction=(\w+)", timekeeper.log)
    assert directions == ["backward", "forward", "forward"]


WITHOUT_SYS_TIME = ("setpriv", "--bounding-set=-sys_time")


@pytest.mark.usefixtures("require_root")
@pytest.mark.parametrize("command", [(), WITHOUT_SYS_TIME], ids=["with CAP_SYS_TIME", "without"])
async def test_it_sets_no_clock_and_needs_no_right_to(started, eventually, require_program, tmp_path, command):
    strace = require_program("strace")
    if command:
        command = (require_program(command[0]), *command[1:])
    trace = tmp_path / "trace"
    tracer = (strace, "-f", "-qq", "-e", f"trace={SETS_A_CLOCK}", "-e", "signal=none", "-o", str(trace))
    async with run_router() as router, Client(router.unix, "asker") as asker:
        options = ("--communicator", router.unix, "--set=interval_s=1", "--set=probe_listen=127.0.0.1:0")
        async with started(*options, command=(*tracer, *command)) as timekeeper:
            told = await eventually(report(asker), lambda answer: answer and answer["local"]["seq"] >= 3, STARTED_S)
            [pid] = children_of(timekeeper.process.pid)
            bounding = bounding_set_of(pid)
            os.kill(pid, signal.SIGTERM)
            assert await asyncio.wait_for(timekeeper.process.wait(), STARTED_S) == 0, timekeeper.log
    assert bool(bounding & CAP_SYS_TIME) is not bool(command)
    assert told["local"]["kernel"] is not None, "the kernel was asked"
    calls = trace.read_text().splitlines()
    assert calls
    assert [call for call in calls if not re.search(r"adjtime?x?\((CLOCK_REALTIME, )?\{modes=0,", call)] == []


def bounding_set_of(pid):
    return int(re.search(r"CapBnd:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())[1], 16)


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
