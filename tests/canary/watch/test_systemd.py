"""What a real systemd tells of units that crash, hang, are stopped or never get ready."""

import asyncio
import contextlib
import itertools
import sys
import tempfile
from pathlib import Path

import pytest
import structlog
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from canary.evidence.kinds import Kind
from canary.watch.bus import SYSTEMD
from canary.watch.systemd import SystemdWatch

ROOT = Path(__file__).parents[3]
LISTEN = """
import asyncio, sys, structlog
from canary.watch.systemd import SystemdWatch

async def listen():
    words = asyncio.Queue()
    address, unit = sys.argv[1:]
    log = structlog.wrap_logger(structlog.ReturnLogger())
    watch = SystemdWatch(words.put_nowait, lambda: 5.0, log, {unit: "printer"}, address)
    task = asyncio.get_running_loop().create_task(watch.run())
    await watch.connected.wait()
    print("connected", flush=True)
    print((await words.get()).kind, flush=True)
    task.cancel()

asyncio.run(listen())
"""
NEVER = "StartLimitIntervalSec=0"
names = (f"unit{number}.service" for number in itertools.count())


@contextlib.asynccontextmanager
async def watching(watch):
    task = asyncio.get_running_loop().create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Ear:
    """Hears the words of a watch on one unit."""

    def __init__(self, systemd, unit, log=None):
        self.words = []
        self.watch = SystemdWatch(
            self.words.append, lambda: 5.0, log or structlog.get_logger(), {unit: "printer"}, systemd.address
        )

    @property
    def kinds(self):
        return [word.kind for word in self.words]


@pytest.fixture
async def ear(systemd):
    """Makes a unit, and listens to it."""
    async with contextlib.AsyncExitStack() as stack:

        async def listen(service, unit_section=NEVER):
            unit = next(names)
            systemd.write(unit, service, unit_section)
            ear = Ear(systemd, unit)
            ear.unit = unit
            await stack.enter_async_context(watching(ear.watch))
            await asyncio.wait_for(ear.watch.connected.wait(), 20)
            return ear

        yield listen


SHELL = "ExecStart=/bin/sh -c"

ENDS = {
    "exits at once": (f"{SHELL} 'exit 3'", [(Kind.CRASH, 3, None), (Kind.GAVE_UP, None, None)]),
    "exits 78": (f"{SHELL} 'exit 78'", [(Kind.CONFIG_ERROR, 78, None), (Kind.GAVE_UP, None, None)]),
    "exits 69": (f"{SHELL} 'exit 69'", [(Kind.DEP_UNAVAILABLE, 69, None), (Kind.GAVE_UP, None, None)]),
    "exits 0": (f"{SHELL} 'exit 0'", [(Kind.EXIT, 0, None)]),
    "exits with an allowed code": (f"SuccessExitStatus=3\n{SHELL} 'exit 3'", [(Kind.EXIT, 0, None)]),
    "segmentation fault": (f"{SHELL} 'kill -SEGV $$$$'", [(Kind.CRASH, None, 11), (Kind.GAVE_UP, None, None)]),
    "never gets ready": (
        "Type=notify\nTimeoutStartSec=300ms\nExecStart=/bin/sleep 1000",
        [(Kind.START_TIMEOUT, None, 15), (Kind.GAVE_UP, None, None)],
    ),
    "ends before it is ready": (
        f"Type=notify\n{SHELL} 'exit 0'",
        [(Kind.CRASH, 0, None), (Kind.GAVE_UP, None, None)],
    ),
    "misses its watchdog": (
        f"Type=notify\nNotifyAccess=all\nWatchdogSec=300ms\n{SHELL} 'systemd-notify --ready; exec sleep 1000'",
        [(Kind.WATCHDOG_TIMEOUT, None, 6), (Kind.GAVE_UP, None, None)],
    ),
    "runs as long as it may": (
        "RuntimeMaxSec=300ms\nExecStart=/bin/sleep 1000",
        [(Kind.OPERATOR_STOP, None, 15), (Kind.GAVE_UP, None, None)],
    ),
    "has no program": (
        "Type=exec\nExecStart=/nonexistent/printer",
        [(Kind.CRASH, 203, None), (Kind.GAVE_UP, None, None)],
    ),
    "what comes before it fails": (
        "ExecStartPre=/bin/false\nExecStart=/bin/sleep 1000",
        [(Kind.CRASH, None, None), (Kind.GAVE_UP, None, None)],
    ),
    "the start limit is hit": (
        f"Restart=on-failure\nRestartSec=100ms\n{SHELL} 'exit 3'",
        [(Kind.CRASH, 3, None), (Kind.CRASH, 3, None), (Kind.GAVE_UP, None, None)],
    ),
}


