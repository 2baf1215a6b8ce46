"""The life of a daemon: signals, readiness, reload, watchdog, end; what it serves is none of its business."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from structlog.typing import FilteringBoundLogger

from communicator.errors import BellwetherError, ConfigError
from communicator.runtime.own_file import replace_file
from communicator.runtime.service_manager import ServiceManager

S = TypeVar("S", bound=msgspec.Struct)
Ports = Mapping[str, str | list[str]]
"""The addresses really bound to, keyed like ``[listen]``."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What a daemon listens to while it runs."""

_EX_FAILURE = 1
"""It could not start or died of our own mistake: trying again may help, unlike after EX_CONFIG."""
_KEEP_ALIVES_PER_WATCHDOG = 3
"""One may be late and one lost before the watchdog bites."""


class Daemon(Generic[S]):
    """What a serving coroutine gets: its settings, its log, and the wishes of whoever started it.

    Args:
        name: The name of the program.
        settings: What was read at the start.
        log: Where events go.
        load: Reads the settings anew.
        ports_file: Where `ready` tells the addresses; None when nobody asked.
        manager: The init system.
    """

    def __init__(
        self,
        name: str,
        settings: S,
        log: FilteringBoundLogger,
        *,
        load: Callable[[], S],
        ports_file: Path | None = None,
        manager: ServiceManager | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.log = log
        self.stopping = asyncio.Event()
        """Set once the daemon is to end."""
        self.stop_cause = ""
        """Who wanted that: the name of a signal, or empty."""
        self.exit_code = os.EX_OK
        self.reload_ok = True
        """Whether the last reading of the settings succeeded."""
        self.reloaded_wall_s = time.time()
        """When the settings in force were read, in seconds since the epoch."""
        self._asked_by_signal = False
        self._load = load
        self._ports_file = ports_file
        self._manager = manager or ServiceManager()
        self._on_reload: Callable[[S], list[str]] = lambda _: []

    def stop(self, exit_code: int = os.EX_OK, cause: str = "") -> None:
        """Ask the serving coroutine to end.

        Args:
            exit_code: What the process is to end with.
            cause: Who wanted it, for the log.
        """
        if self.stopping.is_set():
            return
        self.exit_code = exit_code
        self.stop_cause = cause
        self.stopping.set()
        self._manager.stopping()

    def _told_to_end(self, number: signal.Signals) -> None:
        """A signal asks it to end in good order; a second one ends it now, as if it had not listened."""
        if not self._asked_by_signal:
            self._asked_by_signal = True
            self.stop(os.EX_OK, number.name)
            return
        self.log.warning("ended_at_once", cause=number.name)
        if self._ports_file is not None:
            self._ports_file.unlink(missing_ok=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def on_reload(self, callback: Callable[[S], list[str]]) -> None:
        """Call back with new settings after a SIGHUP.

        Args:
            callback: Applies what may change while running and returns the names of the changed keys that need
                a restart; may raise `ConfigError` to refuse all of it.
        """
        self._on_reload = callback

    def ready(self, ports: Ports | None = None) -> None:
        """Tell whoever waits that the daemon serves.

        Args:
            ports: The addresses it really bound to, keyed like ``[listen]``.

        Raises:
            ConfigError: The ports file cannot be written.
        """
        if self._ports_file is not None:
            write_ports(self._ports_file, ports or {})
        self._manager.ready()
        self.log.info("ready", **(ports or {}))

    def reload(self) -> None:
        """Read the settings anew and apply what may change; a wrong setting changes nothing."""
        if self.stopping.is_set():
            return
        self._manager.reloading()
        try:
            self._reload()
        finally:
            self._manager.ready()

    def _reload(self) -> None:
        try:
            settings = self._load()
            need_restart = self._on_reload(settings)
        except ConfigError as error:
            self.reload_ok = False
            self.log.error("config_reload_failed", reason=str(error))  # noqa: TRY400 - the operator's mistake, not ours
        except Exception as error:  # a fault of ours; the settings in force stay
            self.reload_ok = False
            self.log.exception("config_reload_failed", reason=repr(error))
        else:
            self.settings = settings
            self.reload_ok = True
            self.reloaded_wall_s = time.time()
            self.log.info("config_reloaded")
            if need_restart:
                self.log.warning("config_needs_restart", keys=",".join(need_restart))

    async def run(self, serve: Callable[["Daemon[S]"], Awaitable[None]]) -> int:
        """Serve until the end.

        Args:
            serve: Sets up, calls `ready`, returns once `stopping` is set and all is cleaned up.

        Returns:
            The exit code of the process.
        """
        with self._signals(), self._keep_alive():
            try:
                await serve(self)
            except ConfigError as error:
                self.log.error("config_error", reason=str(error))  # noqa: TRY400 - the operator's mistake, not ours
                return os.EX_CONFIG
            except BellwetherError as error:
                self.log.error("failed", reason=str(error))  # noqa: TRY400 - told by its message
                return _EX_FAILURE
            except Exception:
                self.log.exception("crashed")
                return _EX_FAILURE
            finally:
                if self._ports_file is not None:
                    self._ports_file.unlink(missing_ok=True)
        self.log.info("stopped", exit_code=self.exit_code, **({"cause": self.stop_cause} if self.stop_cause else {}))
        return self.exit_code

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_end, number)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        try:
            yield
        finally:
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
            for number in SIGNALS:
                loop.remove_signal_handler(number)
                if number in blocked:  # it is too late for them, and a thread that hears them is not to die of one
                    signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def _keep_alive(self) -> Iterator[None]:
        """A timer of the loop itself: a loop that hangs misses it, which is the point."""
        span_s = self._manager.watchdog_s / _KEEP_ALIVES_PER_WATCHDOG
        if not span_s:
            yield
            return
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def beat() -> None:
            self._manager.keep_alive()
            timers[:] = [loop.call_later(span_s, beat)]

        beat()
        try:
            yield
        finally:
            timers[0].cancel()


def write_ports(path: Path, ports: Ports) -> None:
    """Write the addresses where a starter waits for them, in one step: a reader sees all of them or none.

    Raises:
        ConfigError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        replace_file(path, msgspec.json.encode(ports) + b"\n", draft=draft, is_lasting=False)
    except OSError as error:
        raise ConfigError("--ports-file", f"{str(path)!r} cannot be written: {error.strerror}") from error
