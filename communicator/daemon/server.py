"""The life of communicatord: serve, reload, take leave, close; however it ends, nothing is left."""

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from communicator.daemon.credentials import Credentials, Done
from communicator.daemon.dialler import Dialler
from communicator.daemon.dispatcher import Dispatcher
from communicator.daemon.doors import BACKLOG, BoundDoors
from communicator.daemon.exposure import open_doors
from communicator.daemon.host import keep_freed_memory, raise_descriptor_limit, resident_bytes
from communicator.daemon.kept_files import KeptFiles, recollect
from communicator.daemon.link import Link
from communicator.daemon.loop_lag import LoopLag
from communicator.daemon.message_checks import Definitions, read_definitions, read_good_definitions
from communicator.daemon.peers import Processes, forget_users
from communicator.daemon.raised_flags import RaisedFlags
from communicator.daemon.reception import Reception, find_process, find_user
from communicator.daemon.remote_door import RemoteDoor
from communicator.daemon.router_config import group_id, identify_router, router_config, signal_secret
from communicator.daemon.service_files import find_doubts, read_service_files
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.signal_port import SignalPort
from communicator.errors import ConfigError
from communicator.router import Router
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import CloseReason, LinkKind
from communicator.runtime.daemon import Daemon
from communicator.runtime.kept_file import fault_of, prepare_directory
from communicator.runtime.logs import LogFile
from communicator.runtime.settings_type import changed_keys

RESERVED_DESCRIPTORS = 64
"""For everything that is not a link: doors, the loop, dials, files that are read now and then."""
NEEDS_RESTART = frozenset(
    (
        *("server_name", "data_path", "flags_path", "cluster.my_address"),
        *(f"listen.{key}" for key in ("unix", "local", "signal", "remote", "secure", "socket_group")),
    )
)
"""Settings that are bound up with open sockets or with our identity; all others follow a SIGHUP."""
_TURNS_TO_ACCEPT = 3  # of the loop, from accept() to a link

REFUSALS_TOLD = 20
"""Wrong definitions, and doubtful service files, that the log names; `--check-config` names them all."""

MakeRouter = Callable[[RouterConfig, events.Instant], Router]


