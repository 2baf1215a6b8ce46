"""Starts and stops the servers under test, each alone, on free loopback ports and in a temporary folder; it sends no message."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import dialects, packages
from benchmarks.dialects import Dialect
from benchmarks.errors import ServerStartError
from benchmarks.load import Address

START_TIMEOUT_S = 15.0
_POLL_S = 0.001
_PORTS = range(20_000, 32_000)
"""Below those that the kernel hands out."""
OURS, OURS_ASYNCIO, NATS, REDIS, MOSQUITTO = (
    "bellwether",
    "bellwether-asyncio",
    "nats-server",
    "redis-server",
    "mosquitto",
)
NAMES = (OURS, OURS_ASYNCIO, NATS, REDIS, MOSQUITTO)
IDLE_LINKS = 10_000

_MAIN = "from communicator.daemon.main import main; main()"
_WITHOUT_UVLOOP = "import sys; sys.modules['uvloop'] = None; " + _MAIN

_OURS_CONFIG = """\
server_name = "bench"
data_path = "{folder}/data"
[listen]
unix = "{folder}/server.sock"
local = "127.0.0.1:0"
signal = "127.0.0.1:0"
"""
_NATS_CONFIG = """\
host: 127.0.0.1
port: {port}
max_pending: 512MB
write_deadline: "60s"
ping_interval: "10m"
"""
_REDIS_CONFIG = """\
bind 127.0.0.1
port {port}
unixsocket {folder}/server.sock
save ""
appendonly no
client-output-buffer-limit pubsub 0 0 0
dir {folder}
"""
_MOSQUITTO_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
max_queued_bytes 0
max_inflight_bytes 0
log_type error
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    dialect: Dialect
    pid: int
    addresses: dict[str, Address]
    """Keyed by transport: ``tcp``, ``unix``."""
    ready_s: float
    """From the start of its process until it said, or showed, that it is ready."""


@contextmanager
def run_server(name: str, more: str = "", settings: Sequence[str] = (), tree: Path | None = None) -> Iterator[Server]:
    """Run one server for as long as the block lasts.

    Args:
        name: One of `NAMES`.
        more: Further lines of its configuration.
        settings: Of our router: settings over those of its configuration, as ``KEY=VALUE``.
        tree: Of our router: the folder that its packages are taken from, if not this tree.

    Raises:
        ServerStartError: It is missing or does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        is_ours = name in (OURS, OURS_ASYNCIO)
        with _ours(name, folder, more, settings, tree) if is_ours else _peer(name, folder, more) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ours(name: str, folder: Path, more: str, settings: Sequence[str], tree: Path | None) -> Iterator[Server]:
    config, ports_file = folder / "communicatord.toml", folder / "ports.json"
    config.write_text(_OURS_CONFIG.format(folder=folder) + more)
    main = _MAIN if name == OURS else _WITHOUT_UVLOOP
    command = [sys.executable, "-c", main, "--config", str(config), "--ports-file", str(ports_file)]
    command += [word for setting in settings for word in ("--set", setting)]
    with _process(command, folder, dict(os.environ), tree) as (process, start_s):
        while not ports_file.exists():
            _check_alive(process, start_s, folder)
        ready_s = time.monotonic() - start_s
        ports = json.loads(ports_file.read_text())
        host, _, port = ports["local"].rpartition(":")
        addresses: dict[str, Address] = {"tcp": (host, int(port)), "unix": str(folder / "server.sock")}
        if "remote" in ports:
            host, _, port = ports["remote"].rpartition(":")
            addresses["remote"] = (host, int(port))
        yield Server(name, dialects.Ours(), process.pid, addresses, ready_s)


@contextmanager
def _peer(name: str, folder: Path, more: str) -> Iterator[Server]:
    port, config = free_port(), folder / f"{name}.conf"
    values = {"port": port, "folder": folder}
    addresses: dict[str, Address] = {"tcp": ("127.0.0.1", port)}
    program = str(packages.provide_program(name))
    dialect: Dialect
    if name == NATS:
        config.write_text(_NATS_CONFIG.format(**values) + more)
        command, dialect = [program, "-c", str(config)], dialects.Nats()
    elif name == REDIS:
        config.write_text(_REDIS_CONFIG.format(**values) + more)
        command, dialect = [program, str(config)], dialects.Redis()
        addresses["unix"] = str(folder / "server.sock")
    else:
        config.write_text(_MOSQUITTO_CONFIG.format(**values) + more)
        command, dialect = [program, "-c", str(config)], dialects.Mqtt()
    with _process(command, folder, packages.library_environment()) as (process, start_s):
        while not _accepts(port):
            _check_alive(process, start_s, folder)
        yield Server(name, dialect, process.pid, addresses, time.monotonic() - start_s)


@contextmanager
def _process(
    command: list[str], folder: Path, environment: dict[str, str], works_in: Path | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a program with its output in ``log``, and end it whatever happens.

    Where it works in is where ``python -c`` looks for packages first.
    """
    with (folder / "log").open("wb") as log:
        start_s = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=works_in
        )
        try:
            yield process, start_s
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _check_alive(process: subprocess.Popen[bytes], start_s: float, folder: Path) -> None:
    """Wait a moment for a server that is starting."""
    ended = process.poll()
    if ended is not None or time.monotonic() > start_s + START_TIMEOUT_S:
        last = (folder / "log").read_text(errors="replace").strip()[-400:]
        state = "is not ready" if ended is None else f"ended with exit code {ended}"
        raise ServerStartError(f"{process.args!r} {state}: {last}")
    time.sleep(_POLL_S)


def free_port(host: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody has at present, and that the kernel gives to nobody before a server listens on it."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            probe.bind((host, port))
            return port


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
