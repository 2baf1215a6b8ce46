"""What every test of the project may use: a wait for real components, programs of Debian packages, settings of hypothesis."""

import asyncio
import functools
import gc
import logging
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, settings

from communicator import BlockingClient, Client, Service
from communicator.testing.router_process import own_address
from tests.order import order_for
from tests.watchdog import Watchdog

ROOT = Path(__file__).parent.parent

# A machine that is shared may be slow at any moment: that is no failure of what is tested.
settings.register_profile("project", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("project"), max_examples=25)  # of `make test`
settings.load_profile("project")
# asyncio's debug mode warns of a callback that took long: what tests look for in the log is what was said on purpose.
logging.getLogger("asyncio").addFilter(lambda record: not str(record.msg).startswith("Executing %s took"))
# That mode still checks each call. Where each task, future and handle was made is not written down: what asks the loop for
# its mode is what does that, and it takes a third of the time of tests that talk.
asyncio.BaseEventLoop.get_debug = lambda _loop: False
uvloop.Loop.get_debug = lambda _loop: False


EVENTUALLY_S = 60.0
OFTEN_S, SELDOM_S = 0.02, 0.05
"""Questions may start programs: what takes longer than a second is asked for less often, or they would take a processor."""
for client in (BlockingClient, Client, Service):
    # Five seconds, unless a test says otherwise; the router of a test may not get its turn for so long.
    for function, patience in ((client.__init__, "connect_timeout_s"), (client.request, "timeout_s")):
        assert patience in function.__kwdefaults__, f"{client.__name__} has another name for {patience} now"
        function.__kwdefaults__[patience] = EVENTUALLY_S


@pytest.fixture
def eventually():
    """Asks a real component again and again until its answer is one to be content with; the only place that waits."""

    async def ask(question, is_good, deadline_s=EVENTUALLY_S):
        began = time.monotonic()
        while not is_good(answer := await question()):
            waited_s = time.monotonic() - began
            assert waited_s < deadline_s, f"still {answer!r} after {deadline_s:g} s"
            await asyncio.sleep(OFTEN_S if waited_s < 1 else SELDOM_S)
        return answer

    return ask


@pytest.fixture
def tmp_path(request, tmp_path_factory):
    """A directory of a test alone, as pytest's, but with a short name: the path of a socket in it has at most 107 bytes."""
    return tmp_path_factory.mktemp(re.sub(r"\W", "_", request.node.name.removeprefix("test_"))[:12])


@pytest.fixture(name="own_address")
def _own_address():
    """An address of this host that no other worker has, nor whoever connects to somewhere: a free port stays free there."""
    return own_address()


# A shell that runs the tests in the background has them ignore Ctrl-C, and what they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW_FOLDERS = {
    "benchmarks",
    "canary/agents",
    "canary/simulation",
    "cluster",
    "exporters/browser",
    "fuzz",
    "laboratory",
    "prometheus",
    "simulation",
    "timekeeper/agents",
    "timekeeper/simulation",
}
"""Folders whose tests run clusters of processes, measure, or play simulations."""
SLOW_FIXTURES = {"chrony_host", "ntpd_host", "play", "settable_clock", "shifted_host", "timesyncd"}
"""Fixtures that start programs which take seconds to say anything, or much of a processor."""
COMPONENT_FOLDERS = SLOW_FOLDERS - {"canary/agents", "cluster", "fuzz", "timekeeper/agents"} | {"deploy"}
"""Folders whose tests drive other programs, measure, or play simulations: a second Python learns nothing by them."""
COMPONENT_FIXTURES = {"chrony_host", "ntpd_host", "ptp_pair", "timesyncd"}
"""Fixtures that start a time daemon, which is the same whatever Python asks it."""


def belongs(item, folders, fixtures):
    """Whether a test lies in one of the folders or uses one of the fixtures."""
    return folder_of(item.path) in folders or not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


@functools.cache
def folder_of(path):
    """Where a file lies below this folder."""
    return path.parent.relative_to(ROOT / "tests").as_posix()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Mark what `make test` leaves to `make test-slow`, and what `.ci/run` leaves out with the oldest Python.

    Once the marks have chosen, and the rest has been shuffled, what takes long is begun early at each worker.
    """
    for item in items:
        if belongs(item, SLOW_FOLDERS, SLOW_FIXTURES):
            item.add_marker("slow")
        if belongs(item, COMPONENT_FOLDERS, COMPONENT_FIXTURES):
            item.add_marker("components")
    yield
    if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
        items[:] = order_for(items, int(workers))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Spare all tests from what the collector of garbage looks through: with them each full collection takes 0.3 s.

    While they are collected hardly anything is garbage, and to look for it takes an eighth of the time.
    """
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return collected


def pytest_configure(config):
    """Watch over tests that hang."""
    config.pluginmanager.register(Watchdog())


@pytest.hookimpl(tryfirst=True)
def pytest_report_to_serializable(report):
    """Spare the way from a worker the keywords of what passed: nobody asks for them, and there are three reports a test."""
    if getattr(report, "passed", False):
        report.keywords = {}


@dataclass(frozen=True, slots=True)
class DebianProgram:
    """A program unpacked from a Debian package that must not be installed."""

    path: Path
    environment: dict[str, str]
    """What it must be started with: it finds its libraries by it."""


def missing(what: str) -> None:
    """End the test: as a failure in CI, where everything has to be there, else as skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; in CI that is a failure")
    pytest.skip(what)


@pytest.fixture(scope="session")
def require_root():
    """Lets a test start processes of another user; without the right to, the test is skipped, in CI it fails."""
    if os.geteuid() != 0:
        missing("only root can become another user")


@pytest.fixture(scope="session")
def require_program():
    """Gives the path of a program on the PATH, such as promtool; without it the test is skipped, in CI it fails."""

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(f"{name} is not installed (tools/test-packages brings it)")
        return path

    return require


@pytest.fixture(scope="session")
def debian_program():
    """Gives a program of a package in .cache/debian, such as ("chrony", "usr/sbin/chronyd"), unpacking it first."""

    def unpack(package: str, program: str) -> DebianProgram:
        done = subprocess.run(
            [ROOT / "tools/debian-cache", package], capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            missing(f"cannot unpack {package}: {done.stderr.strip()}")
        found = subprocess.run(
            [ROOT / "tools/debian-cache", "--library-path"], capture_output=True, text=True, check=True, timeout=30
        )
        environment = os.environ | {"LD_LIBRARY_PATH": found.stdout.strip()}
        return DebianProgram(ROOT / ".cache/debian/root" / program, environment)

    return unpack
