"""The life of a daemon, with settings and a serving coroutine of the test's own."""

import asyncio
import json
import os
import signal
import socket

import pytest
import structlog
from structlog.testing import LogCapture

from communicator.errors import ConfigError, ListenError
from communicator.runtime.daemon import Daemon
from communicator.runtime.service_manager import ServiceManager
from communicator.runtime.settings_type import Settings
from tests.conftest import EVENTUALLY_S


class Plain(Settings, frozen=True):
    number: int = 1


@pytest.fixture
def log():
    return LogCapture()


@pytest.fixture
def make_daemon(log, tmp_path):
    def make(load=Plain, manager=None) -> Daemon[Plain]:
        logger = structlog.wrap_logger(
            structlog.testing.ReturnLogger(),
            processors=[log],
            wrapper_class=structlog.make_filtering_bound_logger(10),
        )
        return Daemon(
            "plaind",
            Plain(),
            logger,
            load=load,
            ports_file=tmp_path / "ports.json",
            manager=manager or ServiceManager({}),
        )

    return make


def _events(log: LogCapture) -> list[str]:
    return [entry["event"] for entry in log.entries]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it(make_daemon, log, tmp_path, number):
    daemon = make_daemon()

    async def serve(daemon: Daemon[Plain]) -> None:
        daemon.ready({"http": "127.0.0.1:1"})
        assert json.loads((tmp_path / "ports.json").read_text()) == {"http": "127.0.0.1:1"}
        os.kill(os.getpid(), number)
        await daemon.stopping.wait()
        assert daemon.stop_cause == number.name
        daemon.stop(5, "too late")

    assert await daemon.run(serve) == 0
    assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)  # ours is gone
    assert not (tmp_path / "ports.json").exists()
    assert _events(log) == ["ready", "stopped"]


async def test_it_may_stop_itself_with_a_code_of_its_own(make_daemon):
    async def serve(daemon: Daemon[Plain]) -> None:
        daemon.stop(75)
        await daemon.stopping.wait()

    assert await make_daemon().run(serve) == 75


@pytest.mark.parametrize(
    ("error", "exit_code", "event"),
    [
        (ConfigError("listen.local", "is taken"), 78, "config_error"),
        (ListenError("listen.local", "127.0.0.1:1", "in use"), 1, "failed"),
        (RuntimeError("bug"), 1, "crashed"),
    ],
)
async def test_an_error_ends_it_with_a_code_that_tells_whose_fault_it_was(
    make_daemon, log, tmp_path, error, exit_code, event
):
    async def serve(daemon: Daemon[Plain]) -> None:
        daemon.ready()
        raise error

    assert await make_daemon().run(serve) == exit_code
    assert _events(log)[-1] == event
    assert not (tmp_path / "ports.json").exists()


async def test_hang_up_brings_new_settings(make_daemon, log):
    versions = iter([Plain(number=2), ConfigError("number", "is odd"), Plain(number=4)])

    def load() -> Plain:
        version = next(versions)
        if isinstance(version, ConfigError):
            raise version
        return version

    seen: list[int] = []

    async def serve(daemon: Daemon[Plain]) -> None:
        reloaded = asyncio.Event()

        def take(settings: Plain) -> list[str]:
            seen.append(settings.number)
            reloaded.set()
            return ["number"] if settings.number == 4 else []

        daemon.on_reload(take)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(reloaded.wait(), 60)
        assert (daemon.settings.number, daemon.reload_ok) == (2, True)
        since = daemon.reloaded_wall_s
        daemon.reload()
        assert (daemon.settings.number, daemon.reload_ok, daemon.reloaded_wall_s) == (2, False, since)
        daemon.reload()
        assert (daemon.settings.number, daemon.reload_ok) == (4, True)

    assert await make_daemon(load).run(serve) == 0
    assert seen == [2, 4]
    assert _events(log) == [
        "config_reloaded",
        "config_reload_failed",
        "config_reloaded",
        "config_needs_restart",
        "stopped",
    ]


async def test_a_reload_nobody_listens_to_is_no_fault(make_daemon):
    async def serve(daemon: Daemon[Plain]) -> None:
        daemon.reload()

    assert await make_daemon(lambda: Plain(number=2)).run(serve) == 0


async def test_a_fault_of_ours_in_a_reload_leaves_the_settings_in_force(make_daemon, log, tmp_path):
    def load() -> Plain:
        raise RuntimeError("bug")

    async def serve(daemon: Daemon[Plain]) -> None:
        daemon.reload()
        assert (daemon.settings.number, daemon.reload_ok) == (1, False)
        daemon.stop()
        daemon.reload()  # too late: nobody wants to hear of it

    told = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(told)
        manager.settimeout(EVENTUALLY_S)
        assert await make_daemon(load, ServiceManager({"NOTIFY_SOCKET": told})).run(serve) == 0
        words = [manager.recv(1000).decode().split("\n")[0] for _ in range(3)]
    assert words == ["RELOADING=1", "READY=1", "STOPPING=1"]
    assert _events(log) == ["config_reload_failed", "stopped"]
