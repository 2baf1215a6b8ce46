"""`bellwether up` with the real daemons, from start to Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bellwether.places import Layout
from communicator.client import BlockingClient
from communicator.testing.router_process import own_address

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.takes(5),
]  # five programs start, are asked by ten more, and end
DAEMONS = 4
WITHIN_S = 100.0
"""For one of these steps."""
HERE = own_address()
"""What a daemon that dies had, nobody else can take there before it is back."""
FREE_PORTS = f"""
[listen]
local = "{HERE}:0"
signal = "{HERE}:0"
"""


class Suite:
    """A running `up` and what it printed."""

    def __init__(self, process, directory):
        self.process = process
        self.layout = Layout(directory / ".bellwether")
        self.directory = directory
        self.printed = ""
        for line in process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                break
        self.children = psutil.Process(process.pid).children()

    @property
    def socket(self):
        """Where the router listens: not in the private directory where the path of that is too long."""
        return Path(json.loads(self.layout.ports_file("communicatord").read_text())["unix"])

    def child(self, name):
        return next(child for child in self.children if name in child.cmdline())

    def bellwether(self, *arguments):
        done = run(*arguments, directory=self.directory)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def routed(self):
        http = json.loads(self.layout.ports_file("bellwether-exporter").read_text())["http"]
        with urllib.request.urlopen(f"http://{http}/metrics", timeout=WITHIN_S) as answer:
            page = answer.read().decode()
        return page, int(float(re.search(r'routed_total\{route="local"\} (\S+)', page)[1]))

    def end(self, how):
        """Send a signal; gives exit code and what was said meanwhile."""
        self.process.send_signal(how)
        said = self.process.communicate(timeout=WITHIN_S)[1]
        psutil.wait_procs(self.children, timeout=WITHIN_S)
        return self.process.returncode, said


def environment():
    return {key: value for key, value in os.environ.items() if key != "BELLWETHER_COMMUNICATOR"}


def run(*arguments, directory):
    command = [sys.executable, "-m", "bellwether", *arguments]
    return subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def write_config(folder):
    """Free ports for all that would listen at a standard one, which another suite may have."""
    (folder / "communicatord.toml").write_text(FREE_PORTS)
    (folder / "timekeeperd.toml").write_text(f'probe_listen = "{HERE}:0"\n')
    (folder / "exporter.toml").write_text(f'listen = "{HERE}:0"\nofrep.listen = "{HERE}:0"\n')


@contextmanager
def up(directory, command=("-m", "bellwether", "up", "--config", "config")):
    """A suite in `directory`, on free ports."""
    config = directory / "config"
    config.mkdir(exist_ok=True)
    write_config(config)
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        suite = Suite(process, directory)
        assert "Bellwether is up" in suite.printed, process.communicate(timeout=WITHIN_S)[1]
        yield suite
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.mark.short
@pytest.mark.takes(10)
def test_a_first_minute(tmp_path):
    with up(tmp_path) as suite:
        assert len(suite.children) == DAEMONS
        services = json.loads(suite.bellwether("services", "--json"))
        assert {one["service"] for one in services} == {"canary", "exporter", "timekeeper"}
        assert "up, complete" in suite.bellwether("status")
        assert "CLOCK_CURRENT_REPORT" in suite.bellwether("send", "--wait", "timekeeper/CLOCK_GET_REPORT")
        _, before = suite.routed()
        with BlockingClient(f"cd://{suite.socket}", "printer"):
            for _ in range(3):
                suite.bellwether("send", "printer/PRINT file=a")
        page, after = suite.routed()
        assert after >= before + 3
        for metric in (
            "communicator_build_info{",
            "timekeeper_ntp_synchronized ",
            'timekeeper_ntp_state{state="holdover"} ',
        ):
            assert f"\n{metric}" in page
        for target in ("communicator", "timekeeper", "canary"):
            assert f"\n{target}_up 1.0\n" in page
        code, said = suite.end(signal.SIGINT)
    assert (code, said) == (0, "stopping\nstopped\n")
    assert not any(child.is_running() for child in suite.children)
    assert not suite.layout.socket.exists()
    assert list(suite.layout.run.glob("*.ports")) == []


def test_sigterm_stops_the_companions_before_the_router(tmp_path):
    with up(tmp_path) as suite:
        code, _ = suite.end(signal.SIGTERM)
    assert code == 0
    log = suite.layout.log_file("communicatord").read_text()
    left = [line for line in log.splitlines() if "event=service_left" in line]
    assert {re.search(r"service=(\w+)", line)[1] for line in left} >= {"canary", "exporter", "timekeeper"}
    assert all("reason=unregister" in line for line in left)


def test_no_child_outlives_a_kill(tmp_path):
    with up(tmp_path) as suite:
        suite.end(signal.SIGKILL)
        gone, alive = psutil.wait_procs(suite.children, timeout=WITHIN_S)
    assert (len(gone), alive) == (DAEMONS, [])


def test_a_daemon_that_dies_comes_back_where_it_was(tmp_path):
    with up(tmp_path) as suite:
        ports = suite.layout.ports_file("communicatord")
        before = json.loads(ports.read_text())
        suite.child("communicator.daemon.main").kill()
        said = []
        for line in suite.process.stderr:
            said.append(line)
            if "is ready again" in line:
                break
        assert said[0].startswith("communicatord died (signal 9); see ")
        assert json.loads(ports.read_text()) == before
        assert "up, complete" in suite.bellwether("status")
        code, _ = suite.end(signal.SIGINT)
    assert code == 0


def test_a_second_suite_in_one_directory_is_refused(tmp_path):
    with up(tmp_path) as suite:
        second = run("up", directory=tmp_path)
        suite.end(signal.SIGINT)
    assert second.returncode == 1
    assert f"already (process {suite.process.pid})" in second.stderr
    assert second.stderr.count("\n") == 1


def test_a_deep_directory_has_its_socket_elsewhere(tmp_path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with up(deep) as suite:
        path = json.loads(suite.layout.ports_file("communicatord").read_text())["unix"]
        assert not path.startswith(str(tmp_path))
        assert "canary" in suite.bellwether("services")
        suite.end(signal.SIGINT)
    assert not os.path.lexists(os.path.dirname(path))  # noqa: PTH120 - the text as the ports file has it


def test_a_daemon_that_cannot_start_stops_everything(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "canaryd.toml").write_text("nonsense = 1\n")
    write_config(tmp_path / "config")
    done = run("up", "--config", "config", directory=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "canaryd did not start (exit code 78)" in done.stderr
    assert "nonsense: is not a known key" in done.stderr


def test_a_standard_port_in_use_is_replaced_and_told(tmp_path):
    with socket.socket() as holder, socket.socket() as free:
        holder.bind((HERE, 0))
        holder.listen()
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that it may be had, but is given to nobody else
        free.bind((HERE, 0))
        taken, wanted = (f"{HERE}:{one.getsockname()[1]}" for one in (holder, free))
        preferred = {
            "listen.local": taken,
            "listen.signal": "127.0.0.1:0",
            "probe_listen": "127.0.0.1:0",
            "ofrep.listen": "127.0.0.1:0",
            "listen": wanted,
        }
        script = f"import bellwether.up, bellwether.main; bellwether.up.PREFERRED = {preferred}; bellwether.main.main()"
        with up(tmp_path, command=("-c", script, "up")) as suite:
            suite.end(signal.SIGINT)
    assert f"{taken} is in use by another program: took {HERE}:" in suite.printed
    assert f"http://{wanted}/metrics" in suite.printed


def test_a_standard_port_that_is_taken_meanwhile_is_replaced_too(tmp_path):
    """Two suites that start at the same moment both find the standard ports free; the other may have ended since."""
    with socket.socket() as holder:
        holder.bind((HERE, 0))
        holder.listen()
        taken = f"{HERE}:{holder.getsockname()[1]}"
        anywhere = dict.fromkeys(("listen.local", "listen.signal", "probe_listen", "ofrep.listen"), "127.0.0.1:0")
        script = f"""if True:
            import bellwether.main, bellwether.up as up
            up.PREFERRED = {anywhere | {"listen": taken}!r}
            up.choose = lambda preferred, datagrams: dict(preferred)
            bellwether.main.main()"""
        with up(tmp_path, command=("-c", script, "up")) as suite:
            code, said = suite.end(signal.SIGINT)
    assert f"{taken} is in use by another program: took {HERE}:" in suite.printed
    assert (code, said) == (0, "stopping\nstopped\n")
