"""The life of communicatord: open, serve, reload, take leave, close; however it ends, nothing is left."""

import asyncio
import dataclasses
import gc
import os
import time
import uuid
from collections.abc import Callable

from communicator.daemon.dispatcher import Core, Dispatcher
from communicator.daemon.doors import BACKLOG, UnixDoor, address_of, open_tcp, open_udp
from communicator.daemon.host import keep_freed_memory, raise_descriptor_limit, resident_bytes
from communicator.daemon.link import Link
from communicator.daemon.peer_user import forget_users
from communicator.daemon.reception import Reception, find_user
from communicator.daemon.router_config import group_id, router_config, signal_secret
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.signal_port import SignalPort
from communicator.router.config import RouterConfig
from communicator.router.effects import StopMode
from communicator.router.events import CloseReason, Instant, LinkKind, Measured, StopRequested, User
from communicator.runtime import Daemon
from communicator.runtime.logs import LogFile
from communicator.runtime.settings import changed_keys

RESERVED_DESCRIPTORS = 64
"""For everything that is not a link: doors, the loop, files that are read now and then."""
NEEDS_RESTART = frozenset(
    ("server_name", "listen.unix", "listen.local", "listen.signal", "listen.socket_group", "cluster.my_address")
)
"""Settings that are bound up with open sockets or with our identity; all others follow a SIGHUP."""
_TURNS_TO_ACCEPT = 3  # of the loop, from accept() to a link

MakeCore = Callable[[RouterConfig, Instant], Core]


class Server:
    """One communicatord.

    Args:
        daemon: Its settings, log and stop signal.
        make_core: Makes the router.
    """

    def __init__(self, daemon: Daemon[CommunicatordSettings], make_core: MakeCore) -> None:
        settings = daemon.settings
        self._daemon = daemon
        self._started_with = settings
        self._log_file = LogFile()
        self._config = router_config(settings, str(uuid.uuid4()))
        core = make_core(self._config, Instant(time.monotonic(), time.time_ns()))
        self._dispatcher = Dispatcher(core, self, settings.limits.stall_s, daemon.log)
        self._reception = Reception(
            self._dispatcher,
            self._config.server_name,
            settings.limits,
            raise_descriptor_limit() - RESERVED_DESCRIPTORS,
        )
        self._signal = SignalPort(self._dispatcher.dispatch, signal_secret(settings))
        self._unix_doors: list[UnixDoor] = []
        self._listeners: list[asyncio.AbstractServer] = []
        self._signal_transport: asyncio.DatagramTransport | None = None
        self._ports: dict[str, str | list[str]] = {}

    async def run(self) -> None:
        """Serve until the daemon is told to stop."""
        try:
            await self._open()
            self._daemon.on_reload(self.reload)
            if self._reception.links_max < self._reception.limits.links:
                self._daemon.log.info("links_bounded_by_descriptors", links=self._reception.links_max)
            self._daemon.ready(self._ports)
            keep_freed_memory()
            gc.collect()
            gc.freeze()  # what is here now stays: a full collection takes 13 ms with it, none without
            await self._daemon.stopping.wait()
            self._dispatcher.dispatch(StopRequested(self._daemon.stop_cause))
        finally:
            await self._close()

    def reload(self, settings: CommunicatordSettings) -> list[str]:
        """Take new settings while running.

        Returns:
            The keys that differ from those at the start and cannot follow.

        Raises:
            ConfigError: One is wrong; nothing was changed.
        """
        secret = signal_secret(settings)
        group_id(settings.listen.socket_group)  # the next start will need it
        config = router_config(settings, self._config.boot_id)
        self._config = dataclasses.replace(
            config,
            server_name=self._config.server_name,
            my_address=self._config.my_address,
            stop_group=self._started_with.listen.socket_group if settings.listen.group_may_stop else "",
        )
        self._signal.secret = secret
        forget_users()
        self._reception.limits = settings.limits
        self._dispatcher.back_pressure.stall_s = settings.limits.stall_s
        self._dispatcher.reconfigure(self._config)
        return [key for key in changed_keys(self._started_with, settings) if key in NEEDS_RESTART]

    def identify(self, link: Link) -> User | None:
        """The user at the other end of a link, as far as it can be told."""
        return find_user(link)

    def measure(self, link: Link) -> Measured:
        """What only the shell knows, for a link that asked."""
        return Measured(
            link.number,
            tuple(other.measure() for other in self._dispatcher.links.values()),
            producer_stall_s=self._dispatcher.back_pressure.total_stall_s,
            udp_rejected=dict(self._signal.rejected),
            config_reload_ok=self._daemon.reload_ok,
            config_reloaded_wall_s=self._daemon.reloaded_wall_s,
            resident_bytes=resident_bytes(),
        )

    def reopen_log(self) -> str:
        """The log was moved away; returns the path it goes on under."""
        return self._log_file.reopen()

    def stop(self, mode: StopMode) -> None:
        """The router has taken leave: end."""
        self._daemon.stop(os.EX_TEMPFAIL if mode is StopMode.RESTART else os.EX_OK)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        listen = self._daemon.settings.listen
        group = group_id(listen.socket_group)
        for path in listen.unix_paths:
            door = UnixDoor(path, group)
            self._unix_doors.append(door)
            enter = self._reception.door(LinkKind.UNIX)
            self._listeners.append(await loop.create_unix_server(enter, sock=door.socket, backlog=BACKLOG))
        if listen.unix_paths:
            self._ports["unix"] = listen.unix if isinstance(listen.unix, str) else list(listen.unix)
        if listen.local:
            local = open_tcp("listen.local", listen.local)
            self._ports["local"] = address_of(local)
            enter = self._reception.door(LinkKind.LOCAL)
            self._listeners.append(await loop.create_server(enter, sock=local, backlog=BACKLOG))
        if listen.signal:
            signal = open_udp("listen.signal", listen.signal)
            self._ports["signal"] = address_of(signal)
            self._signal_transport, _ = await loop.create_datagram_endpoint(lambda: self._signal, sock=signal)

    async def _close(self) -> None:
        for door in self._unix_doors:
            door.remove()
        for listener in self._listeners:
            listener.close()
        if self._signal_transport is not None:
            self._signal_transport.close()
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        await self._drain()
        self._dispatcher.quiet()
        gc.unfreeze()

    async def _drain(self) -> None:
        """Give what waits a bounded time to be written, then let go of everyone."""
        for link in list(self._dispatcher.links.values()):
            link.close(CloseReason.DRAIN)
        await self._dispatcher.no_links.wait()  # each is cut when it has taken limits.drain_s
