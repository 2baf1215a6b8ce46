"""Runs a real router for a test: in its own directory, on free ports, stopped in any case; it shares no code with the daemon."""

import asyncio
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Self

from communicator.errors import BellwetherError

START_S = 60.0
"""How long a router may take to be ready, in seconds; half a second is usual, a busy machine takes longer."""
STOP_S = 60.0
"""How long it may take to end after SIGTERM, in seconds."""
LOG_BYTES = 8_000
"""How much of the end of its log an error shows."""

_SCHEMES = {"local": "cd", "signal": "cdu", "remote": "cd", "secure": "cds"}
_MAIN = "from communicator.daemon.main import main; main()"


class RouterProcessError(BellwetherError, RuntimeError):
    """The router of a test did not start, or did not end well; the message holds the end of its log."""


class Started(AbstractContextManager[Any]):
    """What a thread enters and leaves for an ``async with`` block, whose loop must not wait."""

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.__enter__)
        return self

    async def __aexit__(self, *raised: Any) -> None:  # noqa: ANN401, PYI036 - passed on as they came
        await asyncio.to_thread(self.__exit__, *raised)


class RouterProcess(Started):
    """One router that runs as a process of its own; a context manager for ``with`` and for ``async with``.

    Args:
        server_name: The router's server.
        settings: Further settings of communicatord by dotted path, such as ``{"limits.links": 10}``.
        log_level: debug, info, warning or error.
    """

    def __init__(
        self,
        server_name: str = "alpha",
        settings: Mapping[str, object] | None = None,
        log_level: str = "info",
    ) -> None:
        self.server_name = server_name
        self.unix = ""
        """``cd:///…``: its Unix socket."""
        self.local = ""
        """``cd://127.0.0.1:…``: its local TCP port."""
        self.signal = ""
        """``cdu://127.…``: its UDP signal port, at `own_address`."""
        self.remote = ""
        """``cd://…``: where other routers reach it; empty without ``listen.remote``."""
        self.secure = ""
        """``cds://…``: the same over TLS; empty without ``listen.secure``."""
        self._settings: dict[str, object] = {
            "server_name": server_name,
            "listen.local": "127.0.0.1:0",
            "listen.signal": f"{own_address()}:0",
            **(settings or {}),
        }
        self._log_level = log_level
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._holders: list[socket.socket] = []
        """They keep others off its TCP ports while it is down."""

    @property
    def directory(self) -> Path:
        """Where its files are; removed at the end."""
        if self._directory is None:
            raise RouterProcessError("the router was not started: use run_router() in a 'with' block")
        return self._directory

    @property
    def pid(self) -> int:
        """Its process; 0 while it does not run, also after it died by itself."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended, in whatever way."""
        return self.pid != 0

    @property
    def log(self) -> str:
        """What it logged, over all its starts."""
        return (self.directory / "router.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it serves; a second start takes the addresses of the first.

        Raises:
            RouterProcessError: It did not start.
        """
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="bellwether-"))
        (self._directory / "communicatord.toml").touch()
        ports_file = self._directory / "ports.json"
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
            (self._directory / "router.log").open("ab") as log,
        ):
            manager = self._directory / "ready.sock"  # a file: names without one end where a network namespace ends
            manager.unlink(missing_ok=True)
            ear.bind(str(manager))
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command(ports_file),
                env={**os.environ, "NOTIFY_SOCKET": str(manager)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                _wait_ready(self._process, ear)
            except RouterProcessError as error:
                self.kill()
                raise RouterProcessError(f"{error}\n{self._log_end()}") from None
        self._release_ports()
        self._learn(json.loads(ports_file.read_text()))

    def stop(self) -> int:
        """End it with SIGTERM; without effect when it ended already.

        Returns:
            Its exit code.

        Raises:
            RouterProcessError: It did not end in time, and was killed.
        """
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once with SIGKILL, as a crash would; without effect when it ended already. It may be started again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._hold_ports()

    def wait(self) -> int:
        """Wait for an end that something else asked for; result and errors as for `stop`."""
        if self._process is None:
            return 0
        try:
            code = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RouterProcessError(f"the router did not end within {STOP_S:g} s\n{self._log_end()}") from None
        self._process = None
        self._hold_ports()
        return code

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, _kind: object, error: object, _traceback: object) -> None:
        try:
            code = self.stop()
            if isinstance(error, BaseException):
                error.add_note(f"the log of router {self.server_name!r}:\n{self._log_end()}")
            elif code:
                raise RouterProcessError(f"the router ended with exit code {code}\n{self._log_end()}")
        finally:
            self._remove()

    def _command(self, ports_file: Path) -> list[str]:
        own = {
            "listen.unix": str(self.directory / "router.sock"),
            "data_path": str(self.directory / "data"),
            "flags_path": str(self.directory / "flags"),
        }
        settings = {**own, **self._settings}
        assignments = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
        return [
            sys.executable,
            "-c",
            _MAIN,
            f"--config={self.directory / 'communicatord.toml'}",
            f"--ports-file={ports_file}",
            f"--log-level={self._log_level}",
            *[f"--set={assignment}" for assignment in assignments],
        ]

    def _learn(self, ports: dict[str, str | list[str]]) -> None:
        """Take the addresses, and keep them for the next start."""
        unix = ports.get("unix", "")
        first = unix if isinstance(unix, str) else unix[0]
        self.unix = f"cd://{first}" if first else ""
        for name, scheme in _SCHEMES.items():
            at = ports.get(name)
            if isinstance(at, str) and at:
                self._settings[f"listen.{name}"] = at
                setattr(self, name, f"{scheme}://{at}")

    def _hold_ports(self) -> None:
        """Bind its TCP ports, so that the kernel gives them to nobody else before the next start, which may bind them too."""
        for name, scheme in _SCHEMES.items():
            host, _, port = str(self._settings.get(f"listen.{name}", "")).rpartition(":")
            if scheme == "cdu" or port in ("", "0"):
                continue
            holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            self._holders.append(holder)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # it is on another host, or somebody was quicker: the next start tells
                holder.bind((host.strip("[]"), int(port)))

    def _release_ports(self) -> None:
        while self._holders:
            self._holders.pop().close()

    def _log_end(self) -> str:
        return self.log[-LOG_BYTES:]

    def _remove(self) -> None:
        self.kill()
        self._release_ports()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None


def own_address() -> str:
    """A loopback address for this process alone: what is free there stays free, whatever ports others are given by the kernel."""
    pid = os.getpid()  # below 2**22
    return f"127.{64 + (pid >> 16)}.{pid >> 8 & 255}.{pid & 255}"


run_router = RouterProcess
"""Run a router while a block lasts: ``with run_router() as router`` or ``async with run_router() as router``."""


def _wait_ready(process: subprocess.Popen[bytes], ear: socket.socket) -> None:
    """Wait for READY=1, or for the end of the process, whichever comes first."""
    process_end = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(ear, selectors.EVENT_READ)
            selector.register(process_end, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(START_S)}
                if not ready:
                    raise RouterProcessError(f"the router was not ready within {START_S:g} s")
                if ear in ready and b"READY=1" in ear.recv(4096):
                    return
                if process_end in ready:
                    raise RouterProcessError(f"the router ended at once, with exit code {process.wait()}")
    finally:
        os.close(process_end)
