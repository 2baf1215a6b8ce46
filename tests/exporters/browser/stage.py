"""A real router and a real exporter, and beside them a timekeeper and a canary that tell what a scene has them tell."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from communicator.answers.clocks import ClockReport
from communicator.answers.deployments import Deployments
from communicator.answers.features import FeatureReport
from communicator.answers.releases import CanaryReport
from communicator.answers.shadows import Comparisons
from communicator.client import BlockingClient, Service
from communicator.flags.flag import Flag
from communicator.flags.flag_directory import FlagDirectory
from communicator.protocol import Message
from communicator.protocol.names import tool_name
from communicator.testing import run_router
from tests.exporters.browser import clock_words, feature_words, version_words
from tests.exporters.browser.far_routers import far_routers

START_S = 60.0
"""Half a second is usual; a busy machine takes longer."""


@dataclass(slots=True)
class Scene:
    """What there is to be seen; whoever replaces a part of it changes what is told from then on."""

    clocks: ClockReport
    versions: CanaryReport
    deployments: Deployments = field(default_factory=lambda: Deployments(server="alpha", leader="alpha"))
    shadows: Comparisons = field(default_factory=lambda: Comparisons(server="alpha"))
    points: list = field(default_factory=clock_words.history)
    features: FeatureReport = field(default_factory=FeatureReport)
    flags: tuple[Flag, ...] = ()
    far: tuple[str, ...] = ()
    """Servers besides `alpha`."""
    silent: frozenset[str] = frozenset()
    """Companions that are not there at all."""


class Stage:
    """A scene that is served for a browser."""

    def __init__(self, scene, directory, options=()):
        self.scene = scene
        self._options = options
        self.url = ""
        self._directory = directory
        self._exporter = None
        self.communicator = ""

    def start(self, communicator):
        self.communicator = communicator
        self.start_exporter()

    def start_exporter(self):
        """Start the exporter; a second time where it was."""
        listen = self.url.removeprefix("http://").rstrip("/") or "127.0.0.1:0"
        ports_file = self._directory / "ports"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear, (self._directory / "log").open("ab") as log:
            ear.settimeout(START_S)
            ear.bind("")  # an address of the kernel's choice, without a file
            self._exporter = subprocess.Popen(
                [
                    *(sys.executable, "-m", "exporters", "--config", "/dev/null", "--communicator", self.communicator),
                    *(
                        "--set",
                        f"listen={json.dumps(listen)}",
                        "--set",
                        'ofrep.listen=""',
                        "--ports-file",
                        str(ports_file),
                    ),
                    *("--set", f"flags_path={json.dumps(str(self._directory / 'flags'))}"),
                    *self._options,
                ],
                env={**os.environ, "NOTIFY_SOCKET": "@" + ear.getsockname()[1:].decode()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                assert ear.recv(100) == b"READY=1"
            except TimeoutError:
                self._exporter.kill()
                self._exporter.wait()
                raise AssertionError(f"the exporter did not start:\n{self.log}") from None
        self.url = f"http://{json.loads(ports_file.read_text())['http']}/"
        self._await_registered()

    def _await_registered(self):
        """It serves before it has found its router; what is tested is what it shows afterwards."""
        give_up_s = time.monotonic() + START_S
        with BlockingClient(self.communicator, tool_name(os.getpid())) as asker:
            while "exporter" not in asker.request(Message("LIST_SERVICES"), "SERVICES").get("list").split(","):
                assert time.monotonic() < give_up_s, self.log
                asker.receive(timeout_s=0.02)

    def stop_exporter(self):
        self._exporter.send_signal(signal.SIGTERM)
        assert self._exporter.wait(START_S) == 0, self.log

    @property
    def pid(self):
        """The exporter's process."""
        return self._exporter.pid

    @property
    def log(self):
        """What the exporter wrote."""
        return (self._directory / "log").read_text()

    def raise_flags(self, *flags):
        """Have these flags stand, and no others."""
        path = self._directory / "flags"
        path.mkdir(exist_ok=True)
        for old in path.iterdir():
            old.unlink()
        for flag in flags:
            FlagDirectory(path).raise_(flag, int(time.time()))


@contextmanager
def staged(scene: Scene, directory: Path, *options: str):
    """Serve a scene for as long as the block lasts, by an exporter with further options."""
    settings = {"listen.remote": "127.0.0.1:0", "auth.mode": "none", "cluster.discover": False} if scene.far else {}
    with ExitStack() as stack:
        router = stack.enter_context(run_router(settings=settings))
        stage = Stage(scene, directory, options)
        stage.raise_flags(*scene.flags)
        stack.enter_context(_companions(router, scene))
        if scene.far:
            stack.enter_context(far_routers(router, scene.far))
        stage.start(router.unix)
        stack.callback(stage.stop_exporter)
        yield stage


@contextmanager
def _companions(router, scene):
    """The doubles, in a thread of their own: they live on while no test runs."""
    ready, failures = threading.Event(), []
    stopping = asyncio.Event()
    loop = asyncio.new_event_loop()

    def run():
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(_serve(router, scene, ready, stopping))
        except BaseException as error:
            failures.append(error)
            ready.set()
            raise

    thread = threading.Thread(target=run, name="companions")
    thread.start()
    assert ready.wait(START_S)
    if failures:
        raise failures[0]
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


async def _serve(router, scene, ready, stopping):
    services = [_timekeeper(router.unix, scene), _canary(router.unix, scene)]
    async with asyncio.TaskGroup() as group:
        for name, service in services:
            if name not in scene.silent:
                group.create_task(service.run())
                await service.wait_ready()
        ready.set()
        await stopping.wait()
        for _, service in services:
            service.stop()


def _timekeeper(address, scene):
    service = Service(address, "timekeeper")

    @service.on("CLOCK_GET_REPORT")
    async def report(message):
        return clock_words.answer(scene.clocks, scene.points, message)

    return "timekeeper", service


def _canary(address, scene):
    service = Service(address, "canary")

    @service.on("CANARY_GET_REPORT")
    async def report(message):
        if message.get("view") == "features":
            return feature_words.answer(scene.features, message)
        return version_words.answer(scene, message)

    return "canary", service