class Server:
    """One communicatord.

    Args:
        daemon: Its settings, log and stop signal.
        make_router: Makes the router.
        doors: Where others come in, bound already.

    Raises:
        ConfigError: Something the settings name on this host is not as it must be.
    """

    def __init__(self, daemon: Daemon[CommunicatordSettings], make_router: MakeRouter, doors: BoundDoors) -> None:
        settings = daemon.settings
        self._daemon = daemon
        self._started_with = settings
        self._doors = doors
        self._log_file, self._loop_lag, self._processes = LogFile(), LoopLag(), Processes()
        self._credentials = Credentials(settings)
        self._identity = identify_router(settings, doors)
        services = read_service_files(Path(settings.services_path))
        self._tell_doubts(settings)
        self._kept = recollect(Path(settings.data_path), services, self._tell_ignored)
        definitions = read_definitions(settings)
        self._tell_refused(definitions)
        config = router_config(settings, self._identity, self._kept, definitions)
        router = make_router(config, events.Instant(time.monotonic(), time.time_ns()))
        self._dispatcher = Dispatcher(router, self, settings.limits.stall_s, daemon.log)
        self._reception = Reception(
            self._dispatcher, config.server_name, settings.limits, raise_descriptor_limit() - RESERVED_DESCRIPTORS
        )
        self._signal = SignalPort(self._dispatcher.dispatch, signal_secret(settings))
        self._flags = RaisedFlags(Path(settings.flags_path), self._flags_failed)
        self._kept_files = KeptFiles(Path(settings.data_path), self._not_kept, self._flags.file_kept)
        self._dialler = Dialler(
            self._identity.my_address.host,
            lambda: self._credentials.trust.client,
            self._reception.enter,
            self._dispatcher.dispatch,
        )
        self._dispatcher.deeds |= {
            effects.KeepOut: self._keep_out,
            effects.Dial: self._dialler.dial,
            effects.Keep: self._kept_files.keep,
            effects.SetFlag: self._flags.follow,
            effects.ReopenLog: self._reopen_log,
            effects.Stop: self._stop,
            effects.TellUnits: self._tell_units,
        }
        self._listeners: list[asyncio.AbstractServer] = []
        self._remote_doors: dict[LinkKind, RemoteDoor] = {}
        self._signal_transport: asyncio.DatagramTransport | None = None

    async def run(self) -> None:
        """Serve until the daemon is told to stop."""
        try:
            await self._open()
            self._daemon.on_reload(self.reload)
            self._tell_start()
            self._dispatcher.begin()
            self._daemon.ready(self._doors.ports)
            keep_freed_memory()
            gc.collect()
            self._loop_lag.start()
            gc.freeze()  # what is here now stays: a full collection takes 13 ms with it, none without
            await self._daemon.stopping.wait()
            self._dispatcher.dispatch(events.StopRequested(self._daemon.stop_cause))
        finally:
            await self._close()

    def reload(self, settings: CommunicatordSettings) -> list[str]:
        """Take new settings while running.

        Returns:
            The keys that differ from those at the start and cannot follow.

        Raises:
            ConfigError: One is wrong; nothing was changed.
        """
        in_force = self._with_open_doors(settings)
        secret = signal_secret(settings)
        group_id(settings.listen.socket_group)  # the next start will need it
        definitions = read_good_definitions(in_force)
        config = router_config(in_force, self._identity, self._kept, definitions)
        revoked = self._credentials.reload(settings)  # the last that may fail
        self._signal.secret = secret
        forget_users()
        self._reception.limits = settings.limits
        self._dispatcher.back_pressure.stall_s = settings.limits.stall_s
        self._tell_doubts(settings)
        self._tell_open_doors(in_force)
        self._dispatcher.reconfigure(config)
        links = self._dispatcher.links.values() if revoked.certificates else ()
        secure = frozenset(link.number for link in links if link.kind is LinkKind.SECURE)
        if revoked.usernames or secure:
            self._dispatcher.dispatch(events.CredentialsRevoked(revoked.usernames, secure))
        return [key for key in changed_keys(self._started_with, settings) if key in NEEDS_RESTART]

    def identify(self, link: Link) -> events.User | None:
        """The user at the other end of a link, as far as it can be told."""
        return find_user(link)

    def process_of(self, link: Link) -> events.Process | None:
        """The process at the other end of a link, as far as it can be told; None where that is on another host."""
        return find_process(link, self._processes)

    def check_password(self, effect: effects.CheckCredential, done: Done) -> None:
        """Verify a password; call back later with what it opens, or None when it is not right."""
        self._credentials.passwords.check(effect, done)

    def measure(self, link: Link) -> events.Measured:
        """What only the shell knows, for a link that asked."""
        return events.Measured(
            link.number,
            tuple(other.measure() for other in self._dispatcher.links.values()),
            producer_stall_seconds_total=self._dispatcher.back_pressure.total_stall_s,
            udp_rejected_total=dict(self._signal.rejected),
            tls_handshakes_failed_total=secure.failures if (secure := self._remote_doors.get(LinkKind.SECURE)) else 0,
            connections_kept_out_total=sum(door.kept_out for door in self._remote_doors.values()),
            flags_failed_total=self._flags.failures,
            config_last_reload_successful=self._daemon.reload_ok,
            config_last_reload_success_timestamp_seconds=self._daemon.reloaded_wall_s,
            resident_bytes=resident_bytes(),
            event_loop_lag_seconds=self._loop_lag.measure(),
        )

    def _keep_out(self, effect: effects.KeepOut) -> None:
        for door in self._remote_doors.values():
            door.keep_out(effect.ip, effect.for_s)

    def _tell_units(self, effect: effects.TellUnits) -> None:
        self._signal.sender_of = self._processes.of_datagram if effect.enabled else None
        self._dispatcher.tell_units(effect)

    def _reopen_log(self, _effect: effects.ReopenLog) -> None:
        self._dispatcher.notice(effects.Level.INFO, "log_reopened", path=self._log_file.reopen() or "stderr")

    def _stop(self, effect: effects.Stop) -> None:
        self._daemon.stop(os.EX_TEMPFAIL if effect.mode is effects.StopMode.RESTART else os.EX_OK)

    def _tell_refused(self, definitions: Definitions) -> None:
        for remark in definitions.refused[:REFUSALS_TOLD]:
            self._daemon.log.warning("definition_refused", path=remark.source, line=remark.line, reason=remark.text)

    def _tell_doubts(self, settings: CommunicatordSettings) -> None:
        for doubt in find_doubts(Path(settings.services_path))[:REFUSALS_TOLD]:
            self._daemon.log.warning("service_file_doubtful", **doubt.fields)

    def _tell_ignored(self, path: Path, reason: str) -> None:
        self._daemon.log.warning("kept_file_ignored", path=str(path), reason=reason)

    def _not_kept(self, path: Path, reason: str) -> None:
        self._dispatcher.notice(effects.Level.ERROR, "file_not_kept", path=str(path), reason=reason)
        self._flags.file_not_kept(path, reason)

    def _flags_failed(self, path: str, reason: str) -> None:
        self._dispatcher.notice(effects.Level.WARNING, "flags_not_raised", path=path, reason=reason)

    def _with_open_doors(self, settings: CommunicatordSettings) -> CommunicatordSettings:
        """New settings, with the doors as they are: what lets nobody in by new doors may let in anybody by the open ones.

        Raises:
            ConfigError: It does.
        """
        started, listen = self._started_with.listen, settings.listen
        in_force = msgspec.structs.replace(
            listen,
            remote=started.remote,
            secure=started.secure,
            socket_group=started.socket_group,
            group_may_stop=listen.group_may_stop and bool(started.socket_group),
        )
        return msgspec.structs.replace(settings, listen=in_force)

    def _tell_start(self) -> None:
        """What an operator should know from the beginning."""
        log, settings = self._daemon.log, self._daemon.settings
        self._flags.check()
        if self._reception.links_max < settings.limits.links:
            log.info("links_bounded_by_descriptors", links=self._reception.links_max)
        if self._identity.listens and self._identity.my_address.is_loopback:
            log.warning("cluster_on_loopback", my_address=str(self._identity.my_address))
        self._tell_open_doors(settings)

    def _tell_open_doors(self, settings: CommunicatordSettings) -> None:
        for key, door in open_doors(settings.listen, settings.auth, settings.tls).items():
            self._daemon.log.warning("open_to_anybody", listen=key, address=door, reason="auth.open_to_private_network")

    async def _open(self) -> None:
        self._prepare_data()
        loop = asyncio.get_running_loop()
        for door in self._doors.unix:
            enter = self._reception.door(LinkKind.UNIX)
            self._listeners.append(await loop.create_unix_server(enter, sock=door.socket, backlog=BACKLOG))
        for kind, listening in self._doors.sockets.items():
            enter = self._reception.door(kind)
            if kind is LinkKind.SIGNAL:
                self._signal_transport, _ = await loop.create_datagram_endpoint(lambda: self._signal, sock=listening)
            elif kind is LinkKind.REMOTE or kind is LinkKind.SECURE:
                context = (lambda: self._credentials.trust.server) if kind is LinkKind.SECURE else None
                self._remote_doors[kind] = RemoteDoor(
                    listening, context, enter, self._tell_handshake, self._dispatcher.standing
                )
                self._remote_doors[kind].open()
            else:
                self._listeners.append(await loop.create_server(enter, sock=listening, backlog=BACKLOG))

    def _prepare_data(self) -> None:
        """A router that meets others must be able to keep their addresses; one alone does without."""
        settings = self._daemon.settings
        directory = Path(settings.data_path)
        if settings.is_alone:
            fault = fault_of(directory)
            if fault:
                self._daemon.log.warning("nothing_is_kept", path=str(directory), reason=fault)
            return
        try:
            prepare_directory(directory)
        except OSError as error:
            raise ConfigError("data_path", f"{str(directory)!r} cannot be made: {error.strerror}") from error

    def _tell_handshake(self, address: str, reason: str) -> None:
        self._dispatcher.notice(effects.Level.WARNING, "handshake_failed", address=address, reason=reason)

    async def _close(self) -> None:
        self._loop_lag.stop()
        self._doors.remove_files()
        for listener in self._listeners:
            listener.close()
        if self._signal_transport is not None:
            self._signal_transport.close()
        for door in self._remote_doors.values():
            await door.close()
        await self._dialler.close()
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        await self._drain()
        self._credentials.passwords.close()
        await self._kept_files.close()
        await self._flags.close()
        self._dispatcher.quiet()
        gc.unfreeze()

    async def _drain(self) -> None:
        """Give what waits a bounded time to be written, then let go of everyone."""
        for link in list(self._dispatcher.links.values()):
            link.close(CloseReason.DRAIN)
        await self._dispatcher.no_links.wait()  # each is cut when it has taken limits.drain_s