@pytest.mark.parametrize("story", ENDS)
async def test_how_a_unit_ends(ear, systemd, eventually, story):
    service, expected = ENDS[story]
    limit = "StartLimitBurst=2\nStartLimitIntervalSec=60" if "limit" in story else NEVER
    heard = await ear(service, limit)
    systemd.control("start", heard.unit)

    async def words():
        return [(word.kind, word.exit_code, word.signal) for word in heard.words]

    assert await eventually(words, lambda told: len(told) >= len(expected)) == expected
    assert {word.service for word in heard.words} == {"printer"}
    assert all(word.pid for word in heard.words)
    assert all(heard.unit in word.message for word in heard.words)


RUNS = "ExecStart=/bin/sleep 1000"
DEAF = f"""\
Type=notify
NotifyAccess=all
TimeoutStopSec=300ms
{SHELL} 'trap "" TERM; systemd-notify --ready; while :; do sleep 0.1; done'"""


def main_pid(systemd, unit):
    return int(systemd.enter("systemctl", "show", "--property=MainPID", "--value", unit))


async def starts(systemd, unit, eventually):
    """Start a unit, and wait until it is ready."""
    systemd.control("start", unit)

    async def state():
        return systemd.enter("systemctl", "show", "--property=SubState", "--value", unit).strip()

    await eventually(state, lambda state: state == "running")
    return main_pid(systemd, unit)


async def kinds_of(heard, eventually, number):
    async def kinds():
        return heard.kinds

    return await eventually(kinds, lambda told: len(told) >= number)


@pytest.mark.parametrize("order", ["stop", "restart"])
async def test_an_operator_who_ends_it_is_no_failure(ear, systemd, eventually, order):
    heard = await ear(RUNS)
    pid = await starts(systemd, heard.unit, eventually)
    systemd.control(order, heard.unit)
    assert await kinds_of(heard, eventually, 1) == [Kind.OPERATOR_STOP]
    assert heard.words[0].pid == pid


async def test_an_operator_who_has_to_kill_it_is_no_failure(ear, systemd, eventually):
    heard = await ear(DEAF)
    await starts(systemd, heard.unit, eventually)
    systemd.control("stop", heard.unit)
    assert await kinds_of(heard, eventually, 1) == [Kind.OPERATOR_STOP]
    assert "killed in the end" in heard.words[0].message


async def test_a_killed_one_is_a_crash(ear, systemd, eventually):
    heard = await ear(RUNS)
    await starts(systemd, heard.unit, eventually)
    systemd.control("kill", "--signal=KILL", heard.unit)
    assert (await kinds_of(heard, eventually, 2)) == [Kind.CRASH, Kind.GAVE_UP]
    assert heard.words[0].signal == 9


async def test_a_unit_is_learnt_by_a_process_that_registers(ear, systemd, eventually):
    """And it stays known: the next run ends before it registers."""
    heard = await ear(RUNS)
    unit = "learnt.service"
    systemd.write(unit, "Restart=on-failure\nRestartSec=100ms\n" + RUNS, NEVER)
    pid = await starts(systemd, unit, eventually)
    assert await heard.watch.watch("scanner", pid)
    systemd.control("kill", "--signal=KILL", unit)
    await kinds_of(heard, eventually, 1)

    async def next_pid():
        return main_pid(systemd, unit)

    second = await eventually(next_pid, lambda now: now not in (0, pid))
    systemd.control("kill", "--signal=SEGV", unit)
    await kinds_of(heard, eventually, 2)
    systemd.control("stop", unit)
    assert [(word.service, word.pid, word.signal) for word in heard.words[:2]] == [
        ("scanner", pid, 9),
        ("scanner", second, 11),
    ]


async def test_the_child_that_has_registered_is_whose_end_it_is(ear, systemd, eventually):
    heard = await ear(RUNS)
    systemd.write("wrapped.service", "ExecStart=/bin/sh -c 'sleep 1000; exit 5'", NEVER)
    shell = await starts(systemd, "wrapped.service", eventually)

    async def child():
        return systemd.enter("sh", "-c", f"cat /proc/{shell}/task/{shell}/children").strip()

    pid = int(await eventually(child, bool))
    assert not await heard.watch.watch("scanner", pid), "its end has to be watched otherwise, too"
    systemd.enter("kill", "-KILL", str(pid))
    await kinds_of(heard, eventually, 2)
    assert [(word.kind, word.pid, word.exit_code) for word in heard.words] == [
        (Kind.CRASH, pid, 5),
        (Kind.GAVE_UP, pid, None),
    ]


async def test_a_child_whose_run_is_concluded_is_no_longer_meant(ear, systemd, eventually):
    heard = await ear(RUNS)
    systemd.write("forgotten.service", RUNS, NEVER)
    pid = await starts(systemd, "forgotten.service", eventually)
    await heard.watch.watch("scanner", 1 << 21)
    await heard.watch.watch("scanner", pid)
    await heard.watch.watch("drawer", pid)
    heard.watch.forget(pid)
    systemd.control("kill", "--signal=KILL", "forgotten.service")
    await kinds_of(heard, eventually, 2)
    assert [(word.service, word.pid) for word in heard.words[:2]] == [("drawer", pid), ("scanner", pid)], (
        "as unregistered"
    )


@pytest.mark.parametrize("pid", [1, 1 << 21], ids=["of init.scope", "of nobody"])
async def test_a_process_without_a_service_unit_is_none_of_its_business(ear, pid):
    heard = await ear(RUNS)
    assert not await heard.watch.watch("scanner", pid)


async def test_no_more_units_are_followed_than_fit(ear, systemd, eventually, monkeypatch):
    heard = await ear(RUNS)
    monkeypatch.setattr("canary.watch.systemd.UNITS", 1)
    systemd.write("surplus.service", RUNS, NEVER)
    pid = await starts(systemd, "surplus.service", eventually)
    assert not await heard.watch.watch("scanner", pid)
    systemd.control("stop", "surplus.service")


@pytest.fixture
def impatient(monkeypatch):
    """Tries again soon, so that the test need not wait."""
    monkeypatch.setattr("canary.watch.systemd.LONGEST_WAIT_S", 0.5)


async def loses_the_bus(heard, systemd, eventually):
    systemd.control("stop", "dbus.socket", "dbus.service")

    async def connected():
        return heard.watch.connected.is_set()

    await eventually(connected, lambda connected: not connected)


async def has_it_back(heard, systemd):
    systemd.control("start", "dbus.socket")
    await asyncio.wait_for(heard.watch.connected.wait(), 20)


@pytest.mark.usefixtures("impatient")
async def test_a_crash_while_the_bus_is_away_is_told_when_it_is_back(ear, systemd, eventually):
    heard = await ear(RUNS)
    await starts(systemd, heard.unit, eventually)
    await loses_the_bus(heard, systemd, eventually)
    assert not await heard.watch.watch("scanner", main_pid(systemd, heard.unit)), "nobody can be asked"
    systemd.control("kill", "--signal=KILL", heard.unit)
    await has_it_back(heard, systemd)
    assert await kinds_of(heard, eventually, 2) == [Kind.CRASH, Kind.GAVE_UP]


@pytest.mark.usefixtures("impatient")
async def test_who_registered_while_the_bus_was_away_is_found_when_it_is_back(ear, systemd, eventually):
    heard = await ear(RUNS)
    pid = await starts(systemd, heard.unit, eventually)
    await loses_the_bus(heard, systemd, eventually)
    await heard.watch.watch("scanner", pid)
    await has_it_back(heard, systemd)
    systemd.control("kill", "--signal=KILL", heard.unit)
    await kinds_of(heard, eventually, 2)
    assert heard.words[0].service == "scanner"


@pytest.mark.usefixtures("impatient")
async def test_who_ended_unheard_is_not_blamed_for_the_next(ear, systemd, eventually):
    """A unit that was stopped is forgotten by systemd itself."""
    heard = await ear(RUNS)
    first = await starts(systemd, heard.unit, eventually)
    assert await heard.watch.watch("printer", first)
    await loses_the_bus(heard, systemd, eventually)
    systemd.enter("systemctl", "stop", heard.unit)
    await has_it_back(heard, systemd)
    second = await starts(systemd, heard.unit, eventually)
    systemd.control("kill", "--signal=KILL", heard.unit)
    await kinds_of(heard, eventually, 2)
    assert [word.pid for word in heard.words] == [second, second]


@pytest.mark.parametrize("word", ["daemon-reload", "daemon-reexec"])
async def test_it_still_hears_a_systemd_that_was_told_to_begin_anew(ear, systemd, eventually, word):
    heard = await ear(RUNS)
    await starts(systemd, heard.unit, eventually)
    systemd.enter("systemctl", word)
    systemd.control("kill", "--signal=KILL", heard.unit)
    assert await kinds_of(heard, eventually, 2) == [Kind.CRASH, Kind.GAVE_UP]


@pytest.mark.usefixtures("impatient")
async def test_a_systemd_that_has_forgotten_us_is_asked_again(ear, systemd, eventually, monkeypatch):
    monkeypatch.setattr("canary.watch.systemd.SURE_S", 0.05)
    with structlog.testing.capture_logs() as logs:
        heard = await ear(RUNS)
        await starts(systemd, heard.unit, eventually)
        await heard.watch._bus._ask(SYSTEMD, "/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "Unsubscribe")

        async def events():
            return [log["event"] for log in logs]

        await eventually(events, lambda events: events == ["systemd_reached", "systemd_lost", "systemd_reached"])
        systemd.control("stop", heard.unit)
        assert await kinds_of(heard, eventually, 1) == [Kind.OPERATOR_STOP]


async def test_nobody_else_on_the_bus_is_believed(ear, systemd, eventually):
    """The bus lets any local user send a signal to us."""
    heard = await ear(RUNS)
    bus = await MessageBus(systemd.address).connect()
    lie = {"ExecMainPID": Variant("u", 7), "ExecMainStartTimestampMonotonic": Variant("t", 7)}
    lie |= {"ExecMainExitTimestampMonotonic": Variant("t", 8), "Result": Variant("s", "signal")}
    forged = Message(
        message_type=MessageType.SIGNAL,
        destination=heard.watch._bus._bus.unique_name,
        path="/org/freedesktop/systemd1/unit/" + heard.unit.replace(".", "_2e"),
        interface="org.freedesktop.DBus.Properties",
        member="PropertiesChanged",
        signature="sa{sv}as",
        body=["org.freedesktop.systemd1.Service", lie, []],
    )
    await bus.send(forged)
    await bus.call(
        Message(destination="org.freedesktop.DBus", path="/", member="GetId", interface="org.freedesktop.DBus")
    )
    bus.disconnect()
    with contextlib.suppress(EOFError):
        await bus.wait_for_disconnect()
    await starts(systemd, heard.unit, eventually)
    systemd.control("stop", heard.unit)
    assert await kinds_of(heard, eventually, 1) == [Kind.OPERATOR_STOP]


async def test_a_name_that_is_no_unit_hinders_no_other(systemd):
    systemd.write("beside.service", RUNS, NEVER)
    words = []
    units = {"no/unit": "drawer", "beside.service": "printer"}
    with structlog.testing.capture_logs() as logs:
        watch = SystemdWatch(words.append, lambda: 5.0, structlog.get_logger(), units, systemd.address)
        async with watching(watch):
            await asyncio.wait_for(watch.connected.wait(), 20)
    assert [log["unit"] for log in logs if log["event"] == "systemd_unit_unknown"] == ["no/unit"]


async def test_an_ordinary_user_hears_it_too(ear, systemd, eventually):
    """As the daemon is one."""
    heard = await ear(RUNS)
    systemd.root.chmod(0o755)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", LISTEN]
    listener = await asyncio.create_subprocess_exec(
        *as_nobody, systemd.address, heard.unit, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    async with asyncio.timeout(30):
        assert await listener.stdout.readline() == b"connected\n"
        await starts(systemd, heard.unit, eventually)
        systemd.control("stop", heard.unit)
        assert await listener.stdout.readline() == b"OPERATOR_STOP\n"
        await listener.wait()


async def test_a_host_without_systemd_is_told_of_once():
    """Whatever listens there hangs up, again and again."""
    attempts = asyncio.Semaphore(0)
    with tempfile.TemporaryDirectory(prefix="bw-", dir="/tmp") as folder, structlog.testing.capture_logs() as logs:

        async def hang_up(_, writer):
            attempts.release()
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_unix_server(hang_up, f"{folder}/bus"):
            watch = SystemdWatch(print, lambda: 5.0, structlog.get_logger(), address=f"unix:path={folder}/bus")
            async with watching(watch), asyncio.timeout(20):
                for _ in range(3):
                    await attempts.acquire()
                assert not await watch.watch("printer", 1)
    assert [log["event"] for log in logs] == ["systemd_unreachable"]


async def test_no_bus_at_all_says_why(eventually):
    async def first_log():
        return logs[:1]

    with structlog.testing.capture_logs() as logs:
        watch = SystemdWatch(print, lambda: 5.0, structlog.get_logger(), address="unix:path=/nonexistent/bus")
        async with watching(watch):
            await eventually(first_log, bool)
    assert logs[0]["log_level"] == "warning"
    assert "No such file" in logs[0]["reason"]
